// The document digest, outside Go.

import { createSHA256, createSHA384, createSHA512, type IHasher } from 'hash-wasm'
import type { DigestName } from './protocol.js'

/** A hash function that takes its input in pieces. */
interface Hasher {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

/** Bytes hashed so far, and in all. */
export type HashProgress = (done: number, total: number) => void

const chunkBytes = 1 << 20

/** How many bytes of documents this thread holds for one-shot digests right now. */
let heldBytes = 0

/**
 * Hashes the concatenation of parts.
 *
 * WebCrypto is the fastest by far but wants all bytes at once, so it is used as long as the bytes of all digests under
 * way stay within memoryBudget. Beyond it the bytes stream through one reused buffer: slower, and a few megabytes. Parts that are all
 * bytes are here already; they are small, and need no Blob.
 */
export async function digest(
  algorithm: DigestName,
  parts: BlobPart[],
  memoryBudget: number,
  progress: HashProgress,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const whole = parts.every((part) => part instanceof Uint8Array) ? join(parts) : new Blob(parts)
  const total = whole instanceof Blob ? whole.size : whole.length
  progress(0, total)
  signal.throwIfAborted()
  let result: Uint8Array
  if (!(whole instanceof Blob)) {
    result = new Uint8Array(await crypto.subtle.digest(algorithm, whole))
  } else if (heldBytes + total <= memoryBudget) {
    heldBytes += total
    try {
      result = new Uint8Array(await crypto.subtle.digest(algorithm, await whole.arrayBuffer()))
    } finally {
      heldBytes -= total
    }
  } else {
    const hasher = await newHasher(algorithm)
    let done = 0
    await eachChunk(whole, (chunk) => {
      signal.throwIfAborted()
      hasher.update(chunk)
      done += chunk.length
      progress(done, total)
    })
    if (done !== total) throw new Error('the document changed while it was read')
    result = hasher.digest()
  }
  signal.throwIfAborted()
  progress(total, total)
  return result
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

async function eachChunk(blob: Blob, use: (chunk: Uint8Array) => void): Promise<void> {
  const reader = byobReader(blob)
  if (!reader) return eachSlice(blob, use)
  try {
    let buffer = new ArrayBuffer(chunkBytes)
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer))
      if (value) {
        use(value)
        buffer = value.buffer
      }
      if (done) return
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** A reader that fills a buffer of ours, where the platform's Blob streams are byte streams. */
function byobReader(blob: Blob): ReadableStreamBYOBReader | undefined {
  try {
    return blob.stream().getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}

async function eachSlice(blob: Blob, use: (chunk: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < blob.size; at += chunkBytes) {
    use(new Uint8Array(await blob.slice(at, at + chunkBytes).arrayBuffer()))
  }
}

async function newHasher(algorithm: DigestName): Promise<Hasher> {
  const native = nodeHasher(algorithm)
  if (native) return native
  const make = { 'SHA-256': createSHA256, 'SHA-384': createSHA384, 'SHA-512': createSHA512 }[algorithm]
  const hasher: IHasher = (await make()).init()
  return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest('binary') }
}

interface NodeHash {
  update(bytes: Uint8Array): NodeHash
  digest(): Uint8Array
}

/** Node's own hash, about seven times as fast as one in WebAssembly. Asked for in a way that no bundler follows. */
function nodeHasher(algorithm: DigestName): Hasher | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  const module = process?.getBuiltinModule?.('node:crypto') as { createHash(name: string): NodeHash } | undefined
  const hash = module?.createHash(algorithm.replace('-', '').toLowerCase())
  return hash && { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
}
