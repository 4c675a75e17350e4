// Runs one Go program, and knows when it has died.

import { goRuntime } from 'hashout:wasm-exec'
import { HOST_NAME, PROTOCOL, type GoEngine, type Host } from './protocol.js'

/** A running engine. */
export interface Engine {
  readonly version: string
  call(id: number, method: string, args: object): Promise<unknown>
  cancel(id: number): void
  /**
   * Says whether calls are under way. Go leaves timers behind when it needs them no more; under Node, they must not keep
   * the program from ending.
   */
  busy(yes: boolean): void
  /** The bytes of the program's memory, which never shrinks. */
  memory(): number
  /** Ends the program without a word. */
  stop(): void
}

/** What a host must provide; `ready` and `protocol` are this file's business. */
export type HostFunctions = Omit<Host, 'protocol' | 'ready'>

/**
 * Starts a Go program from module and resolves when it is ready.
 *
 * died is called once if the program ends after that, by whatever way: a Go program that has ended looks alive from
 * outside (its functions return undefined, its promises stay pending), so this is the only sign. The ways are an exit
 * or a panic (Go calls `exit`), a WebAssembly trap such as memory that ran out, and a JavaScript RangeError from deep
 * recursion, which unwinds through Go without Go noticing and leaves it in ruins.
 */
export async function startEngine(
  module: WebAssembly.Module,
  functions: HostFunctions,
  died: (reason: string) => void,
): Promise<Engine> {
  const scope = privateGlobal()
  const go = new (goRuntime(scope.proxy, silentFiles, silentConsole))()
  let ended = false
  let started: GoEngine | undefined
  const stop = () => {
    ended = true
    // A timer that fires would wait for Go to take note of it, in a loop.
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer)
    go._scheduledTimeouts.clear()
  }

  const engine = await new Promise<GoEngine>((resolve, reject) => {
    const end = (reason: string) => {
      if (ended) return
      stop()
      if (started) died(reason)
      else reject(new Error(`the engine ended while it started: ${reason}`))
    }
    // Go and JavaScript can call each other many levels deep. Where a fault is met the stack may be exhausted, so that any
    // function call fails again: there it is only noted, and dealt with at the outermost level.
    let depth = 0
    let fault: { error: unknown } | undefined
    let exitCode: number | undefined
    const settle = () => {
      if (exitCode !== undefined) end(`its program ended with code ${exitCode}`)
      else if (fault) end(faultName(fault.error))
    }
    go.exit = (code) => {
      exitCode = code
      if (depth === 0) settle()
    }
    const resume = go._resume.bind(go)
    go._resume = () => {
      if (ended || fault || exitCode !== undefined) return
      depth++
      try {
        resume()
      } catch (error) {
        fault ??= { error }
      } finally {
        depth--
      }
      if (depth === 0) settle()
    }
    scope.own.set(HOST_NAME, {
      ...functions,
      protocol: PROTOCOL,
      ready: (ready: GoEngine) => {
        started = ready
        resolve(ready)
      },
    } satisfies Host)
    WebAssembly.instantiate(module, go.importObject)
      .then((instance) => go.run(instance))
      .then(() => end('its program ended'))
      .catch((error: unknown) => end(faultName(error)))
  })
  if (engine.protocol !== PROTOCOL) {
    stop()
    throw new Error(`the engine speaks version ${engine.protocol} of the protocol, this package version ${PROTOCOL}`)
  }
  return {
    version: engine.version,
    call: (id, method, args) => engine.call(id, method, args),
    cancel: (id) => {
      if (!ended) engine.cancel(id)
    },
    busy: (yes) => {
      for (const timer of go._scheduledTimeouts.values()) {
        const node = timer as unknown as Partial<{ ref(): void; unref(): void }>
        if (yes) node.ref?.()
        else node.unref?.()
      }
    },
    memory: () => go.mem?.buffer.byteLength ?? 0,
    stop,
  }
}

/** The kind of a fault. Its message is left out, because a message may quote a document. */
function faultName(error: unknown): string {
  return error instanceof Error ? error.name : 'an unknown fault'
}

/** What Go and wasm_exec.js would otherwise take from, or leave on, the real global object. */
const hidden = new Set<PropertyKey>(['fs', 'process', 'path', 'Go', HOST_NAME])

/**
 * The global object that Go sees: the real one, behind a layer that keeps what Go's support code writes. So an engine
 * leaves no trace on a page, two of them do not meet, and under Node Go gets no file system.
 */
function privateGlobal(): { proxy: object; own: Map<PropertyKey, unknown> } {
  const own = new Map<PropertyKey, unknown>()
  const proxy = new Proxy(Object.create(null) as object, {
    has: (_, key) => own.has(key) || (!hidden.has(key) && key in globalThis),
    get: (_, key) => {
      if (own.has(key)) return own.get(key)
      if (hidden.has(key)) return undefined
      // Without a receiver: accessors such as `crypto` insist on the real global object.
      return Reflect.get(globalThis, key) as unknown
    },
    set: (_, key, value) => {
      own.set(key, value)
      return true
    },
    deleteProperty: (_, key) => {
      own.delete(key)
      return true
    },
  })
  return { proxy, own }
}

const silentConsole = { log() {}, warn() {}, error() {} }

/** Go writes a panic's text to its standard error; it may quote a document, so it goes nowhere. */
const silentFiles = { writeSync: (_fd: number, bytes: Uint8Array) => bytes.length }
