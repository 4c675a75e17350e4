// The public types.

import type { Appearance } from './appearance.js'
import type { HashoutError, HashoutErrorCode } from './errors.js'
import type { Level, LevelOptions, EvidenceOptions } from './levels.js'

/** A document as a page may have it. A `FileSystemFileHandle` is read when the call starts. */
export type FileLike = Blob | ArrayBuffer | Uint8Array | Response | FileSystemFileHandle

/** A document with what belongs to it. */
export interface NamedFile {
  readonly file: FileLike
  /** The name that results carry. Default: the `File`'s own name. */
  readonly name?: string
  /** The password that opens an encrypted document. */
  readonly password?: string
  /** Where the signature goes in this document, in place of what the options of `sign` say for all. */
  readonly field?: FieldOptions
}

/** Anything that can be signed or inspected. */
export type FileInput = FileLike | NamedFile

/** Where the engine's WebAssembly comes from. */
export type WasmSource = string | URL | Response | PromiseLike<Response> | WebAssembly.Module

/** Options of {@link Hashout.load}. */
export interface LoadOptions {
  /** The address of `hashout.wasm`, a response that carries it, or the compiled module. Default: the file beside this script. */
  readonly wasmURL?: WasmSource
  /**
   * Where the engine runs: `true`, in a worker (the default wherever there are workers); `false`, in the calling thread;
   * or a module worker of `hashout/worker` that the page made itself, or a function that makes one. A Worker that was
   * given is not terminated by {@link Hashout.dispose}; one that the function made is.
   */
  readonly worker?: boolean | Worker | (() => Worker)
  /**
   * The SHA-256 that `hashout.wasm` must have, as `sha256-` and base64. Default: the hash of the file this package was
   * built with. `false` turns the check off. A compiled module is not checked.
   */
  readonly integrity?: string | false
  /** Documents are hashed in one piece as long as together they stay below this many bytes. Default: 256 MB. */
  readonly memoryBudget?: number
  /**
   * Where the engine that draws visible signatures comes from, and what it must hash to, as for the first engine. It is
   * loaded when a visible signature is wanted. Default: `hashout-appearance.wasm` beside this script.
   */
  readonly appearanceURL?: WasmSource
  readonly appearanceIntegrity?: string | false
  /** The font of appearances, after those that an appearance brings. Default: `hashout-font.ttf` beside this script; `false`: none. */
  readonly fontURL?: string | URL | false
  /** Carries every request to services in place of the global `fetch`, for instance through the page's own proxy. */
  readonly fetch?: typeof fetch
}

/** Gives the access token of the service. `refresh` is true when the service refused the last one. */
export type AccessTokenSource = string | ((request: { readonly refresh: boolean }) => string | Promise<string>)

/** Options of {@link Hashout.service}. */
export interface ServiceOptions {
  /** The base address of the CSC service, such as `https://rssp.example/csc/v1`. https, or http on loopback. */
  readonly url: string
  /** The token, or a function that is asked at each request. It goes to the service's origin only and stays in JavaScript. */
  readonly accessToken?: AccessTokenSource
  /** Which CSC version the service speaks. Default: `'auto'`. */
  readonly api?: 'auto' | 'v1' | 'v2'
  /** How long one request may take. Default: chosen by the engine. */
  readonly timeoutMs?: number
  /** Header fields for every request to the service, such as a proxy in front of it may want. */
  readonly headers?: Readonly<Record<string, string>>
  /** Where this service deviates from the specification. Leave it out unless a service needs it. */
  readonly dialect?: Dialect
}

/** Deviations of a service from the specification. */
export interface Dialect {
  /** Where a credential-scoped access token goes: into the field SAD, or alone as the bearer. */
  readonly credentialToken?: 'sad' | 'bearer'
  /** How hashes are written in addresses. */
  readonly urlHashes?: 'base64url' | 'base64url-padded' | 'base64'
  readonly escapedHashes?: boolean
  readonly omitHashAlgo?: boolean
  readonly omitSignAlgo?: boolean
  readonly omitOperationMode?: boolean
  readonly v1NamesInV2?: boolean
  readonly numSignaturesAsText?: boolean
  /** One SAD may be used for several requests, or for one only. */
  readonly reuseSAD?: boolean
  readonly singleUseSAD?: boolean
  /** The service gives signatures in any order: each is matched with its hash by verifying it. */
  readonly reorderSignatures?: boolean
  /** Paths of endpoints that are not where the specification puts them, by endpoint name. */
  readonly paths?: Readonly<Record<string, string>>
  /** Overrides how many signatures one authorization covers. */
  readonly multisign?: number
}

