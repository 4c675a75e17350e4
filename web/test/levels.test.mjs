// Long-term levels in the browser, through the JavaScript API and under the portal's Content-Security-Policy: the page speaks with the timestamp
// authority and the responders itself. Outside judges say what level came out.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { OAuth } from '../../js/dist/oauth.js'
import { judge } from './lib/judges.mjs'
import { pdf, stage } from './lib/stage.mjs'

const it = stage()

/** What a person does on the service's login page. */
async function accessToken(demo) {
  const oauth = new OAuth({ baseURL: `${new URL(demo.service).origin}/as/v1`, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/callback' })
  const { url, transaction } = await oauth.begin()
  const page = await (await fetch(url)).text()
  const action = /<form method="post" action="([^"]+)"/.exec(page)[1].replaceAll('&amp;', '&')
  const request = /name="request" value="([^"]+)"/.exec(page)[1]
  const body = new URLSearchParams({ request, user: demo.user, password: demo.password, decision: 'allow' })
  const answer = await fetch(new URL(action, url), { method: 'POST', body, redirect: 'manual' })
  return (await oauth.complete(transaction, answer.headers.get('location'))).accessToken
}

test('signs at B-LTA and renews it, and pyHanko finds that level', { skip: it.skip, timeout: 180_000 }, async () => {
  const { page } = await it.open()
  const original = await readFile(pdf('cairo.pdf'))
  const given = { service: it.demo.service, token: await accessToken(it.demo), pin: it.demo.pin, tsa: `${new URL(it.demo.service).origin}/tsa`, bytes: original.toString('base64') }
  const done = await page.evaluate(async ({ service: url, token, pin, tsa, bytes }) => {
    const { Hashout } = await import('/hashout/index.js')
    const text = async (blob) => {
      const reader = new FileReader()
      return new Promise((resolve) => {
        reader.onload = () => resolve(reader.result.split(',')[1])
        reader.readAsDataURL(blob)
      })
    }
    const hashout = await Hashout.load()
    const service = hashout.service({ url, accessToken: token })
    const file = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))
    const { documents } = await service.sign(file, { credential: 'demo-p-256', level: 'B-LTA', timestamp: tsa, authorize: () => ({ PIN: pin }) })
    const [first] = documents
    const renewed = await hashout.extend(first.blob, { level: 'B-LTA', timestamp: tsa })
    const trust = new Uint8Array(await (await fetch(tsa.replace('/tsa', '/aia/root.cer'))).arrayBuffer())
    const { verdict, signatures } = await hashout.verify(renewed.blob, { trust })
    hashout.dispose()
    return {
      level: first.signature.level,
      shortfall: first.shortfall?.code ?? renewed.shortfall?.code,
      signed: await text(first.blob),
      renewed: await text(renewed.blob),
      verdict: verdict.indication,
      kinds: signatures.map((s) => `${s.kind} ${s.level ?? ''}`.trim()),
    }
  }, given)
  assert.deepEqual([done.level, done.shortfall, done.verdict], ['B-LTA', undefined, 'TOTAL-PASSED'])
  assert.deepEqual(done.kinds, ['signature B-LTA', 'timestamp', 'timestamp'])
  const pairs = ['signed', 'renewed'].map((name) => ({ name: `levels-${name}.pdf`, original, signed: Buffer.from(done[name], 'base64') }))
  const { verdicts } = await judge(it.demo.rootPEM, pairs, '-level', 'B-LTA')
  for (const { ok, signed, checks } of verdicts) assert.equal(ok, true, `${signed}: ${JSON.stringify(checks.filter((c) => c.outcome === 'fail'))}`)
})
