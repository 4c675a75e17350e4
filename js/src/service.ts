// One signing service: its credentials, and signing with them.

import { toError, type CallHooks, type Client } from './client.js'
import { HashoutError, invalidArgument, orAborted } from './errors.js'
import { toDocument, type Document } from './inputs.js'
import type { ErrorObject, Method, ProgressEvent } from './protocol.js'
import type {
  AuthorizationRequest,
  CallOptions,
  CertificateInfo,
  Credential,
  FailedDocument,
  FileInput,
  Progress,
  ServiceInfo,
  ServiceOptions,
  SignatureInfo,
  SignatureOptions,
  SignedDocument,
  SignOptions,
  SignResult,
  SizeEstimate,
} from './types.js'

/** A signing service that speaks the API of the Cloud Signature Consortium. Made by {@link Hashout.service}. */
export class Service {
  readonly #client: Client
  readonly #options: ServiceOptions

  /** @internal */
  constructor(client: Client, options: ServiceOptions) {
    if (typeof options?.url !== 'string' || options.url === '') throw invalidArgument('A service needs a url.')
    this.#client = client
    this.#options = options
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
    const { signal, ...rest } = options
    const args = { credential: { credentialID: credential.credentialID, raw: credential.raw }, options: rest }
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
    const { credential: wanted, authorize, onProgress, signal, signingTime, ...rest } = options
    const inputs = isIterable(files) ? [...files] : [files]
    const documents = await orAborted(Promise.all(inputs.map(readInput)), signal)
    const credential = typeof wanted === 'string' ? await this.credential(wanted, options) : wanted
    if (typeof credential?.credentialID !== 'string') throw invalidArgument('sign needs a credential.')

    // The engine counts only the files that could be read; the page counts all of them.
    const readable = documents.flatMap((document, index) => ('blob' in document ? [{ index, ...document }] : []))
    const outer = (index: number) => readable[index]?.index ?? -1
    const results: (SignedDocument | FailedDocument)[] = documents.map((document, index) => ({
      index,
      error: 'blob' in document ? new HashoutError('INTERNAL', 'The engine gave no result for this document.') : document.error,
    }))
    if (readable.length === 0) return { documents: results }

    const thrown = new Map<string, unknown>()
    const hooks: CallHooks = {
      thrown,
      authorize: (request, over) => {
        if (!authorize) throw new HashoutError('AUTHORIZATION_FAILED', 'This credential needs an authorize function.')
        const asked = request as AuthorizationRequest
        return authorize({ ...asked, documents: asked.documents.map(outer), credential, signal: over })
      },
      ...(onProgress && {
        progress: (event: ProgressEvent) => onProgress({ ...event, document: outer(event.document) } as Progress),
      }),
    }
    const args = {
      credential: { credentialID: credential.credentialID, raw: credential.raw },
      files: readable.map(({ index: _, ...file }) => file),
      options: { ...rest, ...(signingTime && { signingTime: signingTime.getTime() }) },
    }
    const answer = (await this.#call('sign', args, hooks, signal)) as { documents: WireDocument[] }
    for (const document of answer.documents) {
      const source = readable[document.index]
      if (source) results[source.index] = toResult(source, document, thrown)
    }
    return { documents: results }
  }

  #call(method: Method, args: object, hooks: CallHooks, signal: AbortSignal | undefined): Promise<unknown> {
    const { accessToken, ...service } = this.#options
    const token = typeof accessToken === 'function' ? (refresh: boolean) => accessToken({ refresh }) : () => accessToken ?? ''
    return this.#client.call(method, { service, ...args }, { thrown: new Map(), ...hooks, token }, signal)
  }
}

type WireCredential = Omit<Credential, 'reason' | 'certificate'> & {
  readonly reason: ErrorObject | null
  readonly certificate?: (Omit<CertificateInfo, 'notBefore' | 'notAfter'> & { notBefore: number; notAfter: number }) | null
}

type WireDocument = { index: number } & (
  | { update: Uint8Array<ArrayBuffer>; signature: SignatureInfo; error?: undefined }
  | { error: ErrorObject; update?: undefined }
)

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

function toResult(
  source: Document & { index: number },
  document: WireDocument,
  thrown: ReadonlyMap<string, unknown>,
): SignedDocument | FailedDocument {
  const { index, name, blob } = source
  const about = name === undefined ? { index } : { index, name }
  if (document.error) return { ...about, error: toError(document.error, thrown) }
  return {
    ...about,
    blob: new Blob([blob, document.update], { type: 'application/pdf' }),
    signature: document.signature,
  }
}

async function readInput(input: FileInput): Promise<Document | { error: HashoutError }> {
  try {
    return await toDocument(input)
  } catch (error) {
    return { error: error as HashoutError }
  }
}

function isIterable(files: FileInput | Iterable<FileInput>): files is Iterable<FileInput> {
  // A Uint8Array can be iterated over as well, but it is one document.
  return typeof files === 'object' && files !== null && Symbol.iterator in files && !ArrayBuffer.isView(files)
}
