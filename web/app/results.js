// One row per document: progress while it is signed, then the download with the
// details of the signature, or the error in plain words.

import { announce, byID, bytes, element, save } from './dom.js'
import { explain, serviceWords } from './words.js'
import { distinct, zip, zipLimit } from './zip.js'

const phases = {
  open: 'Reading the PDF',
  prepare: 'Preparing',
  hash: 'Computing the hash',
  authorize: 'Waiting for the release of the key',
  sign: 'The service signs the hash',
  assemble: 'Putting the signature in',
  verify: 'Checking the result',
  done: 'Signed',
  failed: 'Failed',
}
const order = Object.keys(phases)

/** contract.pdf → contract-signed.pdf */
export const signedName = (name) => `${name.replace(/\.pdf$/i, '')}-signed.pdf`

/** A row of the result list, see resultList. */
function row(file, { unlock, check, complete }) {
  const state = element('span', { class: 'state muted small' }, 'Waiting')
  const bar = element('progress', { max: 1, value: 0, 'aria-label': `Progress of ${file.name}` })
  const actions = element('span', { class: 'row' })
  const body = element('div', { class: 'details' })
  const node = element(
    'li',
    { class: 'result' },
    element('div', { class: 'result-head' }, element('span', { class: 'result-name' }, element('span', { class: 'name' }, file.name), state), actions),
    bar,
    body,
  )
  return {
    node,
    file,
    outcome: null,

    progress({ phase, done, total }) {
      if (this.outcome) return
      state.textContent = phases[phase] ?? phase
      // Each phase has an equal part of the bar; inside, its own done and total.
      const part = total > 0 ? done / total : 0
      bar.value = Math.max(bar.value, Math.min(1, (order.indexOf(phase) + part) / order.indexOf('done')))
    },

    /** A signed document, with the level that was asked for, if it is known. */
    signed({ blob, signature, shortfall }, wanted) {
      this.outcome = { blob, name: signedName(file.name) }
      node.classList.add('done')
      node.classList.toggle('below', Boolean(shortfall))
      node.dataset.bytes = blob.size
      bar.remove()
      state.textContent = `Signed · ${bytes(blob.size)}, ${bytes(blob.size - file.size)} appended`
      body.replaceChildren()
      actions.replaceChildren()
      actions.append(element('button', { class: 'button quiet', type: 'button', click: () => check(blob, this.outcome.name) }, 'Check', element('span', { class: 'visually-hidden' }, ` ${this.outcome.name}`)))
      actions.append(element('button', { class: 'button download', type: 'button', 'aria-label': `Download ${this.outcome.name}`, click: () => save(blob, this.outcome.name) }, 'Download'))
      if (signature.findings?.some((f) => f.kind === 'appearance-may-not-show')) body.append(element('p', { class: 'may-not-show muted' }, 'Some readers will not show the visible signature: this form has them draw all its fields anew.'))
      if (shortfall) body.append(...shortOf(this, signature, shortfall, wanted, complete))
      body.append(disclosure('Signature details', signatureFacts(signature)))
    },

    failed(error) {
      const { code, title, hint } = explain(error)
      this.outcome = { error, code }
      node.classList.add('failed')
      node.dataset.code = code
      bar.remove()
      state.textContent = ''
      state.append(element('span', { class: 'said' }, title), ' ', element('span', { class: 'code' }, code))
      body.append(element('p', {}, hint))
      if (code === 'PDF_ENCRYPTED' || code === 'PDF_PASSWORD_WRONG') body.append(passwordForm(file, unlock))
      const facts = [['Engine', error?.message ?? String(error)]]
      if (serviceWords(error)) facts.push(['Service', serviceWords(error)])
      for (const [name, value] of Object.entries(error?.details ?? {})) facts.push([name, typeof value === 'object' ? JSON.stringify(value) : String(value)])
      body.append(disclosure('Technical details', facts))
    },
  }
}

