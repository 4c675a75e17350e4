// Finds pieces of documents in recorded traffic, in every coating the same bytes
// could wear: raw, hex, base64 and base64url at any offset, UTF-16, percent
// encoding, JSON escapes, and these inside one another.
//
// It works from the traffic's side: whatever the traffic can be decoded to is
// collected first; then every window of every document is looked up in it.

import { inflateSync, constants } from 'node:zlib'

/** So many bytes in a row count as a piece of a document. */
export const windowBytes = 16

// A run of one or two byte values (zeros, spaces) says nothing about a document.
const minDistinct = 5

/** How deep coatings are taken off: base64 of hex of UTF-16 is three. */
const maxDepth = 3

/** Everything a piece of traffic can be decoded to, itself included. */
export function decodings(bytes, depth = maxDepth, seen = new Set()) {
  const key = bytes.toString('latin1')
  if (bytes.length < windowBytes / 2 || seen.has(key)) return []
  seen.add(key)
  const out = [bytes]
  if (depth === 0) return out
  const text = key
  const found = []
  for (const run of text.match(/(?:[0-9a-fA-F]{2}){8,}[0-9a-fA-F]?/g) ?? []) {
    for (const offset of [0, 1]) found.push(Buffer.from(run.slice(offset), 'hex'))
  }
  for (const run of text.match(/[A-Za-z0-9+/_-]{11,}/g) ?? []) {
    // A run may hold other text before the base64 begins, so all four phases.
    for (const offset of [0, 1, 2, 3]) found.push(Buffer.from(run.slice(offset), 'base64'))
  }
  if (/%[0-9a-fA-F]{2}/.test(text)) found.push(Buffer.from(text.replace(/\+/g, ' ').replace(/%([0-9a-fA-F]{2})/g, (_, h) => String.fromCharCode(parseInt(h, 16))), 'latin1'))
  if (/\\(?:u[0-9a-fA-F]{4}|[nrtbf/"\\])/.test(text)) {
    // \u00e4 may stand for a character (UTF-8) or for the byte of that number.
    found.push(Buffer.from(unescapeJSON(text, 'utf8'), 'latin1'), Buffer.from(unescapeJSON(text, 'latin1'), 'latin1'))
  }
  // JSON.stringify of bytes in an array: 37,80,68,70 …
  for (const run of text.match(/(?:\d{1,3}\s*,\s*){15,}\d{1,3}/g) ?? []) found.push(Buffer.from(run.split(',').map(Number)))
  for (const start of [0, 1]) found.push(...narrow(bytes, start))
  for (const next of found) out.push(...decodings(next, depth - 1, seen))
  return out
}

const escapes = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const unescapeJSON = (text, encoding) =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code, c) => (code ? Buffer.from(String.fromCharCode(parseInt(code, 16)), encoding).toString('latin1') : (escapes[c] ?? c)))

/** UTF-16 carries Latin text with a zero in every second byte: takes such runs together. */
function narrow(bytes, start) {
  const runs = []
  let run = []
  for (let i = start; i + 1 < bytes.length; i += 2) {
    if (bytes[i + 1] === 0 && bytes[i] !== 0) run.push(bytes[i])
    else if (bytes[i] === 0 && bytes[i + 1] !== 0) run.push(bytes[i + 1])
    else {
      if (run.length >= windowBytes / 2) runs.push(Buffer.from(run))
      run = []
    }
  }
  if (run.length >= windowBytes / 2) runs.push(Buffer.from(run))
  return runs
}

/** Traffic made ready for look-ups. */
export class Haystack {
  // One bit per hash of a window: a miss, which is nearly always, costs one read.
  #bits = new Uint8Array(1 << 24)
  #pieces = []

  /** @param {{ where: string, bytes: Buffer }[]} traffic */
  constructor(traffic) {
    for (const { where, bytes } of traffic) {
      for (const piece of decodings(bytes)) {
        this.#pieces.push({ where, bytes: piece })
        for (let i = 0; i + windowBytes <= piece.length; i++) {
          const h = hash(piece, i)
          this.#bits[h >>> 3] |= 1 << (h & 7)
        }
      }
    }
  }

  /** Where the window of `bytes` at `at` occurs, or undefined. */
  find(bytes, at) {
    const h = hash(bytes, at)
    if (!(this.#bits[h >>> 3] & (1 << (h & 7)))) return undefined
    return this.findShort(bytes.subarray(at, at + windowBytes))
  }

  /** The same for a needle of any length, without the help of the hashes. */
  findShort(needle) {
    return this.#pieces.find((p) => p.bytes.includes(needle))?.where
  }
}

function hash(bytes, at) {
  let h = 0x811c9dc5
  for (let i = 0; i < windowBytes; i += 4) h = Math.imul(h ^ bytes.readUInt32LE(at + i), 0x9e3779b1) ^ (h >>> 15)
  return (h ^ (h >>> 13)) & 0x7ffffff
}

/** What of a document must not be seen: its bytes, and its streams unpacked. */
export function contentsOf(pdf) {
  const parts = [{ what: 'file', bytes: pdf }]
  let from = 0
  for (;;) {
    const start = pdf.indexOf('stream', from)
    if (start < 0) return parts
    from = start + 6
    if (pdf.subarray(start - 3, start).toString('latin1') === 'end') continue
    const data = start + (pdf[start + 6] === 13 ? 8 : 7)
    try {
      // A stream need not end where the next word begins: take what inflates.
      const bytes = inflateSync(pdf.subarray(data), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 32 << 20 })
      parts.push({ what: `stream at ${data}`, bytes })
    } catch {
      // not Flate: its raw bytes are searched with the file
    }
  }
}

/**
 * Searches the traffic for pieces of the documents.
 *
 * @param {{ name: string, bytes: Buffer, also?: Buffer[] }[]} documents `also` holds further needles, such as the extracted text
 * @param {{ where: string, bytes: Buffer }[]} traffic
 * @param {Buffer[]} allowed what may be seen although a document holds it too, such as the name of the browser
 * @returns {{ document: string, what: string, where: string, piece: string }[]}
 */
export function findLeaks(documents, traffic, allowed = []) {
  const haystack = new Haystack(traffic)
  const leaks = []
  for (const { name, bytes, also = [] } of documents) {
    const stem = name.replace(/\.pdf$/i, '')
    for (const needle of [Buffer.from(stem), Buffer.from(stem, 'utf16le')]) {
      const where = stem.length >= 6 && haystack.findShort(needle)
      if (where) leaks.push({ document: name, what: 'file name', where, piece: stem })
    }
    for (const part of [...contentsOf(bytes), ...also.map((b) => ({ what: 'text', bytes: b }))]) {
      for (let i = 0; i + windowBytes <= part.bytes.length; i++) {
        const where = haystack.find(part.bytes, i)
        if (!where) continue
        const piece = part.bytes.subarray(i, i + windowBytes)
        if (new Set(piece).size < minDistinct || allowed.some((a) => a.includes(piece))) continue
        leaks.push({ document: name, what: `${part.what}, offset ${i}`, where, piece: piece.toString('latin1') })
        i += windowBytes - 1 // one report per piece is enough
        if (leaks.length > 1000) return leaks
      }
    }
  }
  return leaks
}
