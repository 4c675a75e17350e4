// Writes the figures of README.md and results/latest.svg from results/latest.json, so that none of them drifts.

import { readFileSync, writeFileSync } from 'node:fs'
import { bars } from './report.js'
import { tools as names } from './tools.js'

const file = (path) => new URL(path, import.meta.url)
const results = JSON.parse(readFileSync(file('results/latest.json'), 'utf8'))
const { machine, sizes, documents, load } = results

const time = (ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en'))
const mb = (bytes) => (bytes / 1e6).toFixed(2)
const cell = (measured) => (!measured ? '–' : measured.error ? 'fails' : time(measured.ms))
const tools = Object.keys(names)

const rows = documents.map(({ name, tools: by, pyhanko }) => {
  const { hashout } = by
  const memory = hashout.memory == null ? '–' : `${Math.round(hashout.memory / 1e6)} MB`
  return `| ${name} | ${tools.map((tool) => cell(by[tool])).join(' | ')} | ${cell(pyhanko)} | ${hashout.error ? '–' : hashout.toLimit.toFixed(2)} | ${memory} |`
})
const wasm = sizes['hashout: wasm']
const text = `
![Milliseconds by document and signer](js/bench/results/latest.svg)

Milliseconds from Blob to signed Blob in Chromium, the key's own time left out (medians; pyHanko natively, for orientation;
zgapdfsigner writes the document anew instead of appending to it):

| document | ${tools.map((tool) => names[tool]).join(' | ')} | pyHanko | hashout × WebCrypto | peak memory |
|---|${'--:|'.repeat(tools.length + 3)}
${rows.join('\n')}

Engine: ${mb(wasm.raw)} MB of WebAssembly, ${mb(wasm.gzip)} MB gzip, **${mb(wasm.brotli)} MB brotli**; ready ${time(load.hashout)} ms after the first request, nothing cached
(${Object.entries(load).filter(([tool]) => tool !== 'hashout').map(([tool, ms]) => `${names[tool]} ${time(ms)} ms`).join(', ')}).

| bar | measured | |
|---|---|---|
${bars(results).map(({ bar, measured, met }) => `| ${bar} | ${measured} | ${met ? 'met' : '**missed**'} |`).join('\n')}

Measured ${machine.date} on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, load ${machine.load};
${Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`).join(', ')}.
`
const readme = readFileSync(file('../../README.md'), 'utf8')
const [begin, end] = ['<!-- figures: written by js/bench/readme.js -->', '<!-- /figures -->']
const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
if (from < 0 || to < from) throw new Error('README.md has no place for the figures')
writeFileSync(file('../../README.md'), readme.slice(0, from + begin.length) + text + readme.slice(to))
writeFileSync(file('results/latest.svg'), plot())

/** Bars on a logarithmic scale: one group for a document, one bar for a signer. */
function plot() {
  const colors = { limit: '#9aa0a6', hashout: '#1a73e8', libpdf: '#e8710a', signpdf: '#9334e6', zga: '#1e8e3e' }
  const values = documents.flatMap(({ tools: by }) => tools.map((tool) => by[tool]?.ms).filter(Boolean))
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))]
  const [left, width, line, gap] = [230, 460, 12, 14]
  const x = (ms) => left + (width * (Math.log10(ms) - low)) / (high - low)
  const parts = []
  let y = 34
  for (const { name, tools: by } of documents) {
    parts.push(`<text x="${left - 8}" y="${y + 30}" text-anchor="end">${name}</text>`)
    for (const tool of tools) {
      const ms = by[tool]?.ms
      const end = ms ? x(ms) : left
      if (ms) parts.push(`<rect x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="${line - 2}" fill="${colors[tool]}"/>`)
      parts.push(`<text x="${(end + 4).toFixed(1)}" y="${y + 9}" font-size="10">${ms ? time(ms) : 'fails'}</text>`)
      y += line
    }
    y += gap
  }
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).map(
    (ms) => `<path d="M${x(ms)} 28V${y - gap}" stroke="#dadce0"/><text x="${x(ms)}" y="${y}" text-anchor="middle" font-size="10">${ms.toLocaleString('en')} ms</text>`,
  )
  const legend = tools.map((tool, i) => `<rect x="${8 + 140 * i}" y="6" width="10" height="10" fill="${colors[tool]}"/><text x="${22 + 140 * i}" y="15">${names[tool]}</text>`)
  const size = `width="${left + width + 60}" height="${y + 10}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>${[...grid, ...legend, ...parts].join('')}</svg>\n`
}
