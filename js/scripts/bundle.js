// How the sources are bundled; shared by the build and the tests.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Go's support code as a module: a function that is given the global object it may write to. */
const wasmExec = {
  name: 'wasm-exec',
  setup(build) {
    build.onResolve({ filter: /^hashout:wasm-exec$/ }, () => ({ path: 'wasm_exec.js', namespace: 'wasm-exec' }))
    build.onLoad({ filter: /.*/, namespace: 'wasm-exec' }, ({ path }) => {
      const source = readFileSync(here(`../${path}`), 'utf8')
      return {
        contents: `export function goRuntime(globalThis, fs, console) {\n${source}\nreturn globalThis.Go\n}`,
        loader: 'js',
      }
    })
  },
}

/** esbuild's options; the hashes are those that the files beside the script must have, or empty. */
export function bundleOptions(integrity, appearanceIntegrity = '', fontIntegrity = '') {
  return {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    legalComments: 'inline',
    sourcemap: true,
    metafile: true,
    outdir: here('dist'),
    logLevel: 'warning',
    plugins: [wasmExec],
    define: {
      WASM_INTEGRITY: JSON.stringify(integrity),
      APPEARANCE_INTEGRITY: JSON.stringify(appearanceIntegrity),
      FONT_INTEGRITY: JSON.stringify(fontIntegrity),
    },
  }
}
