// Makes the PDFs that are measured. The same bytes each time, so that a file made once is kept.

import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'

const MB = 1_000_000

/** What is measured. `bytes` is met within 1 %. */
export const documents = [
  { name: '100 KB, 1,000 objects', file: '100k.pdf', bytes: 0.1 * MB, objects: 1_000 },
  { name: '10 MB, 5,000 objects', file: '10m.pdf', bytes: 10 * MB, objects: 5_000 },
  { name: '28 MB, 100 objects', file: '28m-100.pdf', bytes: 28 * MB, objects: 100 },
  { name: '28 MB, 200,000 objects', file: '28m-200k.pdf', bytes: 28 * MB, objects: 200_000 },
  { name: '28 MB, 200,000 in object streams', file: '28m-200k-streams.pdf', bytes: 28 * MB, objects: 200_000, objectStreams: true },
  { name: '100 MB, 8,000 objects', file: '100m.pdf', bytes: 100 * MB, objects: 8_000 },
  { name: '1 GB, 8,000 objects', file: '1g.pdf', bytes: 1000 * MB, objects: 8_000, huge: true },
]

/** Makes document in folder dir unless it is there; returns its path. */
export function generate(document, dir) {
  const path = join(dir, document.file)
  if (existsSync(path)) return path
  mkdirSync(dir, { recursive: true })
  const out = new Output(`${path}.part`)
  if (document.objectStreams) writeWithObjectStreams(out, document)
  else writeClassic(out, document)
  out.close()
  const off = out.size / document.bytes - 1
  if (Math.abs(off) > 0.01) throw new Error(`${document.file} missed its size by ${(off * 100).toFixed(1)} %`)
  renameSync(`${path}.part`, path)
  return path
}

class Output {
  size = 0
  #file
  #waiting = []
  #bytes = 0

  constructor(path) {
    this.#file = openSync(path, 'w')
  }

  write(data) {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    this.size += bytes.length
    if (this.#bytes > 8 * MB) this.#flush()
  }

  close() {
    this.#flush()
    closeSync(this.#file)
  }

  #flush() {
    writeSync(this.#file, Buffer.concat(this.#waiting))
    this.#waiting = []
    this.#bytes = 0
  }
}

/** Bytes that do not compress (xorshift). The seed differs with each piece. */
function noise(length, seed) {
  const words = new Uint32Array(Math.ceil(length / 4))
  let x = (seed * 2654435761 + 1) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
  return Buffer.from(words.buffer, 0, length)
}

const header = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'

/** Objects 1 to 3 and the pages; a page has its content right behind it. */
function skeleton(objects) {
  const pages = Math.max(1, Math.min(500, Math.floor(objects / 20)))
  const firstPage = 4
  const kids = Array.from({ length: pages }, (_, i) => `${firstPage + 2 * i} 0 R`).join(' ')
  const dictionaries = new Map([
    [1, '<< /Type /Catalog /Pages 2 0 R >>'],
    [2, `<< /Type /Pages /Count ${pages} /Kids [${kids}] >>`],
    [3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'],
  ])
  const contents = new Map()
  for (let i = 0; i < pages; i++) {
    const page = firstPage + 2 * i
    dictionaries.set(
      page,
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${page + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    )
    contents.set(page + 1, `BT /F1 12 Tf 72 770 Td (Page ${i + 1}) Tj ET`)
  }
  return { dictionaries, contents, next: firstPage + 2 * pages }
}

/** One cross-reference table; the rest of the objects are streams, or where they would be tiny, dictionaries. */
function writeClassic(out, { bytes, objects }) {
  const { dictionaries, contents, next } = skeleton(objects)
  const offsets = []
  const begin = (number) => {
    offsets[number] = out.size
    out.write(`${number} 0 obj\n`)
  }
  out.write(header)
  for (let number = 1; number < next; number++) {
    begin(number)
    const content = contents.get(number)
    out.write(content ? `<< /Length ${content.length} >>\nstream\n${content}\nendstream` : dictionaries.get(number))
    out.write('\nendobj\n')
  }
  const rest = objects - next
  // What is left for each object, with its line of the table.
  const room = (bytes - out.size - 20 * next - 150) / rest - 20
  for (let number = next; number < objects; number++) {
    begin(number)
    const fill = Math.round(room) - `${number} 0 obj\n\nendobj\n`.length
    if (fill < 1000) {
      const frame = '<< /Type /Filler /Text <> >>'
      out.write(frame.replace('<>', `<${noise(Math.max(1, (fill - frame.length) >> 1), number).toString('hex')}>`))
    } else {
      const length = fill - 40
      out.write(`<< /Length ${String(length).padEnd(8)} >>\nstream\n`)
      out.write(noise(length, number))
      out.write('\nendstream')
    }
    out.write('\nendobj\n')
  }
  const start = out.size
  out.write(`xref\n0 ${objects}\n0000000000 65535 f \n`)
  for (let number = 1; number < objects; number++) out.write(`${String(offsets[number]).padStart(10, '0')} 00000 n \n`)
  out.write(`trailer\n<< /Size ${objects} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`)
}

/** Everything but the content streams in compressed object streams of 200, and a cross-reference stream. */
function writeWithObjectStreams(out, { bytes, objects }) {
  const { dictionaries, contents, next } = skeleton(objects)
  const perStream = 200
  const entries = [] // type and two fields, by object number
  const stream = (number, dictionary, data) => {
    entries[number] = [1, out.size, 0]
    out.write(`${number} 0 obj\n<< ${dictionary} /Length ${data.length} >>\nstream\n`)
    out.write(data)
    out.write('\nendstream\nendobj\n')
  }
  out.write(header)
  for (const [number, content] of contents) stream(number, '', Buffer.from(content))

  const rest = objects - next
  // Noise in hexadecimal compresses to half, so its bytes weigh about one; the rest of a dictionary next to nothing.
  const each = Math.floor((bytes - out.size) / rest / 1.14) - 3
  const numbers = [...dictionaries.keys(), ...Array.from({ length: rest }, (_, i) => next + i)]
  let container = objects
  for (let at = 0; at < numbers.length; at += perStream) {
    const group = numbers.slice(at, at + perStream)
    let body = ''
    const index = []
    for (const [i, number] of group.entries()) {
      index.push(`${number} ${body.length}`)
      entries[number] = [2, container, i]
      body += (dictionaries.get(number) ?? `<< /Type /Filler /Text <${noise(each, number).toString('hex')}> >>`) + '\n'
    }
    const head = index.join(' ') + '\n'
    const data = deflateSync(Buffer.from(head + body, 'latin1'), { level: 6 })
    stream(container++, `/Type /ObjStm /N ${group.length} /First ${head.length} /Filter /FlateDecode`, data)
  }

  const size = container + 1
  entries[container] = [1, out.size, 0]
  const table = Buffer.alloc(size * 7)
  table.writeUInt16BE(65535, 5)
  for (let number = 1; number < size; number++) {
    const [type, a, b] = entries[number]
    table.writeUInt8(type, number * 7)
    table.writeUInt32BE(a, number * 7 + 1)
    table.writeUInt16BE(b, number * 7 + 5)
  }
  const start = out.size
  stream(container, `/Type /XRef /W [1 4 2] /Size ${size} /Root 1 0 R /Filter /FlateDecode`, deflateSync(table))
  out.write(`startxref\n${start}\n%%EOF\n`)
}
