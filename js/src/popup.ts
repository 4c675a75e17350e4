// The way of an OAuth answer from the popup back to the page that opened it.

import { aborted, HashoutError } from './errors.js'

const channelPrefix = 'hashout.oauth.'
const closedCheckMs = 300

/** The message that the callback page sends. */
interface CallbackMessage {
  readonly hashout: 'oauth'
  readonly url: string
}

/**
 * To be called by the page at the redirect URI: hands the answer to the page that opened this window and closes it.
 * Returns false if this window is not a popup with an answer; then the page may go on as usual.
 */
export function relayCallback(): boolean {
  const state = new URL(location.href).searchParams.get('state')
  // A page that left for the service by itself keeps its transaction; then this is no popup's answer.
  if (state === null || sessionStorage.getItem(channelPrefix + state) !== null) return false
  const message: CallbackMessage = { hashout: 'oauth', url: location.href }
  const channel = new BroadcastChannel(channelPrefix + state)
  channel.postMessage(message)
  channel.close()
  // Within an embedding page the channel may be split off; the opener is not.
  const opener = window.opener as Window | null
  opener?.postMessage(message, location.origin)
  window.close()
  return true
}

/** Opens an empty popup, which must happen within the click that asked for it. @internal */
export function openPopup(features: string): Window {
  const popup = window.open('about:blank', '_blank', features)
  if (!popup) throw new HashoutError('AUTHORIZATION_FAILED', 'The browser blocked the login window.', { details: { popup: 'blocked' } })
  return popup
}

/** Waits for the answer of one popup. @internal */
export interface CallbackListener {
  /** Resolves to the callback address; rejects with ABORTED when signal fires or popup was closed. */
  wait(popup: Window | undefined, signal: AbortSignal | undefined): Promise<string>
  close(): void
}

/** Listens for the answer with this state, from pages of origin only. @internal */
export function listenForCallback(state: string, origin: string): CallbackListener {
  const channel = new BroadcastChannel(channelPrefix + state)
  const over = new AbortController()
  let deliver!: (url: string) => void
  const delivered = new Promise<string>((resolve) => (deliver = resolve))
  const hear = (event: MessageEvent<Partial<CallbackMessage> | null>) => {
    const url = event.data?.hashout === 'oauth' ? event.data.url : undefined
    // event.origin is empty or our own on a BroadcastChannel, which never leaves its origin.
    if (event.target === window && event.origin !== origin) return
    if (typeof url === 'string' && new URL(url).origin === origin && new URL(url).searchParams.get('state') === state) deliver(url)
  }
  channel.addEventListener('message', hear)
  window.addEventListener('message', hear, { signal: over.signal })
  return {
    wait: (popup, signal) =>
      new Promise((resolve, reject) => {
        void delivered.then(resolve)
        signal?.addEventListener('abort', () => reject(aborted(signal.reason)), { signal: over.signal })
        const timer = setInterval(() => {
          if (!popup?.closed) return
          clearInterval(timer)
          // The answer may still be on its way: the popup closes itself right after sending it.
          setTimeout(() => reject(new HashoutError('ABORTED', 'The login window was closed.')), closedCheckMs)
        }, closedCheckMs)
        over.signal.addEventListener('abort', () => clearInterval(timer))
      }),
    close: () => {
      over.abort()
      channel.close()
    },
  }
}
