// Levels above B-B under Node: the built package, a real service with its timestamp authority, responders and revocation lists.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Hashout } from '../dist/index.js'
import { OAuth } from '../dist/oauth.js'
import { hashoutError, root } from './support/bundle.js'
import { allow, startService } from './support/service.js'

const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))
const other = readFileSync(join(root, 'web/samples/order-confirmation.pdf'))

describe('levels', { timeout: 120_000 }, () => {
  let demo
  let hashout
  let service
  let trust
  let origin
  const token = { value: '' }
  const sent = []
  before(async () => {
    demo = await startService()
    // Everything that goes out is seen here.
    const watched = (url, init) => {
      sent.push({ url: String(url), ...init, headers: new Headers(init.headers) })
      return fetch(url, init)
    }
    hashout = await Hashout.load({ fetch: watched })
    const info = await hashout.service({ url: demo.service }).info()
    const oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    const { url, transaction } = await oauth.begin()
    token.value = (await oauth.complete(transaction, await allow(url))).accessToken
    service = hashout.service({ url: demo.service, accessToken: () => token.value })
    origin = new URL(demo.service).origin
    trust = new Uint8Array(await (await fetch(`${origin}/aia/root.cer`)).arrayBuffer())
  })
  after(async () => {
    hashout?.dispose()
    await demo?.stop()
  })
  beforeEach(() => sent.splice(0))

  const options = (more) => ({ credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }), ...more })
  const tsa = () => `${origin}/tsa`
  const verdict = async (blob) => (await hashout.verify(blob, { trust })).signatures[0]

  for (const level of ['B-T', 'B-LT', 'B-LTA']) {
    it(`signs two documents at ${level}`, async () => {
      const { documents } = await service.sign([sample, other], options({ level, timestamp: tsa() }))
      for (const { blob, signature, error, shortfall } of documents) {
        assert.equal(error ?? shortfall, undefined)
        assert.equal(signature.level, level)
        const judged = await verdict(blob)
        assert.equal(judged.intact, true)
        assert.equal(judged.timestamps.length, 1)
        if (level !== 'B-T') assert.deepEqual([judged.indication, judged.level], ['TOTAL-PASSED', level])
      }
    })
  }

  it('asks nobody but the service with a token, and responders by GET, which needs no preflight', async () => {
    const { documents } = await service.sign(sample, options({ level: 'B-LTA', timestamp: tsa() }))
    assert.equal(documents[0].signature.level, 'B-LTA')
    const about = sent.filter(({ url }) => /\/(tsa|ocsp|crl|aia)\b/.test(url))
    assert.equal(about.filter(({ url }) => url.endsWith('/tsa')).length, 2)
    const responders = about.filter(({ url }) => url.includes('/ocsp'))
    assert.equal(responders.length > 0, true)
    for (const { url, method, headers, credentials, referrerPolicy, body } of about) {
      assert.equal(headers.has('authorization'), false, url)
      assert.deepEqual([credentials, referrerPolicy], ['omit', 'no-referrer'])
      assert.equal((body?.length ?? 0) < 200, true)
      if (url.includes('/ocsp')) assert.deepEqual([method, body], [undefined, undefined])
    }
  })

  it('goes on to the next authority, takes the service for one, and the page', async () => {
    const asked = []
    const page = async ({ query }) => {
      asked.push(query)
      return fetch(tsa(), { method: 'POST', headers: { 'content-type': 'application/timestamp-query' }, body: query })
    }
    for (const timestamp of [['http://127.0.0.1:9/', tsa()], { service: true }, page]) {
      const { documents } = await service.sign(sample, options({ level: 'B-T', timestamp }))
      assert.equal(documents[0].shortfall, undefined)
      assert.equal(documents[0].signature.level, 'B-T')
    }
    assert.equal(asked.length, 1)
    assert.equal((await demo.requests()).filter((r) => r.endpoint === 'signatures/timestamp').length > 0, true)
  })

  it('reaches responders by way of a proxy, or through a function', async () => {
    const proxied = []
    const proxy = (url) => {
      proxied.push(url)
      return url
    }
    const through = await service.sign(sample, options({ level: 'B-LT', timestamp: { url: tsa(), proxy }, revocation: { proxy } }))
    assert.equal(through.documents[0].signature.level, 'B-LT')
    assert.equal(proxied.some((url) => url.includes('/ocsp')) && proxied.includes(tsa()), true)
    const purposes = new Set()
    const own = ({ purpose, url, body, contentType, accept }) => {
      purposes.add(purpose)
      return fetch(url, { headers: { accept, ...(contentType && { 'content-type': contentType }) }, ...(body && { method: 'POST', body }) })
    }
    const called = await service.sign(sample, options({ level: 'B-LT', timestamp: tsa(), revocation: { fetch: own } }))
    assert.equal(called.documents[0].signature.level, 'B-LT')
    assert.equal(purposes.has('ocsp'), true)
  })

  it('keeps the signature where the level cannot be reached, and says what is missing', async () => {
    const dead = await service.sign(sample, options({ level: 'B-LT', timestamp: 'http://127.0.0.1:9/' }))
    const [first] = dead.documents
    assert.deepEqual([first.signature.level, first.shortfall.code], ['B-B', 'TSA_FAILED'])
    assert.equal(first.shortfall.details.causes.length, 1)
    const blind = await service.sign(
      sample,
      options({ level: 'B-LTA', timestamp: tsa(), revocation: { fetch: () => Promise.reject(new Error('blocked')) } }),
    )
    const [second] = blind.documents
    assert.deepEqual([second.signature.level, second.shortfall.code, second.shortfall.retryable], ['B-T', 'REVOCATION_UNAVAILABLE', true])
    assert.match(JSON.stringify(second.shortfall.details.missing), /Demo Signer P-256/)
    // What was missing can be had later.
    const { blob, level, shortfall } = await hashout.extend(second.blob, { level: 'B-LTA', timestamp: tsa() })
    assert.deepEqual([level, shortfall], ['B-LTA', undefined])
    assert.deepEqual([(await verdict(blob)).level, (await verdict(blob)).indication], ['B-LTA', 'TOTAL-PASSED'])
  })

  it('extends what anybody signed, step by step, and renews it', async () => {
    const { documents } = await service.sign(sample, options({ certify: 'no-changes' }))
    let { blob } = documents[0]
    for (const level of ['B-T', 'B-LT', 'B-LTA', 'B-LTA']) {
      const before = blob
      const extended = level === 'B-T' ? await service.extend(blob, { level, timestamp: { service: true } }) : await hashout.extend(blob, { level, timestamp: tsa() })
      assert.deepEqual([extended.level, extended.shortfall], [level, undefined])
      blob = extended.blob
      assert.equal(Buffer.from(await blob.slice(0, before.size).arrayBuffer()).equals(Buffer.from(await before.arrayBuffer())), true)
    }
    const { signatures } = await hashout.verify(blob, { trust })
    assert.deepEqual(signatures.map(({ kind, indication }) => [kind, indication]), [
      ['certification', 'TOTAL-PASSED'],
      ['timestamp', 'TOTAL-PASSED'],
      ['timestamp', 'TOTAL-PASSED'],
      ['timestamp', 'TOTAL-PASSED'],
    ])
    assert.equal(signatures[0].changes.allowed, true)
  })

  it('takes a prepared batch to its level, with the sources given to finish', async () => {
    const batch = await service.prepare(sample, { credential: 'demo-p-256', level: 'B-LT', timestamp: 'http://127.0.0.1:9/' })
    const again = await service.restore(JSON.stringify(batch), sample)
    const { documents } = await again.finish({ PIN: demo.pin, timestamp: tsa() })
    assert.deepEqual([documents[0].signature.level, documents[0].shortfall], ['B-LT', undefined])
  })

  it('refuses what cannot work before anything is signed', async () => {
    const before = await demo.signed()
    const refused = (more, file = sample) => assert.rejects(service.sign(file, options(more)), hashoutError('INVALID_ARGUMENT'))
    await refused({ level: 'B-T' })
    await refused({ level: 'B-T', timestamp: 'ftp://tsa.example' })
    await refused({ level: 'B-X', timestamp: tsa() })
    await refused({ commitment: 'proof-of-nothing' })
    await assert.rejects(hashout.extend(sample, { level: 'B-T', timestamp: tsa() }), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(hashout.extend(sample, { level: 'B-T', timestamp: { service: true } }), hashoutError('INVALID_ARGUMENT'))
    assert.deepEqual(await demo.signed(), before)
  })

  it('names each signature in the store for old readers, where that is wanted', async () => {
    const named = async (blob) => ((await blob.text()).match(/\/VRI\s*<<\s*\/[0-9A-F]{40}/g) ?? []).length
    const { documents } = await service.sign(sample, options({ level: 'B-LT', timestamp: tsa(), vri: true }))
    assert.deepEqual([await named(documents[0].blob), (await verdict(documents[0].blob)).indication], [1, 'TOTAL-PASSED'])
    const plain = await service.sign(sample, options({ level: 'B-T', timestamp: tsa() }))
    for (const [vri, entries] of [[true, 1], [undefined, 0]]) {
      const { blob } = await hashout.extend(plain.documents[0].blob, { level: 'B-LT', timestamp: tsa(), vri })
      assert.deepEqual([await named(blob), (await verdict(blob)).indication], [entries, 'TOTAL-PASSED'])
    }
  })

  it('signs a timestamp over the document with it, asked for by prepare and kept in the journal', async () => {
    const stamped = () => sent.filter(({ url }) => url.endsWith('/tsa')).length
    const phases = []
    const { documents } = await service.sign(sample, options({ level: 'B-LTA', timestamp: tsa(), contentTimestamp: true, onProgress: ({ phase }) => phases.push(phase) }))
    assert.deepEqual([documents[0].error, documents[0].shortfall, documents[0].signature.level, stamped()], [undefined, undefined, 'B-LTA', 3])
    assert.equal(phases.indexOf('timestamp') > phases.indexOf('hash') && phases.indexOf('timestamp') < phases.indexOf('sign'), true)
    const judged = await verdict(documents[0].blob)
    assert.deepEqual([judged.indication, judged.level, judged.contentTimestamps.map(({ indication }) => indication)], ['TOTAL-PASSED', 'B-LTA', ['TOTAL-PASSED']])
    assert.equal(judged.contentTimestamps[0].time <= judged.provenAt, true)

    sent.splice(0)
    const batch = await service.prepare([sample, other], { credential: 'demo-p-256', timestamp: { service: true }, contentTimestamp: true })
    const text = JSON.stringify(batch)
    assert.equal(batch.toJSON().documents.every(({ contentTimestamp }) => contentTimestamp.length > 1000), true)
    const asked = sent.length
    const again = await service.restore(text, [sample, other])
    const finished = await again.finish({ PIN: demo.pin })
    assert.equal(sent.slice(asked).some(({ url }) => url.includes('timestamp')), false)
    for (const { blob } of finished.documents) assert.equal((await verdict(blob)).contentTimestamps.length, 1)
  })

  it('lets no hash leave for a document without the timestamp that was wanted', async () => {
    const before = await demo.signed()
    const refused = await service.sign(sample, options({ timestamp: 'http://127.0.0.1:9/', contentTimestamp: true }))
    assert.deepEqual([refused.documents[0].error.code, refused.documents[0].error.details.causes.length], ['TSA_FAILED', 1])
    await assert.rejects(service.sign(sample, options({ contentTimestamp: true })), hashoutError('INVALID_ARGUMENT'))
    assert.deepEqual(await demo.signed(), before)
    const plain = await service.estimate(await service.credential('demo-p-256'))
    const { contents } = await service.estimate(await service.credential('demo-p-256'), { contentTimestamp: true })
    assert.equal(contents > plain.contents + 8000, true)
  })

  it('states a commitment, a policy and a place', async () => {
    const { documents } = await service.sign(
      sample,
      options({
        commitment: 'proof-of-approval',
        algorithmProtection: true,
        signerLocation: { country: 'DE', locality: 'Ulm' },
        policy: { oid: '2.999.7', hash: new Uint8Array(32).fill(7), uri: 'https://policy.example/' },
      }),
    )
    assert.equal(documents[0].error, undefined)
    assert.equal((await verdict(documents[0].blob)).intact, true)
  })
})
