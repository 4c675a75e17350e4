// The declarations, as pages compile them, and what the package promises about its own files.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sources } from './support/bundle.js'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const tsc = here('node_modules/typescript/bin/tsc')

const resolutions = [
  ['esnext', 'bundler', 'esnext,dom,dom.iterable'],
  ['node16', 'node16', 'es2022,dom,dom.iterable'],
  ['nodenext', 'nodenext', 'es2022,dom,dom.iterable'],
]

describe('the declarations', () => {
  for (const [module, resolution, lib] of resolutions) {
    it(`compile with module ${module} and moduleResolution ${resolution}`, () => {
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--types', '']
      const args = [...options, '--target', 'es2022', '--module', module, '--moduleResolution', resolution, '--lib', lib]
      const { status, stdout } = spawnSync(process.execPath, [tsc, '--ignoreConfig', ...args, here('test/types/usage.ts')], { encoding: 'utf8' })
      assert.equal(stdout, '')
      assert.equal(status, 0)
    })
  }
})

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(here('package.json'), 'utf8'))

  it('exports files that exist', () => {
    for (const target of Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)))) {
      assert.equal(existsSync(here(target)), true, target)
    }
  })

  it('has no dependencies at run time', () => assert.equal(manifest.dependencies, undefined))

  it('names no registry in its lock file', () => assert.doesNotMatch(readFileSync(here('package-lock.json'), 'utf8'), /https?:/))

  it('says nothing on the console', () => {
    for (const name of ['index.js', 'worker.js', 'oauth.js', 'journal.js']) {
      const code = readFileSync(here(`dist/${name}`), 'utf8')
      assert.doesNotMatch(code, /\b(?:globalThis|window|self)\.console\b|\balert\(|\beval\(|new Function\b/, name)
    }
  })
})

describe('the border', () => {
  it('has the same methods on both sides', async () => {
    const { METHODS, PROTOCOL } = await sources('protocol')
    const go = readFileSync(here('../wasm/methods.go'), 'utf8')
    const table = /map\[string\]handler\{(.*?)\n\t\}/s.exec(go)[1]
    assert.deepEqual([...table.matchAll(/"(\w+)":/g)].map((m) => m[1]).sort(), [...METHODS].sort())
    assert.match(readFileSync(here('../wasm/main.go'), 'utf8'), new RegExp(`const protocol = ${PROTOCOL}\\b`))
  })
})
