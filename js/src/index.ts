// The public API.

/**
 * Signs PDFs in the page with a key at a remote signing service. The documents stay where they are: only hashes go out.
 *
 * @packageDocumentation
 */

export type {
  Appearance,
  AppearanceLine,
  AppearancePreview,
  AppearancePreviewOptions,
  AppearanceSource,
  AppearanceWords,
  InkPoint,
} from './appearance.js'
export { HashoutError } from './errors.js'
export type { HashoutErrorCode, HashoutErrorInit, ServiceFault } from './errors.js'
export { Hashout } from './hashout.js'
export type { ExtendedDocument, ExtendOptions } from './extend.js'
export type { Answer, EvidenceOptions, Level, LevelOptions, ProxyAddress, RevocationOptions, RevocationRequest, TimestampQuery, TimestampSource } from './levels.js'
export type { Batch } from './batch.js'
export { pageRect } from './placement.js'
export type { ShownBox, ShownPage } from './placement.js'
export type { Service } from './service.js'
export type * from './types.js'
export type {
  DocumentChanges,
  TrustedRoot,
  Verdict,
  Verification,
  VerifiedSignature,
  VerifiedTimestamp,
  VerifyOptions,
} from './verification.js'
