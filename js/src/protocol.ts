// The messages between a page and its engine, and the shape of the border to Go.
//
// There are two borders, one inside the other:
//
//   page ── messages of this file ──▶ worker (serve.ts) ── host object and engine object ──▶ Go (wasm/)
//
// The inner border is described in wasm/doc.go as well; PROTOCOL is the number both sides compare before the first call.
// It works like this: before Go runs, the engine side sets `__hashoutHost` on the global object that Go sees. Go reads it
// once, deletes it, and calls host.ready(engine). From then on js calls engine.call(id, method, args), which returns a
// promise at once, and engine.cancel(id); Go calls the functions of the host. A call that fails rejects with an
// ErrorObject. Documents cross as Blobs only, so no document is ever copied into Go's memory as a whole.
//
// On the outer border, messages carry the `id` of the call they belong to. What Go asks of the page (a token, an
// authorization, a page-supplied fetch) is an `ask` with its own `seq`, answered by `answer` or `refusal`.

/** The version of both borders. wasm/main.go holds the same number. */
export const PROTOCOL = 2

/** The name under which Go finds its host. */
export const HOST_NAME = '__hashoutHost'

/** What the engine can be called for; wasm/methods.go lists the same names. */
export const METHODS = ['info', 'credentials', 'credential', 'estimate', 'sign', 'prepare', 'restore', 'finish', 'inspect', 'verify', 'extend'] as const

/** One of METHODS. */
export type Method = (typeof METHODS)[number]

/** An error as it crosses the borders. */
export interface ErrorObject {
  code: string
  message: string
  details?: Record<string, unknown>
  retryable?: boolean
  service?: { error?: string; error_description?: string; status?: number }
}

/** One step of progress of one call. */
export interface ProgressEvent {
  document: number
  phase: string
  done: number
  total: number
  bytes?: number
  totalBytes?: number
}

/** What an engine may ask of the page. */
export type AskKind = 'token' | 'authorize' | 'appearance' | 'journal' | 'fetch' | 'gather'

/** Messages from the page to the engine side. */
export type ToEngine =
  | { type: 'start'; protocol: number; module: WebAssembly.Module; memoryBudget: number; hostFetch: boolean }
  | { type: 'call'; id: number; method: string; args: object }
  | { type: 'cancel'; id: number }
  | { type: 'answer'; seq: number; value: unknown }
  | { type: 'refusal'; seq: number; error: ErrorObject }
  | { type: 'ping' }
  | { type: 'stop' }

/** Messages from the engine side to the page. */
export type FromEngine =
  | { type: 'ready'; protocol: number; version: string }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: ErrorObject }
  | { type: 'progress'; id: number; event: ProgressEvent }
  | { type: 'document'; id: number; index: number; document: object }
  | { type: 'ask'; seq: number; id: number; kind: AskKind; args: unknown }
  | { type: 'pong' }
  | { type: 'withdraw'; seq: number }
  /** No call is under way; the engine's memory, in bytes, can only grow. */
  | { type: 'idle'; memory: number }
  | { type: 'dead'; error: ErrorObject }

/** What an appearance is wanted for: a field as the reader sees it, in points, in a document that claims a PDF/A part and level. */
export interface AppearanceAsk {
  width: number
  height: number
  field: string
  pdfa: string
  /** Nothing may be transparent. */
  opaque: boolean
  signerName: string
  /** In milliseconds since 1970, and how many minutes the signer's clock is east of UTC. */
  signingTime: number
  zoneMinutes: number
}

/** A page of a PDF that is to be shown there. */
export interface AppearanceAnswer {
  pdf: Uint8Array<ArrayBuffer>
  page: number
}

/** A request that the page's own fetch carries for the engine. */
export interface FetchAsk {
  url: string
  init: RequestInit
}

/** The answer to a FetchAsk. A Response cannot be posted, so its parts are. */
export interface FetchAnswer {
  status: number
  type: string
  headers: [string, string][]
  body: Uint8Array<ArrayBuffer> | null
}

/** The object that js gives to Go. */
export interface Host {
  readonly protocol: number
  ready(engine: GoEngine): void
  fetch(url: string, init: RequestInit): Promise<unknown>
  token(id: number, refresh: boolean): Promise<string>
  authorize(id: number, request: object): Promise<object>
  /** Asks a timestamp authority, or whom a certificate names. */
  gather(id: number, request: object): Promise<Uint8Array>
  /** Fulfilled when the record is kept: no hash leaves before. */
  journal(id: number, record: object): Promise<unknown>
  /** A document of a signing that has ended. */
  document(id: number, index: number, document: object): void
  appearance(id: number, ask: AppearanceAsk): Promise<AppearanceAnswer>
  progress(id: number, event: ProgressEvent): void
  digest(id: number, algorithm: DigestName, parts: BlobPart[], document?: number): Promise<Uint8Array>
}

/** The object that Go gives to js. */
export interface GoEngine {
  readonly protocol: number
  readonly version: string
  call(id: number, method: string, args: object): Promise<unknown>
  cancel(id: number): void
}

/** The digests that the engine asks for, by their WebCrypto names. */
export type DigestName = 'SHA-256' | 'SHA-384' | 'SHA-512'

/** The page's end of a connection to an engine side. */
export interface Port {
  post(message: ToEngine, transfer?: Transferable[]): void
  /** Sets who hears messages, and who hears that the other side is gone (its script failed, the thread ended). */
  listen(message: (message: FromEngine) => void, broken: (reason: string) => void): void
  /** Ends the other side, whatever it does. */
  close(): void
}
