// Proves that no document bytes leave the browser, and that the proof would fail
// if they did. (Every other end-to-end file searches its own traffic too.)

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { coatings } from './lib/coatings.mjs'
import { findLeaks } from './lib/leaks.mjs'
import { renamed } from './lib/portal.mjs'
import { good, pdf, privateNames, secrets, stage } from './lib/stage.mjs'
import { until } from './lib/until.mjs'

const it = stage()
const timeout = 180_000

test('a whole run leaves no trace of the documents in any request', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const names = privateNames.map((name, i) => renamed(pdf(good[i]), name))
  await portal.prepare('demo-p-256', ...(await Promise.all(names)), ...good.slice(2).map(pdf))
  const results = await portal.sign()
  assert.deepEqual(results.map((r) => r.code), good.map(() => ''))

  const traffic = it.recorder.traffic()
  const documents = await secrets()
  assert.deepEqual(findLeaks(documents, traffic), [])

  // The recorder saw what both servers saw: nothing went another way.
  const log = await it.demo.log()
  const seen = it.recorder.requests.map((r) => `${r.method} ${r.url.split('?')[0]}`)
  for (const r of [...log.page, ...log.service]) assert.ok(seen.includes(`${r.method} ${r.url.split('?')[0]}`), `the recorder did not see ${r.method} ${r.url}`)

  // Not even the digests of the documents leave: what goes out is the hash of
  // the signed attributes.
  for (const { bytes } of documents) {
    for (const algorithm of ['sha256', 'sha384', 'sha512']) {
      const digest = createHash(algorithm).update(bytes).digest()
      assert.deepEqual(findLeaks([{ name: 'x', bytes: digest }], traffic), [])
    }
  }
})

test('a planted leak of 48 bytes is found in every coating', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const bytes = await readFile(pdf('cairo.pdf'))
  const piece = bytes.subarray(20_000, 20_048)
  for (const [name, coat] of Object.entries(coatings)) {
    const from = it.recorder.requests.length
    const body = coat(piece)
    await portal.page.evaluate(
      async ([url, latin1]) => {
        const body = Uint8Array.from(latin1, (c) => c.charCodeAt(0))
        await fetch(url, { method: 'POST', body }).catch(() => undefined)
      },
      [`${it.demo.service}/info`, body],
    )
    const planted = it.recorder.requests.splice(from) // so that the search at the end finds none
    assert.ok(planted.length > 0)
    const traffic = planted.map((r) => ({ where: r.url, bytes: r.body }))
    assert.ok(findLeaks([{ name: 'cairo.pdf', bytes }], traffic).length > 0, `${name}: not found`)
  }
})

test('a request to another host is noticed', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  // The page’s policy stops it before it leaves …
  const blocked = await portal.page.evaluate(() => fetch('http://192.0.2.1/').then(() => false, () => true))
  assert.ok(blocked)
  assert.deepEqual(it.recorder.refused, [])
  await until('the browser says so', async () => portal.complaints.length > 0)
  assert.match(portal.complaints.splice(0).join(), /Content Security Policy|connect-src/)
  // … and a page without the policy is caught by the recorder.
  const page = await portal.page.context().newPage()
  await page.goto('http://192.0.2.1/').catch(() => undefined)
  await page.close()
  assert.ok(it.recorder.refused.splice(0).length > 0)
})
