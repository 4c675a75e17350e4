// Finds and starts the browser of the long suite: Chromium, or with BROWSER=firefox Firefox, the one of the distribution.

import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, firefox } from 'playwright-core'

const find = (...candidates) =>
  candidates.filter(Boolean).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
const onPath = (...names) => names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)))

/** The path of the first of these programs that is installed, or undefined. */
export const program = (...names) => find(...onPath(...names))

/** The path of a Chromium, or undefined. */
export const chromiumPath = find(process.env.CHROMIUM, '/usr/bin/chromium', ...onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'))

/** The path of a Firefox, or undefined. */
export const firefoxPath = find(process.env.FIREFOX, ...onPath('firefox-esr', 'firefox'))

const browsers = { chromium: chromiumPath, firefox: firefoxPath }

/** The browser of this run: "chromium" or "firefox". */
export const browserName = process.env.BROWSER || 'chromium'
if (!(browserName in browsers)) throw new Error(`BROWSER=${browserName}: chromium or firefox`)

/**
 * The `skip` option of tests that need the browser. In CI a missing browser is
 * a failure, elsewhere it is said loudly.
 */
export function skipWithoutBrowser() {
  if (browsers[browserName]) return false
  const text = `NO BROWSER: set ${browserName.toUpperCase()} to a binary of ${browserName}, or run .ci/setup`
  if (process.env.CI === 'true') throw new Error(text)
  console.error(`\n*** SKIPPED: ${text} ***\n`)
  return text
}

/** Starts the browser with its whole traffic going through the proxy at `proxyURL`, and downloads into a folder if it does not report them. */
export const launch = (proxyURL, downloads) => (browserName === 'firefox' ? launchFirefox(proxyURL, downloads) : launchChromium(proxyURL))

// What Firefox does of its own accord for its user would only be refused by the proxy.
const launchFirefox = (proxyURL, downloads) =>
  firefox.launch({
    channel: 'moz-firefox',
    executablePath: fileURLToPath(new URL('firefox.sh', import.meta.url)),
    downloadsPath: downloads,
    env: { ...process.env, FIREFOX_BINARY: firefoxPath },
    proxy: { server: proxyURL },
    firefoxUserPrefs: {
      'network.proxy.allow_hijacking_localhost': true,
      'dom.disable_open_during_load': false,
      'intl.accept_languages': 'en-GB',
      'ui.prefersReducedMotion': 1,
      'pdfjs.disabled': true,
      'browser.download.alwaysOpenPanel': false,
      'browser.helperApps.neverAsk.saveToDisk': 'application/pdf,application/zip',
    },
  })

const launchChromium = (proxyURL) =>
  chromium.launch({
    executablePath: chromiumPath,
    proxy: { server: proxyURL, bypass: '<-loopback>' },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-domain-reliability',
      '--no-pings',
      '--allow-browser-signin=false',
      '--disable-features=AutofillServerCommunication,OptimizationHints,MediaRouter,Translate,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater',
    ],
  })

/** Ends a page's process as a crash does. Firefox has no command for it: all its processes that show pages are killed. */
export async function crash(page) {
  if (browserName === 'firefox') return killPages()
  const session = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  void session.send('Page.crash').catch(() => {}) // nobody is left to answer
  await crashed
}

function killPages() {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const all = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter(Boolean).map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args }))
  const below = (pid) => all.filter((p) => p.parent === pid).flatMap((p) => [p, ...below(p.pid)])
  const pages = below(process.pid).filter((p) => p.args.includes('-contentproc') && / tab$/.test(p.args))
  if (pages.length === 0) throw new Error('no process of Firefox shows a page')
  for (const { pid } of pages) process.kill(pid, 'SIGKILL')
}
