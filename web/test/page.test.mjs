// The page itself: accessible, usable by keyboard, fit for a phone.

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { look, looks, violations } from './lib/eyes.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 120_000

/** The pictures of the README, at the size in which they are shown; `SCREENSHOTS=1` writes them anew. */
async function forReadme(portal, name) {
  if (!process.env.SCREENSHOTS) return
  const folder = fileURLToPath(new URL('../screenshots/', import.meta.url))
  await mkdir(folder, { recursive: true })
  await portal.page.screenshot({ path: `${folder}${name}.jpg`, type: 'jpeg', quality: 72, animations: 'disabled' })
}

for (const [label, options] of Object.entries(looks)) {
  test(`${label}: no axe violation in any state, no sideways scrolling; screenshots`, { skip: it.skip, timeout }, async () => {
    const portal = await it.open(options)
    const check = (state, how) => look(portal, `${label}-${state}`, how)
    await check('1-start')
    await portal.page.click('#samples')
    await portal.add({ name: 'scan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('not a PDF at all') })
    await portal.login()
    await portal.choose('demo-p-384')
    await portal.page.click('#look summary')
    await portal.page.locator('#look-preview:not([hidden])').waitFor()
    await portal.page.check('input[name="look"][value="ink"]')
    await portal.place('service-agreement.pdf')
    await check('2-place', { inView: true })
    if (label === 'light') await forReadme(portal, 'place')
    await portal.page.click('#place-ok')
    await portal.page.selectOption('#option-level', 'B-LT')
    await portal.page.locator('.place-words.visible').nth(1).waitFor()
    await check('3-ready')
    if (label === 'phone') {
      await portal.page.evaluate(() => document.getElementById('documents').scrollIntoView())
      await forReadme(portal, 'phone')
    }
    await portal.page.click('#sign-button')
    await portal.page.locator('#factors[open]').waitFor()
    await check('4-pin', { inView: true })
    await portal.enterPIN(it.demo.pin, it.demo.otp)
    assert.deepEqual((await portal.results()).map((r) => r.code), ['', '', 'PDF_MALFORMED'])
    for (const summary of await portal.page.locator('#results .result summary, .request:last-child summary').all()) await summary.click()
    await check('5-results')
    await portal.page.getByRole('button', { name: 'Check service-agreement-signed.pdf' }).click()
    await portal.page.locator('#verify-list .verdict.good').waitFor()
    await check('6-checked')
    await portal.page.evaluate(() => document.getElementById('results-head').scrollIntoView())
    if (label === 'dark') await forReadme(portal, 'results-dark')
  })
}

test('axe would notice a fault', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  await portal.page.evaluate(() => document.getElementById('login-button').replaceChildren())
  assert.match((await violations(portal)).join(), /button-name/)
})

test('the whole flow works by keyboard alone, with the focus where it belongs', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const { page } = portal
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim())
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the documents')
  await page.keyboard.press('Enter')
  const tabTo = async (id) => {
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab')
      if ((await focused()) === id) return
    }
    assert.fail(`Tab does not reach ${id}`)
  }
  await tabTo('samples')
  await page.keyboard.press('Enter')
  await page.locator('.file').nth(1).waitFor()
  await tabTo('login-button')
  const opened = page.waitForEvent('popup')
  await page.keyboard.press('Enter')
  const popup = await opened
  await popup.locator('#user').waitFor()
  await popup.keyboard.type(it.demo.user)
  await popup.keyboard.press('Tab')
  await popup.keyboard.type(it.demo.password)
  await popup.keyboard.press('Enter')
  await page.locator('#credentials').waitFor()
  assert.equal(await focused(), 'login-text', 'after the login the focus is lost')
  await page.keyboard.press('Tab') // log out
  await page.keyboard.press('Tab') // first key
  await page.keyboard.press('Space')
  assert.equal(await page.locator('#credentials input:checked').count(), 1)
  await tabTo('sign-button')
  await page.keyboard.press('Enter')
  await page.locator('#factors[open]').waitFor()
  assert.equal(await focused(), 'pin')
  await page.keyboard.type(it.demo.pin)
  await page.keyboard.press('Enter')
  assert.deepEqual((await portal.results()).map((r) => r.code), ['', ''])
  assert.equal(await focused(), 'results-title')
  assert.match(await page.locator('#status').innerText(), /2 documents signed/)
})

test('unusable keys are shown with their reason and cannot be chosen', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  await portal.login()
  for (const [id, why] of [['demo-disabled', /disabled/i], ['demo-expired', /expired/i], ['demo-revoked', /revoked/i]]) {
    const label = portal.page.locator('.credential', { has: portal.page.locator(`input[value="${id}"]`) })
    assert.ok(await label.locator('input').isDisabled(), id)
    assert.match(await label.locator('.why').innerText(), why)
  }
})

test('documents can be dropped, removed, and are taken once only', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const bytes = [...(await readFile(pdf('reportlab.pdf')))]
  const drop = () =>
    portal.page.evaluate((data) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([new Uint8Array(data)], 'dropped.pdf', { type: 'application/pdf', lastModified: 1 }))
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }))
    }, bytes)
  await drop()
  await drop()
  assert.equal(await portal.page.locator('.file').count(), 1)
  await portal.page.getByRole('button', { name: 'Remove dropped.pdf' }).click()
  assert.equal(await portal.page.locator('.file').count(), 0)
  assert.equal(await portal.page.evaluate(() => document.activeElement.id), 'picker')
})

test('the page holds no inline code and asks for nothing from elsewhere', { skip: it.skip, timeout }, async () => {
  const portal = await it.open()
  const origins = new Set(it.recorder.requests.map((r) => new URL(r.url).origin))
  assert.deepEqual([...origins].sort(), [new URL(it.demo.url).origin, new URL(it.demo.service).origin].sort())
  assert.equal(await portal.page.locator('script:not([src]), style, [style], [onclick]').count(), 0)
})
