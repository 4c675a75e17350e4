// Loads what an engine needs: the WebAssembly module and a thread to run it in.

import { HashoutError, invalidArgument } from './errors.js'
import type { FromEngine, Port } from './protocol.js'
import type { LoadOptions, WasmSource } from './types.js'

/** The hash of the hashout.wasm of this build, set by scripts/build.js. */
declare const WASM_INTEGRITY: string

/** Compiles the module. The default source is the file beside this script, in a form that bundlers recognise. */
export async function loadModule(source: WasmSource | undefined, integrity?: string | false): Promise<WebAssembly.Module> {
  if (isModule(source)) return source
  const expected = integrity === false ? '' : (integrity ?? WASM_INTEGRITY)
  try {
    return await compile(await open(source), expected)
  } catch (cause) {
    if (cause instanceof HashoutError) throw cause
    throw loadFailed('hashout.wasm could not be loaded.', cause)
  }
}

function isModule(source: WasmSource | undefined): source is WebAssembly.Module {
  return source instanceof WebAssembly.Module
}

async function open(source: string | URL | Response | PromiseLike<Response> | undefined): Promise<Response> {
  if (source !== undefined && typeof source !== 'string' && !(source instanceof URL)) return source
  const url = source ?? new URL('./hashout.wasm', import.meta.url)
  return new URL(url, baseURL()).protocol === 'file:' ? readFile(url) : fetch(url)
}

/**
 * Compiles and hashes beside each other, both off this thread. The bytes go by way of a Blob for that: WebAssembly.compile,
 * fetch with `integrity`, a cloned response and compileStreaming of an ArrayBuffer were each measured to hold up a page for
 * about 100 ms.
 */
async function compile(response: Response, integrity: string): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw new HashoutError('ENGINE_LOAD_FAILED', `hashout.wasm could not be loaded: the server answered ${response.status}.`, {
      details: { status: response.status },
      retryable: response.status >= 500,
    })
  }
  const type = response.headers.get('Content-Type')?.split(';')[0]?.trim()
  if (type === wasmType && !integrity) return WebAssembly.compileStreaming(response)
  const blob = await response.blob()
  const typed = new Response(blob, { headers: { 'Content-Type': wasmType } })
  // The hash is asked first: whatever the compiler says of a wrong file, that it is wrong is what matters.
  const compiling = WebAssembly.compileStreaming(typed)
  compiling.catch(() => {})
  if (integrity) await checkHash(blob, integrity)
  return compiling
}

const wasmType = 'application/wasm'

async function checkHash(blob: Blob, integrity: string): Promise<void> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
  if (`sha256-${btoa(String.fromCharCode(...hash))}` !== integrity) {
    throw loadFailed('hashout.wasm is not the file this package was built with.')
  }
}

function loadFailed(message: string, cause?: unknown): HashoutError {
  return new HashoutError('ENGINE_LOAD_FAILED', message, { cause, retryable: cause instanceof TypeError })
}

function baseURL(): string {
  return typeof location === 'object' ? location.href : import.meta.url
}

/** Node's fetch does not read files. */
async function readFile(url: string | URL): Promise<Response> {
  // Not a literal, which a bundler for browsers would try to resolve.
  const name = ['node:fs', 'promises'].join('/')
  const files = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as {
    readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>
  }
  return new Response(await files.readFile(new URL(url, baseURL())))
}

/** Returns the function that opens a new thread for an engine; it is called again after a crash. */
export async function engineThread(worker: LoadOptions['worker']): Promise<() => Port> {
  const wanted = worker ?? typeof Worker === 'function'
  if (wanted === false) {
    const { connectInline } = await import('./inline.js')
    return () => connectInline()
  }
  if (wanted === true) return () => workerPort(startWorker(), true)
  if (typeof wanted === 'function') return () => workerPort(wanted(), true)
  if (typeof wanted.postMessage !== 'function') {
    throw invalidArgument('The option worker must be true, false, a Worker or a function that returns one.')
  }
  return () => workerPort(wanted, false)
}

interface ScriptPolicy {
  createScriptURL(url: string): URL
}
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptPolicy
}

let policy: ScriptPolicy | undefined

function startWorker(): Worker {
  const url = new URL('./worker.js', import.meta.url)
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory }
  try {
    // The policy passes one constant address; a page that enforces Trusted Types allows it by name.
    policy ??= trustedTypes?.createPolicy('hashout', { createScriptURL: (address) => address })
    return new Worker(policy?.createScriptURL(url.href) ?? url, { type: 'module', name: 'hashout' })
  } catch (cause) {
    throw loadFailed('The browser refused to start the worker.', cause)
  }
}

function workerPort(worker: Worker, own: boolean): Port {
  let hear: ((event: MessageEvent<FromEngine>) => void) | undefined
  let fail: ((event: Event) => void) | undefined
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (message, broken) => {
      hear = (event) => message(event.data)
      fail = (event) => {
        event.preventDefault()
        broken(event.type === 'messageerror' ? 'a message could not be read' : 'the worker script failed')
      }
      worker.addEventListener('message', hear)
      worker.addEventListener('error', fail)
      worker.addEventListener('messageerror', fail)
    },
    close: () => {
      if (hear) worker.removeEventListener('message', hear)
      if (fail) {
        worker.removeEventListener('error', fail)
        worker.removeEventListener('messageerror', fail)
      }
      if (own) worker.terminate()
      else worker.postMessage({ type: 'stop' })
    },
  }
}
