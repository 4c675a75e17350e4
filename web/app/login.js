// The login at the service: OAuth 2.0 with PKCE, in a popup or by leaving the
// page and coming back. The token stays inside the OAuth object, in memory.

import { OAuth } from '/hashout/oauth.js'
import { announce, byID, chip, element } from './dom.js'
import * as keep from './keep.js'
import { explain, serviceWords } from './words.js'

/** OAuth that also writes the login address down: it carries parameters out of the browser. */
class RecordedOAuth extends OAuth {
  #opened

  constructor(options, opened) {
    super(options)
    this.#opened = opened
  }

  async begin(parameters) {
    const begun = await super.begin(parameters)
    this.#opened(begun.url)
    return begun
  }
}

/**
 * Runs the login card.
 *
 * `info()` gives the service's own description, with the address of its login;
 * `leaving()` is called before the page is left, `changed(loggedIn)` after each change.
 */
export function login({ config, info, traffic, documents, leaving, changed, failed }) {
  let oauth = null
  let waiting = null

  const redirectURI = new URL('callback.html', location.href).href

  /** The OAuth client. Its address comes from the service; the configuration may overrule it. */
  const client = async () => {
    const baseURL = config.oauth?.baseURL ?? (await info()).oauth2
    oauth ??= new RecordedOAuth(
      { baseURL, clientID: config.oauth?.clientID ?? 'hashout-demo', redirectURI, fetch: traffic.fetch, ...(config.api === 'v2' && { api: 'v2' }) },
      (url) => traffic.navigation(url),
    )
    return oauth
  }

  const show = (loggedIn) => {
    byID('login-out').hidden = loggedIn
    byID('login-in').hidden = !loggedIn
    byID('login').classList.toggle('complete', loggedIn)
    chip(byID('login-chip'), loggedIn ? 'logged in' : '', 'good')
    byID('login-text').textContent = loggedIn ? 'You are logged in. The token is kept in memory only.' : ''
    changed(loggedIn)
  }

  const wait = (on) => {
    byID('login-button').disabled = on
    byID('login-wait').hidden = !on
    byID('login-cancel').hidden = !on
    for (const radio of document.getElementsByName('login-way')) radio.disabled = on
  }

  const done = () => {
    show(true)
    announce('You are logged in.')
    byID('login-text').focus()
  }

  async function byPopup() {
    waiting = new AbortController()
    wait(true)
    try {
      await (await client()).popup({}, { signal: waiting.signal })
      done()
    } finally {
      waiting = null
      wait(false)
    }
  }

  async function byRedirect() {
    const url = await (await client()).redirect()
    await keep.put(documents())
    leaving()
    location.assign(url)
  }

  const attempt = async (work) => {
    try {
      await work()
    } catch (error) {
      // Closing the window is a decision, not a fault.
      if (error?.code === 'ABORTED') announce('Login cancelled.')
      else failed(error, 'The login did not work')
    }
  }

  byID('login-button').addEventListener('click', () => {
    const way = document.querySelector('input[name="login-way"]:checked').value
    attempt(way === 'popup' ? byPopup : byRedirect)
  })
  byID('login-cancel').addEventListener('click', () => waiting?.abort())
  byID('logout-button').addEventListener('click', async () => {
    show(false)
    announce('You are logged out.')
    byID('login-button').focus()
    await oauth?.logout()
  })
  if (config.demo?.user) {
    const demo = byID('demo-account')
    demo.hidden = false
    demo.append('Demo account: user ', element('code', {}, config.demo.user), ', password ', element('code', {}, config.demo.password), '. The PIN of every key is ', element('code', {}, config.demo.pin), '.')
    if (config.demo.phone) demo.append(' One-time codes appear on the ', element('a', { href: config.demo.phone, target: '_blank', rel: 'noopener' }, 'demo phone'), '.')
  }
  byID('login-button').disabled = false

  return {
    /** For the package: the token of each request. */
    accessToken: (request) => oauth.accessToken(request),

    /** Asks for a token that releases one key, in a popup; call it in a click handler. */
    releaseKey: async (parameters, signal) => (await client()).popup({ scope: 'credential', ...parameters }, { signal }),

    /** Leaves the page for the release of a key; `resume` has its token when the page is back. */
    async leave(authorization) {
      const url = await (await client()).redirect(authorization)
      leaving()
      location.assign(url)
    },

    /**
     * After a full-page login or release: takes the answer from the address and the files
     * from their keep. Gives { documents, released }: the token of a release has a `reference`.
     */
    async resume() {
      const answer = new URL(location.href).searchParams
      if (!answer.has('state')) return { documents: [] }
      let released
      const address = location.href
      history.replaceState(null, '', location.pathname) // a code in the address bar is used up, and nobody's business
      await attempt(async () => {
        const token = await (await client()).completeRedirect(address)
        if (token?.reference) released = token
        else if (token) done()
      })
      return { documents: await keep.take(), released }
    },

    /** The service refused the token: back to the login, with the documents kept. */
    expired() {
      oauth?.logout()
      show(false)
    },
  }
}

/** An error as one sentence with its code, for the notice at the top of the page. */
export function notice(node, heading, error) {
  const { code, title, hint } = explain(error)
  node.replaceChildren(
    element('strong', {}, `${heading}: ${title.charAt(0).toLowerCase()}${title.slice(1)}.`),
    `${hint} `,
    element('span', { class: 'code' }, code),
    serviceWords(error) ? element('p', { class: 'small' }, serviceWords(error)) : '',
  )
  node.hidden = false
}
