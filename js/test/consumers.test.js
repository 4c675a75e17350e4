// The packed package in the hands of its users: bundlers, a framework, a server, a program. Pages run in Chromium under a
// strict policy with Trusted Types enforced.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync as readdir, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { build } from 'esbuild'
import { root, scratch, sources } from './support/bundle.js'
import { consumerFile, consumers, copyPacked, folder, installConsumers, packed, serve } from './support/consumers.js'
import { allow, startService } from './support/service.js'
import { checkSigned } from './support/signed.js'

const { OAuth } = await sources('oauth')
const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path))
const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))
if (!chromiumPath && process.env.CI) throw new Error('no Chromium: set CHROMIUM to its path')

describe('the packed package', { timeout: 240_000 }, () => {
  let service
  let config
  let browser
  let tarball
  let tools
  before(async () => {
    service = await startService()
    const info = await (await fetch(`${service.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
    const oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    const { url, transaction } = await oauth.begin()
    const { accessToken } = await oauth.complete(transaction, await allow(url))
    config = { oauth2: info.oauth2, service: service.service, token: accessToken, credential: 'demo-p-256', pin: service.pin }
    tarball = installConsumers()
    tools = await import('./consumers/tools.js')
    if (chromiumPath) {
      browser = await tools.chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] })
    }
  })
  after(async () => {
    await browser?.close()
    await service.stop()
  })

  const skip = chromiumPath ? false : 'no Chromium: set CHROMIUM to its path'

  const policy = (directives = '') =>
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ${new URL(service.service).origin}; base-uri 'none'; ` +
    `require-trusted-types-for 'script'; trusted-types hashout ${directives}`

  /** Opens a page of dir and lets `look` read it. Anything the browser complains about is an error. */
  async function open(dir, look, { load = {}, csp = policy(), path = '/page.html' } = {}) {
    const site = await serve(dir, csp, { '/config.json': JSON.stringify({ ...config, load }), '/sample.pdf': sample, '/favicon.ico': '' })
    const page = await browser.newPage()
    const complaints = []
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    try {
      await page.goto(site.url + path)
      await look(page).catch((error) => {
        throw complaints.length ? new Error(`the browser says: ${complaints.join('\n')}`, { cause: error }) : error
      })
      assert.deepEqual(complaints, [])
    } finally {
      await page.close()
      site.close()
    }
  }

  const report = async (page) => {
    await page.waitForFunction(() => document.getElementById('report').textContent, null, { timeout: 30_000 })
    return JSON.parse(await page.textContent('#report'))
  }

  /** Reads the report of page.js and checks what was signed: the original's bytes unchanged, an update behind them. */
  async function signedReport(page) {
    const original = createHash('sha256').update(sample).digest('base64')
    assert.deepEqual(await report(page), { original, updated: true, level: 'B-B', second: 'PDF_MALFORMED', kept: ['signed', 'failed', sample.length, 0] })
  }

  const byPath = (script) => script.replaceAll("'hashout'", "'/index.js'").replaceAll("'hashout/journal'", "'/journal.js'")

  /** The page's files, with hashout's own files beside them and imported by path. */
  function plainPage(name) {
    const plain = (file) => byPath(consumerFile(file))
    const dir = folder(name, { 'page.html': consumerFile('page.html'), 'page.js': plain('page.js'), 'sign.js': plain('sign.js') })
    copyPacked(dir, ...readdir(packed('')).filter((file) => /\.(js|wasm)$/.test(file)))
    return dir
  }

  it('works in a plain page', { skip }, () => open(plainPage('plain'), signedReport))

  it('works in a plain page without a worker', { skip }, () => open(plainPage('inline'), signedReport, { load: { worker: false } }))

  it('works with a worker of the page', { skip }, () => {
    const dir = plainPage('own-worker')
    const script = byPath(consumerFile('sign.js')).replace('config.load', `{ worker: new Worker('/worker.js', { type: 'module' }) }`)
    folder('own-worker', { 'sign.js': script })
    return open(dir, signedReport, { csp: policy().replace(/require-trusted.*/, '') })
  })

  /** A page with a login button. */
  async function loginPage(name) {
    const dir = folder(name, { 'page.html': consumerFile('page.html') })
    await build({ entryPoints: { page: join(consumers, 'login.js') }, bundle: true, format: 'esm', outdir: dir, logLevel: 'error' })
    return dir
  }
  it('logs in by a popup, and stores nothing', { skip }, async () =>
    open(await loginPage('login'), async (page) => {
      const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('button')])
      await popup.fill('#user', 'demo')
      await popup.fill('#password', 'demo')
      await Promise.all([popup.waitForEvent('close'), popup.click('button[value=allow]')])
      assert.deepEqual(await report(page), { tokenType: 'Bearer', loggedIn: true, stored: 0 })
    }))

  it('notices that the popup was closed', { skip }, async () =>
    open(await loginPage('login-closed'), async (page) => {
      const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('button')])
      await popup.waitForSelector('#user')
      await popup.close()
      assert.equal((await report(page)).failed, 'ABORTED')
    }))

  it('works bundled by esbuild, with its two files beside the bundle', { skip }, async () => {
    const dir = folder('esbuild', { 'page.html': consumerFile('page.html') })
    await build({ entryPoints: [join(consumers, 'page.js')], bundle: true, format: 'esm', outdir: dir, logLevel: 'error' })
    copyPacked(dir, 'worker.js', 'hashout.wasm')
    await open(dir, signedReport)
  })

  it('works bundled by Vite', { skip }, async () => {
    const { vite } = tools
    const dir = folder('vite')
    await vite.build({
      root: consumers, configFile: false, logLevel: 'error',
      build: { outDir: dir, emptyOutDir: true, modulePreload: false, rollupOptions: { input: join(consumers, 'page.html') } },
    })
    await open(dir, signedReport)
  })

  it('works on Vite’s development server', { skip }, async () => {
    const { vite } = tools
    const server = await vite.createServer({
      root: consumers, configFile: false, logLevel: 'error', cacheDir: join(scratch, 'vite-cache'),
      server: { host: '127.0.0.1', port: 0, hmr: false },
      plugins: [{
        name: 'answers',
        configureServer: ({ middlewares }) => void middlewares.use((request, response, next) => {
          if (request.url === '/config.json') response.end(JSON.stringify(config))
          else if (request.url === '/sample.pdf') response.end(sample)
          else next()
        }),
      }],
    })
    await server.listen()
    const page = await browser.newPage()
    try {
      await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/page.html`)
      await signedReport(page)
    } finally {
      await page.close()
      await server.close()
    }
  })

  it('works bundled by webpack', { skip }, async () => {
    const dir = folder('webpack', { 'page.html': consumerFile('page.html') })
    const stats = await new Promise((resolve, reject) =>
      tools.webpack({
        mode: 'production', context: consumers, entry: { page: './page.js' },
        output: { path: dir, filename: '[name].js', module: true, chunkFormat: 'module' }, experiments: { outputModule: true },
      }, (error, result) => (error ? reject(error) : resolve(result))))
    assert.deepEqual(stats.compilation.errors.map(String), [])
    assert.deepEqual(stats.compilation.warnings.map(String).filter((w) => !/size limit|performance/i.test(w)), [])
    await open(dir, signedReport)
  })

  it('works in a React component', { skip }, async () => {
    const dir = folder('react', { 'page.html': consumerFile('page.html') })
    await build({
      entryPoints: { page: join(consumers, 'react.js') }, bundle: true, format: 'esm', outdir: dir, logLevel: 'error',
      define: { 'process.env.NODE_ENV': '"production"' }, nodePaths: [join(consumers, 'node_modules')],
    })
    copyPacked(dir, 'worker.js', 'hashout.wasm')
    await open(dir, async (page) => {
      await page.click('button')
      await page.waitForSelector('button[data-state=signed]', { timeout: 30_000 })
    })
  })

  it('can be imported and rendered on a server', () => {
    const bare = '--import=data:text/javascript,for(const name of ["Worker","location","fetch","crypto"])delete globalThis[name]'
    const html = execFileSync(process.execPath, [bare, join(consumers, 'server.js')], { encoding: 'utf8' })
    assert.equal(html, '<button data-state="ready">Sign (<!-- -->ready<!-- -->)</button>'.replaceAll('<!-- -->', ''))
  })

  it('works in a Node program', () => {
    const input = join(scratch, 'in.pdf')
    const output = join(scratch, 'out.pdf')
    copyFileSync(join(root, 'web/samples/service-agreement.pdf'), input)
    const args = [config.service, config.token, config.credential, config.pin, input, output]
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(consumers, 'program.js'), ...args], { encoding: 'utf8', timeout: 30_000 })
    assert.deepEqual([status, stdout, stderr], [0, '', ''])
    assert.equal(readFileSync(output).subarray(0, sample.length).equals(sample), true)
  })

  describe('in Deno', () => {
    const program = (name) => join(consumers, name)
    /** Deno with nothing but what is granted, and nothing from elsewhere. */
    const deno = (command, ...args) =>
      spawnSync(tools.deno(), [command, '--quiet', '--no-remote', '--cached-only', '--node-modules-dir=manual', ...args], {
        encoding: 'utf8', timeout: 60_000, env: { DENO_DIR: join(scratch, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
      })

    for (const [where, load] of [['a worker', {}], ['one thread', { worker: false }]]) {
      it(`signs visibly in ${where}, allowed the service, its package and its files`, async () => {
        const input = join(root, 'web/samples/service-agreement.pdf')
        const output = join(scratch, 'deno.pdf')
        rmSync(output, { force: true })
        const granted = [`--allow-net=${new URL(config.service).host}`, `--allow-read=${input},${packed('')}`, `--allow-write=${output}`, '--no-prompt']
        const args = [config.service, config.token, config.credential, config.pin, input, output, JSON.stringify(load)]
        const { status, stdout, stderr } = deno('run', ...granted, program('deno.js'), ...args)
        assert.deepEqual([status, stderr], [0, ''])
        await checkSigned({ blob: new Blob([readFileSync(output)]), signature: JSON.parse(stdout) }, sample)
      })
    }

    it('compiles with its own declarations', () => {
      const { status, stderr } = deno('check', program('typed.ts'))
      assert.deepEqual([status, stderr], [0, ''])
    })
  })

  // A Node program has Node's and looks away from those of packages.
  for (const [where, ...args] of [
    ['a web worker’s declarations only', '--lib', 'es2022,webworker', '--types', ''],
    ['Node’s declarations only', '--lib', 'es2022', '--types', 'node', '--typeRoots', join(consumers, 'node_modules/@types'), '--skipLibCheck'],
  ]) {
    it(`compiles with ${where}`, () => {
      const options = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext']
      const { stdout, status } = spawnSync(process.execPath, [join(root, 'js/node_modules/typescript/bin/tsc'), ...options, ...args, join(consumers, 'typed.ts')], { encoding: 'utf8' })
      assert.deepEqual([stdout, status], ['', 0])
    })
  }

  it('is well formed', async () => {
    const { messages } = await tools.publint({ pkgDir: join(consumers, 'node_modules/hashout'), strict: true, pack: false })
    assert.deepEqual(messages, [])
    const attw = join(consumers, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const { status, stdout } = spawnSync(process.execPath, [attw, tarball, '--profile', 'esm-only', '--format', 'ascii', '--exclude-entrypoints', 'wasm', 'appearance-wasm', 'font'], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })
})
