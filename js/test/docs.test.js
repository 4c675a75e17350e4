// The documents that are checked against the sources: the reference of the API, the table of errors.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { writeReference } from '../scripts/reference.js'
import { root, scratch } from './support/bundle.js'
import { installTools } from './support/consumers.js'

const read = (path) => readFileSync(join(root, 'js', path), 'utf8')

describe('the documents', { timeout: 240_000 }, () => {
  it('docs/ is what the declarations say: run node scripts/reference.js', () => {
    installTools()
    const fresh = join(scratch, 'docs')
    writeReference(fresh)
    assert.deepEqual(readdirSync(join(root, 'js/docs')).sort(), readdirSync(fresh).sort())
    for (const file of readdirSync(fresh)) assert.equal(read(`docs/${file}`) === readFileSync(join(fresh, file), 'utf8'), true, `docs/${file} is out of date`)
  })

  it('the table of errors has every code, each once, and no other', () => {
    const union = /export type HashoutErrorCode =([^]*?)\n\n/.exec(read('src/errors.ts'))[1]
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1])
    assert.equal(codes.length > 30, true)
    const table = /\n\| Code \|[^]*?\n\n/.exec(read('README.md'))[0]
    const rows = table.trim().split('\n').slice(2)
    const named = rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([A-Z_0-9]+)`/g)].map((match) => match[1]))
    assert.deepEqual(named.sort(), codes.sort())
    for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).slice(2, 4).every((cell) => cell.trim() !== ''), true, row)
  })

  it('every code that the engine gives to pages is one of them', () => {
    const codes = new Set([...read('src/errors.ts').matchAll(/\| '([A-Z_]+)'/g)].map((match) => match[1]))
    const go = readdirSync(join(root, 'wasm')).filter((file) => /^[a-z_]+\.go$/.test(file) && !file.endsWith('_test.go'))
    const given = go.flatMap((file) => [...read(`../wasm/${file}`).matchAll(/(?:code|Code)(?:::?=|:| =)\s*"([A-Z_]{5,})"/g)].map((match) => match[1]))
    for (const code of given) assert.equal(codes.has(code), true, code)
  })
})
