// Three browser engines behind one small face, so that one test runs in all:
// Chromium and Firefox by puppeteer, WebKitGTK by plain WebDriver over HTTP.
//
// A session has: goto, run (a function in the page), click, type, pick (files for
// an input), drag, screenshot, downloaded, complaints, close.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import puppeteer from 'puppeteer-core'
import { chromiumPath, firefoxPath, program } from './browser.mjs'
import { until } from './until.mjs'

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What every engine shares: a folder of its own, and waiting for downloads in it. */
class Session {
  complaints = []
  constructor(folder, downloads) {
    this.folder = folder
    this.downloads = downloads
  }

  /** Waits for an element that is shown. */
  shown(selector, seconds) {
    return until(`${selector} is shown`, () => this.run((s) => Boolean(document.querySelector(s)?.checkVisibility({ visibilityProperty: true })), selector), seconds)
  }

  /** The bytes of a download, once it is whole. */
  async downloaded(name, bytes) {
    const path = join(this.downloads, name)
    await until(`${name} is downloaded`, async () => existsSync(path) && (await stat(path)).size === bytes, 90)
    const content = await readFile(path)
    await rm(path)
    return content
  }
}

class PuppeteerSession extends Session {
  static async open(name, preferences = {}) {
    const folder = await mkdtemp(join(tmpdir(), `hashout-${name}-`))
    const downloads = join(folder, 'downloads')
    await mkdir(downloads)
    const session = new PuppeteerSession(folder, downloads)
    session.browser = await puppeteer.launch(
      name === 'firefox'
        ? {
            browser: 'firefox',
            executablePath: firefoxPath,
            userDataDir: join(folder, 'profile'),
            extraPrefsFirefox: {
              'browser.download.folderList': 2,
              'browser.download.dir': downloads,
              'browser.download.useDownloadDir': true,
              'browser.helperApps.neverAsk.saveToDisk': 'application/pdf,application/zip',
              'browser.download.alwaysOpenPanel': false,
              'pdfjs.disabled': true,
              'dom.disable_open_during_load': false,
              'intl.accept_languages': 'en-GB',
              ...preferences,
            },
          }
        : {
            executablePath: chromiumPath,
            userDataDir: join(folder, 'profile'),
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
          },
    )
    session.page = (await session.browser.pages())[0] ?? (await session.browser.newPage())
    await session.page.setViewport({ width: 1280, height: 900 })
    if (name !== 'firefox') {
      const cdp = await session.browser.target().createCDPSession()
      await cdp.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads })
    }
    // The service's login page has a policy of its own, which keeps Firefox from asking for an icon.
    // That a request failed is told on the console too: the network's word ("CORS request did not succeed"), and some tests cut connections.
    const expected = (text) => text.includes('/favicon.ico') || text.includes('CORS request did not succeed')
    const complain = (text) => expected(text) || session.complaints.push(text)
    session.page.on('pageerror', (error) => complain(String(error)))
    session.page.on('console', (message) => /Content.Security.Policy|Trusted/i.test(message.text()) && complain(message.text()))
    return session
  }

  goto(url) {
    return this.page.goto(url)
  }

  run(work, ...args) {
    return this.page.evaluate(work, ...args)
  }

  screenshot = async (path) => writeFile(path, await this.page.screenshot())

  async click(selector) {
    await this.shown(selector)
    await this.page.click(selector)
  }

  async type(selector, text) {
    await this.shown(selector)
    await this.page.type(selector, text)
  }

  async pick(selector, ...paths) {
    await (await this.page.$(selector)).uploadFile(...paths)
  }

  async drag(from, to) {
    const { mouse } = this.page
    await mouse.move(from.x, from.y)
    await mouse.down()
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2)
    await mouse.move(to.x, to.y)
    await mouse.up()
  }

  async close() {
    await this.browser.close()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** WebDriver (W3C) spoken directly: WebKitGTK has no other way in. */
class WebKitSession extends Session {
  static async open() {
    const home = await mkdtemp(join(tmpdir(), 'hashout-webkit-'))
    await mkdir(join(home, 'run'), { mode: 0o700 })
    const session = new WebKitSession(home, home) // MiniBrowser downloads into HOME
    session.children = []
    try {
      const screen = session.start('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], process.env)
      const display = await new Promise((resolve, reject) => {
        screen.stdout.once('data', (data) => resolve(`:${String(data).trim()}`))
        screen.once('exit', () => reject(new Error('Xvfb ended')))
        screen.once('error', reject)
      })
      const port = await freePort()
      // No more than it needs: the browser must see nothing of the desktop that may be there.
      const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', DISPLAY: display, HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1', LIBGL_ALWAYS_SOFTWARE: '1' }
      session.start('WebKitWebDriver', [`--port=${port}`], env)
      session.url = `http://127.0.0.1:${port}`
      await until('WebKitWebDriver listens', () => fetch(`${session.url}/status`).then((r) => r.ok, () => false), 20)
      const { sessionId } = await session.ask('POST', '/session', {
        capabilities: { alwaysMatch: { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation', '--geometry=1280x900'] }, timeouts: { script: 60_000 } } },
      })
      session.path = `/session/${sessionId}`
      await session.ask('POST', `${session.path}/window/rect`, { width: 1280, height: 900 }).catch(() => undefined)
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  }

  start(program, args, env) {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    child.on('error', () => undefined) // whoever waits for it says so
    this.children.push(child)
    return child
  }

  async ask(method, path, body) {
    const response = await fetch(this.url + path, { method, ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }) })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value?.error} ${value?.message}`)
    return value
  }

  goto = (url) => this.ask('POST', `${this.path}/url`, { url })
  screenshot = async (path) => writeFile(path, Buffer.from(await this.ask('GET', `${this.path}/screenshot`), 'base64'))
  find = async (selector) => Object.values(await this.ask('POST', `${this.path}/element`, { using: 'css selector', value: selector }))[0]

  async run(work, ...args) {
    const script = `const done = arguments[arguments.length - 1]; Promise.resolve((${work})(...Array.from(arguments).slice(0, -1))).then((value) => done({ value }), (error) => done({ error: String(error) }))`
    const { value, error } = await this.ask('POST', `${this.path}/execute/async`, { script, args })
    if (error) throw new Error(error)
    return value
  }

  // By script: the driver calls elements not interactable that it would have to scroll to.
  async click(selector) {
    await this.shown(selector)
    await this.run((s) => document.querySelector(s).click(), selector)
  }

  async type(selector, text) {
    await this.shown(selector)
    await this.run(
      (s, value) => {
        const input = document.querySelector(s)
        input.focus()
        input.value += value
        for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind, { bubbles: true }))
      },
      selector,
      text,
    )
  }

  async pick(selector, ...paths) {
    await this.ask('POST', `${this.path}/element/${await this.find(selector)}/value`, { text: paths.join('\n') })
  }

  async drag(from, to) {
    const move = (p) => ({ type: 'pointerMove', duration: 50, x: Math.round(p.x), y: Math.round(p.y) })
    const actions = [move(from), { type: 'pointerDown', button: 0 }, move({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }), move(to), { type: 'pointerUp', button: 0 }]
    await this.ask('POST', `${this.path}/actions`, { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] })
  }

  async close() {
    if (this.path) await this.ask('DELETE', this.path).catch(() => undefined)
    for (const child of this.children.reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill()) await Promise.race([ended, sleep(3000)])
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const libraries = ['/usr/lib', ...(existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((n) => n.endsWith('-linux-gnu')).map((n) => `/usr/lib/${n}`) : []), '/usr/libexec']
const miniBrowser = libraries.flatMap((dir) => ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0'].map((name) => join(dir, name, 'MiniBrowser'))).find((path) => existsSync(path))

/** The engines: how to open a session, and what is missing, if anything. */
export const engines = [
  { name: 'chromium', missing: chromiumPath ? '' : 'Debian’s package chromium', open: () => PuppeteerSession.open('chromium') },
  { name: 'firefox', missing: firefoxPath ? '' : 'Debian’s package firefox-esr', open: (preferences) => PuppeteerSession.open('firefox', preferences) },
  { name: 'webkit', missing: miniBrowser && program('WebKitWebDriver') && program('Xvfb') ? '' : 'Debian’s packages webkit2gtk-driver and xvfb', open: () => WebKitSession.open() },
]

/** The `skip` option of a test in an engine: missing is a failure in CI, and said loudly elsewhere. */
export function skipWithout({ name, missing }) {
  if (!missing) return false
  const text = `NO ${name.toUpperCase()}: install ${missing}`
  if (process.env.CI === 'true') throw new Error(text)
  console.error(`\n*** SKIPPED: ${text} ***\n`)
  return text
}
