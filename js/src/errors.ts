// The one error class of this package.

/**
 * The stable names of everything that can go wrong. Switch on these, never on messages.
 * The table in README.md says for each of them what happened and what a page can do.
 */
export type HashoutErrorCode =
  | 'INVALID_ARGUMENT'
  | 'ABORTED'
  | 'FILE_UNREADABLE'
  | 'PDF_MALFORMED'
  | 'PDF_ENCRYPTED'
  | 'PDF_PASSWORD_WRONG'
  | 'PDF_PERMISSION'
  | 'PDF_CERTIFIED_NO_CHANGES'
  | 'PDF_FIELD_NOT_FOUND'
  | 'PDF_FIELD_SIGNED'
  | 'PDF_FIELD_LOCKED'
  | 'PDF_UNSUPPORTED'
  | 'PLACEHOLDER_TOO_SMALL'
  | 'GLYPH_MISSING'
  | 'TEXT_TOO_LONG'
  | 'CREDENTIAL_UNUSABLE'
  | 'CERT_MISMATCH'
  | 'ALGORITHM_UNSUPPORTED'
  | 'AUTHORIZATION_FAILED'
  | 'SAD_EXPIRED'
  | 'SAD_REUSED'
  | 'TOKEN_EXPIRED'
  | 'SIGNATURE_COUNT'
  | 'SIGNATURE_ORDER'
  | 'SIGNATURE_INVALID'
  | 'RESPONSE_MALFORMED'
  | 'RESPONSE_TOO_LARGE'
  | 'REDIRECT_REFUSED'
  | 'INSECURE_URL'
  | 'NETWORK'
  | 'TIMEOUT'
  | 'OUTCOME_UNKNOWN'
  | 'RATE_LIMITED'
  | 'SERVICE_ERROR'
  | 'TSA_FAILED'
  | 'REVOCATION_UNAVAILABLE'
  | 'SELF_CHECK_FAILED'
  | 'JOURNAL_FAILED'
  | 'ENGINE_LOAD_FAILED'
  | 'ENGINE_CRASHED'
  | 'INTERNAL'

/** What the signing service itself said, when it answered with an error. */
export interface ServiceFault {
  /** The service's error code, such as `invalid_pin`. */
  readonly error?: string
  /** The service's own explanation. */
  readonly error_description?: string
  /** The HTTP status of the answer. */
  readonly status?: number
}

/** Everything about a {@link HashoutError} besides its code and message. */
export interface HashoutErrorInit {
  readonly details?: Readonly<Record<string, unknown>>
  readonly retryable?: boolean
  readonly service?: ServiceFault
  readonly cause?: unknown
}

/**
 * Every rejection of this package. `message` is fit to be shown to a person; no field holds a token, PIN, OTP or SAD.
 *
 * `cause` (what a callback of the page threw, or a browser's own exception) is not enumerable, so that writing the error
 * to a log does not spread what the page put there.
 */
export class HashoutError extends Error {
  declare readonly name: 'HashoutError'
  /** The stable name of what went wrong. */
  readonly code: HashoutErrorCode
  /** Facts about this case, such as sizes or a field's name. The README names them per code. */
  readonly details: Readonly<Record<string, unknown>>
  /** True if the same call may well succeed later without any change. Never true once a signature may have been made. */
  readonly retryable: boolean
  /** The service's error code, if the service answered with an error. */
  declare readonly error?: string
  /** The service's own explanation, if it gave one. */
  declare readonly error_description?: string
  /** The HTTP status of the service's answer, if there was one. */
  declare readonly status?: number

  constructor(code: HashoutErrorCode, message: string, init: HashoutErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    // Not a class field: that would be enumerable, and an Error's name is not.
    Object.defineProperty(this, 'name', { value: 'HashoutError', enumerable: false })
    this.code = code
    this.details = init.details ?? {}
    this.retryable = init.retryable ?? false
    const service = init.service
    if (service?.error !== undefined) this.error = service.error
    if (service?.error_description !== undefined) this.error_description = service.error_description
    if (service?.status !== undefined) this.status = service.status
  }
}

/** @internal The error for a wrong argument. */
export function invalidArgument(message: string, details?: Record<string, unknown>): HashoutError {
  return new HashoutError('INVALID_ARGUMENT', message, details ? { details } : {})
}

/** @internal The error for a call that was given up; `reason` is an AbortSignal's. */
export function aborted(reason?: unknown): HashoutError {
  return new HashoutError('ABORTED', 'The call was cancelled.', reason === undefined ? {} : { cause: reason })
}

/** @internal Waits for work unless signal fires first; the work itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted(signal.reason))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