/** Why a signed document is not of the level that was wanted, and a button that adds what was missing. */
function shortOf(row, signature, shortfall, wanted, complete) {
  const { title, code } = explain(shortfall)
  const { blob, name } = row.outcome
  const add = async ({ currentTarget: button }) => {
    button.disabled = true
    const outcome = await complete(row.file, blob, wanted).then(
      (done) => ({ blob: done.blob, signature: { ...signature, level: done.level }, shortfall: done.shortfall }),
      (error) => ({ blob, signature, shortfall: error }),
    )
    row.signed(outcome, wanted)
    announce(`${name} is of level ${outcome.signature.level}.`)
    row.node.querySelector(outcome.shortfall ? '.add' : '.download').focus() // the button that had the focus is gone
  }
  return [
    element('p', { class: 'short-of' }, `Level ${signature.level}${wanted ? ` instead of ${wanted}` : ' only'}: ${title.charAt(0).toLowerCase()}${title.slice(1)}. `, element('span', { class: 'code' }, code)),
    element('p', { class: 'row' }, 'The signature is good. What is missing can be added later.', wanted && element('button', { class: 'button add', type: 'button', click: add }, 'Add it now', element('span', { class: 'visually-hidden' }, ` to ${name}`))),
  ]
}

function passwordForm(file, unlock) {
  const input = element('input', { type: 'password', autocomplete: 'off', required: true, 'aria-label': `Password of ${file.name}` })
  const submit = (event) => {
    event.preventDefault()
    const password = input.value
    input.value = ''
    unlock(file, password)
  }
  return element('form', { class: 'password row', submit }, input, element('button', { class: 'button', type: 'submit' }, 'Sign with this password'))
}

const disclosure = (title, facts) =>
  element('details', {}, element('summary', {}, title), element('dl', {}, facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])))

// The algorithms of RFC 8017, RFC 5758 and RFC 8410 by their names.
const algorithms = {
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.113549.1.1.11': 'RSA with SHA-256',
  '1.2.840.113549.1.1.12': 'RSA with SHA-384',
  '1.2.840.113549.1.1.13': 'RSA with SHA-512',
  '1.2.840.10045.4.3.2': 'ECDSA with SHA-256',
  '1.2.840.10045.4.3.3': 'ECDSA with SHA-384',
  '1.2.840.10045.4.3.4': 'ECDSA with SHA-512',
  '1.3.101.112': 'Ed25519',
}

function signatureFacts(s = {}) {
  const [, before, after, rest] = s.byteRange ?? []
  const facts = [
    ['Level', s.level && `PAdES ${s.level}`],
    ['Signer', s.signerName],
    ['Field', s.fieldName],
    ['Hash', s.digest],
    ['Algorithm', algorithms[s.signAlgo] ?? s.signAlgo],
    ['Signed at', s.signingTime && new Date(s.signingTime).toLocaleString()],
    ['Covers', s.byteRange && `bytes 0 to ${before} and ${after} to ${after + rest}`],
    ['Signature size', s.contents && bytes(s.contents)],
  ]
  return facts.filter(([, value]) => value).map(([name, value]) => [name, element('span', { class: name === 'Covers' || name === 'Field' ? 'mono' : '' }, String(value))])
}

/**
 * The result list of the page. `unlock(file, password)` is called when the user gives a document's password, `check(blob, name)` when a
 * signed one is to be verified; `complete(file, blob, level)` takes what was signed to the level that it has not reached.
 */
export function resultList(calls) {
  const list = byID('results')
  let rows = []

  byID('download-all').addEventListener('click', async () => {
    const files = distinct(rows.filter((r) => r.outcome?.blob).map((r) => r.outcome))
    const size = files.reduce((sum, f) => sum + f.blob.size, 0)
    if (size > zipLimit) for (const f of files) save(f.blob, f.name)
    else save(await zip(files), 'signed-documents.zip')
  })

  return {
    /** Fresh rows for files, each in its place; rows of other documents stay. */
    start(files) {
      const fresh = files.map((file) => row(file, calls))
      const places = new Map(fresh.map((r) => [r.file, r]))
      rows = rows.map((r) => places.get(r.file) ?? r)
      rows.push(...fresh.filter((r) => !rows.includes(r)))
      list.replaceChildren(...rows.map((r) => r.node))
      byID('results-head').hidden = true
      return fresh
    },
    /** Shows the buttons that go with what came out. */
    finish() {
      const good = rows.filter((r) => r.outcome?.blob).length
      const bad = rows.filter((r) => r.outcome?.error).length
      byID('results-head').hidden = rows.length === 0
      byID('download-all').hidden = good < 2
      byID('again-button').hidden = rows.length === 0
      return { good, bad }
    },
    /** What became of a file: 'signed', 'failed', or nothing yet. */
    stateOf(file) {
      const outcome = rows.find((r) => r.file === file)?.outcome
      return outcome?.blob ? 'signed' : outcome?.error ? 'failed' : ''
    },
    clear() {
      rows = []
      list.replaceChildren()
      byID('results-head').hidden = true
    },
  }
}
