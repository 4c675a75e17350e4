// The entry to everything: loads the engine and gives out services.

import { Appearances, type AppearancePreview, type AppearancePreviewOptions } from './appearance.js'
import { Client } from './client.js'
import { orAborted } from './errors.js'
import { extend, type ExtendedDocument, type ExtendOptions } from './extend.js'
import { toDocument } from './inputs.js'
import { engineThread, loadModule } from './load.js'
import { Service } from './service.js'
import { rootsOf, verificationOf, type Verification, type VerifyOptions, type WireVerification } from './verification.js'
import type { FileInput, InspectOptions, Inspection, LoadOptions, ServiceOptions } from './types.js'

const defaultMemoryBudget = 256 << 20

/** A loaded engine. One is enough for a page: any number of calls can be under way at once. */
export class Hashout {
  /** The engine's version. */
  readonly version: string
  readonly #client: Client
  readonly #appearances: Appearances

  private constructor(client: Client, appearances: Appearances, version: string) {
    this.#client = client
    this.#appearances = appearances
    this.version = version
  }

  /** Loads and starts the engine. Rejects with `ENGINE_LOAD_FAILED` if that cannot be done; a later try may succeed. */
  static async load(options: LoadOptions = {}): Promise<Hashout> {
    const [module, connect] = await Promise.all([
      loadModule(await options.wasmURL, options.integrity),
      engineThread(options.worker),
    ])
    const client = new Client({
      connect,
      module,
      memoryBudget: options.memoryBudget ?? defaultMemoryBudget,
      fetch: options.fetch,
    })
    // A worker that the page made holds one engine; the second one then runs in this thread.
    const second = typeof options.worker === 'object' ? await engineThread(false) : connect
    return new Hashout(client, new Appearances(second, options), await client.ready())
  }

  /** A signing service. Nothing is sent before its methods are called. */
  service(options: ServiceOptions): Service {
    return new Service(this.#client, options, this.#appearances)
  }

  /** Looks at a PDF without any service: its fields, signatures, permissions and what is odd about it. */
  async inspect(file: FileInput, options: InspectOptions = {}): Promise<Inspection> {
    const { blob, password } = await orAborted(toDocument(file), options.signal)
    const secret = options.password ?? password
    const args = secret === undefined ? { blob } : { blob, password: secret }
    return (await this.#client.call('inspect', args, {}, options.signal)) as Inspection
  }

  /**
   * Judges the signatures of a PDF from its bytes: whether they hold, whose they are and since when, and whether what
   * happened to the document afterwards is allowed. Nothing is asked of any service, and no signature is a reason to reject.
   * A file whose cross-reference is broken is one: it rejects with `PDF_MALFORMED`, because readers would not agree on which signatures it has.
   */
  async verify(file: FileInput, options: VerifyOptions = {}): Promise<Verification> {
    const trust = rootsOf(options.trust)
    const time = (options.time ?? new Date()).getTime()
    const { blob, password } = await orAborted(toDocument(file), options.signal)
    const secret = options.password ?? password
    const args = { blob, trust, time, ...(secret === undefined ? {} : { password: secret }) }
    return verificationOf((await this.#client.call('verify', args, {}, options.signal)) as WireVerification)
  }

  /**
   * Takes the signatures of a PDF to a higher level by what is appended to it: a document timestamp where a signature has none (B-T), the
   * certificates and revocation data to judge them (B-LT), a document timestamp over all that (B-LTA). Whoever signed, and wherever.
   * Where the level cannot be reached, the result is what was reached, with the `shortfall`.
   */
  async extend(file: FileInput, options: ExtendOptions): Promise<ExtendedDocument> {
    return extend(this.#client, file, options)
  }

  /**
   * A picture of what a visible signature will show. With the options that `sign` gets, the size of the field and the time of
   * signing it is what the document will show.
   */
  previewAppearance(options: AppearancePreviewOptions): Promise<AppearancePreview> {
    return this.#appearances.preview(options)
  }

  /** Ends the engine and its worker. What is under way rejects with `ABORTED`, later calls with `INVALID_ARGUMENT`. */
  dispose(): void {
    this.#client.dispose()
    this.#appearances.dispose()
  }
}
