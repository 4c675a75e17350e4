// Takes the signatures of a document to a higher level.

import { toError, type Client } from './client.js'
import { orAborted, type HashoutError } from './errors.js'
import { toDocument } from './inputs.js'
import { gatherer, timestampWords, type Level, type LevelOptions, type EvidenceOptions } from './levels.js'
import type { ErrorObject, ProgressEvent } from './protocol.js'
import type { CallOptions, FileInput, Progress } from './types.js'

/** Options of {@link Hashout.extend}. */
export interface ExtendOptions extends CallOptions, LevelOptions, EvidenceOptions {
  /** The level for all signatures of the document. A document of level B-LTA is renewed. */
  readonly level: Exclude<Level, 'B-B'>
  /** The password of an encrypted document. */
  readonly password?: string
  readonly onProgress?: (progress: Progress) => void
}

/** A document that was extended. */
export interface ExtendedDocument {
  readonly name?: string
  /** The document's bytes and, after them, what was added. */
  readonly blob: Blob
  /** What the signatures reach now, as far as it is for this call to say. */
  readonly level: Level
  /** Why that is not the level asked for. */
  readonly shortfall?: HashoutError
}

/** @internal What `Hashout.extend` and `Service.extend` have in common. */
export async function extend(client: Client, file: FileInput, options: ExtendOptions, more: object = {}, hooks: object = {}): Promise<ExtendedDocument> {
  const timestamp = timestampWords(options)
  const { blob, name, password } = await orAborted(toDocument(file), options.signal)
  const secret = options.password ?? password
  const { onProgress, vri = false } = options
  const args = { ...more, blob, level: options.level, timestamp, vri, ...(secret !== undefined && { password: secret }) }
  const answer = await client.call(
    'extend',
    args,
    {
      ...hooks,
      thrown: new Map(),
      gather: gatherer(options, client.fetch),
      ...(onProgress && { progress: (event: ProgressEvent) => onProgress(event as Progress) }),
    },
    options.signal,
  )
  const { level, update, shortfall } = answer as { level: Level; update: Uint8Array<ArrayBuffer>; shortfall?: ErrorObject }
  return {
    ...(name !== undefined && { name }),
    blob: new Blob([blob, update], { type: 'application/pdf' }),
    level,
    ...(shortfall && { shortfall: toError(shortfall) }),
  }
}
