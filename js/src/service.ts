// One signing service: its credentials, and signing with them.

import { checkAppearance, type Appearances, type AppearanceWords } from './appearance.js'
import { Batch } from './batch.js'
import { toError, type CallHooks, type Client } from './client.js'
import { HashoutError, invalidArgument, orAborted } from './errors.js'
import { extend, type ExtendedDocument, type ExtendOptions } from './extend.js'
import { toDocument } from './inputs.js'
import { gatherer, timestampWords, type LevelOptions } from './levels.js'
import { Ledger, run, type Source, type WireDocument } from './ledger.js'
import type { ErrorObject, Method, ProgressEvent } from './protocol.js'
import type {
  AuthorizationRequest,
  CallOptions,
  CertificateInfo,
  Credential,
  FileInput,
  JournalKeeper,
  PrepareOptions,
  Progress,
  RestoreOptions,
  ServiceInfo,
  ServiceOptions,
  SignatureOptions,
  SigningJournal,
  SignOptions,
  SignResult,
  SizeEstimate,
} from './types.js'
import { toBase64 } from './verification.js'

/** A signing service that speaks the API of the Cloud Signature Consortium. Made by {@link Hashout.service}. */
export class Service {
  readonly #client: Client
  readonly #options: ServiceOptions
  readonly #appearances: Appearances

  /** @internal */
  constructor(client: Client, options: ServiceOptions, appearances: Appearances) {
    if (typeof options?.url !== 'string' || options.url === '') throw invalidArgument('A service needs a url.')
    this.#client = client
    this.#options = options
    this.#appearances = appearances
  }

