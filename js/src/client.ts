// The page's side of the message protocol: calls, their cancellation, and the engine's death and rebirth.

import { readBody } from './body.js'
import { aborted, HashoutError, invalidArgument, orAborted, type HashoutErrorCode } from './errors.js'
import { PROTOCOL, type AppearanceAnswer, type AppearanceAsk, type AskKind, type ErrorObject, type FetchAnswer, type FetchAsk, type FromEngine, type Port, type ProgressEvent } from './protocol.js'

/** What an engine may ask of the page in the course of one call. */
export interface CallHooks {
  token?(refresh: boolean): string | Promise<string>
  authorize?(request: object, signal: AbortSignal): object | Promise<object>
  gather?(request: object, signal: AbortSignal): Promise<Uint8Array>
  journal?(record: object): void | Promise<void>
  document?(index: number, document: object): void
  appearance?(ask: AppearanceAsk, signal: AbortSignal): AppearanceAnswer | Promise<AppearanceAnswer>
  progress?(event: ProgressEvent): void
  /** Collects what these functions threw, by the code that it became: the engine never sees the thrown value itself. */
  readonly thrown?: Map<string, unknown>
}

/** What a client needs. */
export interface ClientOptions {
  /** Opens a thread; called again after each death. */
  readonly connect: () => Port
  readonly module: WebAssembly.Module
  readonly memoryBudget: number
  readonly fetch?: typeof fetch | undefined
  /** For tests: how long the engine may take to start, and to answer a cancellation. */
  readonly startTimeoutMs?: number
  readonly cancelTimeoutMs?: number
  /** For tests: an idle engine with more memory than this, in bytes, makes room for a new one. */
  readonly maxIdleMemory?: number
  readonly stuckTimeoutMs?: number
}

interface PendingCall {
  readonly hooks: CallHooks
  /** Fires when the call has ended or is being cancelled. */
  readonly over: AbortController
  resolve(value: unknown): void
  reject(error: HashoutError): void
}

/** One engine's life, as the page sees it. */
interface Link {
  readonly port: Port
  readonly calls: Map<number, PendingCall>
  readonly fetches: Map<number, AbortController>
  readonly ready: Promise<string>
  /** Runs while the engine is asked whether it still lives. */
  probe?: ReturnType<typeof setTimeout> | undefined
  fail(error: HashoutError): void
}

/** Signing a batch of 1,000 documents stays far below it. */
const maxIdleMemory = 256 << 20

const maxAnswerBytes = 32 << 20

/** Sends calls to an engine, and starts a new one from the same module when it has died. */
export class Client {
  readonly #options: ClientOptions
  #link: Link | undefined
  #lastID = 0
  #disposed = false

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** What carries requests. */
  get fetch(): typeof fetch {
    return this.#options.fetch ?? ((...args) => fetch(...args))
  }

