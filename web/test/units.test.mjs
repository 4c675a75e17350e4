// The page's parts that need no browser.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { commonName, keyKind } from '../app/credentials.js'
import { bytes } from '../app/dom.js'
import { readFields } from '../app/requests.js'
import { signedName } from '../app/results.js'
import { explain, serviceWords } from '../app/words.js'
import { distinct, zip } from '../app/zip.js'

const out = new URL('out/', import.meta.url)

test('every error code of the package has words of its own', async () => {
  const source = await readFile(new URL('../../js/src/errors.ts', import.meta.url), 'utf8')
  const union = source.slice(source.indexOf('HashoutErrorCode ='))
  const codes = [...union.slice(0, union.indexOf('\n\n')).matchAll(/'([A-Z_]+)'/g)].map((m) => m[1])
  assert.ok(codes.length > 30)
  const fallback = explain({ code: 'INTERNAL' }).title
  for (const code of codes.filter((c) => c !== 'INTERNAL')) assert.notEqual(explain({ code }).title, fallback, code)
})

test('an error of an unknown kind is still told', () => {
  assert.equal(explain(new TypeError('x')).code, 'INTERNAL')
  assert.equal(explain({ code: 'NEW_CODE' }).code, 'NEW_CODE')
  assert.equal(serviceWords({ status: 400, error: 'invalid_pin', error_description: 'Wrong PIN' }), 'HTTP 400 · invalid_pin · Wrong PIN')
  assert.equal(serviceWords({}), '')
})

test('the panel masks secrets, names hashes and marks what it does not know', () => {
  const hash = Buffer.alloc(32, 7).toString('base64')
  const fields = readFields(JSON.stringify({ credentialID: 'k', SAD: 'top secret', PIN: '1234', hash: [hash, hash], extra: 'x' }), 'application/json')
  assert.deepEqual(fields.map((f) => [f.name, f.kind]), [['credentialID', 'plain'], ['SAD', 'secret'], ['PIN', 'secret'], ['hash[0]', 'hash'], ['hash[1]', 'hash'], ['extra', 'unknown']])
  assert.ok(!JSON.stringify(fields).includes('top secret') && !JSON.stringify(fields).includes('1234'))
  const form = readFields('grant_type=authorization_code&code=abc&code_verifier=def', 'application/x-www-form-urlencoded')
  assert.deepEqual(form.map((f) => f.kind), ['plain', 'secret', 'secret'])
})

test('the panel does not call a document piece a hash', () => {
  for (const hash of [Buffer.alloc(33).toString('base64'), 'not base64!', '', 7]) assert.equal(readFields(JSON.stringify({ hash: [hash] }), 'application/json')[0].kind, 'unknown')
  assert.equal(readFields('%PDF-1.7 raw bytes', 'application/json')[0].kind, 'unknown')
  assert.equal(readFields('[1,2]', 'application/json')[0].kind, 'unknown')
})

test('names and sizes for people', () => {
  assert.equal(commonName('CN=Demo\\, Signer,O=Demo'), 'Demo, Signer')
  assert.equal(commonName('O=Demo,CN=Second'), 'Second')
  assert.equal(commonName('O=Nobody'), 'O=Nobody')
  assert.equal(keyKind({ len: 3072, curve: null }), 'RSA 3072')
  assert.equal(keyKind({ len: 256, curve: '1.2.840.10045.3.1.7' }), 'P-256')
  assert.equal(keyKind({ algo: ['1.3.101.112'], len: 256, curve: null }), 'Ed25519')
  assert.equal(signedName('Contract.PDF'), 'Contract-signed.pdf')
  assert.equal(signedName('no extension'), 'no extension-signed.pdf')
  assert.deepEqual([0, 999, 1000, 12_345, 999_949, 999_951, 123_456_789, 5e9].map(bytes), ['0 B', '999 B', '1.0 kB', '12.3 kB', '1000 kB', '1.0 MB', '123 MB', '5.0 GB'])
})

test('the archive is a ZIP that others can read, with distinct names', async () => {
  const files = distinct([
    { name: 'ä.pdf', blob: new Blob(['first']) },
    { name: 'Ä.pdf', blob: new Blob(['second']) },
    { name: 'big.pdf', blob: new Blob([new Uint8Array(300_000).fill(65)]) },
  ])
  assert.deepEqual(files.map((f) => f.name), ['ä.pdf', 'Ä (2).pdf', 'big.pdf'])
  await mkdir(out, { recursive: true })
  const path = new URL('units.zip', out)
  await writeFile(path, Buffer.from(await (await zip(files)).arrayBuffer()))
  const script = 'import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps({i.filename: z.read(i)[:6].decode() for i in z.infolist()}))'
  const read = JSON.parse(execFileSync('python3', ['-c', script, path.pathname], { encoding: 'utf8' }))
  assert.deepEqual(read, { 'ä.pdf': 'first', 'Ä (2).pdf': 'second', 'big.pdf': 'AAAAAA' })
})
