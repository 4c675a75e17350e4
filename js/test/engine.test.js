// Calls, cancellation, death and rebirth of an engine, in a worker and in this thread, with a Go program that dies on demand.

import assert from 'node:assert/strict'
import { openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { bundle, hashoutError, mortalEngine, scratch, sources } from './support/bundle.js'
import { nodeWorker } from './support/node-worker.js'

const { Client, connectInline, engineThread } = await sources('client', 'inline', 'load')
const script = await bundle('worker')
const module = await mortalEngine()

const threads = {
  'in a worker': await engineThread(() => nodeWorker(script)),
  'in this thread': connectInline,
}

for (const [where, connect] of Object.entries(threads)) {
  describe(`an engine ${where}`, () => {
    let client
    let opened = 0
    before(() => {
      client = new Client({ connect: () => (opened++, connect()), module, memoryBudget: 1 << 20 })
    })
    after(() => client.dispose())

    it('answers calls', async () => {
      assert.equal(await client.ready(), 'mortal')
      assert.deepEqual(await client.call('echo', { a: [1, 'ä', null] }), { a: [1, 'ä', null] })
    })

    it('sees a global object of its own', async () => {
      assert.deepEqual(await client.call('globals', {}), { process: -1, host: 'undefined' })
      for (const name of ['Go', 'fs', 'path', '__hashoutHost']) assert.equal(name in globalThis, false, name)
    })

    it('keeps simultaneous calls apart', async () => {
      const calls = Array.from({ length: 20 }, (_, n) => client.call('echo', { n }))
      assert.deepEqual(await Promise.all(calls), calls.map((_, n) => ({ n })))
    })

    it('makes a HashoutError of a rejection', async () => {
      const error = {
        code: 'SERVICE_ERROR', message: 'no', details: { n: 1 }, retryable: true,
        service: { error: 'invalid_pin', error_description: 'Wrong PIN', status: 400 },
      }
      await assert.rejects(client.call('fail', error), hashoutError('SERVICE_ERROR', (e) => {
        assert.equal(e.message, 'no')
        assert.equal(e.retryable, true)
        assert.deepEqual(e.details, { n: 1 })
        assert.deepEqual([e.error, e.error_description, e.status], ['invalid_pin', 'Wrong PIN', 400])
      }))
      await assert.rejects(client.call('fail', 'a string'), hashoutError('INTERNAL'))
    })

    it('asks the page for tokens and authorizations', async () => {
      const hooks = {
        token: (refresh) => (refresh ? 'new' : 'old'),
        authorize: async (request, signal) => ({ PIN: `for ${request.credentialID}`, fired: signal.aborted }),
      }
      assert.equal(await client.call('token', { refresh: true }, hooks), 'new')
      assert.equal(await client.call('token', { refresh: false }, hooks), 'old')
      assert.equal(await client.call('token', { refresh: false }), '')
      assert.deepEqual(await client.call('authorize', { credentialID: 'c' }, hooks), { PIN: 'for c', fired: false })
    })

    it('keeps what a callback threw as the cause, and nothing else of it', async () => {
      const secret = new Error('PIN 1234 was wrong')
      const thrown = new Map()
      const hooks = { thrown, authorize: () => Promise.reject(secret) }
      await assert.rejects(client.call('authorize', {}, hooks), hashoutError('AUTHORIZATION_FAILED', (e) => {
        assert.equal(e.cause, secret)
        assert.doesNotMatch(JSON.stringify(e) + e.message, /1234/)
      }))
      const cancelled = { thrown: new Map(), authorize: () => Promise.reject(new DOMException('closed', 'AbortError')) }
      await assert.rejects(client.call('authorize', {}, cancelled), hashoutError('ABORTED'))
    })

    it('reports progress', async () => {
      const seen = []
      await client.call('progress', {}, { progress: (event) => seen.push(event) })
      assert.deepEqual(seen, [{ document: 0, phase: 'open', done: 1, total: 2 }])
    })

    for (const size of [1000, 3 << 20]) {
      it(`hashes ${size} bytes outside Go`, async () => {
        const bytes = new Uint8Array(size).fill(7)
        const seen = []
        for (const algorithm of ['SHA-256', 'SHA-384', 'SHA-512']) {
          const hash = await client.call('digest', { algorithm, parts: [new Blob([bytes]), new Uint8Array([1])] }, {
            progress: (event) => seen.push(event),
          })
          const expected = await crypto.subtle.digest(algorithm, new Uint8Array([...bytes, 1]))
          assert.deepEqual(hash, new Uint8Array(expected))
        }
        assert.deepEqual(seen.at(-1), { document: 0, phase: 'hash', done: size + 1, total: size + 1, bytes: size + 1, totalBytes: size + 1 })
      })
    }

    const skip = connect !== connectInline && 'Node does not hand files on disk to other threads'
    it('names a document that cannot be read any more', { skip }, async () => {
      const path = join(scratch, `vanishing-${opened}.pdf`)
      for (const size of [1000, 3 << 20]) {
        writeFileSync(path, Buffer.alloc(size))
        const file = await openAsBlob(path)
        rmSync(path)
        await assert.rejects(client.call('digest', { algorithm: 'SHA-256', parts: [file] }), hashoutError('FILE_UNREADABLE'))
      }
    })

    it('rejects a call whose signal has fired, before or later', async () => {
      const reason = new Error('enough')
      await assert.rejects(client.call('echo', {}, {}, AbortSignal.abort(reason)), hashoutError('ABORTED', (e) => assert.equal(e.cause, reason)))
      const impatient = new Client({ connect, module, memoryBudget: 0, cancelTimeoutMs: 10 })
      const controller = new AbortController()
      const call = impatient.call('silent', {}, {}, controller.signal)
      setTimeout(() => controller.abort(), 50)
      await assert.rejects(call, hashoutError('ABORTED'))
      impatient.dispose()
    })

    it('tells an authorization dialog that the call was cancelled', async () => {
      const impatient = new Client({ connect, module, memoryBudget: 0, cancelTimeoutMs: 10 })
      const controller = new AbortController()
      let dialog
      const authorize = (_, signal) => {
        dialog = signal
        controller.abort()
        return new Promise(() => {})
      }
      const call = impatient.call('authorize', {}, { authorize }, controller.signal)
      await assert.rejects(call, hashoutError('ABORTED'))
      assert.equal(dialog.aborted, true)
      impatient.dispose()
    })

    for (const death of ['panic', 'exit', 'overflow', 'recurse']) {
      it(`rejects what is pending when it dies (${death}), and lives again`, async () => {
        await client.ready()
        const before = opened
        const pending = client.call('silent', {})
        const fatal = client.call(death, {})
        const ends = hashoutError('ENGINE_CRASHED', (e) => assert.doesNotMatch(e.message, /secret/))
        await Promise.all([assert.rejects(fatal, ends), assert.rejects(pending, ends)])
        assert.deepEqual(await client.call('echo', { again: true }), { again: true })
        assert.equal(opened, before + 1)
        // The dead engine's timers do not hold up this thread.
        await new Promise((resolve) => setTimeout(resolve, 40))
      })
    }

    it('makes room for a fresh engine when it is idle and has grown, and for none while a call is under way', async () => {
      let engines = 0
      const grown = new Client({ connect: () => (engines++, connect()), module, memoryBudget: 0, maxIdleMemory: 1 })
      const idle = () => new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual(await grown.call('echo', { n: 1 }), { n: 1 })
      await idle()
      const pending = grown.call('silent', {})
      pending.catch(() => {})
      await grown.ready()
      assert.deepEqual(await grown.call('echo', { n: 2 }), { n: 2 })
      await idle()
      assert.deepEqual(await grown.call('echo', { n: 3 }), { n: 3 })
      assert.equal(engines, 2)
      grown.dispose()
      await assert.rejects(pending, hashoutError('ABORTED'))
    })

    it('is disposed of once and for all', async () => {
      const pending = client.call('silent', {})
      await client.ready()
      setTimeout(() => client.dispose(), 10)
      await assert.rejects(pending, hashoutError('ABORTED'))
      client.dispose()
      await assert.rejects(client.call('echo', {}), hashoutError('INVALID_ARGUMENT'))
    })
  })
}

describe('a fetch of the page', () => {
  const client = (fetch) => new Client({ connect: threads['in a worker'], module, memoryBudget: 0, fetch })

  it('carries requests of the engine', async () => {
    const seen = []
    const c = client(async (url, init) => {
      seen.push([url, init.method, init.body])
      return new Response('answer', { status: 201, headers: { 'X-Kind': 'test' } })
    })
    const response = await c.call('fetch', { url: 'https://service.example/info' }).catch((e) => e)
    // The stand-in for a Response cannot be posted; that it came is all the mortal engine can tell.
    assert.equal(response.code, 'INTERNAL')
    assert.deepEqual(seen, [['https://service.example/info', 'POST', 'hello']])
    c.dispose()
  })

  it('that fails is an error of that call', async () => {
    const c = client(() => Promise.reject(new TypeError('Failed to fetch')))
    await assert.rejects(c.call('fetch', { url: 'https://service.example/info' }), hashoutError('NETWORK'))
    c.dispose()
  })
})

describe('a worker', () => {
  it('that cannot be started is ENGINE_LOAD_FAILED, and a later start may succeed', async () => {
    let works = false
    const connect = await engineThread(() => nodeWorker(works ? script : new URL('file:///nothing/here.js')))
    const client = new Client({ connect, module, memoryBudget: 0 })
    await assert.rejects(client.ready(), hashoutError('ENGINE_LOAD_FAILED'))
    works = true
    assert.equal(await client.ready(), 'mortal')
    client.dispose()
  })

  it('that never answers does not keep the page waiting', async () => {
    const mute = { postMessage() {}, terminate() {}, addEventListener() {}, removeEventListener() {} }
    const client = new Client({ connect: await engineThread(() => mute), module, memoryBudget: 0, startTimeoutMs: 20 })
    await assert.rejects(client.ready(), hashoutError('ENGINE_LOAD_FAILED'))
  })

  it('of the page is not terminated, and serves a second engine after a crash', async () => {
    const worker = nodeWorker(script)
    let terminated = false
    const given = { ...worker, terminate: () => (terminated = true) }
    const client = new Client({ connect: await engineThread(given), module, memoryBudget: 0 })
    await assert.rejects(client.call('exit', {}), hashoutError('ENGINE_CRASHED'))
    assert.deepEqual(await client.call('echo', { n: 2 }), { n: 2 })
    client.dispose()
    assert.equal(terminated, false)
    worker.terminate()
  })

  it('that is gone without a word is found out by a cancellation', async () => {
    const workers = []
    const connect = await engineThread(() => {
      const worker = nodeWorker(script)
      const silent = { ...worker, gone: false, postMessage: (message, transfer) => silent.gone || worker.postMessage(message, transfer) }
      workers.push(silent)
      return silent
    })
    const client = new Client({ connect, module, memoryBudget: 0, cancelTimeoutMs: 20, stuckTimeoutMs: 300 })
    const patient = client.call('silent', {})
    const controller = new AbortController()
    const hasty = client.call('silent', {}, {}, controller.signal)
    await client.ready()
    setTimeout(() => controller.abort(), 20)
    await assert.rejects(hasty, hashoutError('ABORTED'))
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(workers.length, 1, 'one that answers is left alone')
    workers[0].gone = true
    const again = new AbortController()
    const third = client.call('silent', {}, {}, again.signal)
    setTimeout(() => again.abort(), 20)
    await Promise.all([assert.rejects(third, hashoutError('ABORTED')), assert.rejects(patient, hashoutError('ENGINE_CRASHED'))])
    assert.deepEqual(await client.call('echo', { n: 1 }), { n: 1 })
    client.dispose()
  })

  it('of another release is refused', async () => {
    const connect = () => {
      const port = connectInline()
      return { ...port, post: (m) => port.post(m.type === 'start' ? { ...m, protocol: 99 } : m) }
    }
    await assert.rejects(new Client({ connect, module, memoryBudget: 0 }).ready(), hashoutError('ENGINE_LOAD_FAILED'))
  })
})
