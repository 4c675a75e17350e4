// How long the page's own thread is held up while many documents are signed: printed, for the machine decides the figure.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { login } from './lib/login.mjs'
import { stage } from './lib/stage.mjs'

const it = stage()

/** In the page: signs `count` documents and watches its own thread by a timer and by the browser's long tasks. */
async function watched({ service, token, pin, count, bytes }) {
  const { Hashout } = await import('/hashout/index.js')
  const hashout = await Hashout.load()
  const original = await (await fetch('/samples/service-agreement.pdf')).blob()
  // Larger by a comment behind the end, which readers skip.
  const files = Array.from({ length: count }, () => new Blob([original, `\n%${' '.repeat(bytes)}\n`]))
  await new Promise((resolve) => setTimeout(resolve, 500)) // making them was this test's own work
  let longest = 0
  let last = performance.now()
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    setTimeout(tick)
  }
  const tasks = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' })
  tick()
  let events = 0
  const began = performance.now()
  const { documents } = await hashout.service({ url: service, accessToken: token }).sign(files, {
    credential: 'demo-rsa-2048', authorize: () => ({ PIN: pin }), onProgress: () => void events++,
  })
  const took = performance.now() - began
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { signed: documents.filter((d) => d.blob).length, took, longest, tasks, events }
}

test('the page stays responsive while many documents are signed', { skip: it.skip, timeout: 180_000 }, async () => {
  await it.demo.reset()
  const count = 40
  const context = await it.browser.newContext()
  const page = await context.newPage()
  await page.goto(`${it.demo.url}callback.html`)
  const settings = { service: it.demo.service, token: await login(it.demo), pin: it.demo.pin, count, bytes: 2 << 20 }
  const { signed, took, longest, tasks, events } = await page.evaluate(watched, settings)
  await context.close()
  assert.equal(signed, count)
  assert.ok(events >= 6 * count, 'the page was told of each step')
  const ms = (n) => `${Math.round(n)} ms`
  console.log(`${count} documents of 2 MB in ${ms(took)}: the page's thread was held up for ${ms(longest)} at most; ${tasks.length} long tasks${tasks.length ? `, the longest ${ms(Math.max(...tasks))}` : ''}`)
})
