// Makes a Blob of whatever a page holds a document in.

import { HashoutError, invalidArgument } from './errors.js'
import type { FieldOptions, FileInput, FileLike, NamedFile } from './types.js'

/** A document as the engine takes it. */
export interface Document {
  readonly blob: Blob
  readonly name?: string
  readonly password?: string
  readonly field?: FieldOptions
}

/** Reads one input. Bytes are copied into a Blob, so that changing them later does not change what is signed. */
export async function toDocument(input: FileInput): Promise<Document> {
  const { file, name, password, field } = isNamed(input) ? input : ({ file: input } as NamedFile)
  const blob = await toBlob(file)
  const ownName = (blob as { name?: unknown }).name
  const shownName = name ?? (typeof ownName === 'string' ? ownName : undefined)
  return {
    blob,
    ...(shownName === undefined ? {} : { name: shownName }),
    ...(password === undefined ? {} : { password }),
    ...(field === undefined ? {} : { field }),
  }
}

async function toBlob(file: FileLike): Promise<Blob> {
  try {
    if (file instanceof Blob) return file
    if (file instanceof ArrayBuffer) return new Blob([file])
    if (ArrayBuffer.isView(file)) return new Blob([file as Uint8Array<ArrayBuffer>])
    if (isResponse(file)) {
      if (!file.ok) {
        throw new HashoutError('NETWORK', `The document could not be loaded: the server answered ${file.status}.`, {
          details: { status: file.status },
        })
      }
      return await file.blob()
    }
    if (isHandle(file)) return await file.getFile()
  } catch (cause) {
    if (cause instanceof HashoutError) throw cause
    throw new HashoutError('FILE_UNREADABLE', 'The document cannot be read. It may have been changed, moved or deleted.', { cause })
  }
  throw invalidArgument('A document must be a File, Blob, ArrayBuffer, Uint8Array, Response or FileSystemFileHandle.')
}

function isNamed(input: FileInput): input is NamedFile {
  return typeof input === 'object' && input !== null && 'file' in input
}

function isResponse(file: unknown): file is Response {
  return typeof Response === 'function' && file instanceof Response
}

function isHandle(file: unknown): file is FileSystemFileHandle {
  return typeof (file as FileSystemFileHandle | null)?.getFile === 'function'
}
