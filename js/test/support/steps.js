// One signing whose every step is named, so that something can be done at each of them.

/** The options of load, and the signing, that call reach(step) at each step and keep(journal) for the disk. reach may return a promise. */
export function signing({ service, token, credential, pin, files, batchSize }, reach, keep) {
  const counts = new Map()
  const numbered = (step) => {
    const n = (counts.get(step) ?? 0) + 1
    counts.set(step, n)
    return `${step} ${n}`
  }
  const load = {
    fetch: async (url, init) => {
      const endpoint = String(url).split('/').slice(-2).join('/')
      const step = numbered(endpoint)
      await reach(`before ${step}`)
      const response = await fetch(url, init)
      const copy = new Response(await response.arrayBuffer(), response)
      await reach(`after ${step}`)
      return copy
    },
  }
  const sign = (hashout) =>
    hashout.service({ url: service, accessToken: token }).sign(files, {
      credential,
      batchSize,
      authorize: async () => {
        await reach('authorize')
        return { PIN: pin }
      },
      onProgress: ({ document, phase, bytes }) => bytes === undefined && void reach(`${phase} of ${document}`),
      journal: {
        keep: async (journal) => {
          const step = numbered('keep')
          await reach(`before ${step}`)
          await keep(journal)
          await reach(`after ${step}`)
        },
      },
    })
  return { load, sign }
}