/** Options that every call takes. */
export interface CallOptions {
  /** Cancels the call: it rejects with `ABORTED`, and requests under way are dropped. */
  readonly signal?: AbortSignal
}

/** What a service says about itself (CSC `info`). */
export interface ServiceInfo {
  readonly specs: string
  readonly name: string
  readonly logo?: string
  readonly region?: string
  readonly lang?: string
  readonly description?: string
  readonly authType: readonly string[]
  /** The base address for `hashout/oauth`, if the service has one. */
  readonly oauth2?: string
  readonly methods: readonly string[]
  readonly [field: string]: unknown
}

/** How a PIN or OTP must be given for a credential. */
export interface Factor {
  /** `'true'`, `'false'` or `'optional'`. */
  readonly presence: string
  /** `'N'` for digits, `'A'` for any characters. */
  readonly format?: string
  readonly label?: string
  readonly description?: string
  /** `'online'` if the service sends the OTP on request. */
  readonly type?: string
  readonly ID?: string
  readonly provider?: string
}

/** One piece of authorization data that a CSC v2 credential asks for. */
export interface AuthObject {
  readonly type: string
  readonly id: string
  readonly label?: string
  readonly description?: string
  readonly format?: string
  readonly generator?: string
}

/** A certificate, as far as a page shows it. */
export interface CertificateInfo {
  readonly subject: string
  readonly issuer: string
  /** In hexadecimal. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** The DER encoding. */
  readonly der: Uint8Array
}

/** A remote key with its certificate. */
export interface Credential {
  readonly credentialID: string
  readonly description: string
  readonly status: string
  /** Whether it can sign now. */
  readonly usable: boolean
  /** Why not, if it cannot. */
  readonly reason: HashoutError | null
  /** How its use is authorized: `'implicit'`, `'explicit'` or `'oauth2code'`. */
  readonly authMode: string
  /** 2 if an authorization is bound to the hashes, else 1. */
  readonly scal: number
  /** How many signatures one authorization may cover. */
  readonly multisign: number
  readonly pin: Factor | null
  readonly otp: Factor | null
  readonly objects: readonly AuthObject[]
  readonly key: { readonly algo: readonly string[]; readonly len: number; readonly curve: string | null }
  /** Null if the service gave none that can be read; such a credential is not usable. */
  readonly certificate: CertificateInfo | null
  /** The issuers' certificates in DER, the signer's own issuer first. */
  readonly chain: readonly Uint8Array[]
  /** The service's answer about this credential, as JSON text. */
  readonly raw: string
}

/** What an authorization is asked for. */
export interface AuthorizationRequest {
  readonly credentialID: string
  readonly credential: Credential
  /** The hashes to be signed, in standard base64. */
  readonly hashes: readonly string[]
  readonly hashAlgorithmOID: string
  readonly numSignatures: number
  readonly scal: number
  readonly authMode: string
  readonly pin: Factor | null
  readonly otp: Factor | null
  readonly objects: readonly AuthObject[]
  /** Which of the files given to `sign` this authorization is for. */
  readonly documents: readonly number[]
  /** Fires when the answer is not wanted any more: close the dialog. */
  readonly signal: AbortSignal
}

/** What authorizes the use of a key: a PIN and OTP, or other `authData`, or the SAD that they would give. */
export interface Authorization {
  readonly PIN?: string
  readonly OTP?: string
  readonly authData?: readonly { readonly id: string; readonly value?: string }[]
  /** Signature activation data obtained elsewhere, for instance by an OAuth authorization of scope `credential`. */
  readonly SAD?: string
  /** How long the SAD lives, in seconds. */
  readonly expiresIn?: number
  /** A credential-scoped access token that replaces the SAD (CSC v2). */
  readonly accessToken?: string
}

