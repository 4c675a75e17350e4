// The longest stretch in which the page could do nothing else, by Chromium's own record of the page's thread: its longest task. Beside
// the time on the clock, that of the processor: what a busy machine adds to the first is not the package's doing.

import { login } from '../../web/test/lib/login.mjs'
import { startService } from '../test/support/service.js'

const runs = 5

/** In the page: loads hashout, or signs copies of the chosen file in one call, between two marks. */
async function marked({ service: url, token, pin, copies }) {
  const { Hashout } = await import('/hashout/index.js')
  const load = async () => (await Hashout.load()).service({ url, accessToken: token })
  const work = async (service) => {
    const files = Array(copies).fill(document.querySelector('input').files[0])
    const { documents } = await service.sign(files, { credential: 'demo-rsa-2048', authorize: () => ({ PIN: pin }), onProgress: () => {} })
    for (const { error } of documents) if (error) throw error
  }
  const service = copies > 0 && (await load())
  await new Promise((resolve) => setTimeout(resolve, 300))
  performance.mark('bench-begin')
  await (service ? work(service) : load())
  performance.mark('bench-end')
}

/** The longest task of the page's thread between the marks: { ms, cpuMs }. */
function longest({ traceEvents: events }) {
  const [begin, end] = ['bench-begin', 'bench-end'].map((mark) => events.find(({ name, cat }) => name === mark && cat === 'blink.user_timing'))
  const tasks = events.filter(({ name, pid, tid, ts }) => name === 'RunTask' && pid === begin.pid && tid === begin.tid && ts <= end.ts && ts >= begin.ts)
  if (tasks.length === 0) throw new Error('Chromium recorded no task of the page')
  const most = (field) => Math.max(...tasks.map((task) => task[field])) / 1000
  return { ms: most('dur'), cpuMs: most('tdur') }
}

/** Measures loading and each case, { name, path, copies }, over fresh pages; of each the run whose longest task was shortest. */
export async function smooth({ browser, site }, cases) {
  const demo = await startService()
  try {
    const settings = { service: demo.service, token: await login(demo), pin: demo.pin }
    const results = []
    for (const { name, path, copies } of [{ name: 'loading', copies: 0 }, ...cases]) {
      const found = []
      while (found.length < runs) {
        const page = await browser.newPage()
        await page.goto(site.url)
        if (path) await page.setInputFiles('input', path)
        await browser.startTracing(page, { categories: ['blink.user_timing', 'disabled-by-default-devtools.timeline'] })
        await page.evaluate(marked, { ...settings, copies })
        found.push(longest(JSON.parse(await browser.stopTracing())))
        await page.close()
      }
      results.push({ name, ...found.reduce((a, b) => (b.ms < a.ms ? b : a)) })
    }
    return results
  } finally {
    await demo.stop()
  }
}
