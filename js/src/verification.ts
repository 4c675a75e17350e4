// The types of a verification, and how they are made of the engine's answer.

import { invalidArgument } from './errors.js'
import type { CallOptions, CertificateInfo } from './types.js'

/** A trusted root: a certificate in DER, or PEM text with one or several. */
export type TrustedRoot = Uint8Array | ArrayBuffer | string

/** Options of {@link Hashout.verify}. */
export interface VerifyOptions extends CallOptions {
  /**
   * Whom to believe. Without it nobody is known: the result says whether the signatures hold (`intact`) and what happened
   * to the document, and at best `INDETERMINATE` with `NO_CERTIFICATE_CHAIN_FOUND`.
   */
  readonly trust?: TrustedRoot | readonly TrustedRoot[]
  /** The time of the verification. Default: now. */
  readonly time?: Date
  /** The password of an encrypted document. */
  readonly password?: string
}

/** An outcome in the words of ETSI EN 319 102-1, and in plain ones. */
export interface Verdict {
  /** All is well; or something is missing or not known; or the signature is worth nothing. */
  readonly indication: 'TOTAL-PASSED' | 'INDETERMINATE' | 'TOTAL-FAILED'
  /** Why it is not `TOTAL-PASSED`. */
  readonly subIndication?:
    | 'FORMAT_FAILURE'
    | 'HASH_FAILURE'
    | 'SIG_CRYPTO_FAILURE'
    | 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE'
    | 'NO_SIGNING_CERTIFICATE_FOUND'
    | 'NO_CERTIFICATE_CHAIN_FOUND'
    | 'CHAIN_CONSTRAINTS_FAILURE'
    | 'OUT_OF_BOUNDS_NO_POE'
    | 'NOT_YET_VALID'
    | 'REVOKED_NO_POE'
    | 'REVOKED_CA_NO_POE'
    | 'TRY_LATER'
    | 'TIMESTAMP_ORDER_FAILURE'
    | 'SIG_CONSTRAINTS_FAILURE'
  /** A sentence fit to show. */
  readonly explanation: string
}

/** What the signatures of a document are worth. */
export interface Verification {
  /** The worst verdict of the signatures, or of the document timestamps if there is nothing else. `null` for a document without any. */
  readonly verdict: Verdict | null
  /** In the order in which they were made. */
  readonly signatures: readonly VerifiedSignature[]
}

/** A signature or document timestamp that was verified. */
export interface VerifiedSignature extends Verdict {
  readonly fieldName: string
  /** A certification is a signature that says what may be done afterwards; a timestamp is over the document. */
  readonly kind: 'signature' | 'certification' | 'timestamp'
  readonly subFilter: string
  readonly byteRange: readonly [number, number, number, number]
  /** It covers the whole file; or one of its revisions, with others after it; or its ranges are not as they must be. */
  readonly coverage: 'whole-file' | 'revision' | 'broken'
  /** Digest and signature value hold: the covered bytes are what was signed with the key of `signer`, whoever that is. */
  readonly intact: boolean
  /** The PAdES baseline level that it reaches with what the document holds. */
  readonly level?: 'B-B' | 'B-T' | 'B-LT' | 'B-LTA'
  /** Such as `ECDSA with SHA-256`. */
  readonly algorithm?: string
  readonly signer: CertificateInfo | null
  /** From the signer to one of the trusted roots; empty if there is no such way. */
  readonly chain: readonly CertificateInfo[]
  /** When the signature existed for sure, by a timestamp that holds and whose authority is trusted. */
  readonly provenAt: Date | null
  /** What the document says about the time, as it stands there. */
  readonly claimedTime?: string
  /** Those over the signature value. */
  readonly timestamps: readonly VerifiedTimestamp[]
  /** Those over the document that are part of the signature: it is younger than each one that passes. */
  readonly contentTimestamps: readonly VerifiedTimestamp[]
  /** What happened to the document afterwards. `null` if `coverage` is `'broken'`. */
  readonly changes: DocumentChanges | null
  /** What a certification permits. */
  readonly permits?: 'no-changes' | 'form-filling' | 'annotations'
  readonly name?: string
  readonly reason?: string
  readonly location?: string
}

/** A timestamp by an authority. */
export interface VerifiedTimestamp extends Verdict {
  readonly time: Date
  readonly signer: CertificateInfo | null
}

/** The difference between what was signed and the document. */
export interface DocumentChanges {
  /**
   * The furthest that anything went: `'validation-data'` is what makes signatures last (certificates, revocation data,
   * document timestamps) and metadata; `'form-filling'` is values of fields and further signatures; `'annotations'` is comments
   * that can neither hide nor show content; `'other'` is anything else.
   */
  readonly kind: 'none' | 'validation-data' | 'form-filling' | 'annotations' | 'other'
  /** Whether the certification and the locks permit it. `'other'` is never permitted. */
  readonly allowed: boolean
  /** The fields that were filled, signed or made. */
  readonly fields: readonly string[]
  /** What made it `'other'`. */
  readonly reasons: readonly string[]
}

/** Base64 of each trusted root. */
export function rootsOf(trust: VerifyOptions['trust']): string[] {
  if (trust === undefined) return []
  const list = Array.isArray(trust) ? (trust as readonly TrustedRoot[]) : [trust as TrustedRoot]
  return list.map((root) => {
    if (typeof root === 'string') return toBase64(new TextEncoder().encode(root))
    if (root instanceof ArrayBuffer) return toBase64(new Uint8Array(root))
    if (ArrayBuffer.isView(root)) return toBase64(new Uint8Array(root.buffer, root.byteOffset, root.byteLength))
    throw invalidArgument('A trusted root must be DER bytes or PEM text.')
  })
}

/** @internal */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

type Wire<T> = {
  [K in keyof T]: K extends 'signer' ? WireCertificate | null : K extends 'chain' ? WireCertificate[] : T[K] extends Date ? number : T[K]
}
type WireCertificate = Omit<CertificateInfo, 'notBefore' | 'notAfter' | 'der'> & { notBefore: number; notAfter: number; der: string }
type WireSignature = Omit<Wire<VerifiedSignature>, 'provenAt' | 'timestamps' | 'contentTimestamps'> & {
  provenAt: number | null
  timestamps: Wire<VerifiedTimestamp>[]
  contentTimestamps: Wire<VerifiedTimestamp>[]
}

/** What the engine answers. */
export interface WireVerification {
  readonly verdict: Verdict | null
  readonly signatures: readonly WireSignature[]
}

/** Gives times and certificates their public form. */
export function verificationOf(wire: WireVerification): Verification {
  return { verdict: wire.verdict, signatures: wire.signatures.map(signatureOf) }
}

function signatureOf(wire: WireSignature): VerifiedSignature {
  return {
    ...wire,
    signer: certificateOf(wire.signer),
    chain: wire.chain.map((one) => certificateOf(one)!),
    provenAt: wire.provenAt === null ? null : new Date(wire.provenAt),
    timestamps: wire.timestamps.map(timestampOf),
    contentTimestamps: wire.contentTimestamps.map(timestampOf),
  }
}

function timestampOf(wire: Wire<VerifiedTimestamp>): VerifiedTimestamp {
  return { ...wire, time: new Date(wire.time), signer: certificateOf(wire.signer) }
}

function certificateOf(wire: WireCertificate | null): CertificateInfo | null {
  if (!wire) return null
  const der = Uint8Array.from(atob(wire.der), (character) => character.charCodeAt(0))
  return { ...wire, notBefore: new Date(wire.notBefore), notAfter: new Date(wire.notAfter), der }
}
