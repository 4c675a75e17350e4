// Keeps signings in this browser's IndexedDB, over a redirect, a reload or a crash.

/**
 * Keeps the journals of signings, with their documents, in the browser: so a signing outlives the page that began it.
 *
 * @packageDocumentation
 */

import { withDatabase, type Database } from './database.js'
import { HashoutError } from './errors.js'
import type { JournalKeeper, KeptFile, SigningJournal } from './types.js'

export { HashoutError } from './errors.js'

/** Options of a {@link JournalStore}. */
export interface JournalStoreOptions {
  /** The database's name. Default: `hashout`. */
  readonly name?: string
  /** Another IndexedDB than the global one. */
  readonly indexedDB?: IDBFactory
  /** How long one step of the database may take before `JOURNAL_FAILED`, in milliseconds. Default: 30,000. */
  readonly limitMs?: number
}

/** A signing that is kept. */
export interface KeptSigning {
  readonly id: string
  /** When it began to be kept. */
  readonly since: Date
  readonly journal: SigningJournal
  /** For `service.restore`, in its order; undefined for a file that could not be read. Passwords are not kept. */
  readonly files: readonly (KeptFile | undefined)[]
}

/** One signing that is kept. */
interface Row {
  readonly id: string
  readonly since: number
  readonly journal: SigningJournal
}

/** What is known of a signing's documents; it is there before their pieces are. */
interface Shelf {
  readonly id: string
  readonly since: number
  readonly files: readonly (KeptPieces | undefined)[]
}

/** A document in pieces, under the keys [id, index of the document, index of the piece]. */
interface KeptPieces {
  readonly name?: string
  readonly type: string
  readonly pieces: number
}

const stores = { journals: { keyPath: 'id' }, shelves: { keyPath: 'id' }, pieces: {} } as const
type Open = Database<keyof typeof stores>

/** So much of a document is in the page's memory at a time, and so little that copying it holds up no page. */
const pieceBytes = 2 << 20

/** What a page that died left half written is cleared away after a day. */
const abandonedMs = 86_400_000

/**
 * A {@link JournalKeeper} over IndexedDB. Journals stay until they are dropped: drop one when its signed documents are saved.
 *
 * A change is on the disk before `keep` resolves, and two pages that restored the same journal cannot both go on with it: the slower one
 * is refused with `JOURNAL_FAILED` before any hash leaves.
 *
 * Documents are kept as bytes, in pieces, and given back as Blobs of these bytes. Not as Blobs: WebKit never finishes storing one in a
 * private window, and Firefox cannot read one any more, nor what was signed from it, when its record is deleted.
 */
export class JournalStore implements JournalKeeper {
  readonly #options: JournalStoreOptions
  /** Changes are made one after the other, for the first of a signing takes long. */
  #last: Promise<unknown> = Promise.resolve()

  /** Opens nothing yet, so that it can be made anywhere. */
  constructor(options: JournalStoreOptions = {}) {
    this.#options = options
  }

  /** Keeps a journal, and the files the first time. Rejects with `JOURNAL_FAILED` if the one it has is as new or newer. */
  keep(journal: SigningJournal, files: readonly (KeptFile | undefined)[]): Promise<void> {
    return this.#next(async (db) => {
      if (await put(db, journal)) return
      await put(db, journal, await shelve(db, journal.id, files))
    })
  }

  /** What is kept, the newest first, with the documents of all: for one of many, `get` is cheaper. */
  async list(): Promise<KeptSigning[]> {
    return this.#within(async (db) => {
      const kept: KeptSigning[] = []
      for (const row of await rows(db)) kept.push(await withFiles(db, row))
      return kept
    })
  }

  /** One of them; without an id, the newest. */
  async get(id?: string): Promise<KeptSigning | undefined> {
    return this.#within(async (db) => {
      const row = (await rows(db)).find((one) => id === undefined || one.id === id)
      return row && withFiles(db, row)
    })
  }

  /** Forgets a signing and its documents. */
  drop(id: string): Promise<void> {
    return this.#next((db) => db.run('readwrite', (all) => clear(all, id)))
  }

  /** Does a change after those before it. */
  #next(change: (db: Open) => Promise<void>): Promise<void> {
    const done = this.#last.then(() => this.#within(change))
    this.#last = done.catch(() => {})
    return done
  }

  #within<T>(use: (db: Open) => Promise<T>): Promise<T> {
    const factory = this.#options.indexedDB ?? (globalThis as { indexedDB?: IDBFactory }).indexedDB
    return withDatabase({ factory, name: this.#options.name ?? 'hashout', version: 2, stores, limitMs: this.#options.limitMs ?? 30_000 }, use)
  }
}

type All = Parameters<Parameters<Open['run']>[1]>[0]

