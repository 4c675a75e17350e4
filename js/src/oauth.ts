// OAuth 2.0 authorization code flow with PKCE for CSC services (CSC API v1 §8.3, v2 §8.4; RFC 7636), in the page alone.

/**
 * Logs in at a signing service, by a popup or by leaving the page, and keeps the tokens in memory.
 *
 * @packageDocumentation
 */

import { readBody } from './body.js'
import { aborted, HashoutError, invalidArgument } from './errors.js'
import { listenForCallback, openPopup, type CallbackListener } from './popup.js'

export { HashoutError } from './errors.js'
export { relayCallback } from './popup.js'

/** How to reach an authorization server. */
export interface OAuthOptions {
  /** The service's `info.oauth2`: the endpoints are `oauth2/authorize`, `oauth2/token` and `oauth2/revoke` below it. */
  readonly baseURL: string
  readonly clientID: string
  /** Where the service sends the browser back to, as registered with it; of this page's own origin. */
  readonly redirectURI: string
  /** Endpoints of services that keep them elsewhere. */
  readonly endpoints?: { readonly authorize?: string; readonly token?: string; readonly revoke?: string }
  /** The API version, which decides how hashes are named in an authorization of scope `credential`. Default: `'v1'`. */
  readonly api?: 'v1' | 'v2'
  readonly lang?: string
  /** Carries token requests in place of the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** What is asked for. */
export interface AuthorizationParameters {
  /** `'service'` for access to the API (the default), `'credential'` for the use of one key. */
  readonly scope?: 'service' | 'credential'
  readonly credentialID?: string
  readonly numSignatures?: number
  /** The hashes to be signed, in standard base64, as `authorize` is given them. */
  readonly hashes?: readonly string[]
  readonly hashAlgorithmOID?: string
  readonly description?: string
  readonly clientData?: string
  /** Comes back with the token: what the page wants to remember while the browser is away, such as a journal's id. It is not sent. */
  readonly reference?: string
  /** Further parameters, for services that want them. */
  readonly extra?: Readonly<Record<string, string>>
}

/** What a token endpoint gave. */
export interface TokenSet {
  readonly accessToken: string
  /** `Bearer`, or `SAD` for an authorization of scope `credential` in v1. */
  readonly tokenType: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly refreshToken?: string
  readonly credentialID?: string
  /** What {@link AuthorizationParameters} had as its reference. */
  readonly reference?: string
}

/** An authorization under way: what must be remembered until the browser comes back. It is worth nothing without the answer. */
export interface OAuthTransaction {
  readonly state: string
  readonly verifier: string
  readonly scope: 'service' | 'credential'
  readonly reference?: string
}

/** Options of {@link OAuth.popup}. */
export interface PopupOptions {
  readonly signal?: AbortSignal
  /** Window features. Default: 520 by 720 pixels. */
  readonly features?: string
  /**
   * Whether closing the popup cancels. Default: true. Set it to false for a service that sends
   * `Cross-Origin-Opener-Policy`, which makes its window look closed from here.
   */
  readonly cancelOnClose?: boolean
}

/** Where transactions are kept while the browser is away: `sessionStorage` fits. */
export interface TransactionStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

const storagePrefix = 'hashout.oauth.'
const maxAnswerBytes = 64 << 10
/** CSC: a token whose expires_in is absent lives for an hour. */
const defaultLifetimeSeconds = 3600
/** A token this close to its end is refreshed first. */
const leewayMs = 10_000

/** A client of one authorization server. The service token stays in this object. */
export class OAuth {
  readonly #options: OAuthOptions
  #token: TokenSet | undefined
  #refreshing: Promise<TokenSet> | undefined

