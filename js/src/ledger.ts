// One signing as the page knows it: its documents, its journal, and what has ended. The engine may die at any moment; this may not.

import { toError, type CallHooks } from './client.js'
import { HashoutError } from './errors.js'
import type { Document } from './inputs.js'
import type { ErrorObject } from './protocol.js'
import type { DocumentState, FailedDocument, JournalKeeper, KeptFile, SignatureInfo, SignedDocument, SigningJournal, SignResult } from './types.js'

/** A document, or why it cannot be read. */
export type Source = (Document & { readonly unchanged?: boolean }) | { readonly error: HashoutError }

/** What the engine says about a document that has ended. */
export interface WireDocument {
  readonly state: DocumentState
  readonly signature?: SignatureInfo
  readonly update?: Uint8Array<ArrayBuffer>
  readonly error?: ErrorObject
  readonly shortfall?: ErrorObject
}

/** A new journal, or changes of states in it. */
interface JournalRecord {
  readonly journal?: SigningJournal
  readonly changes?: readonly { readonly document: number; readonly state: DocumentState; readonly signature?: string }[]
}

type Entry = { -readonly [K in keyof SigningJournal['documents'][number]]: SigningJournal['documents'][number][K] }

/** The page's record of one signing. */
export class Ledger {
  readonly sources: readonly Source[]
  readonly results: (SignedDocument | FailedDocument | undefined)[]
  /** Why documents of a restored journal cannot go on now; their state says that they may later. */
  readonly obstacles: (HashoutError | undefined)[] = []
  keeper: JournalKeeper | undefined
  /** Draws what the documents' visible signatures show. */
  appearance: CallHooks['appearance']
  #head: Omit<SigningJournal, 'documents'> | undefined
  #entries: Entry[] = []

  constructor(sources: readonly Source[], keeper?: JournalKeeper) {
    this.sources = sources
    this.results = sources.map(() => undefined)
    this.keeper = keeper
  }

  /** The journal as it is now: a copy. */
  get journal(): SigningJournal | undefined {
    return this.#head && { ...this.#head, documents: this.#entries.map((entry) => ({ ...entry })) }
  }

  set journal(journal: SigningJournal | undefined) {
    if (!journal) return
    const { documents, ...head } = journal
    this.#head = head
    this.#entries = documents.map((entry) => ({ ...entry }))
  }

  state(index: number): DocumentState | undefined {
    return this.#entries[index]?.state
  }

  setState(index: number, state: DocumentState): void {
    const entry = this.#entries[index]
    if (entry) entry.state = state
  }

  get files(): (KeptFile | undefined)[] {
    return this.sources.map((source) => ('blob' in source ? { file: source.blob, ...(source.name !== undefined && { name: source.name }) } : undefined))
  }

  /** What the engine is given of the files. */
  wireFiles(): object[] {
    return this.sources.map((source) => {
      if ('error' in source) return { error: { code: source.error.code, message: source.error.message } }
      const { field, ...file } = source
      return field === undefined ? file : { ...file, options: { field } }
    })
  }

  /** The journal for the engine, with only those documents alive that may go on. */
  wireJournal(alive: (index: number) => boolean): SigningJournal | undefined {
    const { journal } = this
    const error = { code: 'ABORTED', message: 'Not part of this call.' }
    return journal && { ...journal, documents: journal.documents.map((entry, i) => (alive(i) ? entry : { ...entry, state: 'failed', error })) }
  }

  /** Takes what the engine tells, and has it kept before the engine goes on. */
  async record({ journal, changes }: JournalRecord): Promise<void> {
    if (journal) this.journal = journal
    for (const { document, state, signature } of changes ?? []) {
      this.setState(document, state)
      const entry = this.#entries[document]
      if (entry && signature !== undefined) entry.signature = signature
    }
    await this.#hand()
  }

  /** Hands the journal, with a new revision, to whoever keeps it. */
  async keep(): Promise<void> {
    try {
      await this.#hand()
    } catch (cause) {
      throw cause instanceof HashoutError ? cause : new HashoutError('JOURNAL_FAILED', 'The journal could not be kept.', { cause })
    }
  }

