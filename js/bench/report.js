// Prints the results as tables, and the bars with what was measured against them.

import { tools as names } from './tools.js'

const fixed = (n, digits) => (n === null || n === undefined ? '–' : n.toFixed(digits))
const ms = (n) => fixed(n, n < 100 ? 1 : 0)
const kb = (n) => `${(n / 1000).toFixed(n < 10_000_000 ? 1 : 0)}`
const mb = (n) => (n === null ? '–' : fixed(n / 1e6, 0))

export function print(results) {
  const { machine } = results
  say(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, load ${machine.load}, ${machine.date}`)
  say(Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`).join(', '))
  say()
  say('Blob in, signed Blob out, PAdES B-B, the time of the key itself left out. Medians in ms; × limit: against WebCrypto')
  say('hashing the same file in the same page, turn by turn; × hashout: how many times as long as hashout; memory: the')
  say('renderers’ resident peak above idle in the first run; pyHanko runs natively.')
  const rows = [['document', 'signer', 'ms', 'best', 'first', '× limit', '× hashout', 'MB']]
  for (const { name, tools, pyhanko, node } of results.documents) {
    let label = name
    const add = (signer, measured) => {
      rows.push(measured.error
        ? [label, signer, `fails: ${measured.error}`]
        : [label, signer, ms(measured.ms), ms(measured.bestMs), ms(measured.firstMs), fixed(measured.toLimit, 2), fixed(measured.ms / tools.hashout.ms, 2), mb(measured.memory ?? null)])
      label = ''
    }
    for (const [tool, measured] of Object.entries(tools)) add(names[tool], measured)
    if (pyhanko) add('pyHanko', pyhanko)
    if (node?.error) rows.push(['', 'in Node', `fails: ${node.error}`])
    else for (const [tool, time] of Object.entries(node ?? {})) {
      const signer = `${names[tool]} in Node`
      if (time.error) rows.push(['', signer, `fails: ${time.error}`])
      else rows.push(['', signer, ms(time), '–', '–', fixed(time / node.limit, 2), fixed(time / node.hashout, 2), '–'])
    }
  }
  table(rows)

  table([
    ['loaded, kB', 'raw', 'gzip', 'brotli'],
    ...Object.entries(results.sizes).map(([name, { raw, gzip, brotli }]) => [name, kb(raw), kb(gzip), kb(brotli)]),
  ])
  table([['first request → ready, nothing cached', 'ms'], ...Object.entries(results.load).map(([tool, time]) => [names[tool], ms(time)])])

  table([['bar', 'measured', ''], ...bars(results).map(({ bar, measured, met }) => [bar, measured, met ? 'met' : 'MISSED'])])
}

export function bars({ documents, batch, large: many, smooth = [], sizes }) {
  const list = []
  const find = (start) => documents.find(({ name }) => name.startsWith(start))?.tools
  const bar = (text, measured, met) => list.push({ bar: text, measured, met })
  const faster = (tools, text) => {
    const { hashout, libpdf } = tools
    if (hashout.error || libpdf.error) return
    bar(`${text} faster than @libpdf/core`, `${ms(hashout.ms)} ms, ${ms(libpdf.ms)} ms`, hashout.ms < libpdf.ms)
  }
  const large = find('100 MB')
  if (large) {
    bar('100 MB ≤ 1.3 × limit', fixed(large.hashout.toLimit, 2), large.hashout.toLimit <= 1.3)
    faster(large, '100 MB')
  }
  const small = find('100 KB')
  if (small) {
    bar('100 KB ≤ 20 ms', `${ms(small.hashout.ms)} ms`, small.hashout.ms <= 20)
    faster(small, '100 KB')
  }
  const few = find('28 MB, 100 ')
  for (const name of ['28 MB, 200,000 objects', '28 MB, 200,000 in object streams']) {
    const many = find(name)
    if (!few || !many) continue
    const times = many.hashout.ms / few.hashout.ms
    bar(`${name} ≤ 3 × 100 objects`, fixed(times, 2), times <= 3)
  }
  const huge = find('1 GB')
  if (huge) bar('1 GB ≤ 300 MB above idle', `${mb(huge.hashout.memory ?? null)} MB`, huge.hashout.memory <= 300e6)
  if (batch) {
    const { copies, calls, ms: time, singleMs } = batch
    const [authorize, signHash] = [calls['credentials/authorize'], calls['signatures/signHash']]
    bar(`${copies} documents: 1 authorization, 2 requests`, `${authorize}, ${signHash}`, authorize === 1 && signHash === 2)
    bar(`${copies} documents ≤ ${copies} × one`, `${ms(time)} ms = ${fixed(time / singleMs, 0)} × ${ms(singleMs)} ms`, time <= copies * singleMs)
  }
  if (many) {
    const { hundred, thousand } = many
    bar('1,000 documents ≤ 11 × 100', `${ms(thousand.ms)} ms, ${ms(hundred.ms)} ms`, thousand.ms <= 11 * hundred.ms)
    bar('1,000 documents ≤ 100 MB above idle', `${mb(thousand.memory)} MB`, thousand.memory <= 100e6)
  }
  for (const { name, ms: clock, cpuMs } of smooth) bar(`${name}: longest stretch the page was not free ≤ 50 ms`, `${ms(clock)} ms, ${ms(cpuMs)} ms of them computing`, clock <= 50)
  const { brotli } = sizes['hashout: wasm']
  bar('wasm ≤ 1,500 kB brotli', kb(brotli), brotli <= 1_500_000)
  return list
}

function table(rows) {
  const widths = rows.reduce((w, row) => row.map((cell, i) => (row.length < 4 && i === 2 ? w[i] ?? 0 : Math.max(w[i] ?? 0, cell.length))).concat(w.slice(row.length)), [])
  say()
  for (const [index, row] of rows.entries()) {
    const number = (cell) => /^[\d.,–]+$/.test(cell) || index === 0
    say(row.map((cell, i) => (i > 0 && number(cell) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd())
    if (index === 0) say(widths.map((width) => '─'.repeat(width)).join('  '))
  }
}

const say = (text = '') => process.stdout.write(`${text}\n`)
