// Bundles the tools as a page would have them, and weighs them.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { tools } from './tools.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })

async function bundle(options) {
  const { outputFiles } = await build({
    bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, logLevel: 'error', define: { global: 'globalThis' }, ...options,
  })
  return Buffer.from(outputFiles[0].contents)
}

/** Leaves out what is loaded only when it is needed: for hashout, the engine for pages without a worker. */
const onDemand = {
  name: 'on-demand',
  setup: ({ onResolve }) => onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
}

/** All that the pages ask for, by path. */
export async function assets() {
  const files = new Map()
  const add = (path, type, body, br) => files.set(path, { type, body, br: br ?? brotli(body) })
  const html = '<!doctype html><title>bench</title><link rel=icon href="data:,"><input type=file><script type=module src=/main.js></script>'
  add('/', 'text/html', Buffer.from(html))
  add('/main.js', 'text/javascript', await bundle({ entryPoints: [here('page/main.js')], external: ['/tools/*'] }))
  for (const tool of Object.keys(tools)) {
    add(`/tools/${tool}.js`, 'text/javascript', await bundle({ entryPoints: [here(`page/${tool}.js`)], external: ['/hashout/*'] }))
  }
  for (const name of readdirSync(here('../dist')).filter((file) => /\.(js|wasm)$/.test(file))) {
    const wasm = name.endsWith('.wasm')
    const body = readFileSync(here(`../dist/${name}`))
    add(`/hashout/${name}`, wasm ? 'application/wasm' : 'text/javascript', body, wasm ? readFileSync(here(`../dist/${name}.br`)) : undefined)
  }
  return files
}

/** What each has to be loaded for signing, minified, in bytes: raw, gzip 9, brotli 11. */
export async function sizes() {
  const weigh = (...parts) => ({
    raw: sum(parts.map((part) => part.length)),
    gzip: sum(parts.map((part) => gzipSync(part, { level: 9 }).length)),
    brotli: sum(parts.map((part) => brotli(part).length)),
  })
  const all = (contents) => bundle({ stdin: { contents, resolveDir: here('.') } })
  // The build has compressed it already.
  const size = (name) => statSync(here(`../dist/${name}`)).size
  const wasm = { raw: size('hashout.wasm'), gzip: size('hashout.wasm.gz'), brotli: size('hashout.wasm.br') }
  const scripts = weigh(
    await bundle({ entryPoints: [here('../dist/index.js')], plugins: [onDemand] }),
    readFileSync(here('../dist/worker.js')),
  )
  return {
    'hashout: wasm': wasm,
    'hashout: scripts of page and worker': scripts,
    '@libpdf/core': weigh(await all('export { PDF } from "@libpdf/core"')),
    '@signpdf': weigh(
      await all('export { Buffer } from "buffer"; export { plainAddPlaceholder } from "@signpdf/placeholder-plain"; export { SignPdf } from "@signpdf/signpdf"; export { Signer } from "@signpdf/utils"'),
    ),
    zgapdfsigner: weigh(await bundle({ entryPoints: [here('page/zga.js')] })),
  }
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)
