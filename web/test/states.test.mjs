// What the page shows on the way and where something is wanting: the dialogs of the release, the way back from the service, a picture as
// the look, fields of the form, a level that was not reached. Each in light, dark and on a phone.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { usual } from '../app/geometry.js'
import { out } from './lib/devserver.mjs'
import { look, looks } from './lib/eyes.mjs'
import { judge } from './lib/judges.mjs'
import { pages } from './lib/pages.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()
const timeout = 180_000
const file = (name, buffer, mimeType = 'application/pdf') => ({ name, mimeType, buffer })

/** The same test in every look; `see` checks a state and keeps its screenshot. */
const inEveryLook = (name, work) => {
  for (const [label, options] of Object.entries(looks)) {
    test(`${name}: ${label}`, { skip: it.skip, timeout }, async () => {
      const portal = await it.open(options)
      await work(portal, (state, how) => look(portal, `${label}-${state}`, how), label)
    })
  }
}

inEveryLook('the PIN dialog says what was wrong', async (portal, see) => {
  await portal.prepare('demo-p-384', pdf('cairo.pdf'), pdf('tcpdf.pdf'))
  await portal.page.click('#sign-button')
  await portal.page.locator('#factors[open]').waitFor()
  await portal.page.click('#factors-ok')
  await see('pin-empty', { inView: true })
  await portal.enterPIN('000000', it.demo.otp)
  await portal.page.locator('#factors-error', { hasText: 'did not accept' }).waitFor()
  await see('pin-wrong', { inView: true })
})

inEveryLook('a key is released at the service: the dialog, a refusal, the way there and back', async (portal, see) => {
  const { page } = portal
  await portal.prepare('demo-oauth', pdf('cairo.pdf'), pdf('tcpdf.pdf'))
  await page.click('#sign-button')
  await page.locator('#approval[open]').waitFor()
  await see('approval', { inView: true })
  const opened = page.waitForEvent('popup')
  await page.click('#approval-ok')
  await (await opened).click('button[value="deny"]')
  await page.locator('#approval-error', { hasText: 'was refused' }).waitFor()
  await see('approval-refused', { inView: true })
  await page.click('#approval-leave')
  await page.waitForURL((url) => url.pathname.endsWith('/oauth2/authorize'))
  await portal.enterPassword(page)
  await page.locator('#kept').waitFor()
  await see('released')
  const login = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Log in and finish' }).click()
  await portal.enterPassword(await login)
  assert.deepEqual((await portal.results()).map((r) => r.code), ['', ''])
  await see('released-signed')
})

/** What poppler draws of a box { x, y, width, height } on the first page, in points from the upper left corner, as a data URL. */
function drawn(bytes, name, { x, y, width, height }) {
  const path = `${out}${name}`
  writeFileSync(`${path}.pdf`, bytes)
  const pixels = (points) => String(Math.round(points * 2)) // at 144 dpi
  execFileSync('pdftoppm', ['-r', '144', '-x', pixels(x), '-y', pixels(y), '-W', pixels(width), '-H', pixels(height), '-singlefile', '-png', `${path}.pdf`, path])
  return `data:image/png;base64,${readFileSync(`${path}.png`, 'base64')}`
}

/** How much two pictures differ, 1 being black from white, in that square of 6 points in which they differ most. */
const unlike = (page, ...pictures) =>
  page.evaluate(async (sources) => {
    const [width, height, side] = [400, 128, 12]
    const [a, b] = await Promise.all(
      sources.map(async (src) => {
        const image = Object.assign(new Image(), { src })
        await image.decode()
        const c = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d')
        c.fillStyle = '#fff'
        c.fillRect(0, 0, width, height)
        c.drawImage(image, 0, 0, width, height)
        return c.getImageData(0, 0, width, height).data
      }),
    )
    let worst = 0
    for (let left = 0; left + side <= width; left += side)
      for (let top = 0; top + side <= height; top += side)
        for (const colour of [0, 1, 2]) {
          let sum = 0
          for (let x = left; x < left + side; x++) for (let y = top; y < top + side; y++) sum += a[4 * (y * width + x) + colour] - b[4 * (y * width + x) + colour]
          worst = Math.max(worst, Math.abs(sum) / side / side / 255)
        }
    return worst
  }, pictures)