  async #hand(): Promise<void> {
    if (!this.#head || !this.keeper) return
    this.#head = { ...this.#head, revision: this.#head.revision + 1 }
    await this.keeper.keep(this.journal as SigningJournal, this.files)
  }

  /** Takes a document that has ended. */
  deliver(index: number, document: WireDocument, thrown?: ReadonlyMap<string, unknown>): void {
    const source = this.sources[index]
    if (!source) return
    this.setState(index, document.state)
    const entry = this.#entries[index]
    if (entry && document.error && document.state === 'failed') {
      const { code, message, details } = document.error
      entry.error = details ? { code, message, details } : { code, message }
    }
    const about = this.about(index)
    if ('blob' in source && document.update && document.signature) {
      this.results[index] = new Signed(about, new Blob([source.blob, document.update], { type: 'application/pdf' }), document.signature, document.shortfall && toError(document.shortfall, thrown))
    } else {
      const said = document.error ?? noResult
      const error = 'error' in source && source.error.code === said.code ? source.error : toError(said, thrown)
      this.results[index] = { ...about, error }
    }
  }

  about(index: number): { index: number; name?: string } {
    const source = this.sources[index]
    const name = (source && 'blob' in source ? source.name : undefined) ?? this.#entries[index]?.name
    return name === undefined ? { index } : { index, name }
  }

  fail(index: number, error: HashoutError): void {
    this.results[index] = { ...this.about(index), error }
  }

  get result(): SignResult {
    const documents = this.results.map((result, index) => result ?? { ...this.about(index), error: toError(noResult) })
    return this.#head ? { id: this.#head.id, documents } : { documents }
  }
}

const noResult: ErrorObject = { code: 'INTERNAL', message: 'The engine gave no result for this document.' }

/** A signed document. `stream` is no property of its own, so that the rest can be stored and posted. */
class Signed implements SignedDocument {
  readonly index: number
  declare readonly name?: string
  readonly blob: Blob
  readonly signature: SignatureInfo
  declare readonly shortfall?: HashoutError

  constructor(about: { index: number; name?: string }, blob: Blob, signature: SignatureInfo, shortfall: HashoutError | undefined) {
    this.index = about.index
    if (about.name !== undefined) this.name = about.name
    this.blob = blob
    this.signature = signature
    if (shortfall) this.shortfall = shortfall
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.blob.stream()
  }
}

/**
 * Lets the engine do the rest of a signing, and settles what becomes of each document even if the engine does not live to tell:
 * what has ended stays, a hash that left is OUTCOME_UNKNOWN, a signature that came back is put into its document by a fresh engine.
 * Rejects only if nothing had left.
 */
export async function run(
  ledger: Ledger,
  work: () => Promise<unknown>,
  again: (alive: (index: number) => boolean, hooks: CallHooks) => Promise<unknown>,
): Promise<SignResult> {
  try {
    await work()
  } catch (thrown) {
    const error = thrown as HashoutError
    const left = (index: number) => ledger.results[index] === undefined && ledger.state(index) === 'submitted'
    const received = (index: number) => ledger.results[index] === undefined && ledger.state(index) === 'received'
    const all = ledger.sources.map((_, index) => index)
    if (!all.some((i) => left(i) || received(i) || ledger.results[i]?.blob)) throw error
    if (error.code === 'ENGINE_CRASHED' && all.some(received)) {
      const lost = all.map((index) => received(index))
      await again((index) => lost[index] ?? false, { document: (index, document) => lost[index] && ledger.deliver(index, document as WireDocument) }).catch(() => {})
    }
    for (const index of all) {
      if (left(index)) {
        ledger.setState(index, 'unknown')
        ledger.fail(index, outcomeUnknown(error))
      } else if (ledger.results[index] === undefined) {
        ledger.fail(index, error)
      }
    }
  }
  // Everything is settled: a journal that cannot be kept any more only knows less.
  await ledger.keep().catch(() => {})
  return ledger.result
}

function outcomeUnknown(cause: HashoutError): HashoutError {
  return new HashoutError('OUTCOME_UNKNOWN', 'The engine ended after the hash had left: the service may have signed it.', {
    cause,
    details: { submitted: true },
  })
}
