// Builds dist/: bundles by esbuild, declarations by tsc. `node scripts/build.js` (or `npm run build`).
// hashout.wasm must lie in dist/ already; the Makefile puts it there.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, readdirSync, copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from './bundle.js'
import { compress } from './compress.js'
import { writeParts } from './parts.js'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const wasm = here('dist/hashout.wasm')
const appearance = here('dist/hashout-appearance.wasm')
const font = here('dist/hashout-font.ttf')
for (const file of [wasm, appearance]) {
  if (existsSync(file)) continue
  process.stderr.write(`${file} is missing: run make, which builds it before this package\n`)
  process.exit(1)
}
for (const name of readdirSync(here('dist'))) {
  if (!/^hashout(-appearance)?\.wasm/.test(name)) rmSync(here(`dist/${name}`), { recursive: true })
}
copyFileSync(here('../pdfprep/appearance/defaultfont/hashout-font.ttf'), font)
copyFileSync(here('../pdfprep/appearance/defaultfont/OFL.txt'), here('dist/hashout-font.OFL.txt'))

const integrity = (file) => `sha256-${createHash('sha256').update(readFileSync(file)).digest('base64')}`
const common = bundleOptions(integrity(wasm), integrity(appearance), integrity(font))

const bundles = await Promise.all([
  // The page's side, readable: whoever uses it has a bundler that minifies, and stack traces with names until then. The engine for pages without a worker becomes a chunk of its own.
  build({ ...common, entryPoints: [here('src/index.ts'), here('src/oauth.ts'), here('src/journal.ts')], splitting: true, chunkNames: 'chunk-[hash]' }),
  // The worker imports nothing, so that it can be copied or served from anywhere by itself.
  build({ ...common, entryPoints: [here('src/worker.ts')], minify: true }),
])
execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('tsconfig.json')], { stdio: 'inherit' })
copyFileSync(here('../LICENSE'), here('LICENSE'))
writeParts(bundles.map((bundle) => bundle.metafile))
for (const file of [wasm, appearance, font]) compress(file)
