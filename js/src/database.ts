// An IndexedDB whose every step ends: in success, in failure or by its time limit.

import { HashoutError } from './errors.js'

/** What a transaction may work with, by name. */
export type Stores<Name extends string> = Record<Name, IDBObjectStore>

/** An open database. */
export interface Database<Name extends string> {
  /**
   * Runs one transaction over all stores and resolves when it is complete, which with `readwrite` means on the disk. The work must not
   * await anything: a transaction without requests completes. Rejects with what was given to refuse, or with JOURNAL_FAILED.
   */
  run(mode: IDBTransactionMode, work: (stores: Stores<Name>, refuse: (error: HashoutError) => void) => void): Promise<void>
}

/** Which database, and what it must hold. */
export interface DatabaseOptions<Name extends string> {
  readonly factory: IDBFactory | undefined
  readonly name: string
  readonly version: number
  readonly stores: Readonly<Record<Name, IDBObjectStoreParameters>>
  /** For opening it and for each transaction, in milliseconds. */
  readonly limitMs: number
}

/** Opens a database for as long as use takes. What an older version kept is dropped. */
export async function withDatabase<Name extends string, T>(options: DatabaseOptions<Name>, use: (database: Database<Name>) => Promise<T>): Promise<T> {
  const names = Object.keys(options.stores) as Name[]
  const db = await open(options)
  try {
    return await use({
      run: (mode, work) =>
        settled(options.limitMs, (resolve, reject) => {
          // Strict: a promise that resolved must hold even if the machine loses its power.
          const transaction = db.transaction(names, mode, { durability: 'strict' })
          let refused: HashoutError | undefined
          transaction.oncomplete = () => resolve()
          transaction.onabort = () => reject(refused ?? failed(transaction.error))
          const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])) as Stores<Name>
          work(stores, (error) => {
            refused = error
            transaction.abort()
          })
          return () => transaction.abort()
        }),
    })
  } finally {
    db.close()
  }
}

function open<Name extends string>({ factory, name, version, stores, limitMs }: DatabaseOptions<Name>): Promise<IDBDatabase> {
  return settled(limitMs, (resolve, reject) => {
    if (!factory) return reject(failed(undefined))
    const request = factory.open(name, version)
    let late = false
    request.onupgradeneeded = () => {
      const db = request.result
      for (const old of Array.from(db.objectStoreNames)) db.deleteObjectStore(old)
      for (const [store, parameters] of Object.entries<IDBObjectStoreParameters>(stores)) db.createObjectStore(store, parameters)
    }
    request.onsuccess = () => (late ? request.result.close() : resolve(request.result))
    request.onerror = () => reject(failed(request.error))
    return () => void (late = true)
  })
}

/** A promise with a limit; start returns what gives up. Whatever start throws becomes JOURNAL_FAILED. */
function settled<T>(
  limitMs: number,
  start: (resolve: (value: T | PromiseLike<T>) => void, reject: (error: HashoutError) => void) => (() => void) | void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let giveUp: (() => void) | void
    const timer = setTimeout(() => {
      reject(new HashoutError('JOURNAL_FAILED', 'The browser’s storage does not answer.', { retryable: true }))
      try {
        giveUp?.()
      } catch {
        // It ended at the same moment.
      }
    }, limitMs)
    const end =
      <V>(then: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer)
        then(value)
      }
    try {
      giveUp = start(end(resolve), end(reject))
    } catch (cause) {
      end(reject)(failed(cause))
    }
  })
}

function failed(cause: unknown): HashoutError {
  return new HashoutError('JOURNAL_FAILED', 'The journal could not be reached in this browser.', { cause })
}
