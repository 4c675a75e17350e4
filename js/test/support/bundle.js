// Gives tests the sources as modules, bundled as the package is, and the engines they need.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from '../../scripts/bundle.js'

/** The repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A directory for this test file's own use. */
export const scratch = mkdtempSync(join(tmpdir(), 'hashout-js-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Bundles source files, such as 'client' and 'load', into one module; resolves to its address. */
export async function bundle(...names) {
  const outfile = join(scratch, `${names.join('-')}.mjs`)
  const { outdir: _, ...options } = bundleOptions('')
  const contents = names.map((name) => `export * from './${name}.ts'`).join('\n')
  await build({
    ...options,
    stdin: { contents, resolveDir: join(root, 'js/src'), loader: 'ts' },
    outfile,
    sourcemap: false,
  })
  return pathToFileURL(outfile)
}

/** Imports source files as one module. */
export async function sources(...names) {
  return import((await bundle(...names)).href)
}

/** Compiles a Go program of this repository for the browser; returns the path of the wasm file. */
export function goEngine(pkg) {
  const file = join(scratch, `${pkg.replace(/\W+/g, '-')}.wasm`)
  execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', file, pkg], {
    cwd: root,
    env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return file
}

/** The engine that dies on demand, as a module. */
export function mortalEngine() {
  return WebAssembly.compile(readFileSync(goEngine('./js/test/testdata/mortal')))
}

/** An assertion about a rejection, for assert.rejects. */
export function hashoutError(code, check = () => {}) {
  return (error) => {
    if (error.name !== 'HashoutError' || error.code !== code) throw error
    check(error)
    return true
  }
}
