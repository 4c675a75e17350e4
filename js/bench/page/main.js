// Runs in the page that is measured. run.js calls these functions.

import { Key } from './key.js'

let key
let tool
let limit
let output

const files = () => [...document.querySelector('input').files]

/** The time of one run without the key's, in milliseconds. */
async function time(work) {
  globalThis.gc?.()
  key.spent = 0
  const began = performance.now()
  const result = await work()
  return { ms: performance.now() - began - key.spent, result }
}

async function sign() {
  const { ms, result } = await time(() => tool.sign(files()[0]))
  output = result
  return ms
}

globalThis.bench = {
  /** Loads one tool; resolves to the milliseconds from the first request to its being ready. */
  async load(name, { jwk, certificate, p12 }) {
    key = new Key(jwk, Uint8Array.from(certificate), Uint8Array.from(p12))
    const began = performance.now()
    tool = await (await import(`/tools/${name}.js`)).load(key)
    const ms = performance.now() - began
    limit = await (await import('/tools/limit.js')).load()
    return ms
  },

  sign,

  /** Signs again and again, with the limit measured before each; stops after enough runs, or enough milliseconds but three runs. */
  async series({ runs, budget }) {
    const times = []
    const limits = []
    const began = performance.now()
    while (times.length < runs && (times.length < 3 || performance.now() - began < budget)) {
      limits.push((await time(() => limit.sign(files()[0]))).ms)
      times.push(await sign())
    }
    return { times, limits }
  },

  /** Signs so many copies of the file in one call. */
  async batch(copies) {
    const before = { ...tool.counts }
    const { ms } = await time(() => tool.signAll(Array(copies).fill(files()[0])))
    const calls = Object.fromEntries(Object.entries(tool.counts).map(([name, count]) => [name, count - (before[name] ?? 0)]))
    return { ms, calls }
  },

  /** Gives the last output to the server, and what its maker says of it. */
  async deliver() {
    await fetch('/output', { method: 'PUT', body: output })
    return tool.inspect?.(output)
  },
}
