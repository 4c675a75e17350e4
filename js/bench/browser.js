// Chromium, the pages it is given, and how much memory it takes.

import { readFileSync, writeFileSync, existsSync, createWriteStream } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { chromium } from 'playwright-core'

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path))

/** Starts Chromium. The garbage collector is exposed so that each run starts with a clean heap. */
export async function launch() {
  if (!executablePath) throw new Error('no Chromium: set CHROMIUM to its path')
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  return chromium.launch({ executablePath, args: [...args, '--js-flags=--expose-gc'] })
}

/** Serves files, a Map from path to { type, body, br }. What is PUT to /output is written to outputPath. */
export async function serve(files, outputPath) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x')
    if (request.method === 'PUT' && pathname === '/output') {
      await pipeline(request, createWriteStream(outputPath))
      return response.writeHead(204).end()
    }
    const file = files.get(pathname)
    if (!file) return response.writeHead(404).end()
    const brotli = file.br && /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
    response.writeHead(200, { 'Content-Type': file.type, ...(brotli && { 'Content-Encoding': 'br' }) })
    response.end(brotli ? file.br : file.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

/**
 * The memory of the renderer processes, from /proc: VmHWM is the most that was resident since it was last reset. With one
 * page open, all renderers but its own are idle, so their sum differs by what the page does. Null where there is no /proc.
 */
export class Memory {
  #session

  static async of(browser) {
    const memory = new Memory()
    memory.#session = await browser.newBrowserCDPSession()
    return memory
  }

  /** Forgets the peaks so far; returns the bytes resident now. */
  async reset() {
    return this.#sum('VmRSS', (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5'))
  }

  /** The sum of the peaks since then, in bytes. */
  async peak() {
    return this.#sum('VmHWM')
  }

  async #sum(field, first = () => {}) {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo')
    try {
      let bytes = 0
      for (const { id } of processInfo.filter(({ type }) => type === 'renderer')) {
        first(id)
        bytes += 1024 * Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${id}/status`, 'latin1'))[1])
      }
      return bytes
    } catch {
      return null
    }
  }
}

/** The JavaScript heap of a page's worker, after a collection. */
export class WorkerHeap {
  #session
  #worker
  #answers = new Map()

  static async of(page) {
    const heap = new WorkerHeap()
    heap.#session = await page.context().newCDPSession(page)
    heap.#session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message)
      heap.#answers.get(id)?.(result)
    })
    heap.#worker = new Promise((resolve) => heap.#session.once('Target.attachedToTarget', ({ sessionId }) => resolve(sessionId)))
    await heap.#session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
    return heap
  }

  /** Bytes in use, on the heap and in buffers. */
  async bytes() {
    await this.#send('HeapProfiler.collectGarbage')
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = await this.#send('Runtime.getHeapUsage')
    return usedSize + embedderHeapUsedSize + backingStorageSize
  }

  async #send(method) {
    const id = this.#answers.size + 1
    const answer = new Promise((resolve) => this.#answers.set(id, resolve))
    await this.#session.send('Target.sendMessageToTarget', { sessionId: await this.#worker, message: JSON.stringify({ id, method }) })
    return answer
  }
}
