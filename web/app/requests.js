// "What left this browser": a fetch that writes down every request before it
// leaves, and the panel that shows them.

import { byID, bytes, count, element } from './dom.js'

// What each name in a request body is. Everything that is not named here is shown
// as "not expected" in red, so that a new field cannot slip by unseen.
const secrets = new Set(['PIN', 'OTP', 'SAD', 'authData', 'password', 'code', 'code_verifier', 'access_token', 'refresh_token', 'token', 'client_secret'])
const plain = new Set([
  'credentialID', 'certificates', 'certInfo', 'authInfo', 'credentialInfo', 'onlyValid', 'maxResults', 'pageToken', 'lang', 'numSignatures',
  'hashAlgo', 'nonce', 'hashAlgorithmOID', 'signAlgo', 'signAlgoParams', 'operationMode', 'description', 'clientData', 'userID',
  'grant_type', 'client_id', 'redirect_uri', 'scope', 'token_type_hint', 'response_type', 'state', 'code_challenge', 'code_challenge_method',
])
const hashes = new Set(['hash', 'hashes'])
const hashSizes = new Set([32, 48, 64])
const storageKey = 'hashout-demo.requests'

const purposes = [
  [/\/credentials\/list$/, 'List your keys'],
  [/\/credentials\/info$/, 'Read a certificate'],
  [/\/credentials\/(authorize|authorizeCheck)$/, 'Release the key for these hashes'],
  [/\/credentials\/(sendOTP|getChallenge)$/, 'Ask for a one-time code'],
  [/\/signatures\/signHash$/, 'Have the hashes signed'],
  [/\/signatures\/timestamp$/, 'Time stamp'],
  [/\/ocsp(\/|$)/, 'Ask whether a certificate was revoked'],
  [/\.crl$/, 'Fetch a revocation list'],
  [/\.(cer|crt|p7c)$/, 'Fetch an issuer’s certificate'],
  [/\/info$/, 'Ask what the service can do'],
  [/\/oauth2\/authorize$/, 'Open the login page'],
  [/\/oauth2\/token$/, 'Exchange the login for a token'],
  [/\/(oauth2|auth)\/revoke$/, 'Log out'],
]

// Requests in DER: a time stamp is asked for a hash, the state of a certificate by its number.
const derKinds = { 'application/timestamp-query': 'hash in a time stamp request', 'application/ocsp-request': 'number of a certificate' }
const maxDER = 400

/** Splits a body in DER into its one field: what it is, if it has the size of such a request. */
export function readDER(body, type) {
  const shown = Array.from(body.subarray(0, maxDER), (b) => b.toString(16).padStart(2, '0')).join('')
  return [{ name: derKinds[type], kind: body.length <= maxDER ? 'plain' : 'unknown', shown }]
}

/** Splits a request's body (or a URL's query) into fields: { name, kind, shown }. */
export function readFields(text, type) {
  if (!text) return []
  const pairs = type.includes('json') ? Object.entries(parse(text)) : [...new URLSearchParams(text)]
  return pairs.flatMap(([name, value]) => (hashes.has(name) ? hashFields(name, value) : [field(name, value)]))
}

function parse(text) {
  try {
    const value = JSON.parse(text)
    if (value && typeof value === 'object' && !Array.isArray(value)) return value
  } catch {
    // shown as one field that is not expected
  }
  return { body: text }
}

function hashFields(name, value) {
  const list = Array.isArray(value) ? value : String(value).split(',')
  return list.map((h, i) => {
    const size = base64Size(h)
    const known = hashSizes.has(size)
    return { name: list.length > 1 ? `${name}[${i}]` : name, kind: known ? 'hash' : 'unknown', shown: String(h), size }
  })
}

function field(name, value) {
  if (secrets.has(name)) return { name, kind: 'secret', shown: '••••••' }
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  return { name, kind: plain.has(name) ? 'plain' : 'unknown', shown }
}

function base64Size(text) {
  try {
    return atob(String(text).replaceAll('-', '+').replaceAll('_', '/')).length
  } catch {
    return -1
  }
}

