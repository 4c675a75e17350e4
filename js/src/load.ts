// Loads what an engine needs: the WebAssembly module and a thread to run it in.

import { HashoutError, invalidArgument } from './errors.js'
import type { FromEngine, Port } from './protocol.js'
import type { LoadOptions, WasmSource } from './types.js'

/** The hash of the hashout.wasm of this build, set by scripts/build.js. */
declare const WASM_INTEGRITY: string
/** Those of hashout-appearance.wasm and hashout-font.ttf. */
declare const APPEARANCE_INTEGRITY: string
declare const FONT_INTEGRITY: string

/** Compiles the module. The default source is the file beside this script, in a form that bundlers recognise. */
export async function loadModule(source: WasmSource | undefined, integrity?: string | false): Promise<WebAssembly.Module> {
  return load('hashout.wasm', source, () => new URL('./hashout.wasm', import.meta.url), integrity ?? WASM_INTEGRITY)
}

/** Compiles the module of the second engine. */
export async function loadAppearanceModule(options: LoadOptions): Promise<WebAssembly.Module> {
  const beside = () => new URL('./hashout-appearance.wasm', import.meta.url)
  return load('hashout-appearance.wasm', await options.appearanceURL, beside, options.appearanceIntegrity ?? APPEARANCE_INTEGRITY)
}

async function load(name: string, source: WasmSource | undefined, beside: () => URL, integrity: string | false): Promise<WebAssembly.Module> {
  if (isModule(source)) return source
  try {
    return await compile(name, await open(source ?? beside()), integrity || '')
  } catch (cause) {
    if (cause instanceof HashoutError) throw cause
    throw loadFailed(`${name} could not be loaded.`, cause)
  }
}

/** The default font of appearances. */
export async function loadFont({ fontURL }: LoadOptions): Promise<Uint8Array> {
  const name = 'hashout-font.ttf'
  try {
    const blob = await (await answered(name, await open(fontURL || new URL('./hashout-font.ttf', import.meta.url)))).blob()
    if (!fontURL && FONT_INTEGRITY) await checkHash(name, blob, FONT_INTEGRITY)
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    if (cause instanceof HashoutError) throw cause
    throw loadFailed(`${name} could not be loaded.`, cause)
  }
}

/** Bytes that the page gave, or said where they are. They are copied: what is sent to a worker must stay the page's. */
export async function loadBytes(source: Blob | ArrayBuffer | Uint8Array | Response | URL | string, what: string): Promise<Uint8Array> {
  try {
    if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0))
    if (ArrayBuffer.isView(source)) return Uint8Array.from(source)
    const from = typeof source === 'string' || source instanceof URL ? await open(source) : source
    if (typeof (from as Response).ok === 'boolean') await answered(what, from as Response)
    return new Uint8Array(await from.arrayBuffer())
  } catch (cause) {
    if (cause instanceof HashoutError) throw cause
    throw new HashoutError('FILE_UNREADABLE', `${what} of the appearance cannot be read.`, { cause })
  }
}

function isModule(source: WasmSource | undefined): source is WebAssembly.Module {
  return source instanceof WebAssembly.Module
}

async function open(source: string | URL | Response | PromiseLike<Response>): Promise<Response> {
  if (typeof source !== 'string' && !(source instanceof URL)) return source
  return new URL(source, baseURL()).protocol === 'file:' ? readFile(source) : fetch(source)
}

/**
 * Compiles and hashes beside each other, both off this thread. The bytes go by way of a Blob for that: WebAssembly.compile,
 * fetch with `integrity`, a cloned response and compileStreaming of an ArrayBuffer were each measured to hold up a page for
 * about 100 ms.
 */
async function compile(name: string, response: Response, integrity: string): Promise<WebAssembly.Module> {
  await answered(name, response)
  const type = response.headers.get('Content-Type')?.split(';')[0]?.trim()
  if (type === wasmType && !integrity) return WebAssembly.compileStreaming(response)
  const blob = await response.blob()
  const typed = new Response(blob, { headers: { 'Content-Type': wasmType } })
  // The hash is asked first: whatever the compiler says of a wrong file, that it is wrong is what matters.
  const compiling = WebAssembly.compileStreaming(typed)
  compiling.catch(() => {})
  if (integrity) await checkHash(name, blob, integrity)
  return compiling
}

async function answered(name: string, response: Response): Promise<Response> {
  if (response.ok) return response
  throw new HashoutError('ENGINE_LOAD_FAILED', `${name} could not be loaded: the server answered ${response.status}.`, {
    details: { status: response.status },
    retryable: response.status >= 500,
  })
}

const wasmType = 'application/wasm'

async function checkHash(name: string, blob: Blob, integrity: string): Promise<void> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
  if (`sha256-${btoa(String.fromCharCode(...hash))}` !== integrity) {
    throw loadFailed(`${name} is not the file this package was built with.`)
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
