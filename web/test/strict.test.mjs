// Strict pages: the package alone, in pages whose policy allows it exactly what it
// needs and no more. Each signs, none breaks its policy, none is cross-origin
// isolated; one that lacks a permission fails, so the policies are in force.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { extname } from 'node:path'
import { after, test } from 'node:test'
import { OAuth } from '../../js/dist/oauth.js'
import { allow } from '../../js/test/support/service.js'
import { root } from './lib/devserver.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 120_000
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.ttf': 'font/ttf' }

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

/** Serves the page with a policy, the built package, and the service behind /through/ as a proxy of the page's own origin. */
async function serve(service, policyOf) {
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://host')
    const headers = { 'Content-Security-Policy': policyOf(), 'Cache-Control': 'no-store' }
    if (pathname === '/') return response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end('<!doctype html><title>x</title><script type="module" src="/page.js"></script>')
    if (pathname === '/page.js') return response.writeHead(200, { ...headers, 'Content-Type': 'text/javascript' }).end(script)
    if (pathname.startsWith('/hashout/')) {
      const name = pathname.slice('/hashout/'.length)
      const body = name.includes('/') ? null : await readFile(`${root}js/dist/${name}`).catch(() => null)
      if (body) return response.writeHead(200, { ...headers, 'Content-Type': types[extname(name)] ?? 'application/octet-stream' }).end(body)
    }
    if (pathname.startsWith('/through/')) {
      // A proxy is no browser: it has no origin, and no preflight comes to it.
      const { host, origin, ...rest } = request.headers
      const onward = httpRequest(new URL(pathname.slice('/through'.length) + search, service), { method: request.method, headers: rest }, (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)))
      onward.on('error', () => response.destroy())
      return request.pipe(onward)
    }
    response.writeHead(404).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) }
}

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
  host ??= await serve(it.demo.service, () => policy)
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
