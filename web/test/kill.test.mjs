// A real tab is killed in the middle of signing: its renderer process crashes. The next tab goes on from what the browser's IndexedDB has.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { crash } from './lib/browser.mjs'
import { root } from './lib/devserver.mjs'
import { judge } from './lib/judges.mjs'
import { login } from './lib/login.mjs'
import { stage } from './lib/stage.mjs'
import { until } from './lib/until.mjs'

const it = stage()
const files = ['service-agreement.pdf', 'order-confirmation.pdf']
const originals = await Promise.all(files.map((name) => readFile(`${root}web/samples/${name}`)))

/** In a page: signs, and stands still at a step after saying so. */
async function signUntil({ service, token, pin, files, step }) {
  const { Hashout } = await import('/hashout/index.js')
  const { JournalStore } = await import('/hashout/journal.js')
  const store = new JournalStore()
  const forever = () => new Promise(() => {})
  let stands = false
  let keeps = 0
  let keeping = Promise.resolve()
  const reach = async (here) => {
    if (stands) await forever()
    if (here !== step) return
    stands = true
    await keeping // what was on its way to the disk arrives
    await globalThis.reached({ here, keeps })
    await forever()
  }
  const hashout = await Hashout.load({
    fetch: async (url, init) => {
      const signs = String(url).endsWith('signHash')
      if (signs) await reach('request')
      const response = await fetch(url, init)
      if (signs) await reach('response')
      return response
    },
  })
  const blobs = await Promise.all(files.map(async (name) => new File([await (await fetch(`/samples/${name}`)).arrayBuffer()], name)))
  await hashout.service({ url: service, accessToken: token }).sign(blobs, {
    credential: 'demo-p-256',
    batchSize: 1,
    authorize: async () => (await reach('authorize'), { PIN: pin }),
    onProgress: ({ phase, document }) => void (document === 0 && reach(phase)),
    journal: {
      keep: async (journal, kept) => {
        if (stands) await forever()
        await (keeping = store.keep(journal, kept).then(() => void keeps++))
        await reach(`kept ${keeps}`)
      },
    },
  })
  await reach('resolved')
}

/** In the next page: goes on with whatever is kept. */
async function goOn({ service, token, pin }) {
  const { Hashout } = await import('/hashout/index.js')
  const { JournalStore } = await import('/hashout/journal.js')
  const store = new JournalStore()
  const hashout = await Hashout.load()
  const base64 = async (blob) => btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (b) => String.fromCharCode(b)).join(''))
  const kept = await store.list()
  const ends = []
  for (const { id, journal, files } of kept) {
    const batch = await hashout.service({ url: service, accessToken: token }).restore(journal, files)
    const { documents } = await batch.finish({ PIN: pin, journal: store })
    for (const d of documents) ends.push({ name: d.name, code: d.error?.code ?? null, signed: d.blob ? await base64(d.blob) : null })
    await store.drop(id)
  }
  return { kept: kept.length, ends, left: (await store.list()).length }
}

// What the disk has been given: prepared, the first submitted, the first received, the second submitted, the second received, all at their end.
for (const [step, ...keeps] of [
  ['prepare', 0],
  ['hash', 0],
  ['kept 1', 1],
  ['authorize', 1],
  ['kept 2', 2],
  ['request', 2],
  ['response', 2],
  ['kept 3', 3],
  ['kept 4', 4],
  ['assemble', 3, 4], // while the second is on its way, or before
  ['resolved', 6],
]) {
  test(`a tab that dies at "${step}" loses nothing and signs nothing twice`, { skip: it.skip, timeout: 120_000 }, async () => {
    await it.demo.reset()
    const settings = { service: it.demo.service, token: await login(it.demo), pin: it.demo.pin, files, step }
    const context = await it.browser.newContext()
    try {
      const tab = await context.newPage()
      const reached = new Promise((resolve) => void tab.exposeFunction('reached', resolve))
      await tab.goto(`${it.demo.url}callback.html`)
      const call = tab.evaluate(signUntil, settings).catch((error) => error) // it ends with its tab
      const stop = await Promise.race([reached, call])
      assert.equal(stop.here, step, String(stop))
      assert.ok(keeps.includes(stop.keeps), `the journal was kept ${stop.keeps} times`)
      const kept = stop.keeps > 0 ? 1 : 0
      const unknown = stop.keeps === 2 || stop.keeps === 4 ? 1 : 0
      await crash(tab)

      const next = await until('a new tab opens', () => context.newPage()) // Firefox may first offer a process that was killed as well
      await next.goto(`${it.demo.url}callback.html`)
      const after = await next.evaluate(goOn, settings)
      assert.equal(after.kept, kept)
      assert.equal(after.left, 0)
      const { total, most } = await it.demo.signed()
      assert.ok(most <= 1, 'a hash was signed twice')
      if (!kept) return assert.equal(total, 0)
      assert.deepEqual(after.ends.map((d) => d.name), files)
      assert.deepEqual(after.ends.flatMap((d) => d.code ?? []), Array(unknown).fill('OUTCOME_UNKNOWN'))
      const pairs = after.ends.flatMap((d, i) => (d.signed ? [{ name: `kill-${d.name}`, original: originals[i], signed: Buffer.from(d.signed, 'base64') }] : []))
      assert.ok(pairs.length <= total && total <= files.length)
      const { verdicts, stderr } = await judge(it.demo.rootPEM, pairs)
      for (const { ok, checks } of verdicts) assert.ok(ok, `${stderr} ${JSON.stringify(checks.filter((c) => c.outcome === 'fail'))}`)
    } finally {
      await context.close()
    }
  })
}
