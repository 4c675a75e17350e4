// The leak detector itself: it must see a planted piece in every coating, and
// must stay silent about traffic that holds hashes only.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { coatings } from './lib/coatings.mjs'
import { contentsOf, findLeaks } from './lib/leaks.mjs'

const samples = new URL('../samples/', import.meta.url)
const names = (await readdir(samples)).filter((n) => n.endsWith('.pdf'))
const documents = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(new URL(name, samples)) })))
const document = documents[0]
const piece = document.bytes.subarray(700, 748)
const request = (body) => [{ where: 'POST /x', bytes: Buffer.from(`{"a":"b","value":"${body}"}`, 'latin1') }]

const base64 = (b) => b.toString('base64')
// Text and compressed bytes: some coatings treat the two differently.
const compressed = await readFile(new URL('pdfs/cairo.pdf', import.meta.url))
for (const [kind, source, at] of [['text', document, 700], ['compressed bytes', { name: 'cairo.pdf', bytes: compressed }, 20_000]]) {
  for (const [name, coat] of Object.entries(coatings)) {
    test(`finds 48 bytes of ${kind} as ${name}`, () => {
      const leaks = findLeaks([source], request(coat(source.bytes.subarray(at, at + 48))))
      assert.ok(leaks.length > 0, 'nothing found')
    })
  }
}

test('finds a single window of 16 bytes', () => {
  assert.equal(findLeaks(documents, request(base64(piece.subarray(3, 19)))).length > 0, true)
})

test('finds unpacked content of a compressed stream', async () => {
  const pdf = await readFile(new URL('pdfs/tcpdf.pdf', import.meta.url))
  const unpacked = contentsOf(pdf).find((p) => p.what !== 'file' && p.bytes.length > 400)
  const leaks = findLeaks([{ name: 'tcpdf.pdf', bytes: pdf }], request(unpacked.bytes.subarray(200, 248).toString('hex')))
  assert.ok(leaks.length > 0)
})

test('finds the name of a file', () => {
  const stem = document.name.replace('.pdf', '')
  for (const coat of [(s) => s, (s) => base64(Buffer.from(s)), (s) => base64(Buffer.from(`xx${s}`)), encodeURIComponent, (s) => Buffer.from(s, 'utf16le').toString('latin1')]) {
    assert.ok(findLeaks(documents, request(coat(stem))).some((l) => l.what === 'file name'))
  }
})

test('is silent about hashes and random bytes', () => {
  const hashes = documents.map((d) => createHash('sha256').update(d.bytes).digest())
  const noise = [...hashes, ...Array.from({ length: 200 }, () => randomBytes(256))]
  const traffic = noise.flatMap((b) => [...request(b.toString('hex')), ...request(b.toString('base64')), { where: 'noise', bytes: b }])
  assert.deepEqual(findLeaks(documents, traffic), [])
})

test('says nothing about what is allowed', () => {
  assert.deepEqual(findLeaks(documents, request(piece.toString('hex')), [piece]), [])
})
