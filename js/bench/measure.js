// What is measured, and in which order.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assets, sizes } from './assets.js'
import { launch, Memory, serve, WorkerHeap } from './browser.js'
import { documents, generate } from './generate.js'
import { judge, makeKey } from './judge.js'
import { describeMachine } from './machine.js'
import { inNode } from './node.js'
import { pyhanko } from './pyhanko.js'
import { smooth } from './smooth.js'
import { tools } from './tools.js'

const cache = fileURLToPath(new URL('../../.cache/bench', import.meta.url))

const slow = 120_000 // ms; what takes longer has failed

/** Measures everything. */
export async function measure({ huge, only = '', note }) {
  const dir = mkdtempSync(join(tmpdir(), 'hashout-bench-'))
  mkdirSync(cache, { recursive: true })
  const key = makeKey(dir)
  const output = join(dir, 'output.pdf')
  const site = await serve(await assets(), output)
  const browser = await launch()
  try {
    const memory = await Memory.of(browser)
    const bench = { browser, memory, site, key, output, dir }
    const results = {
      machine: describeMachine({ chromium: browser.version() }),
      sizes: await sizes(),
      load: {},
      documents: [],
    }
    for (const tool of Object.keys(tools).filter((name) => name !== 'limit')) results.load[tool] = await loadTimes(bench, tool)
    for (const document of documents.filter(({ name, huge: big }) => (huge || !big) && name.includes(only))) {
      note(`${document.name} …`)
      const path = generate(document, cache)
      const measured = { name: document.name, bytes: document.bytes, tools: {} }
      for (const tool of Object.keys(tools)) measured.tools[tool] = await signing(bench, tool, path)
      const native = await pyhanko(path, key, dir)
      if (native) measured.pyhanko = native
      if (document.bytes <= 100e6) measured.node = await inNode(path, key)
      results.documents.push(measured)
    }
    const [small] = documents
    if (small.name.includes(only)) {
      note('batches …')
      const path = generate(small, cache)
      results.batch = await batch(bench, path)
      results.large = await large(bench, path)
      note('the page meanwhile …')
      const big = generate(documents.find(({ name }) => name.startsWith('100 MB')), cache)
      results.smooth = await smooth(bench, [{ name: '200 documents in one call', path, copies: 200 }, { name: '100 MB', path: big, copies: 1 }])
    }
    return results
  } finally {
    await browser.close()
    site.close()
    rmSync(dir, { recursive: true })
  }
}

/** Opens a page in a context of its own, with nothing cached, and lets `use` have it. */
async function withPage({ browser, site, key, limit = slow }, tool, path, use) {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(limit)
  let crashed
  const crash = new Promise((_, reject) => (crashed = reject))
  crash.catch(() => {})
  page.on('crash', () => crashed(new Error('the tab crashed')))
  const timer = setTimeout(() => crashed(new Error(`it took longer than ${limit / 1000} s`)), limit)
  try {
    await page.goto(site.url)
    if (path) await page.setInputFiles('input', path)
    const loaded = await page.evaluate(({ tool, ...key }) => bench.load(tool, key), { tool, ...key })
    return await Promise.race([use(page, loaded), crash])
  } finally {
    clearTimeout(timer)
    await context.close()
  }
}

/** From the first request to ready, each time with nothing cached. */
async function loadTimes(bench, tool) {
  const times = []
  for (let i = 0; i < 5; i++) times.push(await withPage(bench, tool, undefined, async (_, loaded) => loaded))
  return median(times)
}

/** One tool with one file, in a fresh page: a first run for the memory, runs to warm up, runs that count. */
async function signing(bench, tool, path) {
  try {
    return await withPage(bench, tool, path, async (page) => {
      await page.evaluate(() => gc())
      const idle = await bench.memory.reset()
      const first = await page.evaluate(() => bench.sign())
      const peak = await bench.memory.peak()
      // Every tool is warmed up alike: a browser compiles what runs often once more, and better.
      if (first < 2000) await page.evaluate(() => bench.series({ runs: 60, budget: 3000 }))
      const plan = first > 8000 ? { runs: 1, budget: 0 } : { runs: 21, budget: 3000 }
      const { times, limits } = await page.evaluate((p) => bench.series(p), plan)
      if (tool !== 'limit') await verify(bench, page, tool, path)
      const ms = median(times)
      return { ms, bestMs: Math.min(...times), firstMs: first, runs: times.length, toLimit: ms / median(limits), memory: idle === null ? null : peak - idle }
    })
  } catch (error) {
    return { error: firstLine(error) }
  }
}

