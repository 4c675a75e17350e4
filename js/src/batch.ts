// A signing in two steps: prepared, perhaps kept while the page is away, and finished.

import type { CallHooks } from './client.js'
import { HashoutError, invalidArgument } from './errors.js'
import type { Ledger } from './ledger.js'
import type {
  Authorization,
  AuthorizationRequest,
  BatchDocument,
  FinishOptions,
  JournalKeeper,
  KeptFile,
  SigningJournal,
  SignResult,
} from './types.js'

/** What finishes a batch; the service's own. @internal */
export type Finish = (ledger: Ledger, hooks: CallHooks, options: FinishOptions) => Promise<SignResult>

/** Documents that are prepared, with their hashes. Made by {@link Service.prepare} and {@link Service.restore}. */
export class Batch {
  readonly #ledger: Ledger
  readonly #finish: Finish
  #running = false

  /** @internal */
  constructor(ledger: Ledger, finish: Finish) {
    this.#ledger = ledger
    this.#finish = finish
  }

  /** Names the batch, the same before and after {@link Service.restore}. */
  get id(): string {
    return this.toJSON().id
  }

  /** How each document stands, in the order of the files. */
  get documents(): BatchDocument[] {
    return this.toJSON().documents.map((entry, index) => {
      const error = this.#ledger.results[index]?.error ?? this.#ledger.obstacles[index]
      const { state, hash } = entry
      return { ...this.#ledger.about(index), state, ...(hash !== undefined && { hash }), ...(error && { error }) }
    })
  }

  /** The hashes that wait for a signature, in standard base64. */
  get hashes(): string[] {
    return this.#waiting().map((entry) => entry.hash ?? '')
  }

  /**
   * What an OAuth authorization of scope `credential` is asked for: `oauth.redirect(batch.authorization)`. One authorization covers as many
   * hashes as the credential's `multisign` says.
   */
  get authorization(): {
    readonly scope: 'credential'
    readonly credentialID: string
    readonly numSignatures: number
    readonly hashes: readonly string[]
    readonly hashAlgorithmOID: string
    readonly reference: string
  } {
    const { credential, id } = this.toJSON()
    const { hashes } = this
    const hashAlgorithmOID = this.#waiting()[0]?.hashAlgo ?? ''
    return { scope: 'credential', credentialID: credential.credentialID, numSignatures: hashes.length, hashes, hashAlgorithmOID, reference: id }
  }

  /** The documents, to be kept beside the journal. Passwords are not among them. */
  get files(): readonly (KeptFile | undefined)[] {
    return this.#ledger.files
  }

  /** The journal: what {@link Service.restore} needs besides the documents. It holds no secret. */
  toJSON(): SigningJournal {
    return this.#ledger.journal as SigningJournal
  }

  /** Has the batch kept, now and at each change of a state while it is finished. */
  async keep(keeper: JournalKeeper): Promise<void> {
    this.#ledger.keeper = keeper
    await this.#ledger.keep()
  }

  /**
   * Has the hashes signed and gives the signed documents, as {@link Service.sign} does. May be called again for documents that ended
   * before their hash left (`state` is `'prepared'`), such as after a wrong PIN; no hash that left is ever sent again.
   */
  async finish(options: FinishOptions = {}): Promise<SignResult> {
    if (this.#running) throw invalidArgument('This batch is being finished already.')
    this.#running = true
    try {
      if (options.journal) this.#ledger.keeper = options.journal
      return await this.#finish(this.#ledger, { authorize: authorizer(options) }, options)
    } finally {
      this.#running = false
    }
  }

  #waiting(): SigningJournal['documents'][number][] {
    return this.toJSON().documents.filter((entry, index) => entry.state === 'prepared' && !this.#ledger.obstacles[index])
  }
}

/** Answers the engine with what finish was given. A SAD or an OTP is good for one authorization. */
function authorizer(options: FinishOptions): NonNullable<CallHooks['authorize']> {
  const { authorize, PIN, OTP, SAD, expiresIn, accessToken, authData } = options
  let asked = 0
  return async (request, signal) => {
    asked++
    if (authorize) return authorize({ ...(request as AuthorizationRequest), signal })
    if (asked > 1 && (OTP !== undefined || SAD !== undefined || accessToken !== undefined)) {
      throw new HashoutError('SAD_REUSED', 'The documents need more than one authorization; this one is used up.')
    }
    const given: Authorization = { ...defined({ PIN, OTP, SAD, expiresIn, accessToken, authData }) }
    if (Object.keys(given).length === 0) throw new HashoutError('AUTHORIZATION_FAILED', 'This credential needs an authorization.')
    return given
  }
}

function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
