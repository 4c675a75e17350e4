// What a visible signature looks like: the page's side of the second engine, which draws it.

import { Client } from './client.js'
import { invalidArgument, orAborted } from './errors.js'
import { toDocument } from './inputs.js'
import { loadAppearanceModule, loadBytes, loadFont } from './load.js'
import type { AppearanceAnswer, AppearanceAsk, Port } from './protocol.js'
import type { CallOptions, FileInput, LoadOptions } from './types.js'

/** Bytes of a font or a picture: a Blob, a buffer, a response, or the address of a file. */
export type AppearanceSource = Blob | ArrayBuffer | Uint8Array | Response | URL | string

/** One paragraph of an appearance's text. */
export interface AppearanceLine {
  /** `{name}`, `{date}`, `{reason}`, `{location}` and the names in `values` stand for their values; `{{` is a brace. */
  readonly text: string
  /** Its size, where 1 is the font size. */
  readonly scale?: number
  /** As `#rrggbb`. */
  readonly color?: string
}

/** A point of handwriting; `y` grows downwards, as on a screen. */
export interface InkPoint {
  readonly x: number
  readonly y: number
  /** Between 0 and 1, as `PointerEvent.pressure`. Leave it out if the device does not tell. */
  readonly pressure?: number
}

/** What a visible signature shows. Lengths are in points, colours are written `#rrggbb`. Nothing given is the default look. */
export interface Appearance {
  /**
   * The text, line by line. A line whose values are all empty is left out; long lines are wrapped, and text becomes smaller
   * to fit. Default: who signed, when, and reason and location where given. `false` shows no text.
   */
  readonly text?: string | readonly (string | AppearanceLine)[] | boolean
  /** More values for the text. */
  readonly values?: Readonly<Record<string, string>>
  /** How the date is written. Default: as `2026-11-25 22:45:03 +01:00`, in the page's time zone. */
  readonly date?: (time: Date) => string
  /** Where lines begin. Default: at the side where their script begins. */
  readonly align?: 'left' | 'center' | 'right'
  /** The size of text at most. Default: 10. */
  readonly fontSize?: number
  /** TrueType or OpenType fonts that are asked before the default one, for scripts other than Latin, Greek and Cyrillic. */
  readonly fonts?: readonly AppearanceSource[]
  /** A PNG or JPEG. */
  readonly image?: AppearanceSource
  /** Handwriting: the strokes of a pen or finger. */
  readonly ink?: { readonly strokes: readonly (readonly InkPoint[])[]; readonly width?: number; readonly color?: string }
  /** Where image or ink go: left of the text (the default), right of it, or behind it. */
  readonly layout?: 'left' | 'right' | 'behind'
  /** The content of a QR code. */
  readonly qr?: string
  readonly background?: string
  /** A line around, or a bar on the left. Default: a bar, where there is text. */
  readonly border?: { readonly color?: string; readonly width: number; readonly radius?: number; readonly sides?: 'all' | 'left' } | false
  /** What is kept free at all sides. Default: what suits the size. */
  readonly padding?: number
  /** A PDF whose page is the whole appearance, in place of all of the above. */
  readonly pdf?: FileInput
  /** Which page, from 1. */
  readonly page?: number
}

/** Options of {@link Hashout.previewAppearance}. */
export interface AppearancePreviewOptions extends CallOptions, AppearanceWords {
  readonly appearance?: Appearance | true
  /** The size of the field, as the reader sees it, in points. */
  readonly width: number
  readonly height: number
  /** The name in the signer's certificate, shown where `name` is not given. */
  readonly signerName?: string
  readonly signingTime?: Date
  /** The PDF/A part and level of the document ({@link Inspection.pdfa}): part 1 shows nothing that is transparent. */
  readonly pdfa?: string
  /** Show what a document shows that allows nothing transparent: PDF/A-1, and any PDF/A without an output intent. */
  readonly opaque?: boolean
}

/** A picture of an appearance. */
export interface AppearancePreview {
  /** An SVG, to be shown by an `img` element. */
  readonly blob: Blob
  readonly width: number
  readonly height: number
}

/** The words that an appearance may show besides the signer's name and the date. */
export interface AppearanceWords {
  readonly name?: string | undefined
  readonly reason?: string | undefined
  readonly location?: string | undefined
}

/** Draws appearances. The engine, the font and the pictures are loaded when the first one is wanted. */
export class Appearances {
  readonly #connect: () => Port
  readonly #sources: LoadOptions
  #client: Promise<Client> | undefined
  #font: Promise<Uint8Array> | undefined
  #disposed = false

  constructor(connect: () => Port, sources: LoadOptions) {
    this.#connect = connect
    this.#sources = sources
  }

  /**
   * The function that answers the first engine when it wants an appearance, for one call of it. Documents whose fields are of
   * one size share what is drawn.
   */
  artist(appearance: Appearance | true, words: AppearanceWords): (ask: AppearanceAsk, signal: AbortSignal) => Promise<AppearanceAnswer> {
    const drawn = new Map<string, Promise<AppearanceAnswer>>()
    return (ask, signal) => {
      const key = JSON.stringify([ask.width, ask.height, ask.pdfa, ask.opaque, ask.signerName, ask.signingTime, ask.zoneMinutes])
      let answer = drawn.get(key)
      if (!answer) {
        answer = this.#draw(appearance === true ? {} : appearance, words, ask, signal)
        drawn.set(key, answer)
        answer.catch(() => drawn.delete(key))
      }
      return answer
    }
  }

