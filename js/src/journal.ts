// Keeps signings in this browser's IndexedDB, over a redirect, a reload or a crash.

/**
 * Keeps the journals of signings, with their documents, in the browser: so a signing outlives the page that began it.
 *
 * @packageDocumentation
 */

import { HashoutError } from './errors.js'
import type { JournalKeeper, KeptFile, SigningJournal } from './types.js'

export { HashoutError } from './errors.js'

/** Options of a {@link JournalStore}. */
export interface JournalStoreOptions {
  /** The database's name. Default: `hashout`. */
  readonly name?: string
  /** Another IndexedDB than the global one. */
  readonly indexedDB?: IDBFactory
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

interface Row {
  readonly id: string
  readonly since: number
  readonly journal: SigningJournal
}

/**
 * A {@link JournalKeeper} over IndexedDB. Journals stay until they are dropped: drop one when its signed documents are saved.
 *
 * A change is on the disk before `keep` resolves, and two pages that restored the same journal cannot both go on with it: the slower one
 * is refused with `JOURNAL_FAILED` before any hash leaves.
 */
export class JournalStore implements JournalKeeper {
  readonly #options: JournalStoreOptions

  /** Opens nothing yet, so that it can be made anywhere. */
  constructor(options: JournalStoreOptions = {}) {
    this.#options = options
  }

  /** Keeps a journal, and the files the first time. Rejects with `JOURNAL_FAILED` if the one it has is as new or newer. */
  async keep(journal: SigningJournal, files: readonly (KeptFile | undefined)[]): Promise<void> {
    await this.#within('readwrite', ({ journals, documents }, refuse) => {
      const asked = journals.get(journal.id) as IDBRequest<Row | undefined>
      asked.onsuccess = () => {
        const row = asked.result
        if (row && row.journal.revision >= journal.revision) {
          return refuse(new HashoutError('JOURNAL_FAILED', 'Another page goes on with this signing.'))
        }
        journals.put({ id: journal.id, since: row?.since ?? Date.now(), journal } satisfies Row)
        if (!row) documents.put(files, journal.id)
      }
    })
  }

  /** What is kept, the newest first. */
  async list(): Promise<KeptSigning[]> {
    const kept: KeptSigning[] = []
    await this.#within('readonly', ({ journals, documents }) => {
      const asked = journals.getAll() as IDBRequest<Row[]>
      asked.onsuccess = () => {
        for (const row of asked.result) {
          const files = documents.get(row.id) as IDBRequest<KeptSigning['files'] | undefined>
          files.onsuccess = () => kept.push({ ...row, since: new Date(row.since), files: files.result ?? [] })
        }
      }
    })
    return kept.sort((a, b) => b.since.getTime() - a.since.getTime())
  }

  /** One of them; without an id, the newest. */
  async get(id?: string): Promise<KeptSigning | undefined> {
    return (await this.list()).find((one) => id === undefined || one.id === id)
  }

  /** Forgets a signing and its documents. */
  async drop(id: string): Promise<void> {
    await this.#within('readwrite', ({ journals, documents }) => {
      journals.delete(id)
      documents.delete(id)
    })
  }

  /** Resolves when the transaction is complete. */
  async #within(
    mode: IDBTransactionMode,
    work: (stores: { journals: IDBObjectStore; documents: IDBObjectStore }, refuse: (error: HashoutError) => void) => void,
  ): Promise<void> {
    const db = await this.#open()
    try {
      await new Promise<void>((resolve, reject) => {
        // Strict: a promise that resolved must hold even if the machine loses its power.
        const transaction = db.transaction(['journals', 'documents'], mode, { durability: 'strict' })
        let refused: HashoutError | undefined
        transaction.oncomplete = () => resolve()
        transaction.onabort = () => reject(refused ?? failed(transaction.error))
        const stores = { journals: transaction.objectStore('journals'), documents: transaction.objectStore('documents') }
        work(stores, (error) => {
          refused = error
          transaction.abort()
        })
      })
    } finally {
      db.close()
    }
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const factory = this.#options.indexedDB ?? (globalThis as { indexedDB?: IDBFactory }).indexedDB
      if (!factory) return reject(failed(undefined))
      const request = factory.open(this.#options.name ?? 'hashout', 1)
      request.onupgradeneeded = () => {
        request.result.createObjectStore('journals', { keyPath: 'id' })
        request.result.createObjectStore('documents')
      }
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(failed(request.error))
    })
  }
}

function failed(cause: unknown): HashoutError {
  return new HashoutError('JOURNAL_FAILED', 'The journal could not be reached in this browser.', { cause })
}
