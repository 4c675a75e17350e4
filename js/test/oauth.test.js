// The login, against a strict authorization server.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hashoutError, sources } from './support/bundle.js'
import { allow, startService } from './support/service.js'

const { OAuth } = await sources('oauth')
const redirectURI = 'http://127.0.0.1:8080/callback.html'

/** A Storage. */
function memory() {
  const items = new Map()
  return {
    items,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
  }
}

describe('OAuth', () => {
  let service
  let options
  before(async () => {
    service = await startService()
    const info = await (await fetch(`${service.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
    options = { baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI }
  })
  after(() => service.stop())

  const login = async (oauth) => {
    const { url, transaction } = await oauth.begin()
    return oauth.complete(transaction, await allow(url))
  }

  it('logs in, keeps the token and gives it out', async () => {
    const oauth = new OAuth(options)
    assert.equal(oauth.loggedIn, false)
    await assert.rejects(oauth.accessToken(), hashoutError('TOKEN_EXPIRED'))
    const token = await login(oauth)
    assert.equal(oauth.loggedIn, true)
    assert.equal(await oauth.accessToken({ refresh: false }), token.accessToken)
    const list = await fetch(`${service.service}/credentials/list`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token.accessToken}` },
    })
    assert.equal(list.status, 200)
  })

  it('refreshes once for all calls that need it', async () => {
    let requests = 0
    const oauth = new OAuth({ ...options, fetch: (...args) => (requests++, fetch(...args)) })
    const first = (await login(oauth)).accessToken
    requests = 0
    const [a, b] = await Promise.all([oauth.accessToken({ refresh: true }), oauth.accessToken({ refresh: true })])
    assert.equal(a, b)
    assert.notEqual(a, first)
    assert.equal(requests, 1)
  })

  it('does not show the token when it is printed', async () => {
    const oauth = new OAuth(options)
    const { accessToken } = await login(oauth)
    const { inspect } = await import('node:util')
    assert.equal((inspect(oauth, { depth: 9, showHidden: false }) + JSON.stringify(oauth)).includes(accessToken), false)
  })

  it('survives that the page is left', async () => {
    const storage = memory()
    const url = await new OAuth(options).redirect({}, storage)
    const callback = await allow(url)
    const returned = new OAuth(options)
    assert.equal(await returned.completeRedirect('http://127.0.0.1:8080/', storage), null)
    await returned.completeRedirect(callback, storage)
    assert.equal(returned.loggedIn, true)
    assert.equal(storage.items.size, 0)
    assert.equal(await returned.completeRedirect(callback, storage), null, 'an answer counts once')
  })

  it('authorizes the use of one key with its hashes', async () => {
    const oauth = new OAuth(options)
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array([1]))).toString('base64')
    const { url, transaction } = await oauth.begin({ scope: 'credential', credentialID: 'demo-oauth', numSignatures: 1, hashes: [hash] })
    const token = await oauth.complete(transaction, await allow(url))
    assert.equal(token.tokenType, 'SAD')
    assert.equal(oauth.loggedIn, false, 'a credential token is not the login')
  })

  it('refuses an answer to another login', async () => {
    const oauth = new OAuth(options)
    const { url } = await oauth.begin()
    const other = await oauth.begin()
    const callback = await allow(url)
    await assert.rejects(oauth.complete(other.transaction, callback), hashoutError('AUTHORIZATION_FAILED'))
  })

  it('passes on what the server refused', async () => {
    const oauth = new OAuth(options)
    const { url, transaction } = await oauth.begin()
    const denied = await allow(url, { decision: 'deny' })
    await assert.rejects(oauth.complete(transaction, denied), hashoutError('AUTHORIZATION_FAILED', (e) => assert.equal(e.error, 'access_denied')))

    const again = await oauth.begin()
    const callback = await allow(again.url)
    const forged = { ...again.transaction, verifier: 'x'.repeat(43) }
    await assert.rejects(oauth.complete(forged, callback), hashoutError('AUTHORIZATION_FAILED', (e) => {
      assert.equal(e.error, 'invalid_grant')
      assert.equal(e.status, 400)
    }))
  })

  it('logs out at the service too', async () => {
    const oauth = new OAuth(options)
    const { accessToken } = await login(oauth)
    await oauth.logout()
    assert.equal(oauth.loggedIn, false)
    const list = await fetch(`${service.service}/credentials/list`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}` },
    })
    assert.equal(list.status, 401)
    await oauth.logout()
  })

  it('tells a dead server from a wrong one', async () => {
    const answers = [
      [() => Promise.reject(new TypeError('Failed to fetch')), 'NETWORK'],
      [() => Promise.resolve(new Response('<html>')), 'RESPONSE_MALFORMED'],
      [() => Promise.resolve(new Response('{}')), 'RESPONSE_MALFORMED'],
      [() => Promise.resolve(new Response('oops', { status: 500 })), 'AUTHORIZATION_FAILED'],
      [() => Promise.resolve(new Response('x'.repeat(100_000))), 'RESPONSE_TOO_LARGE'],
    ]
    for (const [fetch, code] of answers) {
      const oauth = new OAuth({ ...options, fetch })
      const { transaction } = await oauth.begin()
      const callback = `${redirectURI}?code=c&state=${transaction.state}`
      await assert.rejects(oauth.complete(transaction, callback), hashoutError(code))
    }
  })

  it('speaks https only, except on loopback', () => {
    assert.throws(() => new OAuth({ ...options, baseURL: 'http://login.example/' }), hashoutError('INSECURE_URL'))
    assert.throws(() => new OAuth({ ...options, baseURL: 'no address' }), hashoutError('INVALID_ARGUMENT'))
    new OAuth({ ...options, baseURL: 'http://localhost:1/as/oauth2/authorize' })
  })
})