/** Asks whoever holds the key. What it throws makes the call fail, and is the `cause` of the error. */
export type Authorize = (request: AuthorizationRequest) => Authorization | Promise<Authorization>

/** What is being done. */
export type Phase = 'open' | 'prepare' | 'hash' | 'timestamp' | 'authorize' | 'sign' | 'assemble' | 'verify' | 'extend' | 'done' | 'failed'

/** One step of progress. */
export interface Progress {
  /** The index of the file, or -1 for the batch as a whole. */
  readonly document: number
  readonly phase: Phase
  /** In phase `hash` bytes, else steps. */
  readonly done: number
  readonly total: number
  /** In phase `hash`: how much of the document is hashed. */
  readonly bytes?: number
  readonly totalBytes?: number
}

/** Where a signature goes. Without it, a new invisible field is made. */
export interface FieldOptions {
  /** The field's name: an existing empty signature field, or the name of a new one. */
  readonly name?: string
  /** The page of a new visible field, counted from 1. */
  readonly page?: number
  /** Its place in points: left, bottom, right, top. */
  readonly rect?: readonly [number, number, number, number]
  /** Refuse to make a new field. */
  readonly mustExist?: boolean
}

/** How a document is signed. */
export interface SignatureOptions {
  /** The PAdES baseline level. Above B-B it needs `timestamp`. Default: B-B. */
  readonly level?: Level
  /** The digest of document and signature. Default: what fits the key. */
  readonly digest?: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** Prefer RSASSA-PSS where the key allows a choice. */
  readonly preferPSS?: boolean
  /** The signature algorithm's OID, where the choice by key and certificate is not wanted. */
  readonly signAlgo?: string
  /** Put the root certificate into the signature too. */
  readonly embedRoots?: boolean
  readonly subFilter?: 'ETSI.CAdES.detached' | 'adbe.pkcs7.detached'
  /** What the signature is meant to say: one of the commitments of EN 319 122-1, or the OID of another. Excludes `reason`. */
  readonly commitment?:
    | 'proof-of-origin'
    | 'proof-of-receipt'
    | 'proof-of-delivery'
    | 'proof-of-sender'
    | 'proof-of-approval'
    | 'proof-of-creation'
    | (string & {})
  /** The policy that the signature follows, with the hash of the policy document. */
  readonly policy?: {
    readonly oid: string
    readonly hash: Uint8Array
    readonly digest?: 'SHA-256' | 'SHA-384' | 'SHA-512'
    readonly uri?: string
  }
  /** Where the signer says to be, in the signature itself. Excludes `location`. */
  readonly signerLocation?: { readonly country?: string; readonly locality?: string; readonly postalAddress?: readonly string[] }
  /** Bind the algorithms into the signature (RFC 6211). */
  readonly algorithmProtection?: boolean
  /**
   * Have an authority of `timestamp` stamp the hash of the document before it is signed, and sign that timestamp with it: it proves that the
   * signature is not older. A document for which none can be had fails with `TSA_FAILED`, and its hash does not leave for the service.
   */
  readonly contentTimestamp?: boolean
}

/** Options of {@link Service.sign}. */
export interface SignOptions extends PrepareOptions {
  /** Asks for PIN and OTP, or for a SAD. May be left out for credentials that need neither. */
  readonly authorize?: Authorize
  /** Keeps the journal, so that the signing outlives this page. */
  readonly journal?: JournalKeeper
}

/** Options of {@link Service.prepare}. */
export interface PrepareOptions extends CallOptions, SignatureOptions, LevelOptions, EvidenceOptions {
  /** The key to sign with: a credential of this service, or its ID. */
  readonly credential: Credential | string
  readonly onProgress?: (progress: Progress) => void
  readonly field?: FieldOptions
  /**
   * What the signature shows where its field takes up room on a page. Default: the default look; `false`: nothing. What it
   * needs is loaded when the first visible field is met.
   */
  readonly appearance?: Appearance | boolean
  readonly reason?: string
  readonly location?: string
  /** The signer's name in the signature dictionary. */
  readonly name?: string
  readonly contactInfo?: string
  /** Makes this a certification: what may be done to the document afterwards. */
  readonly certify?: 'no-changes' | 'form-filling' | 'annotations'
  /** Which fields the signature locks. */
  readonly lock?: { readonly action: 'all' | 'include' | 'exclude'; readonly fields?: readonly string[] }
  /** Passed to the service as it is. */
  readonly clientData?: string
  /** The transaction's description for the signer's device. */
  readonly description?: string
  /** Hashes per signHash call; never more than the credential allows. */
  readonly batchSize?: number
  /** How long one signHash call may take. Default: 300 seconds. */
  readonly signTimeoutMs?: number
  /** Have a v2 service sign in the background, and ask for the result. */
  readonly async?: boolean
  /** The claimed time of signing. Default: now. */
  readonly signingTime?: Date
  /** The software's name in the signature dictionary. */
  readonly software?: string
}