  constructor(options: OAuthOptions) {
    this.#options = options
    for (const url of [this.#endpoint('authorize'), this.#endpoint('token'), this.#endpoint('revoke')]) requireSecure(url)
  }

  /** Whether there is a service token, possibly an expired one. */
  get loggedIn(): boolean {
    return this.#token !== undefined
  }

  /**
   * The token for `hashout.service({ accessToken: oauth.accessToken })`: refreshed when it is about to expire or was
   * refused, if the service gave a refresh token. Rejects with `TOKEN_EXPIRED` when only a new login helps.
   */
  readonly accessToken = async ({ refresh = false }: { readonly refresh?: boolean } = {}): Promise<string> => {
    const token = this.#token
    if (!token) throw new HashoutError('TOKEN_EXPIRED', 'Not logged in at the signing service.')
    if (!refresh && Date.now() < token.expiresAt - leewayMs) return token.accessToken
    const { refreshToken } = token
    if (refreshToken === undefined) {
      if (!refresh && Date.now() < token.expiresAt) return token.accessToken
      throw new HashoutError('TOKEN_EXPIRED', 'The login at the signing service has expired.')
    }
    // Calls that meet an expired token at the same time share one refresh: a refresh token may work only once.
    this.#refreshing ??= this.#request({ grant_type: 'refresh_token', refresh_token: refreshToken })
      .then((fresh) => (this.#token = { refreshToken, ...fresh }))
      .finally(() => (this.#refreshing = undefined))
    return (await this.#refreshing).accessToken
  }

  /** Makes the address to send the browser to, and what {@link OAuth.complete} needs when it comes back. */
  async begin(parameters: AuthorizationParameters = {}): Promise<{ url: string; transaction: OAuthTransaction }> {
    const { clientID, redirectURI, lang, api = 'v1' } = this.#options
    const { scope = 'service', hashes, extra } = parameters
    const state = randomText()
    const verifier = randomText()
    const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
    const url = new URL(this.#endpoint('authorize'))
    const query: Record<string, string | number | undefined> = {
      response_type: 'code',
      client_id: clientID,
      redirect_uri: redirectURI,
      scope,
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      lang,
      credentialID: parameters.credentialID,
      numSignatures: parameters.numSignatures,
      [api === 'v1' ? 'hash' : 'hashes']: hashes?.map(toBase64url).join(','),
      hashAlgorithmOID: api === 'v2' && hashes ? parameters.hashAlgorithmOID : undefined,
      description: parameters.description,
      clientData: parameters.clientData,
      ...extra,
    }
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const { reference } = parameters
    return { url: url.href, transaction: { state, verifier, scope, ...(reference !== undefined && { reference }) } }
  }

  /**
   * Ends an authorization with the address that the browser came back to. A token of scope `service` is kept for
   * {@link OAuth.accessToken}; one of scope `credential` is only returned.
   */
  async complete(transaction: OAuthTransaction, callbackURL: string | URL, signal?: AbortSignal): Promise<TokenSet> {
    const answer = new URL(callbackURL).searchParams
    if (answer.get('state') !== transaction.state) {
      throw new HashoutError('AUTHORIZATION_FAILED', 'The answer of the login belongs to another login.')
    }
    const error = answer.get('error')
    if (error !== null) {
      const description = answer.get('error_description')
      throw new HashoutError('AUTHORIZATION_FAILED', 'The signing service refused the login.', {
        service: description === null ? { error } : { error, error_description: description },
      })
    }
    const code = answer.get('code')
    if (!code) throw new HashoutError('RESPONSE_MALFORMED', 'The answer of the login holds no code.')
    const token = await this.#request(
      { grant_type: 'authorization_code', code, redirect_uri: this.#options.redirectURI, code_verifier: transaction.verifier },
      signal,
    )
    if (transaction.scope === 'service') this.#token = token
    const { reference } = transaction
    return reference === undefined ? token : { ...token, reference }
  }

  /**
   * Logs in by a popup. Call it directly in a click handler: browsers block popups that open later. The page at the
   * redirect URI must call {@link relayCallback}.
   */
  async popup(parameters: AuthorizationParameters = {}, options: PopupOptions = {}): Promise<TokenSet> {
    const { signal } = options
    if (signal?.aborted) throw aborted(signal.reason)
    const popup = openPopup(options.features ?? 'popup,width=520,height=720')
    let listener: CallbackListener | undefined
    try {
      const { url, transaction } = await this.begin(parameters)
      listener = listenForCallback(transaction.state, new URL(this.#options.redirectURI).origin)
      popup.location.replace(url)
      const callback = await listener.wait((options.cancelOnClose ?? true) ? popup : undefined, signal)
      return await this.complete(transaction, callback, signal)
    } finally {
      listener?.close()
      popup.close()
    }
  }

  /** Remembers the authorization and returns the address to leave for: `location.assign(await oauth.redirect())`. */
  async redirect(parameters: AuthorizationParameters = {}, storage: TransactionStorage = sessionStorage): Promise<string> {
    const { url, transaction } = await this.begin(parameters)
    storage.setItem(storagePrefix + transaction.state, JSON.stringify(transaction))
    return url
  }

  /**
   * Ends what {@link OAuth.redirect} began, on the page at the redirect URI. Resolves to null if the address is not an
   * answer to it. Take the answer out of the address bar afterwards: `history.replaceState(null, '', '/')`.
   */
  async completeRedirect(callbackURL: string | URL = location.href, storage: TransactionStorage = sessionStorage): Promise<TokenSet | null> {
    const state = new URL(callbackURL).searchParams.get('state')
    const kept = state === null ? null : storage.getItem(storagePrefix + state)
    if (kept === null) return null
    storage.removeItem(storagePrefix + state)
    return this.complete(JSON.parse(kept) as OAuthTransaction, callbackURL)
  }

  /** Forgets the tokens and asks the service to revoke them. Never rejects: the page is logged out in any case. */
  async logout(): Promise<void> {
    const token = this.#token
    this.#token = undefined
    if (!token) return
    const revoke = (value: string, hint: string) =>
      this.#post('revoke', { token: value, token_type_hint: hint }).catch(() => undefined)
    if (token.refreshToken !== undefined) await revoke(token.refreshToken, 'refresh_token')
    await revoke(token.accessToken, 'access_token')
  }

  /** Services publish the base of their endpoints, or wrongly the authorize address itself. */
  #endpoint(name: 'authorize' | 'token' | 'revoke'): string {
    const base = this.#options.baseURL.replace(/\/+$/, '').replace(/\/oauth2\/authorize$/, '')
    return this.#options.endpoints?.[name] ?? `${base}/oauth2/${name}`
  }

  async #request(form: Record<string, string>, signal?: AbortSignal): Promise<TokenSet> {
    const response = await this.#post('token', form, signal)
    const answer = await readJSON(response)
    const text = (name: string) => (typeof answer[name] === 'string' ? (answer[name] as string) : undefined)
    if (!response.ok) {
      const error = text('error')
      const description = text('error_description')
      throw new HashoutError(
        error === 'invalid_grant' && form['grant_type'] === 'refresh_token' ? 'TOKEN_EXPIRED' : 'AUTHORIZATION_FAILED',
        'The signing service gave no access token.',
        {
          service: {
            status: response.status,
            ...(error === undefined ? {} : { error }),
            ...(description === undefined ? {} : { error_description: description }),
          },
        },
      )
    }
    const accessToken = text('access_token')
    if (!accessToken) throw new HashoutError('RESPONSE_MALFORMED', 'The answer of the token endpoint holds no access token.')
    const seconds = Number(answer['expires_in'] ?? defaultLifetimeSeconds)
    const refreshToken = text('refresh_token')
    const credentialID = text('credentialID')
    return {
      accessToken,
      tokenType: text('token_type') ?? 'Bearer',
      expiresAt: Date.now() + 1000 * (seconds > 0 ? seconds : defaultLifetimeSeconds),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(credentialID === undefined ? {} : { credentialID }),
    }
  }

  async #post(endpoint: 'token' | 'revoke', form: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const carry = this.#options.fetch ?? fetch
    try {
      return await carry(this.#endpoint(endpoint), {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
        body: new URLSearchParams({ ...form, client_id: this.#options.clientID }).toString(),
        // A redirect would carry the code to wherever it points.
        redirect: 'error',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        signal: signal ?? null,
      })
    } catch (cause) {
      if (signal?.aborted) throw aborted(signal.reason)
      throw new HashoutError('NETWORK', 'The login server could not be reached, or does not allow this page (CORS).', {
        cause,
        retryable: true,
      })
    }
  }
}

async function readJSON(response: Response): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await readBody(response, maxAnswerBytes, 'token endpoint'))
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // An error answer may be of any form; its status says enough.
  }
  if (response.ok) throw new HashoutError('RESPONSE_MALFORMED', 'The answer of the token endpoint is not JSON.')
  return {}
}

function requireSecure(address: string): void {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw invalidArgument('The address of the login server is not a URL.')
  }
  const loopback = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new HashoutError('INSECURE_URL', 'The login server must be reached by https.')
  }
}

/** 256 random bits: a state, or a verifier of 43 characters (RFC 7636 §4.1). */
function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)).buffer)
}

function base64url(bytes: ArrayBuffer): string {
  return toBase64url(btoa(String.fromCharCode(...new Uint8Array(bytes))))
}

function toBase64url(base64: string): string {
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