inEveryLook('a picture is the look: chosen, previewed, signed', async (portal, see, label) => {
  const { page } = portal
  const stamp = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 400 })
    const c = canvas.getContext('2d')
    c.strokeStyle = c.fillStyle = '#a3241c'
    c.lineWidth = 24
    c.arc(200, 200, 180, 0, 7)
    c.stroke()
    c.font = '700 120px sans-serif'
    c.textAlign = 'center'
    c.fillText('OK', 200, 240)
    return canvas.toDataURL().split(',')[1] // transparent where nothing was drawn
  })
  await portal.prepare('demo-p-256', file('look.pdf', pages([{}])))
  await page.click('#look summary')
  await page.locator('#look-preview:not([hidden])').waitFor()
  const preview = () => page.locator('#look-preview').getAttribute('src')
  const another = async (work) => {
    const before = await preview()
    await work()
    await page.waitForFunction((src) => document.getElementById('look-preview').src !== src, before)
  }
  await page.check('input[name="look"][value="image"]')
  await another(() => page.setInputFiles('#look-picker', file('stamp.png', Buffer.from(stamp, 'base64'), 'image/png')))
  await see('picture')
  await portal.place('look.pdf')
  await see('picture-place', { inView: true })
  await page.click('#place-ok')
  await another(() => page.uncheck('#look-text')) // the time of day would not be the same
  assert.deepEqual((await portal.sign()).map((r) => r.code), [''])
  const { bytes } = await portal.download('look.pdf')
  const box = usual({ width: 595, height: 842 })
  const difference = await unlike(page, await preview(), drawn(bytes, `${label}-picture-signed`, box))
  assert.ok(difference < 0.12, `the signed picture is not the preview: ${difference}`)
  const elsewhere = await unlike(page, await preview(), drawn(bytes, `${label}-picture-elsewhere`, { ...box, x: box.x + 10 }))
  assert.ok(elsewhere > 0.12, `10 points are not noticed: ${elsewhere}`)
})

inEveryLook('a field of the form is chosen and signed', async (portal, see, label) => {
  const { page } = portal
  const original = pages([{}], { fields: [{ name: 'Buyer', rect: [60, 100, 260, 170] }, { name: 'Seller', rect: [330, 100, 530, 170] }] })
  await portal.prepare('demo-p-256', file('contract.pdf', original))
  await portal.place('contract.pdf')
  await page.getByRole('button', { name: 'Use field Seller' }).click()
  assert.equal(await page.getByRole('button', { name: 'Use field Seller' }).getAttribute('aria-pressed'), 'true')
  await see('field', { inView: true })
  await page.click('#place-ok')
  assert.match(await page.locator('.place-words').innerText(), /In the field “Seller”/)
  assert.deepEqual((await portal.sign()).map((r) => r.code), [''])
  await page.locator('.result summary').click()
  assert.match(await page.locator('.result dl').innerText(), /Seller/)
  await see('field-signed')
  const { bytes: signed } = await portal.download('contract.pdf')
  const { verdicts } = await judge(it.demo.rootPEM, [{ name: `${label}-contract.pdf`, original, signed }], '-visible')
  assert.ok(verdicts[0].ok, JSON.stringify(verdicts[0].checks.filter((c) => c.outcome === 'fail')))
  // The other field is left for the other.
  await portal.add(file('signed-once.pdf', signed))
  await portal.place('signed-once.pdf')
  assert.deepEqual(await page.locator('.place-there').allInnerTexts(), ['Use field Buyer'])
})

inEveryLook('a level that is not reached is told, the file is there, and what was missing can be added', async (portal, see, label) => {
  const { page } = portal
  const original = await readFile(pdf('cairo.pdf'))
  await portal.prepare('demo-p-256', pdf('cairo.pdf'), pdf('tcpdf.pdf'))
  const responders = /\/(ocsp|crl)\b/
  await page.context().route(responders, (route) => route.abort())
  await page.selectOption('#option-level', 'B-LT')
  assert.deepEqual((await portal.sign()).map((r) => r.code), ['', ''])
  const row = page.locator('.result', { hasText: 'cairo.pdf' })
  assert.match(await row.innerText(), /Level B-T instead of B-LT[\s\S]*REVOCATION_UNAVAILABLE/)
  await see('shortfall')
  const { bytes: short } = await portal.download('cairo.pdf')
  const add = page.getByRole('button', { name: 'Add it now to cairo-signed.pdf' })
  await add.click()
  await page.waitForFunction(() => document.activeElement.matches('.add:enabled'), undefined)
  assert.match(await row.innerText(), /Level B-T instead of B-LT/)
  await page.context().unroute(responders)
  await add.click()
  await row.locator('.short-of').waitFor({ state: 'detached' })
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /Download cairo-signed.pdf/)
  await see('shortfall-made-up')
  const { bytes: whole } = await portal.download('cairo.pdf')
  assert.ok(whole.subarray(0, short.length).equals(short), 'what was signed was written anew')
  const judged = async (name, signed, level) => {
    const { verdicts } = await judge(it.demo.rootPEM, [{ name: `${label}-${name}.pdf`, original, signed }], '-level', level)
    assert.ok(verdicts[0].ok, JSON.stringify(verdicts[0].checks.filter((c) => c.outcome === 'fail')))
  }
  await judged('short', short, 'B-T')
  await judged('made-up', whole, 'B-LT')
})
