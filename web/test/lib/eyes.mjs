// How the page is looked at: by axe, by its width, and by screenshots under test/out/.

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { browserName } from './browser.mjs'
import { out } from './devserver.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The ways in which people see the page, as options for opening it. Firefox's driver knows of one. */
export const looks = browserName === 'firefox' ? { light: {} } : {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
}

/** axe over the page as it is now; every rule counts. */
export async function violations(portal) {
  // The test's own script comes by the debugger, past the page’s policy.
  await portal.page.evaluate(axe)
  const { violations: found } = await portal.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return found.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join('; ')})`)
}

/** Looks at a state of the page, and keeps a screenshot of it under its name: of the whole page, or of what is in view. */
export async function look(portal, name, { inView = false } = {}) {
  const { page } = portal
  assert.deepEqual(await violations(portal), [], name)
  await mkdir(out, { recursive: true })
  if (!inView) await page.evaluate(() => scrollTo(0, 0))
  await page.screenshot({ path: `${out}${name}.png`, fullPage: !inView, animations: 'disabled' })
  const { inner, scroll } = await page.evaluate(() => ({ inner: innerWidth, scroll: document.documentElement.scrollWidth }))
  assert.ok(scroll <= inner, `${name}: ${scroll} px wide on ${inner}`)
}
