// Visible signatures through the package: what is drawn, what it is drawn with, and what is refused.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Hashout } from '../dist/index.js'
import { OAuth } from '../dist/oauth.js'
import { hashoutError, root, scratch } from './support/bundle.js'
import { allow, startService } from './support/service.js'

const sample = readFileSync(join(root, 'web/samples/service-agreement.pdf'))
// 1 × 1, half transparent.
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==', 'base64')

/** What poppler reads in the rectangle of a page of a PDF. */
function textOf(bytes, [x0, y0, x1, y1], height = 842) {
  const file = join(scratch, 'text.pdf')
  writeFileSync(file, bytes)
  const crop = ['-x', x0, '-y', height - y1, '-W', x1 - x0, '-H', y1 - y0].map((n) => String(typeof n === 'number' ? Math.round(n) : n))
  return execFileSync('pdftotext', ['-layout', ...crop, file, '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ').trim()
}

describe('visible signatures', { timeout: 120_000 }, () => {
  let demo
  let hashout
  let service
  const rect = [330, 150, 530, 214] // where the page has no text
  before(async () => {
    demo = await startService()
    hashout = await Hashout.load()
    const info = await hashout.service({ url: demo.service }).info()
    const oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
    const { url, transaction } = await oauth.begin()
    const { accessToken } = await oauth.complete(transaction, await allow(url))
    service = hashout.service({ url: demo.service, accessToken })
  })
  after(async () => {
    hashout?.dispose()
    await demo?.stop()
  })
  const sign = async (more) => {
    const options = { credential: 'demo-p-256', authorize: () => ({ PIN: demo.pin }), field: { name: 'Visible', rect }, ...more }
    const [document] = (await service.sign(sample, options)).documents
    if (document.error) throw document.error
    return Buffer.from(await document.blob.arrayBuffer())
  }

  it('show who signed, when, why and where, as text that can be found', async () => {
    const text = textOf(await sign({ reason: 'Geprüft', location: 'Αθήνα' }), rect)
    assert.match(text, /^Digitally signed by Demo Signer P-256 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d Geprüft Αθήνα$/)
  })

  it('show the text that was asked for, leave out lines without values, and write dates as the page wants', async () => {
    const appearance = { text: ['{name}', 'Grund: {reason}', { text: '{{x} {date} {place}', scale: 0.5 }], values: { place: 'Ort' }, date: (time) => `am ${time.getTime() > Date.now() - 60_000}` }
    assert.equal(textOf(await sign({ appearance, name: 'Ę. Ż' }), rect), 'Ę. Ż {x} am true Ort')
  })

  it('may show nothing, or a page of another PDF', async () => {
    assert.equal(textOf(await sign({ appearance: false }), rect), '')
    const pdf = readFileSync(join(root, 'web/samples/order-confirmation.pdf'))
    assert.notEqual(textOf(await sign({ appearance: { pdf, page: 1 } }), rect), '')
  })

  it('take pictures, handwriting and QR codes', async () => {
    const ink = { strokes: [[{ x: 0, y: 0 }, { x: 9, y: 5, pressure: 0.5 }]], color: '#000080' }
    for (const appearance of [{ image: png }, { image: new Blob([png]), layout: 'behind' }, { ink, text: false }, { qr: 'https://example.org', border: { width: 1, radius: 4 }, background: '#ffffe0' }]) {
      assert.notEqual((await sign({ appearance })).length, 0)
    }
  })

  it('refuse characters that no font has, and say which', async () => {
    await assert.rejects(sign({ reason: '批准' }), hashoutError('GLYPH_MISSING', (error) => assert.equal(error.details.characters, '批准')))
  })

  it('refuse text that cannot be read in its rectangle', async () => {
    await assert.rejects(sign({ reason: 'long '.repeat(300), field: { rect: [0, 0, 60, 20] } }), hashoutError('TEXT_TOO_LONG'))
  })

  it('refuse what is no appearance', async () => {
    const wrong = [{ image: Buffer.from('GIF89a') }, { background: 'red' }, { text: '{nobody}' }, { fonts: [Buffer.from('no font')] }, { text: 5n }, { border: { width: 'x' } }]
    for (const appearance of wrong) await assert.rejects(sign({ appearance }), (error) => error.name === 'HashoutError' && /INVALID_ARGUMENT|INTERNAL/.test(error.code))
    await assert.rejects(sign({ appearance: 5 }), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(sign({ appearance: { image: png, ink: { strokes: [] } } }), hashoutError('INVALID_ARGUMENT'))
    await assert.rejects(sign({ appearance: { image: new URL('file:///nowhere.png') } }), hashoutError('FILE_UNREADABLE'))
  })

  it('are previewed as a picture', async () => {
    const { blob, width, height } = await hashout.previewAppearance({ width: 200, height: 64, signerName: 'Erika Mustermann', reason: 'Geprüft' })
    assert.deepEqual([blob.type, width, height], ['image/svg+xml', 200, 64])
    assert.match(await blob.text(), /^<svg .*<path id="g0" .*<\/svg>$/)
    await assert.rejects(hashout.previewAppearance({ width: 0, height: 64 }), hashoutError('INVALID_ARGUMENT'))
  })
})
