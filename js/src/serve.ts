// The engine side of the message protocol: runs an engine for a page and speaks with it in messages.

import { digest } from './digest.js'
import { startEngine, type Engine } from './engine.js'
import { PROTOCOL, type AppearanceAnswer, type AppearanceAsk, type AskKind, type ErrorObject, type FetchAnswer, type FromEngine, type ToEngine } from './protocol.js'

/** Sends one message to the page. */
export type Post = (message: FromEngine, transfer?: Transferable[]) => void

/** Starts engines; a test may put another one in its place. */
export type Start = typeof startEngine

const progressIntervalMs = 40

/** Returns the function that takes the page's messages. It never throws: what goes wrong becomes a message. */
export function serve(post: Post, start: Start = startEngine): (message: ToEngine) => void {
  let running: Session | undefined
  return (message) => {
    if (message.type === 'start') {
      running?.stop()
      running = new Session(post, start, message)
    } else if (message.type === 'stop') {
      running?.stop()
      running = undefined
    } else {
      running?.receive(message)
    }
  }
}

interface Question {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** The sequence goes on over restarts, so that a late answer never meets a question of another engine. */
let lastSeq = 0

/** One engine, from its start to its death. */
class Session {
  #alive = true
  #engine: Engine | undefined
  readonly #calls = new Map<number, AbortController>()
  readonly #questions = new Map<number, Question>()
  readonly #post: Post

  constructor(post: Post, start: Start, options: ToEngine & { type: 'start' }) {
    this.#post = (message, transfer) => {
      if (this.#alive) post(message, transfer)
    }
    if (options.protocol !== PROTOCOL) {
      this.#die('ENGINE_LOAD_FAILED', 'The worker is of another version than the page. Serve both from the same release.')
      return
    }
    const functions = {
      fetch: options.hostFetch
        ? (url: string, init: RequestInit) => this.#fetch(url, init)
        : (url: string, init: RequestInit) => fetch(url, init),
      token: (id: number, refresh: boolean) => this.#ask('token', id, { refresh }) as Promise<string>,
      authorize: (id: number, request: object) => this.#ask('authorize', id, request) as Promise<object>,
      gather: (id: number, request: object) => this.#ask('gather', id, { ...request }) as Promise<Uint8Array>,
      journal: (id: number, record: object) => this.#ask('journal', id, record),
      document: (id: number, index: number, document: { update?: unknown }) => {
        const { update } = document
        // The update's memory moves to the page instead of being copied.
        this.#post({ type: 'document', id, index, document: { ...document } }, update instanceof Uint8Array ? [update.buffer] : [])
      },
      appearance: (id: number, ask: AppearanceAsk) => this.#ask('appearance', id, ask) as Promise<AppearanceAnswer>,
      progress: (id: number, event: { document: number; phase: string; done: number; total: number }) => {
        this.#post({ type: 'progress', id, event: { ...event } })
      },
      digest: (id: number, algorithm: Parameters<typeof digest>[0], parts: BlobPart[], document = -1) => {
        const signal = this.#calls.get(id)?.signal ?? new AbortController().signal
        return digest(algorithm, parts, options.memoryBudget, this.#hashProgress(id, document), signal).catch(() => {
          // As an ErrorObject, whose code Go keeps.
          throw signal.aborted
            ? { code: 'ABORTED', message: 'The call was cancelled.' }
            : { code: 'FILE_UNREADABLE', message: 'The document cannot be read. It may have been changed, moved or deleted.' }
        })
      },
    }
    start(options.module, functions, (reason) => {
      this.#die('ENGINE_CRASHED', `The signing engine stopped (${reason}). The next call starts a new one.`)
    }).then(
      (engine) => {
        if (!this.#alive) return engine.stop()
        this.#engine = engine
        this.#post({ type: 'ready', protocol: PROTOCOL, version: engine.version })
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown reason'
        this.#die('ENGINE_LOAD_FAILED', `The signing engine could not start: ${reason}.`)
      },
    )
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case 'call':
        void this.#call(message.id, message.method, message.args)
        break
      case 'cancel':
        this.#calls.get(message.id)?.abort()
        this.#engine?.cancel(message.id)
        break
      case 'ping':
        this.#post({ type: 'pong' })
        break
      case 'answer':
        this.#take(message.seq)?.resolve(message.value)
        break
      case 'refusal':
        this.#take(message.seq)?.reject(message.error)
        break
    }
  }

  stop(): void {
    this.#alive = false
    for (const call of this.#calls.values()) call.abort()
    this.#questions.clear()
    this.#engine?.stop()
    this.#engine = undefined
  }

  async #call(id: number, method: string, args: object): Promise<void> {
    const abort = new AbortController()
    this.#calls.set(id, abort)
    try {
      if (!this.#engine) throw { code: 'INTERNAL', message: 'The engine was called before it was ready.' }
      this.#engine.busy(true)
      const value = await this.#engine.call(id, method, args)
      this.#post({ type: 'result', id, value })
    } catch (error) {
      this.#post({ type: 'error', id, error: errorObject(error) })
    } finally {
      this.#calls.delete(id)
      if (this.#calls.size === 0 && this.#engine) {
        this.#engine.busy(false)
        this.#post({ type: 'idle', memory: this.#engine.memory() })
      }
    }
  }

  #ask(kind: AskKind, id: number, args: unknown): Promise<unknown> {
    const seq = ++lastSeq
    return new Promise((resolve, reject) => {
      this.#questions.set(seq, { resolve, reject })
      this.#post({ type: 'ask', seq, id, kind, args })
    })
  }

  #take(seq: number): Question | undefined {
    const question = this.#questions.get(seq)
    this.#questions.delete(seq)
    return question
  }

  /** Lets the page's own fetch carry a request. The signal cannot be posted; its firing can. */
  #fetch(url: string, init: RequestInit): Promise<object> {
    const { signal, ...rest } = init
    if (signal?.aborted) return Promise.reject(signal.reason as unknown)
    const answered = this.#ask('fetch', -1, { url, init: rest })
    const seq = lastSeq
    return new Promise((resolve, reject) => {
      const withdraw = () => {
        this.#take(seq)
        this.#post({ type: 'withdraw', seq })
        reject(signal?.reason as unknown)
      }
      signal?.addEventListener('abort', withdraw, { once: true })
      answered
        .then((answer) => resolve(responseOf(answer as FetchAnswer)), reject)
        .finally(() => signal?.removeEventListener('abort', withdraw))
    })
  }

  #hashProgress(id: number, document: number): (done: number, total: number) => void {
    let last = -Infinity
    return (done, total) => {
      const now = performance.now()
      if (done !== 0 && done !== total && now - last < progressIntervalMs) return
      last = now
      this.#post({ type: 'progress', id, event: { document, phase: 'hash', done, total, bytes: done, totalBytes: total } })
    }
  }

  #die(code: string, message: string): void {
    this.#post({ type: 'dead', error: { code, message, retryable: false } })
    this.stop()
  }
}

/** What Go sees of a response that the page's fetch brought. Not a Response: its constructor refuses status 0 and 304. */
function responseOf(answer: FetchAnswer): object {
  return {
    status: answer.status,
    type: answer.type,
    headers: new Headers(answer.headers),
    body: answer.body && new Blob([answer.body]).stream(),
  }
}

/** Go rejects with plain objects. Anything else was thrown on the way, and its text may hold anything. */
function errorObject(error: unknown): ErrorObject {
  if (typeof error === 'object' && error !== null && !(error instanceof Error) && 'code' in error) return error as ErrorObject
  return { code: 'INTERNAL', message: 'The engine failed in a way it does not explain.' }
}
