// Builds the consumers from the packed tarball and serves them as strict pages.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { once } from 'node:events'
import { root, scratch } from './bundle.js'

const js = join(root, 'js')
/** The consumers' folder. */
export const consumers = join(js, 'test/consumers')

const npm = (cwd, ...args) => execFileSync('npm', [...args, '--loglevel=error'], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** Installs the consumers' tools, once for test files that run at the same time. */
export function installTools() {
  const lock = join(consumers, 'package-lock.json')
  const installed = join(consumers, 'node_modules/.package-lock.json')
  const fresh = () => existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs
  const busy = join(tmpdir(), `hashout-installing-${createHash('sha256').update(consumers).digest('hex').slice(0, 16)}`)
  while (!fresh()) {
    try {
      mkdirSync(busy)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      // Whoever was killed while installing comes back no more.
      if (Date.now() - (statSync(busy, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 200_000) rmSync(busy, { recursive: true, force: true })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
      continue
    }
    try {
      npm(consumers, 'ci', '--ignore-scripts', '--no-audit', '--no-fund')
    } finally {
      rmSync(busy, { recursive: true })
    }
  }
}

/** Installs the consumers' tools, and hashout from what `npm pack` makes. Returns the tarball's path. */
export function installConsumers() {
  installTools()
  const [{ filename }] = JSON.parse(npm(js, 'pack', '--json', '--pack-destination', scratch))
  const place = join(consumers, 'node_modules/hashout')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  execFileSync('tar', ['-xzf', join(scratch, filename), '-C', place, '--strip-components=1'])
  return join(scratch, filename)
}

/** Makes a folder with a page and what it needs; returns its path. */
export function folder(name, files = {}) {
  const dir = join(scratch, 'pages', name)
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text)
  return dir
}

export const consumerFile = (name) => readFileSync(join(consumers, name), 'utf8')
export const packed = (name) => join(consumers, 'node_modules/hashout/dist', name)
export const copyPacked = (dir, ...names) => names.forEach((name) => cpSync(packed(name), join(dir, name)))

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
}

/** Serves folder dir at an origin of its own, every answer under the policy csp. `extra` maps paths to contents. */
export async function serve(dir, csp, extra) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname))
    const file = join(dir, path)
    const body = extra[path] ?? (existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined)
    if (body === undefined) return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', ...(csp && { 'Content-Security-Policy': csp }) })
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