/** Starts the panel. `documentBytes` tells how much the user has chosen. */
export function trafficPanel({ documentBytes }) {
  let sent = 0
  let requests = 0
  let hashCount = 0
  let unexpected = 0
  let group = null
  const entries = []
  const list = byID('requests')

  const verdict = () => {
    if (unexpected) return `${count(unexpected, 'field')} that this page did not expect: see the red marks.`
    if (requests === 0) return 'Nothing yet.'
    const hashText = hashCount === 0 ? '' : hashCount === 1 ? 'one hash, ' : `${hashCount} hashes, `
    return `${count(requests, 'request')}: ${hashText}names of keys and algorithms, masked secrets. No part of a document.`
  }

  const refresh = () => {
    byID('total-documents').textContent = bytes(documentBytes())
    byID('total-sent').textContent = bytes(sent)
    const leaked = byID('total-leaked')
    leaked.textContent = unexpected ? 'unclear' : '0 B'
    leaked.className = unexpected ? 'bad' : 'good'
    byID('traffic-verdict').textContent = verdict()
  }

  const show = (entry) => {
    const { method, url, fields, size, how } = entry
    entries.push(entry)
    requests++
    sent += size
    hashCount += fields.filter((f) => f.kind === 'hash').length
    unexpected += fields.filter((f) => f.kind === 'unknown').length
    const status = element('span', { class: 'tag' }, how)
    const { origin, pathname } = new URL(url)
    const purpose = purposes.find(([pattern]) => pattern.test(pathname))?.[1] ?? 'Request'
    if (group?.key !== `${method} ${purpose}`) group = startGroup(method, pathname, purpose)
    group.add(size, [
      element('p', { class: 'muted mono' }, `${method} ${origin}${pathname} `, status),
      fields.length === 0 ? element('p', { class: 'muted' }, 'The body is empty.') : fields.map(fieldRow),
    ])
    refresh()
    return (text) => (status.textContent = entry.how = text)
  }

  /** One line for requests of one kind in a row, such as one for each key. */
  const startGroup = (method, pathname, purpose) => {
    const title = element('span', { class: 'purpose' }, purpose)
    const total = element('span', { class: 'bytes' })
    const body = element('div', { class: 'fields' })
    const summary = element('summary', {}, title, total, element('span', { class: 'where mono' }, `${method} ${pathname.length > 48 ? `${pathname.slice(0, 40)}…` : pathname}`))
    list.append(element('li', { class: 'request' }, element('details', {}, summary, body)))
    let times = 0
    let sum = 0
    return {
      key: `${method} ${purpose}`,
      add(size, nodes) {
        times++
        sum += size
        if (times > 1) title.textContent = `${purpose} × ${times}`
        total.textContent = bytes(sum)
        body.append(...nodes.flat())
      },
    }
  }

  const fieldRow = ({ name, kind, shown, size }) => {
    const tags = { hash: `hash, ${size} bytes`, secret: 'masked', unknown: 'not expected' }
    return element(
      'div',
      { class: 'field' },
      element('span', { class: 'key' }, name, kind === 'plain' ? null : element('span', { class: `tag ${kind}` }, tags[kind])),
      element('span', { class: 'mono' }, shown.length > 600 ? `${shown.slice(0, 600)}…` : shown),
    )
  }

  // What was shown before a full-page login; the entries hold no secrets.
  for (const entry of JSON.parse(sessionStorage.getItem(storageKey) ?? '[]')) show(entry)
  sessionStorage.removeItem(storageKey)
  refresh()
  return {
    refresh,

    /** Keeps the list for the page that comes back. */
    keep: () => sessionStorage.setItem(storageKey, JSON.stringify(entries)),

    /** A navigation (the login page) leaves the browser too: it is shown by its URL. */
    navigation(url) {
      const { origin, pathname, search } = new URL(url)
      const query = search.slice(1)
      show({ method: 'GET', url: origin + pathname, fields: readFields(query, 'query'), size: query.length, how: 'opened in a window' })
    },

    /** fetch, written down. Give this to the package and to the login. */
    fetch: async (url, init = {}) => {
      const request = new Request(url, { ...init, body: null })
      // The body is read before anything leaves. A stream could be read only
      // once, so none is accepted: what is not shown is not sent.
      if (init.body instanceof ReadableStream) throw new TypeError('this page sends no streams')
      const body = await new Response(init.body ?? null).arrayBuffer()
      const type = new Headers(init.headers).get('content-type') ?? (init.body instanceof URLSearchParams ? 'form' : 'json')
      const fields = type in derKinds ? readDER(new Uint8Array(body), type) : readFields(new TextDecoder().decode(body), type)
      if (request.headers.has('authorization')) fields.unshift({ name: 'Authorization (header)', kind: 'secret', shown: 'Bearer ••••••' })
      const finish = show({ method: request.method, url: request.url, fields, size: body.byteLength, how: 'on its way' })
      try {
        const response = await fetch(url, init)
        finish(`answered ${response.status}`)
        return response
      } catch (error) {
        finish(init.signal?.aborted ? 'cancelled' : 'no answer')
        throw error
      }
    },
  }
}
