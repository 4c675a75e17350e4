// Waiting for what says nothing when it happens.

/** Asks until the answer is truthy. A question that fails, as it does while a page is being left, is asked again. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    let problem
    const answer = await ask().catch((error) => void (problem = error))
    if (answer) return answer
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`, { cause: problem })
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}