  /** What the service says about itself. Needs no token. */
  async info(options: CallOptions = {}): Promise<ServiceInfo> {
    return (await this.#call('info', {}, {}, options.signal)) as ServiceInfo
  }

  /** The keys that the token gives access to, each with its certificate and with whether it can be used. */
  async credentials(options: CallOptions = {}): Promise<Credential[]> {
    const { credentials } = (await this.#call('credentials', {}, {}, options.signal)) as { credentials: WireCredential[] }
    return credentials.map(toCredential)
  }

  /** One key by its ID. */
  async credential(credentialID: string, options: CallOptions = {}): Promise<Credential> {
    return toCredential((await this.#call('credential', { credentialID }, {}, options.signal)) as WireCredential)
  }

  /** How large a signature with this credential will be. Sends nothing. */
  async estimate(credential: Credential, options: SignatureOptions & CallOptions = {}): Promise<SizeEstimate> {
    const { signal, policy, ...rest } = options
    const args = { credential: { credentialID: credential.credentialID, raw: credential.raw }, options: { ...rest, ...policyOf(policy) } }
    return (await this.#call('estimate', args, {}, signal)) as SizeEstimate
  }

  /**
   * Signs documents with one key: one authorization and as few requests as the key allows.
   *
   * Resolves as soon as every document is signed or has failed; one that fails never takes others with it. What goes wrong
   * from the authorization on (a wrong PIN, a lost answer, a cancellation) stands at each document that it concerns, so that
   * nothing already signed is lost. Rejects only for what concerns the whole call before: arguments, a credential that cannot
   * be used, an algorithm that nobody has in common, a cancellation before the engine began.
   */
  async sign(files: FileInput | Iterable<FileInput>, options: SignOptions): Promise<SignResult> {
    const { authorize, journal, ...rest } = options
    const start = await this.#start(files, rest, journal)
    if (!start) return { documents: [] }
    const { ledger, args, credential } = start
    const hooks: CallHooks = {
      authorize: (request, over) => {
        if (!authorize) throw new HashoutError('AUTHORIZATION_FAILED', 'This credential needs an authorize function.')
        return authorize({ ...(request as AuthorizationRequest), credential, signal: over })
      },
    }
    return this.#run('sign', ledger, args, hooks, options)
  }

  /**
   * Prepares documents and gives their hashes. Nothing is sent but the question for the credential, if it was given by its ID, and the
   * documents' hashes to a timestamp authority, if `contentTimestamp` is wanted.
   * {@link Batch.finish} does the rest, in this page or, by way of {@link Batch.toJSON} and {@link Service.restore}, in the next.
   */
  async prepare(files: FileInput | Iterable<FileInput>, options: PrepareOptions): Promise<Batch> {
    const start = await this.#start(files, options)
    if (!start) throw invalidArgument('There is no document to sign.')
    const { ledger, args } = start
    const hooks = { ...withoutEnd(ledger, options), gather: gatherer(options, this.#client.fetch) }
    const { journal } = (await this.#call('prepare', args, hooks, options.signal)) as { journal: SigningJournal }
    ledger.journal = journal
    for (const [index, { state, error }] of journal.documents.entries()) {
      if (error) ledger.deliver(index, { state, error }, hooks.thrown)
    }
    return this.#batch(unchanged(ledger), options)
  }

  /** As {@link Hashout.extend}, with this service as a timestamp authority too: `timestamp: { service: true }`. */
  async extend(file: FileInput, options: ExtendOptions): Promise<ExtendedDocument> {
    const { service, token } = this.#wire()
    return extend(this.#client, file, options, { service }, { token })
  }

  /**
   * Takes a batch up again, from its journal and the same files in the same order. Sends nothing. A document whose hash had left comes
   * back as `unknown`; one whose file is missing or changed has an error, and goes on when it is restored with the right one.
   */
  async restore(
    journal: SigningJournal | string,
    files: FileInput | Iterable<FileInput | undefined>,
    options: RestoreOptions = {},
  ): Promise<Batch> {
    const kept = parseJournal(journal)
    const inputs: (FileInput | undefined)[] = isIterable(files) ? [...files] : [files]
    while (inputs.length < kept.documents.length) inputs.push(undefined)
    const sources = await orAborted(Promise.all(inputs.map(readInput)), options.signal)
    const ledger = new Ledger(sources)
    checkAppearance(options.appearance)
    ledger.appearance = this.#appearances.artist(options.appearance || true, (kept.options ?? {}) as AppearanceWords)
    const args = { journal: kept, files: ledger.wireFiles() }
    const { documents } = (await this.#call('restore', args, withoutEnd(ledger, options), options.signal)) as { documents: WireDocument[] }
    ledger.journal = kept
    for (const [index, { state, error }] of documents.entries()) {
      ledger.setState(index, state)
      if (!error) continue
      if (state === 'failed' || state === 'unknown') ledger.deliver(index, { state, error })
      else ledger.obstacles[index] = toError(error)
    }
    return this.#batch(unchanged(ledger))
  }

  /** Reads the files and the credential; undefined if there is no file. */
  async #start(files: FileInput | Iterable<FileInput>, options: PrepareOptions, journal?: JournalKeeper) {
    const { credential: wanted, onProgress: _, signal, signingTime, timestamp, revocation: __, policy, appearance = true, ...rest } = options
    const words = timestampWords({ timestamp } as LevelOptions)
    checkAppearance(appearance)
    const inputs = isIterable(files) ? [...files] : [files]
    const sources = await orAborted(Promise.all(inputs.map(readInput)), signal)
    const credential = typeof wanted === 'string' ? await this.credential(wanted, options) : wanted
    if (typeof credential?.credentialID !== 'string') throw invalidArgument('sign needs a credential.')
    if (sources.length === 0) return undefined
    const ledger = new Ledger(sources, journal)
    if (appearance) ledger.appearance = this.#appearances.artist(appearance, rest)
    const args = {
      credential: { credentialID: credential.credentialID, raw: credential.raw },
      files: ledger.wireFiles(),
      options: { ...rest, appearance: appearance !== false, ...policyOf(policy), ...(words.length > 0 && { timestamp: words }), ...(signingTime && { signingTime: signingTime.getTime() }) },
    }
    return { ledger, args, credential }
  }

  #batch(ledger: Ledger, prepared: LevelOptions = {}): Batch {
    return new Batch(ledger, (of, hooks, options) => {
      const alive = (index: number) => {
        const state = of.state(index)
        return (state === 'prepared' || state === 'received') && !of.obstacles[index]
      }
      for (const [index, error] of of.obstacles.entries()) if (error) of.fail(index, error)
      for (const index of of.sources.keys()) if (alive(index)) of.results[index] = undefined
      const { timestamp = prepared.timestamp, revocation = prepared.revocation } = options
      const levels = { timestamp, revocation } as LevelOptions
      const words = timestampWords(levels)
      const args = { journal: of.wireJournal(alive), files: of.wireFiles(), ...(words.length > 0 && { timestamp: words }) }
      return this.#run('finish', of, args, hooks, { ...options, ...levels }, alive)
    })
  }

  #run(method: 'sign' | 'finish', ledger: Ledger, args: object, given: CallHooks, options: RestoreOptions & LevelOptions, alive: (index: number) => boolean = () => true) {
    const thrown = new Map<string, unknown>()
    const gather = gatherer(options, this.#client.fetch)
    const part = ledger.sources.map((_, index) => alive(index))
    const hooks: CallHooks = {
      ...given,
      ...withoutEnd(ledger, options),
      thrown,
      gather,
      journal: (record) => ledger.record(record),
      document: (index, document) => {
        if (part[index]) ledger.deliver(index, document as WireDocument, thrown)
      },
    }
    return run(
      ledger,
      () => this.#call(method, args, hooks, options.signal),
      (only, more) => this.#call('finish', { journal: ledger.wireJournal(only), files: ledger.wireFiles() }, { ...withoutEnd(ledger, {}), ...more, gather }, options.signal),
    )
  }

  #wire() {
    const { accessToken, ...service } = this.#options
    const token = typeof accessToken === 'function' ? (refresh: boolean) => accessToken({ refresh }) : () => accessToken ?? ''
    return { service, token }
  }

  #call(method: Method, args: object, hooks: CallHooks, signal: AbortSignal | undefined): Promise<unknown> {
    const { service, token } = this.#wire()
    return this.#client.call(method, { service, ...args }, { thrown: new Map(), ...hooks, token }, signal)
  }
}

/** What the engine is given of a policy. */
function policyOf(policy: SignatureOptions['policy']): object {
  return policy ? { policy: { ...policy, hash: toBase64(policy.hash) } } : {}
}

type WireCredential = Omit<Credential, 'reason' | 'certificate'> & {
  readonly reason: ErrorObject | null
  readonly certificate?: (Omit<CertificateInfo, 'notBefore' | 'notAfter'> & { notBefore: number; notAfter: number }) | null
}

function toCredential(wire: WireCredential): Credential {
  const { certificate } = wire
  return {
    ...wire,
    reason: wire.reason ? toError(wire.reason) : null,
    certificate: certificate
      ? { ...certificate, notBefore: new Date(certificate.notBefore), notAfter: new Date(certificate.notAfter) }
      : null,
  }
}

/** The engine need not hash again what this page holds on to. */
function unchanged(ledger: Ledger): Ledger {
  const again = new Ledger(ledger.sources.map((source) => ('blob' in source ? { ...source, unchanged: true } : source)))
  again.journal = ledger.journal
  again.appearance = ledger.appearance
  ledger.results.forEach((result, index) => (again.results[index] = result))
  ledger.obstacles.forEach((error, index) => (again.obstacles[index] = error))
  return again
}

/** What the engine may ask for before anything is authorized. */
function withoutEnd({ appearance }: Ledger, { onProgress }: { readonly onProgress?: (progress: Progress) => void }): CallHooks {
  return {
    thrown: new Map(),
    ...(appearance && { appearance }),
    ...(onProgress && { progress: (event: ProgressEvent) => onProgress(event as Progress) }),
  }
}

function parseJournal(journal: SigningJournal | string): SigningJournal {
  try {
    const value = typeof journal === 'string' ? (JSON.parse(journal) as SigningJournal) : journal
    if (Array.isArray(value?.documents)) return value
  } catch {
    // Said below.
  }
  throw invalidArgument('This is no journal.')
}

async function readInput(input: FileInput | undefined): Promise<Source> {
  if (input === undefined) return { error: new HashoutError('FILE_UNREADABLE', 'The file is missing.') }
  try {
    return await toDocument(input)
  } catch (error) {
    return { error: error as HashoutError }
  }
}

function isIterable<T>(files: FileInput | Iterable<T>): files is Iterable<T> {
  // A Uint8Array can be iterated over as well, but it is one document.
  return typeof files === 'object' && files !== null && Symbol.iterator in files && !ArrayBuffer.isView(files)
}
