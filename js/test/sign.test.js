// The whole way under Node: the built package, its real engine, a real service.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { Hashout, HashoutError } from '../dist/index.js'
import { OAuth } from '../dist/oauth.js'
import { root } from './support/bundle.js'
import { nodeWorker } from './support/node-worker.js'
import { allow, startService } from './support/service.js'
import { checkSigned } from './support/signed.js'

const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))
const other = readFileSync(join(root, 'web/samples/order-confirmation.pdf'))
const token = { value: '' }

/** Everything that a log of an error could show. */
const everything = (error) => inspect(error, { depth: 9, showHidden: false }) + JSON.stringify(error)

describe('signing', { timeout: 120_000 }, () => {
  let demo
  let hashout
  let service
  let oauth
  const login = async () => {
    const { url, transaction } = await oauth.begin()
    token.value = (await oauth.complete(transaction, await allow(url))).accessToken
  }
  before(async () => {
    demo = await startService()
    hashout = await Hashout.load()
    const info = await hashout.service({ url: demo.service }).info()
    oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    service = hashout.service({ url: demo.service, accessToken: oauth.accessToken })
  })
  after(async () => {
    hashout?.dispose()
    await demo?.stop()
  })
  beforeEach(async () => {
    await demo.reset()
    await login()
  })

  const options = (more) => ({ credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }), ...more })

  it('lists credentials, usable or with the reason why not', async () => {
    const credentials = await service.credentials()
    const byID = Object.fromEntries(credentials.map((c) => [c.credentialID, c]))
    const good = byID['demo-rsa-2048']
    assert.equal(good.usable, true)
    assert.equal(good.pin.presence, 'true')
    assert.equal(good.certificate.notAfter > new Date(), true)
    assert.equal(good.certificate.der instanceof Uint8Array, true)
    assert.match(good.certificate.subject, /Demo Signer RSA-2048/)
    const expired = byID['demo-expired']
    assert.equal(expired.usable, false)
    assert.equal(expired.reason instanceof HashoutError, true)
    assert.equal(expired.reason.code, 'CREDENTIAL_UNUSABLE')
  })

  for (const credential of ['demo-rsa-2048', 'demo-p-256', 'demo-p-384']) {
    it(`signs with ${credential}`, async () => {
      const authorize = ({ otp }) => ({ PIN: demo.pin, ...(otp?.presence === 'true' && { OTP: demo.otp }) })
      const { documents } = await service.sign(sample, options({ credential, authorize }))
      await checkSigned(documents[0], sample)
      assert.equal(documents[0].signature.level, 'B-B')
    })
  }

  it('puts each signature where its document says, else where the options say', async () => {
    const field = { name: 'Everywhere', page: 1, rect: [36, 36, 136, 76] }
    const { documents } = await service.sign([sample, { file: other, field: { name: 'Here', page: 1, rect: [200, 300, 320.5, 340] } }], options({ field }))
    assert.deepEqual(documents.map((d) => d.signature?.fieldName), ['Everywhere', 'Here'])
    const text = await Promise.all(documents.map(async (d) => Buffer.from(await d.blob.arrayBuffer()).toString('latin1')))
    assert.match(text[0], /\/Rect\s*\[36 36 136 76\]/)
    assert.match(text[1], /\/Rect\s*\[200 300 320\.5 340\]/)
  })

  it('signs many with one authorization, and loses none for the bad one among them', async () => {
    const progress = []
    let asked = 0
    const { documents } = await service.sign([sample, new Blob(['not a PDF']), other, 'no document at all', sample], options({
      authorize: ({ hashes, numSignatures, documents: which, credential }) => {
        asked++
        assert.equal(hashes.length, 3)
        assert.equal(numSignatures, 3)
        assert.deepEqual(which, [0, 2, 4])
        assert.equal(credential.credentialID, 'demo-p-256')
        return { PIN: demo.pin }
      },
      onProgress: (event) => progress.push(event),
    }))
    assert.equal(asked, 1)
    assert.deepEqual(documents.map((d) => d.error?.code), [undefined, 'PDF_MALFORMED', undefined, 'INVALID_ARGUMENT', undefined])
    await checkSigned(documents[0], sample)
    await checkSigned(documents[2], other)
    await checkSigned(documents[4], sample)
    assert.deepEqual(await demo.signed(), { total: 3, most: 1 })
    const calls = (await demo.requests()).filter((r) => r.endpoint === 'signatures/signHash')
    assert.equal(calls.length, 1)
    for (const phase of ['open', 'hash', 'sign', 'done']) {
      for (const document of [0, 2, 4]) assert.equal(progress.some((e) => e.phase === phase && e.document === document), true, `${phase} of ${document}`)
    }
  })

  it('hashes beyond the memory budget in pieces, with the same result', async () => {
    const frugal = await Hashout.load({ memoryBudget: 0 })
    const { documents } = await frugal.service({ url: demo.service, accessToken: oauth.accessToken }).sign(sample, options())
    frugal.dispose()
    await checkSigned(documents[0], sample)
  })

  it('signs in a worker, by a fetch of the page', async () => {
    const seen = []
    const inWorker = await Hashout.load({
      worker: () => nodeWorker(new URL('../dist/worker.js', import.meta.url)),
      fetch: (url, init) => {
        seen.push(new URL(url).pathname)
        return fetch(url, init)
      },
    })
    const { documents } = await inWorker.service({ url: demo.service, accessToken: oauth.accessToken }).sign(sample, options())
    inWorker.dispose()
    await checkSigned(documents[0], sample)
    assert.equal(seen.some((path) => path.endsWith('/signatures/signHash')), true)
  })

  it('runs several calls at once', async () => {
    const results = await Promise.all([sample, other, sample].map((file) => service.sign(file, options())))
    for (const [i, { documents }] of results.entries()) await checkSigned(documents[0], i === 1 ? other : sample)
  })

  it('asks again for a token that was refused', async () => {
    await demo.faults({ endpoint: 'credentials/info', action: 'token-expires' })
    const asked = []
    const careful = hashout.service({
      url: demo.service,
      accessToken: async ({ refresh }) => {
        asked.push(refresh)
        if (refresh) await login()
        return token.value
      },
    })
    assert.equal((await careful.credential('demo-p-256')).usable, true)
    assert.deepEqual(asked.filter(Boolean), [true])

    await demo.faults({ endpoint: 'credentials/info', action: 'token-expires' })
    const error = await failure(service.credential('demo-p-256'))
    assert.equal(error.code, 'TOKEN_EXPIRED')
    assert.equal(everything(error).includes(token.value), false)
  })

  it('names a wrong PIN', async () => {
    const secret = '999888777'
    const error = await failure(service.sign(sample, options({ authorize: () => ({ PIN: secret }) })))
    assert.equal(error.code, 'AUTHORIZATION_FAILED')
    assert.equal(error.status, 400)
    assert.equal(error.error, 'invalid_pin')
    assert.equal(error.retryable, false)
    assert.equal(everything(error).includes(secret), false)
    assert.deepEqual(await demo.signed(), { total: 0, most: 0 })
  })

  it('passes on that the person gave up', async () => {
    const closed = new DOMException('The dialog was closed.', 'AbortError')
    const error = await failure(service.sign(sample, options({ authorize: () => Promise.reject(closed) })))
    assert.equal(error.code, 'ABORTED')
    assert.equal(error.cause, closed)
    const broken = new Error('the dialog broke')
    assert.equal((await failure(service.sign(sample, options({ authorize: () => Promise.reject(broken) })))).cause, broken)
  })

  it('stops when the signal fires while a person is asked', async () => {
    const controller = new AbortController()
    let dialog
    const authorize = ({ signal }) => {
      dialog = signal
      setTimeout(() => controller.abort(), 10)
      return new Promise(() => {})
    }
    const error = await failure(service.sign(sample, options({ authorize, signal: controller.signal })))
    assert.equal(error.code, 'ABORTED')
    assert.equal(dialog.aborted, true)
    assert.deepEqual(await demo.signed(), { total: 0, most: 0 })
  })

  it('stops when the signal fires while the service is slow', async () => {
    await demo.faults({ endpoint: 'credentials/authorize', action: 'delay' })
    const started = Date.now()
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 300)
    const error = await failure(service.sign(sample, options({ signal: controller.signal })))
    assert.equal(error.code, 'ABORTED')
    assert.equal(Date.now() - started < 5000, true)
  })

  const broken = [
    ['signatures/signHash', 'foreign-key', ['SIGNATURE_INVALID']],
    ['signatures/signHash', 'flip-bit', ['SIGNATURE_INVALID']],
    ['signatures/signHash', 'too-many', ['SIGNATURE_COUNT']],
    ['signatures/signHash', 'garbage', ['RESPONSE_MALFORMED', 'OUTCOME_UNKNOWN']],
    ['signatures/signHash', 'drop-after', ['OUTCOME_UNKNOWN']],
    ['credentials/authorize', 'redirect', ['REDIRECT_REFUSED']],
    ['credentials/authorize', 'server-error', ['SERVICE_ERROR', 'AUTHORIZATION_FAILED']],
  ]
  for (const [endpoint, action, codes] of broken) {
    it(`survives a service that does ${action} at ${endpoint}`, async () => {
      await demo.faults({ endpoint, action })
      const error = await failure(service.sign(sample, options()))
      assert.equal(codes.includes(error.code), true, `${error.code}: ${error.message}`)
      assert.equal(error.retryable && endpoint === 'signatures/signHash', false, 'a signature may have been made')
      assert.equal(everything(error).includes(demo.pin) || everything(error).includes(token.value), false)
      await checkSigned((await service.sign(sample, options())).documents[0], sample)
    })
  }

  it('says that a service is down', async () => {
    const error = await failure(hashout.service({ url: 'http://127.0.0.1:1/csc/v1' }).info())
    assert.equal(error.code, 'NETWORK')
    assert.equal(error.retryable, true)
  })

  it('refuses to speak http, except on loopback', async () => {
    assert.equal((await failure(hashout.service({ url: 'http://rssp.example/csc/v1' }).info())).code, 'INSECURE_URL')
  })

  it('tells how large a signature will be, and is right', async () => {
    for (const id of ['demo-rsa-2048', 'demo-p-256']) {
      const credential = await service.credential(id)
      const size = await service.estimate(credential)
      const { documents } = await service.sign(sample, options({ credential }))
      const used = documents[0].signature.contents
      assert.ok(size.contents >= used && size.contents - used <= 16, `${size.contents} reserved, ${used} used`)
      assert.ok(size.signature < size.contents)
      assert.equal(size.digest, documents[0].signature.digest)
    }
  })

  it('keeps its patience within signTimeoutMs, and says that the outcome is unknown', async () => {
    await demo.faults({ endpoint: 'signatures/signHash', action: 'delay-after' })
    const { documents } = await service.sign(sample, options({ signTimeoutMs: 300 }))
    assert.equal(documents[0].error.code, 'OUTCOME_UNKNOWN')
  })

  it('speaks v2, where a service may sign in the background', async () => {
    const url = demo.service.replace('/csc/v1', '/csc/v2')
    const info = await hashout.service({ url }).info()
    const login = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback', api: 'v2' })
    const { url: page, transaction } = await login.begin()
    await login.complete(transaction, await allow(page))
    const { documents } = await hashout.service({ url, accessToken: login.accessToken }).sign(sample, options({ async: true }))
    await checkSigned(documents[0], sample)
    const asked = (await demo.requests()).map((r) => r.endpoint)
    assert.equal(asked.filter((e) => e === 'signatures/signHash').length, 1)
    assert.equal(asked.includes('signatures/signPolling'), true)
  })

  it('sends the headers of the service options along', async () => {
    await hashout.service({ url: demo.service, headers: { 'X-Portal': 'yes' } }).info()
    const asked = (await demo.requests()).find((r) => r.endpoint === 'info')
    assert.deepEqual(asked.header['X-Portal'], ['yes'])
  })

  it('looks into a document without any service', async () => {
    const before = await hashout.inspect(sample)
    assert.deepEqual([before.bytes, before.signatures, before.certified], [sample.length, [], 0])
    const { documents } = await service.sign(sample, options({ reason: 'Agreed', certify: 'form-filling' }))
    const after = await hashout.inspect(documents[0].blob)
    const [signature] = after.signatures
    assert.deepEqual(
      [after.certified, signature.reason, signature.coversWholeFile, signature.byteRange],
      [2, 'Agreed', true, documents[0].signature.byteRange],
    )
    await assert.rejects(hashout.inspect(new Blob(['nothing'])), { code: 'PDF_MALFORMED' })
  })

  it('works again after arguments that make no sense', async () => {
    for (const wrong of [{ level: 'B-X' }, { digest: 'MD5' }, { certify: 'x' }, { field: { page: 99, rect: [0, 0, 1, 1] } }, { field: 7 }, { batchSize: 'x' }]) {
      const error = await failure(service.sign(sample, options(wrong)))
      assert.equal(error instanceof HashoutError, true)
      assert.notEqual(error.code, 'INTERNAL', `${JSON.stringify(wrong)}: ${error.message}`)
    }
    await checkSigned((await service.sign(sample, options())).documents[0], sample)
  })
})

/** The error of a call, or of its only document. */
async function failure(call) {
  try {
    const error = (await call).documents?.[0].error
    if (!error) throw new Error('the call succeeded')
    return error
  } catch (error) {
    return error
  }
}