/** How large a signature will be. */
export interface SizeEstimate {
  /** The signature value, at most, in bytes. */
  readonly signature: number
  /** What is reserved for the whole CMS, in bytes. */
  readonly contents: number
  /** The algorithm's OID that the service will be asked for. */
  readonly signAlgo: string
  readonly digest: string
}

/** What was put into a signed document. */
export interface SignatureInfo {
  readonly fieldName: string
  /** Two (offset, length) pairs: all of the file but the signature itself. */
  readonly byteRange: readonly [number, number, number, number]
  /** The size of the signature in bytes. */
  readonly contents: number
  readonly digest: string
  readonly signAlgo: string
  readonly level: string
  readonly signerName: string
  /** What was odd about the document, without being in the way of the signature. */
  readonly findings?: readonly Finding[]
}

/** Something odd about a document. */
export interface Finding {
  /** A stable word, such as `usage-rights-dropped`. */
  readonly kind: string
  readonly count?: number
}

/** A document that was signed. */
export interface SignedDocument {
  readonly index: number
  readonly name?: string
  /** The original's bytes and, after them, the signature. */
  readonly blob: Blob
  readonly signature: SignatureInfo
  readonly error?: undefined
  /** Why it is not of the level asked for; `signature.level` says what it is. `TSA_FAILED`, `REVOCATION_UNAVAILABLE`, and others. */
  readonly shortfall?: HashoutError
  /** The same bytes as `blob`, as a stream. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
}

/** A document that was not signed. */
export interface FailedDocument {
  readonly index: number
  readonly name?: string
  readonly error: HashoutError
  readonly shortfall?: undefined
  readonly blob?: undefined
  readonly signature?: undefined
}

/** The result of {@link Service.sign}: one entry per file, in the order of the files. */
export interface SignResult {
  /** The journal's name: under it a keeper has this signing. */
  readonly id?: string
  readonly documents: readonly (SignedDocument | FailedDocument)[]
}

/** Options of {@link Batch.finish}: what authorizes, in one of three ways, and what `sign` takes besides. */
export interface FinishOptions extends CallOptions, Authorization, LevelOptions {
  /** Asks for PIN and OTP, or for a SAD. */
  readonly authorize?: (request: Omit<AuthorizationRequest, 'credential'>) => Authorization | Promise<Authorization>
  readonly onProgress?: (progress: Progress) => void
  /** Keeps the journal from now on. */
  readonly journal?: JournalKeeper
}

/** Options of {@link Service.restore}. */
export interface RestoreOptions extends CallOptions {
  /** The appearance that the batch was prepared with, if it was not the default look: a journal holds no pictures. */
  readonly appearance?: Appearance | boolean
  readonly onProgress?: (progress: Progress) => void
}

/**
 * Where a document stands. `prepared`: nothing left the page. `submitted`: its hash left. `received`: its signature came back, and is not
 * yet in the document. `signed`, `failed`: it has ended. `unknown`: its hash left and the answer was lost, so that the service may have
 * signed; it is never sent again.
 */
export type DocumentState = 'prepared' | 'submitted' | 'received' | 'signed' | 'failed' | 'unknown'

/** A signing as a value, to be kept as JSON: what it takes to go on in another page. It holds no secret and no document. */
export interface SigningJournal {
  readonly version: number
  readonly id: string
  /** Grows with each change, so that of two pages with the same journal only one can go on. */
  readonly revision: number
  readonly service: string
  readonly credential: { readonly credentialID: string; readonly raw: string }
  readonly signingTime: string
  readonly options?: unknown
  readonly documents: readonly {
    readonly name?: string
    readonly size: number
    readonly state: DocumentState
    readonly options?: unknown
    readonly seed?: string
    readonly update?: string
    /** The document digest, which names the document. */
    readonly digest?: string
    /** The timestamp over that digest which is signed with the document. */
    readonly contentTimestamp?: string
    readonly signAlgo?: string
    readonly hashAlgo?: string
    /** What the service is asked to sign. */
    readonly hash?: string
    readonly signature?: string
    readonly error?: { readonly code: string; readonly message: string; readonly details?: Readonly<Record<string, unknown>> }
  }[]
}

/** A document as it is kept beside a journal; {@link Service.restore} takes it back. */
export interface KeptFile {
  readonly file: Blob
  readonly name?: string
}

/**
 * Keeps journals, such as {@link JournalStore} of `hashout/journal` does.
 *
 * `keep` is called at each change of a state, and before a hash leaves: when its promise is fulfilled the journal must be safe. If it
 * rejects, nothing is sent. It must refuse a journal whose `revision` is not above that of the one it has.
 */
export interface JournalKeeper {
  keep(journal: SigningJournal, files: readonly (KeptFile | undefined)[]): void | Promise<void>
}

/** One document of a {@link Batch}. */
export interface BatchDocument {
  readonly index: number
  readonly name?: string
  readonly state: DocumentState
  /** What is to be signed, in standard base64. */
  readonly hash?: string
  /** Why it cannot go on. */
  readonly error?: HashoutError
}

/** Options of {@link Hashout.inspect}. */
export interface InspectOptions extends CallOptions {
  readonly password?: string
}

/** Whether and how a document is certified: 0 not, 1 no changes, 2 form filling, 3 annotations too. */
export type CertificationLevel = 0 | 1 | 2 | 3

/** What a PDF says about itself. It comes from its structure alone: no signature is verified. */
export interface Inspection {
  readonly bytes: number
  readonly version: string
  readonly pages: number
  readonly revisions: number
  readonly xref: 'table' | 'stream' | 'rebuilt'
  readonly pdfa?: string
  readonly encrypted: boolean
  /** Cipher and revision, such as `AESV3 R6`. */
  readonly encryption?: string
  /** What an encrypted document allows to those who are not its owner. */
  readonly permissions?: readonly string[]
  /** The document is not encrypted, or was opened by its owner's password. */
  readonly ownerAccess: boolean
  readonly certified: CertificationLevel
  /** The document carries certificates and revocation data for validation. */
  readonly dss: boolean
  /** Whether earlier signatures and permissions leave room for a new signature field, and for signing an existing one. */
  readonly canAddField: boolean
  readonly canFill: boolean
  readonly fields: readonly SignatureField[]
  readonly signatures: readonly InspectedSignature[]
  readonly findings: readonly Finding[]
  /** Why the document cannot be signed as it is. */
  readonly refusal?: { readonly code: HashoutErrorCode; readonly message: string }
}

/** A signature field of a document. */
export interface SignatureField {
  readonly name: string
  readonly signed: boolean
  /** By an earlier signature. */
  readonly locked: boolean
}

/** A signature that a document has already. */
export interface InspectedSignature {
  readonly fieldName: string
  readonly subFilter: string
  readonly byteRange: readonly [number, number, number, number]
  /** The ranges leave out the signature's own place and nothing else. */
  readonly wellFormed: boolean
  /** Nothing was appended afterwards. */
  readonly coversWholeFile: boolean
  readonly timestamp: boolean
  readonly certifies: CertificationLevel
  readonly name?: string
  readonly reason?: string
  readonly location?: string
  /** The claimed time, as it stands in the document. */
  readonly time?: string
  /** The certificate that the signature names; `null` if its CMS cannot be read. Times are milliseconds since 1970. Nothing is verified. */
  readonly signer: {
    readonly subject: string
    readonly issuer: string
    readonly serialNumber: string
    readonly notBefore: number
    readonly notAfter: number
  } | null
  readonly digest?: string
  /** The PAdES baseline level that the signature has the parts of. */
  readonly levelShape?: 'B-B' | 'B-T' | 'B-LT' | 'B-LTA'
}
