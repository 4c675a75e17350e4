// Drives the portal page the way a person does.

import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { reported } from './saved.mjs'

// What browsers and their drivers log of their own: a failing request, which the tests cause; an icon that a page of the service has not; the
// style "body {}" (its hash) by which the driver waits for a frame before a screenshot.
const ownWords = /^Failed to load resource|has been blocked by CORS policy|CORS request did not succeed|\/favicon\.ico|sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT\+SmwNZWA=/

/** Opens the portal in a fresh profile. `complaints` collects what the page should not say on its console; `folder` gets its downloads. */
export async function openPortal(browser, demo, options = {}, folder) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const complaints = []
  const watch = (p) => {
    p.on('pageerror', (error) => ownWords.test(error.message) || complaints.push(`error: ${error.message}`))
    p.on('console', (message) => message.type() !== 'error' || ownWords.test(message.text()) || complaints.push(`console: ${message.text()}`))
  }
  watch(page)
  await page.goto(demo.url)
  await page.locator('#engine.ready, #engine.failed').waitFor()
  if (await page.locator('#engine.failed').count()) throw new Error(`the engine did not start: ${await page.locator('#notice').innerText()}`)
  return new Portal(page, demo, complaints, folder?.save ?? reported(page))
}

/** The page with its steps as methods. */
export class Portal {
  constructor(page, demo, complaints, saved) {
    Object.assign(this, { page, demo, complaints, saved })
  }

  /** Adds files: paths, or { name, mimeType, buffer }. */
  async add(...files) {
    const before = await this.page.locator('.file').count()
    // The browser takes paths or contents, not both at once.
    const mixed = files.some((f) => typeof f !== 'string')
    await this.page.setInputFiles('#picker', mixed ? await Promise.all(files.map((f) => (typeof f === 'string' ? renamed(f) : f))) : files)
    await this.page.locator('.file').nth(before + files.length - 1).waitFor()
  }

  /** Fills in the service's login page, wherever it is shown. */
  async enterPassword(where, password = this.demo.password) {
    await where.fill('#user', this.demo.user)
    await where.fill('#password', password)
    await where.click('button[value="allow"]')
  }

  /** Logs in by popup and waits for the keys. */
  async login() {
    const opened = this.page.waitForEvent('popup')
    await this.page.click('#login-button')
    await this.enterPassword(await opened)
    await this.page.locator('#credentials').waitFor()
  }

  /** Logs in by leaving the page. */
  async loginByRedirect() {
    await this.page.check('input[value="redirect"]')
    await this.page.click('#login-button')
    await this.page.waitForURL((url) => url.pathname.endsWith('/oauth2/authorize'))
    await this.enterPassword(this.page)
    await this.page.waitForURL(this.demo.url)
    await this.page.locator('#credentials').waitFor()
  }

  /** Opens the placement dialog of a document and waits until its page is drawn. */
  async place(name, page = 1) {
    await this.page.getByRole('button', { name: `the signature in ${name}` }).click()
    await this.page.locator(`#place[data-page="${page}"]`).waitFor()
  }

  async choose(credentialID) {
    await this.page.check(`#credentials input[value="${credentialID}"]`)
  }

  /** Presses Sign and gives the PIN; does not wait for the end. */
  async startSigning(pin = this.demo.pin, otp) {
    await this.page.click('#sign-button')
    await this.enterPIN(pin, otp)
  }

  async enterPIN(pin = this.demo.pin, otp) {
    await this.page.locator('#factors[open]').waitFor()
    await this.page.fill('#pin', pin)
    if (otp) await this.page.fill('#otp', otp)
    await this.page.click('#factors-ok')
  }

  /** Waits until no run is under way and returns the rows: { name, code } with code '' for signed ones. */
  async results() {
    await this.page.locator('#results-head').waitFor()
    return this.page.locator('.result').evaluateAll((rows) => rows.map((row) => ({ name: row.querySelector('.name').textContent, code: row.classList.contains('done') ? '' : (row.dataset.code ?? 'still open') })))
  }

  async sign(pin, otp) {
    await this.startSigning(pin, otp)
    return this.results()
  }

  /** Adds files, logs in, chooses a key: ready to sign. */
  async prepare(credentialID, ...files) {
    await this.add(...files)
    await this.login()
    await this.choose(credentialID)
  }

  /** Downloads the signed file of a row. */
  download(name) {
    return this.saved(() => this.page.locator('.result.done', { has: this.page.getByText(name, { exact: true }) }).locator('.download').click())
  }

  downloadAll() {
    return this.saved(() => this.page.click('#download-all'))
  }

  /** The text of the notice at the top, '' when there is none. */
  async notice() {
    return (await this.page.locator('#notice').isVisible()) ? this.page.locator('#notice').innerText() : ''
  }

  close() {
    return this.page.context().close()
  }
}

/** A file to add under another name. */
export const renamed = async (path, name = basename(path)) => ({ name, mimeType: 'application/pdf', buffer: await readFile(path) })
