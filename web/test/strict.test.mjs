// Strict pages: the package alone, in pages whose policy allows it exactly what it
// needs and no more. Each signs, none breaks its policy, none is cross-origin
// isolated; one that lacks a permission fails, so the policies are in force.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { OAuth } from '../../js/dist/oauth.js'
import { allow } from '../../js/test/support/service.js'
import { startHost } from './lib/host.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 120_000

/** What a page does: its own script, from its own origin, as every policy here wants it. */
const script = `
  import { Hashout } from '/hashout/index.js'
  globalThis.violations = []
  addEventListener('securitypolicyviolation', (e) => globalThis.violations.push(e.effectiveDirective + ' ' + e.blockedURI))
  const policy = () => trustedTypes.createPolicy('host', { createScriptURL: (url) => url })
  const ways = {
    plain: () => ({}),
    'page’s own worker': () => ({ worker: new Worker(policy().createScriptURL('/hashout/worker.js'), { type: 'module' }) }),
    'no worker': () => ({ worker: false }),
    'page’s own fetch': () => ({ fetch: (url, init) => fetch('/through/' + new URL(url).pathname.slice(1), init) }),
  }
  globalThis.sign = async (way, url, token, pin, bytes, visible) => {
    const hashout = await Hashout.load(ways[way]())
    const service = hashout.service({ url, accessToken: token })
    const { documents: [one] } = await service.sign(new Uint8Array(bytes), {
      credential: 'demo-p-256', authorize: () => ({ PIN: pin }), ...(visible && { field: { page: 1, rect: [36, 36, 236, 96] } }),
    })
    hashout.dispose()
    if (one.error) throw one.error
    return Array.from(new Uint8Array(await one.blob.arrayBuffer()))
  }
  globalThis.ready = true
`

let host
let policy
after(() => host?.stop())

async function run(way, { address = it.demo.service, visible = false, ...directives }) {
  const wanted = {
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'worker-src': "'self'",
    'connect-src': `'self' ${new URL(it.demo.service).origin}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'hashout',
    ...directives,
  }
  policy = Object.entries(wanted).map((d) => d.join(' ')).join('; ')
  host ??= await startHost({ '/page.js': script }, it.demo.service, () => policy)
  await it.demo.reset()
  const { oauth2 } = await (await fetch(`${it.demo.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
  const oauth = new OAuth({ baseURL: oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
  const { url, transaction } = await oauth.begin()
  const { accessToken } = await oauth.complete(transaction, await allow(url))
  const context = await it.browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(host.url)
    await page.waitForFunction(() => globalThis.ready)
    assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), false)
    const original = await readFile(pdf('reportlab.pdf'))
    const from = it.recorder.requests.length
    const outcome = await page.evaluate(
      ([...args]) => globalThis.sign(...args).then((bytes) => ({ bytes }), (error) => ({ error: error.code ?? String(error) })),
      [way, address.startsWith('/') ? host.url + address.slice(1) : address, accessToken, it.demo.pin, [...original], visible],
    )
    return { ...outcome, original, violations: await page.evaluate(() => globalThis.violations), asked: it.recorder.requests.slice(from).map((r) => new URL(r.url).origin) }
  } finally {
    await context.close()
  }
}

for (const { title, way = 'plain', options = {}, sameOrigin = false } of [
  { title: 'the policy of the README' },
  { title: 'the same, with a visible signature', options: { visible: true } },
  { title: 'a proxy of the page’s own origin in front of the service', options: { address: '/through/csc/v1', 'connect-src': "'self'" }, sameOrigin: true },
  { title: 'the page’s own fetch', way: 'page’s own fetch', options: { 'connect-src': "'self'" }, sameOrigin: true },
  { title: 'the page’s own worker, no policy of the package', way: 'page’s own worker', options: { 'trusted-types': 'host' } },
  { title: 'no worker at all, and none allowed', way: 'no worker', options: { 'worker-src': "'none'", 'trusted-types': "'none'" } },
]) {
  test(`signs under ${title}`, { skip: it.skip, timeout }, async () => {
    const { bytes, error, original, violations, asked } = await run(way, options)
    assert.equal(error, undefined)
    assert.deepEqual(violations, [])
    assert.ok(Buffer.from(bytes).subarray(0, original.length).equals(original) && bytes.length > original.length)
    assert.deepEqual(await it.demo.signed(), { total: 1, most: 1 })
    if (sameOrigin) assert.deepEqual([...new Set(asked)], [new URL(host.url).origin], 'the browser spoke to the service itself')
  })
}

for (const [title, directives, code] of [
  ['WebAssembly', { 'script-src': "'self'" }, 'ENGINE_LOAD_FAILED'],
  ['the policy that names the worker', { 'trusted-types': 'another' }, 'ENGINE_LOAD_FAILED'],
  ['the service', { 'connect-src': "'self'" }, 'NETWORK'],
]) {
  test(`a policy without ${title} is in force, and is told as an error`, { skip: it.skip, timeout }, async () => {
    const { bytes, error } = await run('plain', directives)
    assert.equal(bytes, undefined)
    assert.equal(error, code)
    assert.deepEqual(await it.demo.signed(), { total: 0, most: 0 })
  })
}
