// What a Service makes of files and of the engine's answers, with a stand-in for the engine.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hashoutError, scratch, sources } from './support/bundle.js'

const { Client, Service, connectInline, HashoutError } = await sources('client', 'inline', 'service', 'errors')

/** A service whose engine answers with work(method, args, host, id). */
function serviceOf(work, options = {}) {
  const start = async (_module, host) => ({ version: 'stand-in', call: (id, method, args) => work(method, args, host, id), cancel() {}, busy() {}, memory: () => 0, stop() {} })
  const client = new Client({ connect: () => connectInline(start), module: undefined, memoryBudget: 0 })
  return new Service(client, { url: 'https://service.example/csc/v1', ...options }, { artist: () => undefined })
}

const credential = { credentialID: 'key-1', raw: '{}', certificate: null, reason: null }
const signature = { fieldName: 'Signature1', level: 'B-B' }

/** Signs everything it is given by appending the document's index. */
const signAll = async (method, args, host, id) => {
  assert.equal(method, 'sign')
  for (const [index, file] of args.files.entries()) {
    host.document(id, index, file.error ? { state: 'failed', error: file.error } : { state: 'signed', update: new Uint8Array([index]), signature })
  }
}

const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())]

describe('sign', () => {
  it('takes documents in every form a page may have them in', async () => {
    const raw = new Uint8Array([9, 8, 7, 6]).subarray(1, 3)
    const path = join(scratch, 'on-disk.pdf')
    writeFileSync(path, raw)
    const inputs = [
      raw,
      new Uint8Array([8, 7]).buffer,
      new Blob([raw]),
      new File([raw], 'a.pdf'),
      new Response(raw),
      { getFile: async () => new File([raw], 'b.pdf') },
      { file: raw, name: 'c.pdf', password: 'secret' },
      await openAsBlob(path),
    ]
    let sent
    const { documents } = await serviceOf((method, args, ...host) => ((sent = args), signAll(method, args, ...host))).sign(inputs, { credential })
    assert.deepEqual(documents.map((d) => d.name), [undefined, undefined, undefined, 'a.pdf', undefined, 'b.pdf', 'c.pdf', undefined])
    assert.equal(sent.files[6].password, 'secret')
    for (const [index, document] of documents.entries()) {
      assert.equal(document.index, index)
      assert.equal(document.blob.type, 'application/pdf')
      assert.deepEqual(await bytes(document.blob), [8, 7, index])
      assert.deepEqual(document.signature, signature)
    }
  })

  it('does not sign what a caller writes into a buffer afterwards', async () => {
    const buffer = new Uint8Array([1, 2])
    const call = serviceOf(signAll).sign(buffer, { credential })
    buffer.fill(0)
    assert.deepEqual(await bytes((await call).documents[0].blob), [1, 2, 0])
  })

  it('keeps the other documents when one cannot be read', async () => {
    const asked = []
    const seen = []
    const service = serviceOf(async (method, args, host, id) => {
      asked.push(await host.authorize(id, { documents: [1, 3], hashes: [] }))
      host.progress(id, { document: 3, phase: 'sign', done: 1, total: 1 })
      host.progress(id, { document: -1, phase: 'done', done: 1, total: 1 })
      return signAll(method, args, host, id)
    })
    const { documents } = await service.sign(['no document', new Uint8Array([1]), new Response('', { status: 404 }), new Uint8Array([2])], {
      credential,
      authorize: (request) => {
        assert.deepEqual(request.documents, [1, 3])
        assert.equal(request.credential, credential)
        return { PIN: '1' }
      },
      onProgress: (event) => seen.push(event.document),
    })
    assert.deepEqual(documents.map((d) => d.error?.code), ['INVALID_ARGUMENT', undefined, 'NETWORK', undefined])
    assert.deepEqual(await bytes(documents[3].blob), [2, 3])
    assert.deepEqual(asked, [{ PIN: '1' }])
    assert.deepEqual(seen, [3, -1])
  })

  it('gives each document its own error', async () => {
    const error = { code: 'PDF_MALFORMED', message: 'not a PDF', details: { offset: 0 }, retryable: false }
    const service = serviceOf(async (_m, _a, host, id) => {
      host.document(id, 1, { state: 'signed', update: new Uint8Array(1), signature })
      host.document(id, 0, { state: 'failed', error })
    })
    const { documents } = await service.sign([new Uint8Array(1), new Uint8Array(1), new Uint8Array(1)], { credential })
    assert.equal(documents[0].error instanceof HashoutError, true)
    assert.equal(documents[0].error.code, 'PDF_MALFORMED')
    assert.deepEqual(documents[0].error.details, { offset: 0 })
    assert.equal(documents[1].blob.size, 2)
    assert.equal(documents[2].error.code, 'INTERNAL')
  })

  it('keeps what authorize threw as the cause, also in the errors of documents', async () => {
    const why = new Error('the dialog broke')
    const service = serviceOf(async (_m, _a, host, id) => {
      const error = await host.authorize(id, { documents: [0] }).catch((e) => ({ ...e }))
      host.document(id, 0, { state: 'prepared', error })
    })
    const { documents } = await service.sign(new Uint8Array(1), { credential, authorize: () => Promise.reject(why) })
    assert.equal(documents[0].error.code, 'AUTHORIZATION_FAILED')
    assert.equal(documents[0].error.cause, why)
    const unprepared = await service.sign(new Uint8Array(1), { credential })
    assert.equal(unprepared.documents[0].error.code, 'AUTHORIZATION_FAILED')
  })

  it('looks a credential up by its ID, and sends options as they are', async () => {
    const calls = []
    const service = serviceOf(async (method, args, ...host) => {
      calls.push([method, args])
      return method === 'credential' ? { ...credential, raw: '{"a":1}' } : signAll(method, args, ...host)
    })
    const signingTime = new Date(1e12)
    await service.sign(new Uint8Array(1), { credential: 'key-1', reason: 'because', signingTime, signal: new AbortController().signal })
    const url = 'https://service.example/csc/v1'
    assert.deepEqual(calls[0], ['credential', { service: { url }, credentialID: 'key-1' }])
    assert.deepEqual(calls[1][1].credential, { credentialID: 'key-1', raw: '{"a":1}' })
    assert.deepEqual(calls[1][1].options, { reason: 'because', appearance: true, signingTime: 1e12 })
  })

  it('does not wait for a document that never arrives once the signal fires', async () => {
    const endless = new Response(new ReadableStream({}))
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 20)
    await assert.rejects(serviceOf(signAll).sign(endless, { credential, signal: controller.signal }), hashoutError('ABORTED'))
  })

  it('refuses calls that make no sense', async () => {
    const service = serviceOf(signAll)
    await assert.rejects(service.sign(new Uint8Array(1), {}), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(service.sign(new Uint8Array(1), { credential: {} }), hashoutError('INVALID_ARGUMENT'))
    assert.deepEqual(await service.sign([], { credential }), { documents: [] })
    assert.throws(() => serviceOf(signAll, { url: '' }), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(service.sign(new Uint8Array(1), { credential, signal: AbortSignal.abort() }), hashoutError('ABORTED'))
  })
})

describe('a service', () => {
  it('gives the token to the engine when it is asked for, and never as an argument', async () => {
    const seen = []
    const service = serviceOf(
      async (_method, args, host, id) => {
        seen.push(args, await host.token(id, false), await host.token(id, true))
        return { name: 'x' }
      },
      { accessToken: ({ refresh }) => (refresh ? 'second' : 'first') },
    )
    await service.info()
    assert.deepEqual(seen, [{ service: { url: 'https://service.example/csc/v1' } }, 'first', 'second'])
  })

  it('describes credentials with dates and errors', async () => {
    const wire = {
      credentialID: 'k', usable: false, reason: { code: 'CREDENTIAL_UNUSABLE', message: 'expired' },
      certificate: { subject: 'CN=x', notBefore: 0, notAfter: 1000, der: new Uint8Array(1) },
    }
    const [one] = await serviceOf(async () => ({ credentials: [wire] })).credentials()
    assert.equal(one.reason.code, 'CREDENTIAL_UNUSABLE')
    assert.equal(one.certificate.notAfter.getTime(), 1000)
    assert.equal((await serviceOf(async () => ({ ...wire, certificate: null })).credential('k')).certificate, null)
  })
})
