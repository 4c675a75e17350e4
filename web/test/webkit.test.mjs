// The main job in WebKit, whose driver Playwright does not speak: PDFs of several
// producers, placed, signed after a login, downloaded and judged; what goes wrong
// is told; a larger file works. The long suite runs in Chromium and Firefox.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { out, startDemo } from './lib/devserver.mjs'
import { engines, skipWithout } from './lib/engines.mjs'
import { judge } from './lib/judges.mjs'
import { findLeaks } from './lib/leaks.mjs'
import { pages } from './lib/pages.mjs'
import { pdf, secrets } from './lib/stage.mjs'
import { until } from './lib/until.mjs'

const timeout = 480_000
const judgesThatMustSpeak = ['bytes.prefix', 'bytes.range', 'qpdf.structure', 'pdfsig.valid', 'pdfsig.trust', 'pdfsig.coverage', 'openssl.cms']

/** The page's steps, in whichever engine. */
class Steps {
  constructor(session, demo) {
    this.session = session
    this.demo = demo
  }

  async open() {
    await this.demo.reset()
    await this.session.goto('about:blank')
    await this.session.goto(this.demo.url)
    await this.session.shown('#engine.ready')
  }

  async add(...paths) {
    await this.session.pick('#picker', ...paths)
    await until('the files are listed', () => this.session.run((n) => document.querySelectorAll('.file').length === n, paths.length))
  }

  async enterPassword() {
    await this.session.type('#user', this.demo.user)
    await this.session.type('#password', this.demo.password)
    await this.session.click('button[value="allow"]')
  }

  /** By leaving the page: the driver opens no second window. */
  async login() {
    await this.session.click('input[value="redirect"]')
    await this.session.click('#login-button')
    await this.enterPassword()
    await this.session.shown('#credentials')
  }

  choose = (id) => this.session.click(`#credentials input[value="${id}"]`)

  async sign(pin = this.demo.pin) {
    await this.session.click('#sign-button:enabled')
    await this.session.type('#pin', pin)
    await this.session.click('#factors-ok')
  }

  async results() {
    await this.session.shown('#results-head', 120)
    return this.session.run(() => Array.from(document.querySelectorAll('.result'), (row) => (row.classList.contains('done') ? '' : row.dataset.code)))
  }

  /** Presses Download in a row and gives the bytes. */
  async download(row, name) {
    const size = await this.session.run((n) => Number(document.querySelectorAll('.result')[n].dataset.bytes), row)
    await this.session.run((n) => document.querySelectorAll('.result')[n].querySelector('.download').setAttribute('id', 'download-this'), row)
    await this.session.click('#download-this')
    await this.session.run(() => document.getElementById('download-this').removeAttribute('id'))
    return this.session.downloaded(name, size)
  }
}

