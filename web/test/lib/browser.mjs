// Finds and starts Chromium.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)))]

/** The path of a Chromium, or undefined. */
export const browserPath = candidates.filter(Boolean).find((path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
})

/**
 * The `skip` option of tests that need the browser. In CI a missing browser is
 * a failure, elsewhere it is said loudly.
 */
export function skipWithoutBrowser() {
  if (browserPath) return false
  const text = 'NO BROWSER: set CHROMIUM to a Chromium binary, or install Debian’s package chromium'
  if (process.env.CI === 'true') throw new Error(text)
  console.error(`\n*** SKIPPED: ${text} ***\n`)
  return text
}

/** Starts a browser whose whole traffic goes through the proxy at `proxyURL`. */
export function launch(proxyURL) {
  return chromium.launch({
    executablePath: browserPath,
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
}
