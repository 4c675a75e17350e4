// The type of what scripts/build.js makes of wasm_exec.js, Go's own support code.

declare module 'hashout:wasm-exec' {
  /** One Go program's runtime. Only what engine.ts needs is declared. */
  export interface GoRuntime {
    readonly importObject: WebAssembly.Imports
    exit: (code: number) => void
    /** The program's memory, once it runs. */
    readonly mem?: DataView
    run(instance: WebAssembly.Instance): Promise<void>
    _resume(): void
    readonly _scheduledTimeouts: Map<number, number>
  }
  /**
   * Evaluates wasm_exec.js with its own `globalThis`, `fs` and `console` and returns the Go class.
   * Nothing is set on the real global object.
   */
  export function goRuntime(scope: object, fs: object, console: object): new () => GoRuntime
}
