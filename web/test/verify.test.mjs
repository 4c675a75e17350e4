// The panel that checks a signed PDF: what it says of a good one, of one that was
// tampered with, of one by somebody unknown, and of what is no PDF.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 120_000
const file = (name, buffer) => ({ name, mimeType: 'application/pdf', buffer })

test('good, tampered with, unknown signer, unsigned, no PDF: each gets its verdict in words', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const { page } = portal
  const verdict = async (...files) => {
    await page.setInputFiles('#verify-picker', ...files)
    await page.locator('#verify-head h3').waitFor()
    return page.locator('#verify-head').innerText()
  }
  await portal.prepare('demo-p-256', pdf('reportlab.pdf'))
  await page.selectOption('#option-level', 'B-LT')
  assert.deepEqual((await portal.sign()).map((r) => r.code), [''])
  const { bytes } = await portal.download('reportlab.pdf')
  const before = it.recorder.requests.length
  await page.getByRole('button', { name: 'Check reportlab-signed.pdf' }).click()
  await page.locator('#verify-list .verdict.good').waitFor()
  const said = await page.locator('#verify-list').innerText()
  for (const fact of [/Demo Signer P-256/, /validation data only/, /PAdES B-LT/, /by a time stamp/]) assert.match(said, fact)

  const damaged = Buffer.from(bytes)
  damaged[1000] ^= 1
  assert.match(await verdict(file('damaged.pdf', damaged)), /Not valid[\s\S]*HASH_FAILURE/)
  assert.match(await verdict(file('unknown.pdf', await readFile(pdf('already-signed.pdf')))), /Not certain|Not valid/)
  assert.match(await verdict(file('plain.pdf', await readFile(pdf('cairo.pdf')))), /no signature/)
  assert.match(await verdict(file('no.pdf', Buffer.from('no PDF'))), /PDF_MALFORMED/)
  assert.equal(it.recorder.requests.length, before, 'checking sent something')
})
