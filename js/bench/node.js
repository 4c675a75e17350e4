// The same tools in Node, each signing in this process: hashout then has no worker.

import { execFile } from 'node:child_process'
import { mkdtempSync, openAsBlob, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { tools } from './tools.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Median milliseconds by tool for the file at path, without the key's, or why the tool fails. */
export async function inNode(path, { jwk, certificate, p12 }) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', here('node.js'), path, JSON.stringify({ jwk, certificate, p12 })], { timeout: 120_000 })
    return JSON.parse(stdout)
  } catch (error) {
    return { error: error.killed ? 'it took longer than 120 s' : String(error.stderr ?? error.message).trim().split('\n').at(-1) }
  }
}

async function load(name, dir) {
  const engine = { name: 'engine', setup: ({ onResolve }) => onResolve({ filter: /^\/hashout\// }, () => ({ path: pathToFileURL(here('../dist/index.js')).href, external: true })) }
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
  await build({ entryPoints: [here(`page/${name}.js`)], bundle: true, platform: 'node', format: 'esm', outfile: `${dir}/${name}.mjs`, logLevel: 'error', plugins: [engine], banner })
  return import(pathToFileURL(`${dir}/${name}.mjs`).href)
}

async function main(path, { jwk, certificate, p12 }) {
  // In this folder, so that nothing but what is installed here is found.
  const dir = mkdtempSync(here('.node-'))
  try {
    const key = new (await load('key', dir)).Key(jwk, Uint8Array.from(certificate), Uint8Array.from(p12))
    const blob = await openAsBlob(path)
    const medians = {}
    for (const name of Object.keys(tools)) {
      try {
        const tool = await (await load(name, dir)).load(key)
        const times = []
        const began = performance.now()
        while (times.length < 3 || (times.length < 60 && performance.now() - began < 3000)) {
          gc()
          key.spent = 0
          const start = performance.now()
          await tool.sign(blob)
          times.push(performance.now() - start - key.spent)
        }
        medians[name] = times.slice(times.length >> 1).sort((a, b) => a - b)[times.length >> 2]
      } catch (error) {
        medians[name] = { error: String(error.message).split('\n')[0] }
      }
    }
    process.stdout.write(JSON.stringify(medians))
  } finally {
    rmSync(dir, { recursive: true })
  }
  process.exit()
}

if (process.argv[1] === here('node.js')) await main(process.argv[2], JSON.parse(process.argv[3]))