async function verify({ key, output, dir }, page, tool, path) {
  const inspection = await page.evaluate(() => bench.deliver())
  judge(output, path, key, dir, { anew: tool === 'zga' })
  if (tool !== 'hashout') return
  const [signature] = inspection.signatures
  if (!signature?.wellFormed || !signature.coversWholeFile) throw new Error('hashout does not find its own signature well formed')
}

/** 100 documents in one call, as many hashes to a request as 50. */
async function batch(bench, path) {
  const copies = 100
  return withPage(bench, 'hashout', path, async (page) => {
    await page.evaluate(() => bench.series({ runs: 60, budget: 3000 }))
    const { times } = await page.evaluate(() => bench.series({ runs: 21, budget: 2000 }))
    const runs = []
    for (let i = 0; i < 3; i++) runs.push(await page.evaluate((n) => bench.batch(n), copies))
    return { copies, ms: median(runs.map(({ ms }) => ms)), singleMs: median(times), calls: runs[0].calls }
  })
}

/** 1,000 documents in one call, beside the memory that 100 took. */
async function large(bench, path) {
  return withPage(bench, 'hashout', path, async (page) => {
    const run = async (copies) => {
      await page.evaluate(() => gc())
      const idle = await bench.memory.reset()
      const { ms, calls } = await page.evaluate((n) => bench.batch(n), copies)
      return { copies, ms, calls, memory: idle === null ? null : (await bench.memory.peak()) - idle }
    }
    await run(100)
    return { hundred: await run(100), thousand: await run(1000) }
  })
}

/** Signs `total` documents through one worker, 100 to a call; what page and worker hold after each 500. What Go holds is tested in wasm/leak_test.go. */
export async function soak(total, note) {
  const dir = mkdtempSync(join(tmpdir(), 'hashout-soak-'))
  const key = makeKey(dir)
  const site = await serve(await assets(), join(dir, 'output.pdf'))
  const browser = await launch()
  try {
    const memory = await Memory.of(browser)
    const bench = { browser, memory, site, key, limit: total * 500 }
    return await withPage(bench, 'hashout', generate(documents[0], cache), async (page) => {
      const worker = await WorkerHeap.of(page)
      const samples = []
      for (let done = 100; done <= total; done += 100) {
        await page.evaluate(() => bench.batch(100))
        if (done % 500 !== 0) continue
        await page.evaluate(() => gc())
        const sample = { done, page: await page.evaluate(() => performance.memory.usedJSHeapSize), worker: await worker.bytes(), resident: await memory.reset() }
        samples.push(sample)
        const mb = (bytes) => (bytes / 1e6).toFixed(2)
        note(`${done} documents: heap of the page ${mb(sample.page)} MB, of the worker ${mb(sample.worker)} MB; renderers ${(sample.resident / 1e6).toFixed(0)} MB`)
      }
      const settled = samples.filter(({ done }) => done > total / 5)
      return { total, page: slope(settled, 'page'), worker: slope(settled, 'worker'), resident: slope(settled, 'resident') }
    })
  } finally {
    await browser.close()
    site.close()
    rmSync(dir, { recursive: true })
  }
}

/** Bytes per document, by least squares. */
function slope(samples, name) {
  const mean = (get) => samples.reduce((sum, sample) => sum + get(sample), 0) / samples.length
  const [x, y] = [mean(({ done }) => done), mean((sample) => sample[name])]
  return mean((sample) => (sample.done - x) * (sample[name] - y)) / mean(({ done }) => (done - x) ** 2)
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** What went wrong, without what the driver and the minifier (a class named v) put before it. */
const firstLine = (error) => String(error.message ?? error).replace(/^page\.evaluate: /, '').replace(/^\w{1,2}: /, '').split('\n')[0]
