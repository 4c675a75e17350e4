// The body of an answer, which may be of any size: read up to a limit.

import { HashoutError } from './errors.js'

/** Reads a body whole, into one array. Not by way of a Blob, which is a trip to another process. */
export async function readBody(response: Response, maxBytes: number, who: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    size += part.value.length
    if (size > maxBytes) {
      await reader?.cancel()
      throw new HashoutError('RESPONSE_TOO_LARGE', `The answer of the ${who} is too large.`)
    }
    chunks.push(part.value as Uint8Array<ArrayBuffer>)
  }
  if (chunks.length === 1 && chunks[0]) return chunks[0]
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
