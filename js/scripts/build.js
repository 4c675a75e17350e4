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
if (!existsSync(wasm)) {
  process.stderr.write('dist/hashout.wasm is missing: run make, which builds it before this package\n')
  process.exit(1)
}
const integrity = `sha256-${createHash('sha256').update(readFileSync(wasm)).digest('base64')}`

for (const name of readdirSync(here('dist'))) {
  if (!name.startsWith('hashout.wasm')) rmSync(here(`dist/${name}`), { recursive: true })
}

const common = bundleOptions(integrity)

const bundles = await Promise.all([
  // The page's side, readable: whoever uses it has a bundler that minifies, and stack traces with names until then. The engine for pages without a worker becomes a chunk of its own.
  build({ ...common, entryPoints: [here('src/index.ts'), here('src/oauth.ts'), here('src/journal.ts')], splitting: true, chunkNames: 'chunk-[hash]' }),
  // The worker imports nothing, so that it can be copied or served from anywhere by itself.
  build({ ...common, entryPoints: [here('src/worker.ts')], minify: true }),
])
execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('tsconfig.json')], { stdio: 'inherit' })
copyFileSync(here('../LICENSE'), here('LICENSE'))
writeParts(bundles.map((bundle) => bundle.metafile))
compress(wasm)