  /** The picture of an appearance. */
  async preview(options: AppearancePreviewOptions): Promise<AppearancePreview> {
    const { width, height, pdfa = '', opaque, signingTime = new Date(), signerName, signal, appearance = true, ...words } = options
    if (!(width > 0 && height > 0)) throw invalidArgument('A preview needs a width and a height.')
    const ask = { width, height, pdfa, opaque: opaque ?? pdfa.startsWith('1'), field: '', signerName: signerName ?? '', signingTime: signingTime.getTime(), zoneMinutes: -signingTime.getTimezoneOffset() }
    const wanted = appearance === true ? {} : appearance
    if (wanted.pdf !== undefined) throw invalidArgument('A PDF page is its own preview: show it with a PDF viewer.')
    const answer = (await this.#call('preview', wanted, words, ask, signal)) as { svg: string }
    return { blob: new Blob([answer.svg], { type: 'image/svg+xml' }), width, height }
  }

  /** Ends the engine, if it was started. */
  dispose(): void {
    this.#disposed = true
    this.#client?.then((client) => client.dispose(), () => {})
  }

  async #draw(appearance: Appearance, words: AppearanceWords, ask: AppearanceAsk, signal: AbortSignal): Promise<AppearanceAnswer> {
    if (appearance.pdf !== undefined) {
      const { blob } = await orAborted(toDocument(appearance.pdf), signal)
      return { pdf: new Uint8Array(await blob.arrayBuffer()), page: appearance.page ?? 1 }
    }
    const { pdf } = (await this.#call('draw', appearance, words, ask, signal)) as { pdf: Uint8Array<ArrayBuffer> }
    return { pdf, page: 1 }
  }

  async #call(method: 'draw' | 'preview', appearance: Appearance, words: AppearanceWords, ask: AppearanceAsk, signal?: AbortSignal): Promise<unknown> {
    const { fonts = [], image, ...rest } = appearance
    const lines = linesOf(rest.text)
    const silent = lines !== null && lines.length === 0
    const [client, own, standard, picture] = await orAborted(
      Promise.all([
        this.#engine(),
        Promise.all(fonts.map((font) => loadBytes(font, 'A font'))),
        silent ? undefined : this.#defaultFont(),
        image === undefined ? null : loadBytes(image, 'The image'),
      ]),
      signal,
    )
    const spec = {
      lines,
      values: { ...valuesOf(appearance, words, ask), ...rest.values },
      align: rest.align ?? '',
      fontSize: rest.fontSize ?? 0,
      ink: rest.ink ?? null,
      layout: rest.layout ?? '',
      qr: rest.qr ?? '',
      background: rest.background ?? '',
      border: rest.border === false ? null : (rest.border ?? { default: !silent }),
      padding: rest.padding ?? null,
    }
    const { width, height, field, pdfa, opaque } = ask
    const args = { spec, canvas: { width, height, field, pdfa, opaque }, fonts: silent ? [] : [...own, ...(standard ? [standard] : [])], image: picture }
    return client.call(method, args, {}, signal)
  }

  #engine(): Promise<Client> {
    if (this.#disposed) return Promise.reject(invalidArgument('This Hashout was disposed of.'))
    this.#client ??= loadAppearanceModule(this.#sources).then(
      (module) => new Client({ connect: this.#connect, module, memoryBudget: 0 }),
    )
    this.#client.catch(() => (this.#client = undefined))
    return this.#client
  }

  #defaultFont(): Promise<Uint8Array | undefined> {
    if (this.#sources.fontURL === false) return Promise.resolve(undefined)
    this.#font ??= loadFont(this.#sources)
    this.#font.catch(() => (this.#font = undefined))
    return this.#font
  }
}

function linesOf(text: Appearance['text']): AppearanceLine[] | null {
  if (text === undefined || text === true) return null
  if (text === false) return []
  const list = typeof text === 'string' ? text.split('\n') : text
  return list.map((line) => (typeof line === 'string' ? { text: line } : line)).filter((line) => line.text !== '')
}

function valuesOf(appearance: Appearance, words: AppearanceWords, ask: AppearanceAsk): Record<string, string> {
  const time = new Date(ask.signingTime)
  return {
    name: words.name || ask.signerName,
    date: appearance.date ? appearance.date(time) : plainDate(time, ask.zoneMinutes),
    reason: words.reason ?? '',
    location: words.location ?? '',
  }
}

/** Year, month, day and time where the signer is, with the distance from UTC: the same to readers of every language. */
function plainDate(time: Date, zoneMinutes: number): string {
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, '0')
  const local = new Date(time.getTime() + zoneMinutes * 60_000).toISOString()
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zoneMinutes < 0 ? '-' : '+'}${two(zoneMinutes / 60)}:${two(zoneMinutes % 60)}`
}

/** Refuses what is no appearance before anything is prepared. */
export function checkAppearance(appearance: unknown): asserts appearance is Appearance | boolean | undefined {
  if (appearance === undefined || typeof appearance === 'boolean') return
  if (typeof appearance !== 'object' || appearance === null) throw invalidArgument('The option appearance is true, false or an object.')
  const { fonts, image, pdf, ink } = appearance as Appearance
  if (fonts !== undefined && !Array.isArray(fonts)) throw invalidArgument('The fonts of an appearance are an array.')
  if ([image, pdf, ink].filter((part) => part !== undefined).length > 1) {
    throw invalidArgument('An appearance has an image, or ink, or is a page of a PDF.')
  }
}
