// Puts the parts of the page together. Each part lives in app/.

import { Hashout } from '/hashout/index.js'
import { announce, byID, chip, count } from './app/dom.js'
import { credentialChooser, keyName } from './app/credentials.js'
import { documentList } from './app/files.js'
import { lookChooser } from './app/look.js'
import { login, notice } from './app/login.js'
import { askPlacement, samePlace } from './app/placement.js'
import { trafficPanel } from './app/requests.js'
import { resultList } from './app/results.js'
import { signingRun } from './app/signing.js'
import { verifyPanel } from './app/verify.js'

const config = await (await fetch('config.json')).json()
let working = false
let loggedIn = false
let service = null
let engine = null
/** A signing that was left for the release of its key, and the token that came back. */
let waiting = null

const failed = (error, heading) => {
  notice(byID('notice'), heading, error)
  byID('notice').scrollIntoView({ block: 'nearest' })
}

/** The documents that are not signed yet. */
const pending = () => documents.files.filter((file) => results.stateOf(file) !== 'signed')

/** What the sign button does, and what it needs, said next to it. */
function refresh() {
  traffic.refresh()
  if (working) return
  const open = pending()
  const missing = [documents.files.length === 0 && 'choose documents', !loggedIn && 'log in', !credentials.chosen && 'pick a key'].filter(Boolean)
  const button = byID('sign-button')
  button.hidden = byID('sign-hint').hidden = waiting !== null || (documents.files.length > 0 && open.length === 0)
  button.disabled = missing.length > 0 || service === null
  const again = open.length > 0 && open.every((file) => results.stateOf(file) === 'failed')
  button.textContent = again ? `Try ${count(open.length, 'document')} again` : open.length > 0 ? `Sign ${count(open.length, 'document')}` : 'Sign'
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}` : missing.join('')
  byID('sign-hint').textContent = list ? `${list.charAt(0).toUpperCase()}${list.slice(1)} first.` : ''
}

/** Nothing may change under a run. */
function busy(on) {
  working = on
  documents.lock(on)
  credentials.lock(on)
  byID('sign-button').hidden = byID('sign-hint').hidden = on
  byID('logout-button').disabled = on
  byID('notice').hidden = true
  for (const input of byID('sign').querySelectorAll('input, select')) input.disabled = on
  refresh()
}

/** Asks where the signature of a document goes, and perhaps puts it there in all. */
async function place(entry, entries) {
  const { file, password, placement } = entry
  const answer = await askPlacement({ file, password, open: await entry.openFields, placement, others: entries.length - 1, draw: look.draw })
  if (!answer) return
  entry.placement = answer.placement
  entry.show()
  const left = []
  for (const other of answer.all ? entries.filter((e) => e !== entry) : []) {
    try {
      // A field of one form is no field of another: there it is the same rectangle.
      other.placement = answer.placement && (await samePlace(answer.placement, other.file, other.password))
      other.show()
    } catch {
      left.push(other.file.name) // what cannot be opened cannot be placed: it keeps what it had
    }
  }
  announce(left.length ? `The place is set, but not in ${left.join(', ')}.` : 'The place of the signature is set.')
}

const documents = documentList({ changed: () => refreshSoon(), inspect: async (file, password) => (await ready, engine.inspect(password === undefined ? file : { file, password })), place })
const traffic = trafficPanel({ documentBytes: () => documents.totalBytes })
const credentials = credentialChooser({ changed: () => (look.refresh(), refreshSoon()) })
const look = lookChooser({
  preview: async (options) => (await ready, engine.previewAppearance({ ...options, signerName: credentials.chosen ? keyName(credentials.chosen) : 'Your name' })),
})
const verification = verifyPanel({ verify: async (file) => (await ready, engine.verify(file, config.trust && { trust: config.trust })) })
const timestamp = config.timestamp ?? { service: true }
const results = resultList({
  check: verification.check,
  unlock: (file, password) => (documents.setPassword(file, password), sign([file])),
  complete: (file, blob, level) => service.extend(blob, { level, timestamp, password: documents.input(file).password }),
})

// The parts report changes while they are still being built.
const refreshSoon = () => queueMicrotask(refresh)

let described
/** The service's own description; a failure is asked again next time. */
const info = () => {
  described ??= ready.then(() => service.info()).catch((error) => {
    described = undefined
    throw error
  })
  return described
}

async function loadCredentials() {
  credentials.message('Asking the service for your keys …')
  try {
    const list = await service.credentials()
    if (loggedIn) credentials.show(list)
    announce(`${count(list.length, 'key')} found.`)
  } catch (error) {
    credentials.message('Your keys could not be read.')
    failed(error, 'Your keys could not be read')
    if (error.code === 'TOKEN_EXPIRED') session.expired()
  }
}

const session = login({
  config,
  info,
  traffic,
  documents: () => documents.kept(),
  leaving: () => traffic.keep(),
  failed,
  changed(now) {
    loggedIn = now
    byID('notice').hidden = true
    if (now) loadCredentials().then(goOn)
    else credentials.message('Your keys appear here after the login.')
    refreshSoon()
  },
})

const signing = signingRun({ results, busy, leave: session.leave, input: documents.input, appearance: () => look.appearance, releaseKey: session.releaseKey, phone: config.demo?.phone, timestamp })

async function sign(files) {
  if (byID('sign-button').disabled) return // no key, or no login any more: the hint next to the button says so
  const outcomes = await signing.run(service, credentials.chosen, files)
  if (outcomes.some((o) => o.code === 'TOKEN_EXPIRED')) session.expired()
  refresh()
}

byID('sign-button').addEventListener('click', () => sign(pending()))
byID('again-button').addEventListener('click', () => {
  results.clear()
  documents.clear()
  chip(byID('sign-chip'), '')
  byID('sign').classList.remove('complete')
  byID('documents').focus()
})

byID('service-name').textContent = config.name ?? 'Signing service'

const ready = Hashout.load({ fetch: traffic.fetch }).then((hashout) => {
  engine = hashout
  service = hashout.service({ url: config.service, accessToken: (request) => session.accessToken(request), ...(config.api && { api: config.api }) })
  byID('engine').classList.add('ready')
  byID('engine-text').textContent = 'Engine ready'
})
ready.then(refresh).catch((error) => {
  byID('engine').classList.add('failed')
  byID('engine-text').textContent = 'Engine not loaded'
  failed(error, 'The signing engine could not start')
})
// The service's name and login address, ahead of the click: a popup must open at once.
info().catch((error) => failed(error, 'The service does not answer'))

function showWaiting() {
  byID('kept').hidden = !waiting
  refresh()
  if (waiting) byID('kept-text').textContent = `The key is released for ${count(waiting.files.length, 'document')}. Log in once more: then the service signs the hashes, and you get your documents.`
}
async function goOn() {
  if (!waiting || !loggedIn || working) return
  const { token, ...kept } = waiting
  waiting = null
  showWaiting()
  await ready
  await signing.goOn(service, kept, token.accessToken)
  refresh()
}
byID('kept-login').addEventListener('click', () => byID('login-button').click())
byID('kept-drop').addEventListener('click', async () => {
  await signing.drop(waiting.id)
  waiting = null
  showWaiting()
  byID('documents').focus()
})

const resumed = await session.resume()
documents.add(resumed.documents)
if (resumed.released) {
  const kept = await signing.kept(resumed.released.reference)
  if (kept) {
    waiting = { ...kept, token: resumed.released }
    documents.add(kept.files)
    showWaiting()
    byID('kept').scrollIntoView({ block: 'center' })
  }
}
