// Runs every code block of the two READMEs as it stands, with a portal that does what its names say and addresses of a real
// service on loopback.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { IDBFactory } from 'fake-indexeddb'
import { Hashout } from '../dist/index.js'
import { JournalStore } from '../dist/journal.js'
import { OAuth } from '../dist/oauth.js'
import { root, scratch } from './support/bundle.js'
import { nodeWorker } from './support/node-worker.js'
import { allow, startService } from './support/service.js'

const dist = (name) => pathToFileURL(join(root, 'js/dist', name)).href
const blocksOf = (path) => [...readFileSync(join(root, path), 'utf8').matchAll(/```(?:js|ts)\n(.*?)```/gs)].map((match) => match[1])

const all = blocksOf('js/README.md')
const levels = all.find((block) => block.includes("'B-LTA'"))
const visible = all.find((block) => block.includes('previewAppearance'))
const [recipe1, recipe2, callback, recipe3, recipe4, resuming, verifying, loading, ...others] = all.filter((block) => block !== visible && block !== levels)
const [main, ...moreMain] = blocksOf('README.md')
const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))

let runs = 0
/** Runs one block as a module of its own. */
async function run(block) {
  const { code } = await transform(block, { loader: 'ts', format: 'esm' })
  const here = code
    .replaceAll(/(['"])hashout\1/g, JSON.stringify(dist('index.js')))
    .replaceAll(/(['"])hashout\/oauth\1/g, JSON.stringify(dist('oauth.js')))
    .replaceAll(/(['"])hashout\/journal\1/g, JSON.stringify(dist('journal.js')))
    .replaceAll('my-key', 'demo-oauth')
    .replaceAll('my-portal', 'hashout-demo')
    .replaceAll('https://portal.example/', 'http://127.0.0.1:1/')
    .replaceAll('/assets/hashout.wasm', dist('hashout.wasm'))
    .replaceAll('/assets/hashout-worker.js', dist('worker.js'))
  const file = join(scratch, `block-${runs++}.mjs`)
  writeFileSync(file, here)
  return import(pathToFileURL(file).href)
}

describe('the examples', { timeout: 60_000 }, () => {
  let demo
  let oauth
  const realFetch = globalThis.fetch
  const given = ['fetch', 'portal', 'files', 'location', 'history', 'sessionStorage', 'window', 'Worker', 'indexedDB']
  before(async () => {
    demo = await startService()
    const info = await (await fetch(`${demo.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
    oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/' })
    const { url, transaction } = await oauth.begin()
    await oauth.complete(transaction, await allow(url))
  })
  beforeEach(() => {
    globalThis.fetch = (url, init) => realFetch(String(url).replace('https://rssp.example', new URL(demo.service).origin), init)
  })
  after(async () => {
    globalThis.fetch = realFetch
    for (const name of given.slice(1)) delete globalThis[name]
    await demo.stop()
  })

  it('are all run here', () => {
    assert.deepEqual([others, moreMain], [[], []])
    for (const block of [recipe1, recipe2, callback, recipe3, recipe4, resuming, levels, loading, main]) assert.equal(typeof block, 'string')
  })

  for (const [name, block] of Object.entries({ 'the root README': main, 'recipe 1': recipe1 })) {
    it(`${name}: signs`, async () => {
      const saved = []
      const shown = []
      globalThis.files = [new File([sample], 'agreement.pdf'), new File(['no PDF'], 'broken.pdf')]
      globalThis.portal = {
        accessToken: oauth.accessToken,
        askPIN: async (count) => (assert.equal(count, 1), demo.pin),
        ask: async (what) => (what === 'PIN' ? demo.pin : demo.otp),
        show: (...args) => shown.push(args),
        save: (name, blob) => saved.push([name, blob]),
        explain: (which, code) => saved.push([which, code]),
        cancelButton: new AbortController(),
      }
      await run(block)
      assert.equal(saved[0][0], 'agreement.pdf')
      const bytes = Buffer.from(await saved[0][1].arrayBuffer())
      assert.equal(bytes.subarray(0, sample.length).equals(sample) && bytes.length > sample.length, true)
      assert.equal(saved[1][1], 'PDF_MALFORMED')
      assert.equal(shown.length > 0, true)
    })
  }

  it('recipe 5: previews and signs visibly', async () => {
    let preview
    globalThis.files = new File([sample], 'agreement.pdf')
    globalThis.portal = {
      accessToken: oauth.accessToken,
      askPIN: () => demo.pin,
      // 1 × 1, half transparent.
      signatureImage: () =>
        Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==', 'base64'),
      preview: (blob) => (preview = blob),
    }
    await run(visible)
    assert.equal(preview.type, 'image/svg+xml')
  })

  it('recipe 2: logs in by a popup', async () => {
    const listed = []
    globalThis.portal = { loginButton: {}, list: (credentials) => listed.push(...credentials) }
    globalThis.sessionStorage = { getItem: () => null }
    const popup = {
      closed: false,
      close() {
        this.closed = true
      },
      location: {
        // What the browser does in the popup: log in, come back to the callback page, run it.
        replace: async (url) => {
          globalThis.location = new URL(await allow(url))
          await run(callback)
        },
      },
    }
    globalThis.window = { open: () => popup, opener: null, close: () => popup.close(), addEventListener() {} }
    await run(recipe2)
    await globalThis.portal.loginButton.onclick()
    assert.equal(listed.some((c) => c.credentialID === 'demo-p-256'), true)
    assert.equal(popup.closed, true)
  })

  it('recipe 3: logs in by leaving the page', async () => {
    const kept = new Map()
    let left
    let loggedIn
    globalThis.sessionStorage = {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => kept.set(name, value),
      removeItem: (name) => kept.delete(name),
    }
    globalThis.portal = { loginButton: {}, loggedIn: (value) => (loggedIn = value) }
    globalThis.history = { replaceState: (_state, _title, path) => (globalThis.location = new URL(path, globalThis.location)) }
    globalThis.location = Object.assign(new URL('http://127.0.0.1:1/'), { assign: (url) => (left = url) })
    await run(recipe3)
    await globalThis.portal.loginButton.onclick()
    globalThis.location = new URL(await allow(left.replace('https://rssp.example', new URL(demo.service).origin)))
    await run(recipe3)
    assert.match(await loggedIn.accessToken(), /./)
    assert.equal(globalThis.location.href, 'http://127.0.0.1:1/')
    assert.equal(kept.size, 0)
  })

  it('levels: signs for the long term and extends', async () => {
    globalThis.hashout = await Hashout.load()
    const saved = []
    globalThis.files = [new File([readFileSync(join(root, 'pdfprep/testdata/corpus/syn-signed-1-table.pdf'))], 'signed.pdf'), new File([sample], 'agreement.pdf')]
    globalThis.portal = {
      accessToken: oauth.accessToken,
      askPIN: () => demo.pin,
      proxied: (url) => url,
      save: (_, blob) => saved.push(blob),
      explain: (name, code) => saved.push(code),
    }
    try {
      await run(levels)
      assert.equal(saved.length >= 2, true)
      const { signatures } = await globalThis.hashout.verify(saved.at(-1))
      assert.deepEqual(signatures.map(({ kind }) => kind), ['signature', 'timestamp'])
    } finally {
      globalThis.hashout.dispose()
    }
  })

  it('verifying says what a signed file is worth', async () => {
    const shown = []
    globalThis.portal = { show: (text) => shown.push(text) }
    globalThis.hashout = await Hashout.load()
    globalThis.files = [readFileSync(join(root, 'pdfprep/testdata/verify/certified.pdf'))]
    globalThis.rootCertificates = readFileSync(join(root, 'pdfprep/testdata/verify/root.pem'), 'utf8')
    try {
      await run(verifying)
    } finally {
      globalThis.hashout.dispose()
    }
    assert.deepEqual(shown, ['The signature is valid.', 'CN=Throw-away signer: The signature is valid. B-B  none'])
  })

  it('recipe 4: signs by leaving the page', async () => {
    const kept = new Map()
    const saved = []
    let left
    globalThis.indexedDB = new IDBFactory()
    globalThis.sessionStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) }
    globalThis.portal = { signButton: {}, accessToken: oauth.accessToken, save: (...document) => saved.push(document) }
    globalThis.files = [new File([sample], 'agreement.pdf'), new File([sample], 'copy.pdf')]
    globalThis.history = { replaceState: (_state, _title, path) => (globalThis.location = new URL(path, globalThis.location)) }
    globalThis.location = Object.assign(new URL('http://127.0.0.1:1/'), { assign: (url) => (left = url) })
    await run(recipe4)
    await globalThis.portal.signButton.onclick()
    assert.equal((await new JournalStore().list()).length, 1)
    delete globalThis.files
    globalThis.location = new URL(await allow(left.replace('https://rssp.example', new URL(demo.service).origin)))
    await run(recipe4)
    assert.deepEqual(saved.map(([name]) => name), ['agreement.pdf', 'copy.pdf'])
    for (const [, blob] of saved) assert.equal(blob.size > sample.length, true)
    assert.equal((await new JournalStore().list()).length, 0)
  })

  it('goes on with what was interrupted', async () => {
    const saved = []
    globalThis.indexedDB = new IDBFactory()
    globalThis.portal = { accessToken: oauth.accessToken, ask: async () => demo.pin, save: (...document) => saved.push(document) }
    const hashout = await Hashout.load()
    const service = hashout.service({ url: 'https://rssp.example/csc/v1', accessToken: oauth.accessToken })
    await (await service.prepare(new File([sample], 'agreement.pdf'), { credential: 'demo-p-256' })).keep(new JournalStore())
    hashout.dispose()
    await run(resuming)
    assert.deepEqual(saved.map(([name]) => name), ['agreement.pdf'])
  })

  it('loading takes its files from anywhere', async () => {
    const workers = []
    globalThis.Worker = function (url) {
      const worker = nodeWorker(new URL(url))
      workers.push(worker)
      return worker
    }
    await run(`${loading}\nexport { hashout }`).then(({ hashout }) => hashout.dispose())
    assert.equal(workers.length, 1)
  })

  it('are accepted by the type checker', () => {
    const ambient = `import type { Hashout } from 'hashout'\ndeclare global { var portal: any, files: FileList, hashout: Hashout, rootCertificates: string }\n`
    const file = join(root, 'js/test/types/readme.generated.ts')
    const blocks = [main, recipe1, recipe2, callback, recipe3, recipe4, resuming, verifying, levels, loading]
    const script = blocks.map((block, i) => {
      const imports = [...block.matchAll(/^import .*$/gm)].map((m) => m[0].replace(/\{(.*)\}/, (_, names) => `{${names.split(',').map((n) => `${n} as ${n.trim()}${i}`)}}`))
      return `${imports.join('\n')}\nexport async function block${i}() {\n${block.replaceAll(/^import .*$/gm, '').replaceAll(/\b(Hashout|HashoutError|JournalStore|OAuth|relayCallback)\b/g, `$1${i}`)}\n}`
    })
    writeFileSync(file, ambient + script.join('\n'))
    const tsc = join(root, 'js/node_modules/typescript/bin/tsc')
    const args = ['--ignoreConfig', '--noEmit', '--strict', '--strictNullChecks', 'false', '--types', '', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'esnext,dom,dom.iterable']
    const { stdout } = spawnSync(process.execPath, [tsc, ...args, file], { encoding: 'utf8' })
    assert.equal(stdout, '')
  })
})
