// Loading hashout.wasm from everywhere it may come from, and noticing that it is not the right one.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { goEngine, hashoutError, sources } from './support/bundle.js'

const { Hashout } = await sources('hashout')
const file = goEngine('./js/test/testdata/mortal')
const bytes = readFileSync(file)
const integrity = `sha256-${createHash('sha256').update(bytes).digest('base64')}`
const wrong = `sha256-${createHash('sha256').update('something else').digest('base64')}`

const loads = async (options) => {
  const hashout = await Hashout.load({ worker: false, ...options })
  assert.equal(hashout.version, 'mortal')
  hashout.dispose()
}

describe('load', () => {
  let server
  let origin
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/missing') return response.writeHead(404).end()
      if (request.url === '/broken') return response.writeHead(503).end()
      const type = request.url === '/wrong-type' ? 'application/octet-stream' : 'application/wasm'
      response.writeHead(200, { 'Content-Type': type }).end(request.url === '/garbage' ? 'garbage' : bytes)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${server.address().port}`
  })
  after(() => server.close())

  it('takes an address', () => loads({ wasmURL: `${origin}/hashout.wasm` }))
  it('takes an address that is served with another type', () => loads({ wasmURL: new URL('/wrong-type', origin) }))
  it('takes a file under Node', () => loads({ wasmURL: pathToFileURL(file) }))
  it('takes a response', async () => loads({ wasmURL: await fetch(`${origin}/hashout.wasm`) }))
  it('takes a response to come', () => loads({ wasmURL: fetch(`${origin}/hashout.wasm`) }))
  it('takes a compiled module', async () => loads({ wasmURL: await WebAssembly.compile(bytes) }))

  for (const [what, source] of Object.entries({
    'an address': () => `${origin}/hashout.wasm`,
    'a file': () => pathToFileURL(file),
    'a response': () => fetch(`${origin}/hashout.wasm`),
  })) {
    it(`checks the hash of ${what}`, async () => {
      await loads({ wasmURL: source(), integrity })
      await assert.rejects(Hashout.load({ worker: false, wasmURL: source(), integrity: wrong }), hashoutError('ENGINE_LOAD_FAILED'))
      await loads({ wasmURL: source(), integrity: false })
    })
  }

  it('says what went wrong', async () => {
    const fails = async (path, check) => assert.rejects(Hashout.load({ worker: false, wasmURL: path }), hashoutError('ENGINE_LOAD_FAILED', check))
    await fails(`${origin}/missing`, (e) => assert.deepEqual([e.details.status, e.retryable], [404, false]))
    await fails(`${origin}/broken`, (e) => assert.deepEqual([e.details.status, e.retryable], [503, true]))
    await fails(`${origin}/garbage`, (e) => assert.equal(e.cause.name, 'CompileError'))
    await fails('http://127.0.0.1:1/hashout.wasm', (e) => assert.equal(e.retryable, true))
    await fails('file:///nothing/here.wasm')
    await assert.rejects(Hashout.load({ worker: 'yes', wasmURL: origin }), hashoutError('INVALID_ARGUMENT'))
  })
})
