// Timestamps and revocation data: the options that say where they come from, and the requests for them. These go out from the page, where its
// proxies are known; none carries the access token.

import { readBody } from './body.js'
import { HashoutError, invalidArgument } from './errors.js'

/** A PAdES baseline level: a signature; with a proof of its time; with what it takes to judge it later; with a timestamp over all that. */
export type Level = 'B-B' | 'B-T' | 'B-LT' | 'B-LTA'

/** Gives the address to ask in place of another, such as that of a proxy which adds CORS headers. */
export type ProxyAddress = (url: string) => string

/** What a page's own way to a timestamp authority is asked. */
export interface TimestampQuery {
  /** The TimeStampReq of RFC 3161, in DER. */
  readonly query: Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

/** Bytes as a callback may give them. */
export type Answer = Uint8Array | ArrayBuffer | Response

/**
 * A timestamp authority: its address; its address with a proxy; the signing service's own (`signatures/timestamp`); or a function that
 * gives the TimeStampResp, or the bare token.
 */
export type TimestampSource =
  | string
  | { readonly url: string; readonly proxy?: ProxyAddress }
  | { readonly service: true }
  | ((query: TimestampQuery) => Answer | Promise<Answer>)

/** A request to whom a certificate names. It holds hashes and serial numbers only. */
export interface RevocationRequest {
  readonly purpose: 'ocsp' | 'crl' | 'certificate'
  readonly url: string
  /** Sent by POST if there is one, else by GET. */
  readonly body?: Uint8Array<ArrayBuffer>
  readonly contentType?: string
  readonly accept: string
  readonly signal: AbortSignal
}

/** How OCSP responses, revocation lists and issuers' certificates are fetched. */
export interface RevocationOptions {
  /** Most responders send no CORS headers, and many speak http only: a page reaches them through a proxy of its own. */
  readonly proxy?: ProxyAddress
  /** Takes the place of every such request. */
  readonly fetch?: (request: RevocationRequest) => Answer | Promise<Answer>
  /** How long one request may take. Default: 30 seconds. */
  readonly timeoutMs?: number
}

/** What levels above B-B, and timestamps over documents, need. */
export interface LevelOptions {
  /** The timestamp authorities, asked one after the other until one gives a timestamp that holds. */
  readonly timestamp?: TimestampSource | readonly TimestampSource[]
  readonly revocation?: RevocationOptions
}

/** How certificates and revocation data are kept in a document, at B-LT and above. */
export interface EvidenceOptions {
  /** Give each signature an entry of its own in `/VRI`, for readers that look nowhere else. EN 319 142-1 advises against it. */
  readonly vri?: boolean
}

/** What the engine asks for. */
interface GatherRequest extends Omit<RevocationRequest, 'purpose' | 'signal'> {
  readonly purpose: RevocationRequest['purpose'] | 'timestamp'
  readonly maxBytes: number
}

/** Carries one request of the engine. */
export type Gather = (request: object, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>

const defaultTimeoutMs = 30_000

/** wasm/level.go has the same words and address. */
const serviceWord = 'service'
const pageWord = 'page'
const pageURL = 'https://page.invalid/'

function sourcesOf({ timestamp }: LevelOptions): readonly TimestampSource[] {
  if (timestamp === undefined) return []
  return Array.isArray(timestamp) ? (timestamp as readonly TimestampSource[]) : [timestamp as TimestampSource]
}

/** The authorities as the engine knows them: addresses and words. */
export function timestampWords(options: LevelOptions): string[] {
  const words = sourcesOf(options).map((source) => {
    if (typeof source === 'string') return addressOf(source)
    if (typeof source === 'function') return pageWord
    if (source && 'service' in source) return serviceWord
    return addressOf(source?.url)
  })
  if (words.filter((word) => word === pageWord).length > 1) throw invalidArgument('Only one timestamp source can be a function.')
  return words
}

function addressOf(url: unknown): string {
  if (typeof url === 'string' && /^https?:\/\//i.test(url)) return url
  throw invalidArgument('A timestamp source must have an http or https address.')
}

/** Makes the function that carries the engine's requests. */
export function gatherer(options: LevelOptions, fetching: typeof fetch): Gather {
  const sources = sourcesOf(options)
  const page = sources.find((source) => typeof source === 'function')
  const proxies = new Map(sources.flatMap((source) => (typeof source === 'object' && 'url' in source && source.proxy ? [[source.url, source.proxy]] : [])))
  const { proxy, fetch: own, timeoutMs = defaultTimeoutMs } = options.revocation ?? {}
  return async (asked, signal) => {
    const { maxBytes, purpose, ...request } = asked as GatherRequest
    const timed = timeLimit(signal, timeoutMs)
    try {
      if (purpose === 'timestamp') {
        if (request.url === pageURL && page) return await bytesOf(await page({ query: request.body ?? new Uint8Array(), signal: timed.signal }), maxBytes)
        return await send(fetching, { ...request, url: (proxies.get(request.url) ?? same)(request.url) }, timed.signal, maxBytes)
      }
      if (own) return await bytesOf(await own({ ...request, purpose, signal: timed.signal }), maxBytes)
      return await send(fetching, { ...request, url: (proxy ?? same)(request.url) }, timed.signal, maxBytes)
    } catch (error) {
      if (timed.expired()) throw new HashoutError('TIMEOUT', `There was no answer within ${timeoutMs} ms.`, { cause: error })
      throw error
    } finally {
      timed.stop()
    }
  }
}

const same: ProxyAddress = (url) => url

async function send(fetching: typeof fetch, request: Omit<GatherRequest, 'purpose' | 'maxBytes'>, signal: AbortSignal, maxBytes: number) {
  const { url, body, accept, contentType } = request
  const response = await fetching(url, {
    headers: { accept, ...(contentType && { 'content-type': contentType }) },
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
    signal,
    ...(body && { method: 'POST', body }),
  })
  return bytesOf(response, maxBytes)
}

async function bytesOf(answer: Answer, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (answer instanceof ArrayBuffer) return new Uint8Array(answer.slice(0))
  if (ArrayBuffer.isView(answer)) return new Uint8Array(answer)
  if (typeof answer?.arrayBuffer !== 'function') throw new HashoutError('RESPONSE_MALFORMED', 'The page gave something else than bytes.')
  if (!answer.ok) throw new HashoutError('NETWORK', `The server answered ${answer.status}.`)
  return readBody(answer, maxBytes, 'server')
}

function timeLimit(signal: AbortSignal, ms: number) {
  const abort = new AbortController()
  let expired = false
  const cancel = () => abort.abort(signal.reason)
  const timer = setTimeout(() => {
    expired = true
    abort.abort(new DOMException('The time is up.', 'TimeoutError'))
  }, ms)
  signal.addEventListener('abort', cancel, { once: true })
  return {
    signal: abort.signal,
    expired: () => expired,
    stop: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    },
  }
}