/** Puts a journal in place of an older one, or beside its documents. Resolves to false if it is new and these are missing. */
async function put(db: Open, journal: SigningJournal, shelf?: Shelf): Promise<boolean> {
  let done = false
  await db.run('readwrite', ({ journals, shelves }, refuse) => {
    const asked = journals.get(journal.id) as IDBRequest<Row | undefined>
    asked.onsuccess = () => {
      const row = asked.result
      if (row && row.journal.revision >= journal.revision) {
        return refuse(new HashoutError('JOURNAL_FAILED', 'Another page goes on with this signing.'))
      }
      if (!row && !shelf) return
      journals.put({ id: journal.id, since: row?.since ?? Date.now(), journal } satisfies Row)
      if (shelf) shelves.put(shelf)
      done = true
    }
  })
  return done
}

/** Writes documents piece by piece. One that cannot be read costs the others nothing. */
async function shelve(db: Open, id: string, files: readonly (KeptFile | undefined)[]): Promise<Shelf> {
  const kept: (KeptPieces | undefined)[] = files.map(
    (one) => one && { ...(one.name !== undefined && { name: one.name }), type: one.file.type, pieces: Math.ceil(one.file.size / pieceBytes) },
  )
  const shelf: Shelf = { id, since: Date.now(), files: kept }
  await db.run('readwrite', (all) => {
    clearAbandoned(all, shelf.since - abandonedMs)
    all.shelves.put(shelf)
  })
  try {
    for (const [i, one] of files.entries()) {
      for (let n = 0; n < (kept[i]?.pieces ?? 0); n++) {
        const bytes = await one?.file.slice(n * pieceBytes, (n + 1) * pieceBytes).arrayBuffer().catch(() => undefined)
        if (bytes) await db.run('readwrite', ({ pieces }) => void pieces.put(bytes, [id, i, n]))
        else await db.run('readwrite', ({ pieces }) => clearPieces(pieces, id, i, kept[i]))
        if (!bytes) kept[i] = undefined
      }
    }
  } catch (error) {
    await db.run('readwrite', (all) => clearUnlessKnown(all, id)).catch(() => {})
    throw error
  }
  return shelf
}

/** The journals, the newest first. */
async function rows(db: Open): Promise<Row[]> {
  let found: Row[] = []
  await db.run('readonly', ({ journals }) => {
    const asked = journals.getAll() as IDBRequest<Row[]>
    asked.onsuccess = () => void (found = asked.result)
  })
  return found.sort((a, b) => b.since - a.since)
}

async function withFiles(db: Open, row: Row): Promise<KeptSigning> {
  let shelf: Shelf | undefined
  await db.run('readonly', ({ shelves }) => {
    const asked = shelves.get(row.id) as IDBRequest<Shelf | undefined>
    asked.onsuccess = () => void (shelf = asked.result)
  })
  const files: (KeptFile | undefined)[] = []
  for (const [i, kept] of (shelf?.files ?? []).entries()) {
    const file = kept && (await join(db, [row.id, i], kept))
    files.push(file && { file, ...(kept.name !== undefined && { name: kept.name }) })
  }
  return { id: row.id, since: new Date(row.since), journal: row.journal, files }
}

/** Puts a document together. Each piece becomes a Blob at once, so that the browser may move it out of the page's memory. */
async function join(db: Open, key: IDBValidKey[], { type, pieces: count }: KeptPieces): Promise<Blob | undefined> {
  const parts: Blob[] = []
  for (let n = 0; n < count; n++) {
    await db.run('readonly', ({ pieces }) => {
      const asked = pieces.get([...key, n]) as IDBRequest<ArrayBuffer | undefined>
      asked.onsuccess = () => void (asked.result && parts.push(new Blob([asked.result])))
    })
  }
  // Another page may have dropped it meanwhile.
  return parts.length === count ? new Blob(parts, { type }) : undefined
}

function clear({ journals, shelves, pieces }: All, id: string): void {
  journals.delete(id)
  const asked = shelves.get(id) as IDBRequest<Shelf | undefined>
  asked.onsuccess = () => {
    for (const [i, kept] of (asked.result?.files ?? []).entries()) clearPieces(pieces, id, i, kept)
    shelves.delete(id)
  }
}

function clearPieces(pieces: IDBObjectStore, id: string, file: number, kept: KeptPieces | undefined): void {
  for (let n = 0; n < (kept?.pieces ?? 0); n++) pieces.delete([id, file, n])
}

/** Clears what was left half written: documents without a journal. */
function clearUnlessKnown(all: All, id: string): void {
  const known = all.journals.getKey(id)
  known.onsuccess = () => void (known.result === undefined && clear(all, id))
}

function clearAbandoned(all: All, before: number): void {
  const asked = all.shelves.getAll() as IDBRequest<Shelf[]>
  asked.onsuccess = () => {
    for (const { id, since } of asked.result) if (since < before) clearUnlessKnown(all, id)
  }
}
