// A signing that is kept over a reload by hashout/journal, in Chromium, Firefox and WebKit, in private windows too: the kept files are
// those that were picked, and what was signed can be read when its journal is dropped.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { out, startDemo } from './lib/devserver.mjs'
import { engines, skipWithout } from './lib/engines.mjs'
import { login } from './lib/login.mjs'
import { pages } from './lib/pages.mjs'
import { pdf } from './lib/stage.mjs'

const timeout = 240_000

/** In the page: prepares the picked files and keeps the batch. */
async function depart({ service, token }) {
  const { Hashout } = await import('/hashout/index.js')
  const { JournalStore } = await import('/hashout/journal.js')
  const hashout = await Hashout.load()
  const files = Array.from(document.getElementById('picked').files)
  const batch = await hashout.service({ url: service, accessToken: token }).prepare([...files, new Uint8Array([1, 2, 3])], { credential: 'demo-p-256' })
  await batch.keep(new JournalStore())
  return batch.id
}

/** In the page that comes after it: finishes what is kept, forgets it, and only then looks at what was signed. */
async function comeBack({ service, token, pin, id, sizes }) {
  const { Hashout } = await import('/hashout/index.js')
  const { JournalStore } = await import('/hashout/journal.js')
  const hashout = await Hashout.load()
  const journals = new JournalStore()
  const { journal, files } = await journals.get(id)
  const batch = await hashout.service({ url: service, accessToken: token }).restore(journal, files)
  const { documents } = await batch.finish({ PIN: pin, journal: journals })
  await journals.drop(id)
  const hex = async (blob) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())), (b) => b.toString(16).padStart(2, '0')).join('')
  const seen = []
  for (const [i, { error, name, blob }] of documents.entries()) {
    seen.push(error ? error.code : { name, original: await hex(blob.slice(0, sizes[i])), updated: (await blob.slice(sizes[i]).text()).includes('/ByteRange') })
  }
  return { seen, left: (await journals.list()).length }
}

const [chromium, firefox, webkit] = engines
// Whatever WebKit's driver opens is a private window.
for (const [where, engine, preferences] of [
  ['Chromium', chromium],
  ['Firefox', firefox],
  ['a private window of Firefox', firefox, { 'browser.privatebrowsing.autostart': true }],
  ['a private window of WebKit', webkit],
]) {
  test(`a signing outlives a reload in ${where}`, { skip: skipWithout(engine), timeout }, async (t) => {
    const demo = await startDemo()
    t.after(() => demo.stop())
    const session = await engine.open(preferences)
    t.after(() => session.close())
    await mkdir(out, { recursive: true })
    const large = `${out}journal-${where.replaceAll(' ', '-')}.pdf`
    t.after(() => rm(large))
    await writeFile(large, pages([{}], { padding: 40e6 }))
    const paths = [pdf('tcpdf.pdf'), large]
    const originals = await Promise.all(paths.map((path) => readFile(path)))
    const settings = { service: demo.service, token: await login(demo), pin: demo.pin }

    await session.goto(demo.url)
    await session.run(() => void document.body.append(Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'picked' })))
    await session.pick('#picked', ...paths)
    const id = await session.run(depart, settings)
    await session.goto('about:blank')
    await session.goto(demo.url)
    const { seen, left } = await session.run(comeBack, { ...settings, id, sizes: originals.map((o) => o.length) })
    const signed = originals.map((o, i) => ({ name: paths[i].split('/').at(-1), original: createHash('sha256').update(o).digest('hex'), updated: true }))
    assert.deepEqual(seen, [...signed, 'PDF_MALFORMED'])
    assert.equal(left, 0)
    assert.deepEqual(await demo.signed(), { total: paths.length, most: 1 })
    assert.deepEqual(session.complaints, [], 'the page complained')
  })
}