const engine = engines.find(({ name }) => name === 'webkit')
test('WebKit', { skip: skipWithout(engine), timeout }, async (t) => {
  const demo = await startDemo()
  t.after(() => demo.stop())
  const session = await engine.open()
  t.after(() => session.close())
  const steps = new Steps(session, demo)
  await mkdir(out, { recursive: true })
  const step = (name, work) =>
    t.test(name, { timeout }, async () => {
      try {
        await steps.open()
        await work()
      } catch (error) {
        await session.screenshot(`${out}webkit-failed.png`).catch(() => undefined)
        throw error
      }
    })

  await step('signs PDFs of several producers at a drawn place, all judges content', async () => {
    const names = ['tcpdf.pdf', 'already-signed.pdf', 'pdftex.pdf', 'openoffice.pdf']
    const anew = names.slice(2) // forms whose /NeedAppearances must stay (pdfprep/needappearances.go): poppler draws no signature there, and the page says so
    await steps.add(...names.map(pdf))
    await session.click('.file:nth-child(1) .file-buttons button')
    await session.shown('#place[data-page="1"] #place-box')
    const stage = await session.run(() => {
      const { x, y, width, height } = document.getElementById('place-stage').getBoundingClientRect()
      return { x, y, width, height }
    })
    const at = (x, y) => ({ x: stage.x + x * stage.width, y: stage.y + y * stage.height })
    await session.drag(at(0.1, 0.1), at(0.5, 0.2))
    await session.screenshot(`${out}webkit-place.png`)
    const drawn = await session.run(() => ['place-x', 'place-width'].map((id) => Number(document.getElementById(id).value)))
    assert.ok(Math.abs(drawn[0] - 21) < 2 && Math.abs(drawn[1] - 84) < 4, `the box was not drawn: ${drawn}`)
    assert.equal(await session.run(() => document.getElementById('place-all').checked), true)
    await session.click('#place-ok')
    const placed = () => until('all are placed', () => session.run(() => document.querySelectorAll('.place-words.visible').length === 4))
    await placed()
    await steps.login()
    await placed() // the places came back with the documents
    await steps.choose('demo-rsa-2048')
    await steps.sign()
    assert.deepEqual(await steps.results(), ['', '', '', ''])
    const pairs = []
    for (const [i, name] of names.entries()) {
      const original = await readFile(pdf(name))
      const signed = await steps.download(i, name.replace('.pdf', '-signed.pdf'))
      assert.ok(signed.subarray(0, original.length).equals(original), `${name}: the original is not a prefix`)
      pairs.push({ name: `webkit-${name}`, original, signed })
    }
    const told = await session.run(() => Array.from(document.querySelectorAll('.result'), (row) => Boolean(row.querySelector('.may-not-show'))))
    assert.deepEqual(told, names.map((name) => anew.includes(name)))
    const shown = await judge(demo.rootPEM, pairs.slice(0, 2), '-visible')
    const hidden = await judge(demo.rootPEM, pairs.slice(2), '-visible', '-waive', 'poppler.render=/NeedAppearances')
    const verdicts = [...shown.verdicts, ...hidden.verdicts]
    assert.equal(verdicts.length, names.length)
    for (const { signed, ok, checks } of verdicts) {
      assert.ok(ok, `${signed}: ${JSON.stringify(checks.filter((c) => c.outcome === 'fail'))}`)
      for (const name of judgesThatMustSpeak) {
        const said = checks.find((c) => c.name === name)?.outcome
        if (said === 'skipped' && process.env.CI !== 'true') console.error(`*** ${name} SKIPPED: not installed ***`)
        else assert.equal(said, 'pass', `${signed}: ${name}`)
      }
    }
    assert.deepEqual(await demo.signed(), { total: 4, most: 1 })
    // What both servers received holds no piece of a document.
    const { page, service } = await demo.log()
    const traffic = [...page, ...service].map((r) => ({ where: r.url, bytes: Buffer.concat([Buffer.from(`${r.method} ${r.url}\n${JSON.stringify(r.header)}\n`), Buffer.from(r.body ?? '', 'base64')]) }))
    assert.ok(traffic.length > 20)
    assert.deepEqual(findLeaks((await secrets()).filter((d) => names.includes(d.name)), traffic), [])
  })

  await step('signs at B-LT: the page asks the timestamp authority and the responders itself', async () => {
    await steps.add(pdf('reportlab.pdf'))
    await steps.login()
    await steps.choose('demo-p-256')
    await session.run(() => {
      const level = document.getElementById('option-level')
      level.value = 'B-LT'
      level.dispatchEvent(new Event('change', { bubbles: true }))
    })
    await steps.sign()
    assert.deepEqual(await steps.results(), [''])
    assert.equal(await session.run(() => document.querySelector('.short-of')?.textContent ?? ''), '')
    const original = await readFile(pdf('reportlab.pdf'))
    const signed = await steps.download(0, 'reportlab-signed.pdf')
    const { verdicts } = await judge(demo.rootPEM, [{ name: `webkit-b-lt.pdf`, original, signed }], '-level', 'B-LT')
    assert.ok(verdicts[0].ok, JSON.stringify(verdicts[0].checks.filter((c) => c.outcome === 'fail')))
    const reached = verdicts[0].checks.find((c) => c.name === 'pyhanko.level')?.outcome
    if (reached === undefined && process.env.CI !== 'true') console.error('*** pyhanko.level SKIPPED: not installed ***')
    else assert.equal(reached, 'pass')
  })

  await step('a wrong PIN is asked again; a bad document takes no other with it', async () => {
    const bad = `${out}not-a.pdf`
    await writeFile(bad, 'not a PDF at all')
    await steps.add(pdf('reportlab.pdf'), bad)
    await steps.login()
    await steps.choose('demo-p-256')
    await steps.sign('000000')
    await session.shown('#factors-error')
    assert.deepEqual(await demo.signed(), { total: 0, most: 0 })
    await session.type('#pin', demo.pin)
    await session.click('#factors-ok')
    assert.deepEqual(await steps.results(), ['', 'PDF_MALFORMED'])
  })

  for (const [action, code] of [['flip-bit', 'SIGNATURE_INVALID'], ['drop-after', 'OUTCOME_UNKNOWN']]) {
    await step(`service fault ${action} is ${code}, and nothing is signed twice`, async () => {
      await steps.add(pdf('reportlab.pdf'))
      await steps.login()
      await steps.choose('demo-p-256')
      await demo.fault({ endpoint: 'signatures/signHash', action, times: -1 })
      await steps.sign()
      assert.deepEqual(await steps.results(), [code])
      assert.ok((await demo.signed()).most <= 1)
    })
  }

  await step('a file of 40 MB is signed', async () => {
    const original = pages([{}], { padding: 40e6 })
    const path = `${out}large.pdf`
    await writeFile(path, original)
    await steps.add(path)
    await steps.login()
    await steps.choose('demo-p-256')
    await steps.sign()
    assert.deepEqual(await steps.results(), [''])
    const signed = await steps.download(0, 'large-signed.pdf')
    assert.ok(signed.subarray(0, original.length).equals(original))
    const { verdicts } = await judge(demo.rootPEM, [{ name: `webkit-large.pdf`, original, signed }])
    assert.ok(verdicts[0].ok, JSON.stringify(verdicts[0].checks.filter((c) => c.outcome === 'fail')))
  })

  assert.deepEqual(session.complaints, [], 'the page complained')
})