  /** Starts the engine unless it runs; resolves to its version. */
  async ready(): Promise<string> {
    if (this.#disposed) throw invalidArgument('This Hashout was disposed of.')
    return (this.#link ??= this.#open()).ready
  }

  /** Calls one method. Rejects with a HashoutError always. */
  async call(method: string, args: object, hooks: CallHooks = {}, signal?: AbortSignal): Promise<unknown> {
    await orAborted(this.ready(), signal)
    const link = this.#link
    // Between ready and here the engine may have died, or the page may have left.
    if (!link) return this.call(method, args, hooks, signal)
    if (signal?.aborted) throw aborted(signal.reason)
    const id = ++this.#lastID
    const over = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const cancel = () => {
      over.abort(signal?.reason)
      link.port.post({ type: 'cancel', id })
      // The engine knows best what became of the call, but a cancelled call must not hang on a stuck engine.
      timer = setTimeout(() => {
        link.calls.get(id)?.reject(aborted(signal?.reason))
        this.#probe(link)
      }, this.#options.cancelTimeoutMs ?? 3000)
    }
    try {
      return await new Promise<unknown>((resolve, reject) => {
        link.calls.set(id, { hooks, over, resolve, reject })
        signal?.addEventListener('abort', cancel, { once: true })
        try {
          link.port.post({ type: 'call', id, method, args })
        } catch (cause) {
          reject(new HashoutError('INVALID_ARGUMENT', 'An option holds something that cannot be sent to a worker.', { cause }))
        }
      })
    } finally {
      link.calls.delete(id)
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      over.abort()
    }
  }

  /** An engine that did not answer a cancellation may be busy, or gone without a word: then nothing else would ever be heard of it. */
  #probe(link: Link): void {
    clearTimeout(link.probe)
    link.probe = setTimeout(
      () => link.fail(new HashoutError('ENGINE_CRASHED', 'The signing engine does not answer. The next call starts a new one.')),
      this.#options.stuckTimeoutMs ?? 10_000,
    )
    link.port.post({ type: 'ping' })
  }

  /** Ends the engine; what is pending rejects with ABORTED. A second time does nothing. */
  dispose(): void {
    this.#disposed = true
    this.#link?.fail(new HashoutError('ABORTED', 'This Hashout was disposed of.'))
  }

  #open(): Link {
    const options = this.#options
    let port: Port
    try {
      port = options.connect()
    } catch (cause) {
      throw cause instanceof HashoutError ? cause : new HashoutError('ENGINE_LOAD_FAILED', 'The worker could not be made.', { cause })
    }
    let started!: (version: string) => void
    let refused!: (error: HashoutError) => void
    const ready = new Promise<string>((resolve, reject) => {
      started = resolve
      refused = reject
    })
    const link: Link = {
      port,
      calls: new Map(),
      fetches: new Map(),
      ready,
      fail: (error) => {
        if (this.#link === link) this.#link = undefined
        clearTimeout(timer)
        clearTimeout(link.probe)
        port.close()
        refused(error)
        for (const fetching of link.fetches.values()) fetching.abort()
        for (const call of link.calls.values()) call.reject(error)
        link.calls.clear()
      },
    }
    const timer = setTimeout(
      () => link.fail(new HashoutError('ENGINE_LOAD_FAILED', 'The signing engine did not start in time.')),
      options.startTimeoutMs ?? 30_000,
    )
    let alive = false
    port.listen(
      (message) => {
        if (message.type === 'ready') {
          alive = true
          clearTimeout(timer)
          started(message.version)
        } else if (message.type === 'dead') {
          link.fail(toError(message.error))
        } else {
          this.#hear(link, message)
        }
      },
      (reason) =>
        link.fail(
          alive
            ? new HashoutError('ENGINE_CRASHED', `The signing engine stopped (${reason}). The next call starts a new one.`)
            : new HashoutError('ENGINE_LOAD_FAILED', `The signing engine could not start: ${reason}.`),
        ),
    )
    ready.catch(() => {})
    port.post({
      type: 'start',
      protocol: PROTOCOL,
      module: options.module,
      memoryBudget: options.memoryBudget,
      hostFetch: options.fetch !== undefined,
    })
    return link
  }

  #hear(link: Link, message: FromEngine): void {
    switch (message.type) {
      case 'result':
        link.calls.get(message.id)?.resolve(message.value)
        break
      case 'error': {
        const call = link.calls.get(message.id)
        call?.reject(toError(message.error, call.hooks.thrown))
        break
      }
      case 'progress':
        link.calls.get(message.id)?.hooks.progress?.(message.event)
        break
      case 'pong':
        clearTimeout(link.probe)
        break
      case 'document':
        link.calls.get(message.id)?.hooks.document?.(message.index, message.document)
        break
      case 'idle':
        if (message.memory > (this.#options.maxIdleMemory ?? maxIdleMemory)) setTimeout(() => this.#renew(link))
        break
      case 'withdraw':
        link.fetches.get(message.seq)?.abort()
        break
      case 'ask':
        this.#answer(link, message).then(
          (value) => link.port.post({ type: 'answer', seq: message.seq, value }),
          (thrown: unknown) => link.port.post({ type: 'refusal', seq: message.seq, error: refusal(link, message, thrown) }),
        )
        break
    }
  }

  /** The memory of WebAssembly never shrinks, and an engine keeps nothing between calls: the next call starts a fresh one. */
  #renew(link: Link): void {
    if (this.#link === link && link.calls.size === 0) link.fail(new HashoutError('ABORTED', 'The engine made room for another.'))
  }

  async #answer(link: Link, ask: FromEngine & { type: 'ask' }): Promise<unknown> {
    if (ask.kind === 'fetch') {
      const abort = new AbortController()
      link.fetches.set(ask.seq, abort)
      try {
        return await this.#fetch(ask.args as FetchAsk, abort.signal)
      } finally {
        link.fetches.delete(ask.seq)
      }
    }
    const call = link.calls.get(ask.id)
    // A signature that came back is noted even if nobody waits for it any more.
    if (call && ask.kind === 'journal') return call.hooks.journal?.(ask.args as object)
    if (!call || call.over.signal.aborted) throw aborted()
    if (ask.kind === 'token') return (await call.hooks.token?.((ask.args as { refresh: boolean }).refresh)) ?? ''
    if (ask.kind === 'gather') return call.hooks.gather?.(ask.args as object, call.over.signal)
    if (ask.kind === 'appearance') return (await call.hooks.appearance?.(ask.args as AppearanceAsk, call.over.signal)) ?? {}
    return (await call.hooks.authorize?.(ask.args as object, call.over.signal)) ?? {}
  }

  async #fetch({ url, init }: FetchAsk, signal: AbortSignal): Promise<FetchAnswer> {
    const response = await (this.#options.fetch ?? fetch)(url, { ...init, signal })
    const { status, type } = response
    const body = await readBody(response, maxAnswerBytes, 'service')
    return { status, type, headers: [...response.headers], body: body.length > 0 ? body : null }
  }
}

const askCodes: Record<AskKind, HashoutErrorCode> = { token: 'TOKEN_EXPIRED', authorize: 'AUTHORIZATION_FAILED', appearance: 'INVALID_ARGUMENT', journal: 'JOURNAL_FAILED', fetch: 'NETWORK', gather: 'NETWORK' }
const askMessages: Record<AskKind, string> = {
  token: 'The page could not provide an access token.',
  authorize: 'The signature was not authorized.',
  appearance: 'The appearance of the signature could not be made.',
  journal: 'The journal could not be kept, so nothing was sent.',
  fetch: 'The service could not be reached.',
  gather: 'It could not be reached from this page.',
}

/** What Go is told of a callback that threw. The thrown value itself stays here: it may hold what must not travel. */
function refusal(link: Link, ask: FromEngine & { type: 'ask' }, thrown: unknown): ErrorObject {
  const name = thrown instanceof Error ? thrown.name : ''
  const error =
    thrown instanceof HashoutError
      ? { code: thrown.code, message: thrown.message, retryable: thrown.retryable }
      : { code: name === 'AbortError' ? 'ABORTED' : askCodes[ask.kind], message: askMessages[ask.kind], retryable: false }
  link.calls.get(ask.id)?.hooks.thrown?.set(error.code, thrown)
  return error
}

/** Makes the public error of one that crossed the border. */
export function toError(error: ErrorObject, thrown?: ReadonlyMap<string, unknown>): HashoutError {
  const cause = thrown?.get(error.code)
  return new HashoutError(error.code as HashoutErrorCode, error.message, {
    // What an error of our own tells of itself goes with it, although the engine saw its code and message only.
    details: { ...(cause instanceof HashoutError && cause.details), ...error.details },
    retryable: error.retryable ?? false,
    ...(error.service ? { service: error.service } : {}),
    ...(thrown?.has(error.code) ? { cause } : {}),
  })
}
