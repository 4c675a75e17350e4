// No piece of any document of the corpus leaves the browser while all of them are inspected and signed: not its bytes, not what its
// streams unpack to, not its text, nor the canaries planted in text, metadata, field values, attachments and file names, nor what the caller says of a signature.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import { allow } from '../../js/test/support/service.js'
import { canaries, canaryPDF } from './lib/canary.mjs'
import { coatings } from './lib/coatings.mjs'
import { root } from './lib/devserver.mjs'
import { Haystack, contentsOf, findLeaks, windowBytes } from './lib/leaks.mjs'
import { stage } from './lib/stage.mjs'

const it = stage()
const timeout = 240_000
const folder = join(root, 'pdfprep/testdata/corpus')

/** The corpus, under names that say nothing of what is inside, and the document with the canaries. */
const documents = []
before(async () => {
  if (it.skip) return
  const [head, ...rows] = readFileSync(join(folder, 'index.tsv'), 'utf8').trim().split('\n').map((line) => line.split('\t'))
  for (const row of rows) {
    const { name, password } = Object.fromEntries(head.map((column, i) => [column, row[i]]))
    documents.push({ file: name, name: `${canaries.fileName}-${documents.length}-${name}`, bytes: readFileSync(join(folder, name)), password, also: [] })
  }
  // What streams unpack to is found without help; what is encrypted, another program opens.
  await Promise.all(documents.filter(({ bytes }) => bytes.includes('/Encrypt')).map(async (d) => {
    d.also = await words(join(folder, d.file), d.password)
  }))
  documents.push({ name: `${canaries.fileName}.pdf`, bytes: canaryPDF(), password: '', also: [] })
})

/** Text and metadata of an encrypted document, as readers show them. Damaged ones may have none. */
async function words(path, password) {
  const open = password ? ['-upw', password] : []
  const readers = [['pdftotext', '-l', '50', ...open, path, '-'], ['pdfinfo', '-meta', ...open, path]]
  const said = await Promise.all(readers.map(([command, ...args]) => promisify(execFile)(command, args, { encoding: 'buffer', timeout: 30_000, maxBuffer: 64 << 20 }).catch(() => undefined)))
  return said.filter(Boolean).map(({ stdout }) => stdout)
}

/** A page with hashout, the documents in its hands, logged in. Nothing but the page itself was recorded until then. */
async function pageWithDocuments() {
  const { page } = await it.open()
  const token = await logIn()
  await page.evaluate(
    async ([service, accessToken]) => {
      const { Hashout } = await import('/hashout/index.js')
      const hashout = await Hashout.load()
      globalThis.under = { hashout, service: hashout.service({ url: service, accessToken: () => accessToken }), files: [] }
    },
    [it.demo.service, token],
  )
  await page.evaluate((given) => {
    for (const [name, base64, password] of given) {
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: 'application/pdf' })
      globalThis.under.files.push(password ? { file, password } : { file })
    }
  }, documents.map(({ name, bytes, password }) => [name, bytes.toString('base64'), password]))
  return page
}

/** Logs in without the browser: the page gets a token as from its portal. */
async function logIn() {
  const { OAuth } = await import(join(root, 'js/dist/oauth.js'))
  const info = await (await fetch(`${it.demo.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
  const oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
  const { url, transaction } = await oauth.begin()
  return (await oauth.complete(transaction, await allow(url))).accessToken
}

const traffic = (from, to) => it.recorder.traffic().slice(from, to)

test('the whole corpus is inspected and signed, and nothing of it leaves', { skip: it.skip, timeout }, async (t) => {
  const page = await pageWithDocuments()
  const loaded = it.recorder.requests.length

  await page.evaluate(async () => {
    for (const { file, password } of globalThis.under.files) await globalThis.under.hashout.inspect(file, password ? { password } : {}).catch(() => undefined)
  })
  assert.equal(it.recorder.requests.length, loaded, 'inspecting asks nobody')

  const results = await page.evaluate(
    async ([PIN, reason, location, contactInfo]) => {
      const { documents } = await globalThis.under.service.sign(globalThis.under.files, { credential: 'demo-p-256', reason, location, contactInfo, authorize: () => ({ PIN }) })
      return documents.map((d) => d.error?.code ?? 'signed')
    },
    [it.demo.pin, canaries.reason, canaries.location, canaries.contactInfo],
  )
  // Which of them can be signed is for other tests to say: most, and the rest is refused for what is in it.
  results.forEach((code, i) => assert.match(code, /^(signed|PDF_\w+|TEXT_TOO_LONG)$/, documents[i].name))
  const signed = results.filter((r) => r === 'signed').length
  assert.equal(signed >= 100, true, `${signed} signed`)

  // What the browser sends with any request, the page's own loading among them, tells of no document.
  const usual = traffic(0, loaded).map((r) => r.bytes)
  const sent = traffic(loaded)
  assert.equal(sent.some((r) => /signHash/.test(r.where)), true)
  assert.deepEqual(findLeaks(documents, sent, usual), [])
  const haystack = new Haystack(it.recorder.traffic())
  for (const [place, canary] of Object.entries(canaries)) {
    for (const needle of [Buffer.from(canary), Buffer.from(canary, 'utf16le').subarray(0, -1)]) assert.equal(haystack.findShort(needle), undefined, place)
  }
  const digests = documents.flatMap(({ bytes }) => ['sha256', 'sha384', 'sha512'].map((a) => createHash(a).update(bytes).digest()))
  for (const digest of digests) assert.equal(haystack.findShort(digest), undefined, 'the digest of a document')
  const windows = documents.reduce((sum, d) => sum + [...contentsOf(d.bytes).map((p) => p.bytes), ...d.also].reduce((n, b) => n + Math.max(0, b.length - windowBytes + 1), 0), 0)
  t.diagnostic(`${documents.length} documents, ${signed} signed, ${windows} pieces of ${windowBytes} bytes searched in ${sent.length} requests`)
})

test('the canaries are where they are said to be', { skip: it.skip }, () => {
  const everything = contentsOf(canaryPDF()).map((p) => p.bytes.toString('latin1')).join('\n')
  for (const place of ['text', 'metadata', 'info', 'field', 'attachment']) assert.equal(everything.includes(canaries[place]), true, place)
})

test('a piece of any document of the corpus would be found', { skip: it.skip, timeout }, () => {
  const coats = Object.entries(coatings)
  documents.forEach((document, i) => {
    const [coating, coat] = coats[i % coats.length]
    const piece = telling(document.bytes)
    const planted = [{ where: 'planted', bytes: Buffer.from(coat(piece), 'latin1') }, { where: 'noise', bytes: randomBytes(200) }]
    const leaks = findLeaks([{ ...document, also: [] }], planted)
    assert.equal(leaks.some((leak) => leak.where === 'planted'), true, `${document.name} as ${coating}`)
    assert.equal(leaks.some((leak) => leak.where === 'noise'), false, document.name)
  })
})

/** The 48 bytes of a document that are least like a run of zeros or spaces. */
function telling(bytes) {
  let best = { piece: bytes, distinct: 0 }
  for (let at = 0; at < bytes.length && best.distinct < 20; at += 24) {
    const piece = bytes.subarray(at, at + 48)
    const distinct = new Set(piece).size
    if (distinct > best.distinct) best = { piece, distinct }
  }
  return best.piece
}
