// The panel that says what the signatures of a PDF are worth: of one just signed,
// or of any file. Nothing is sent anywhere.

import { announce, byID, element } from './dom.js'
import { commonName } from './credentials.js'
import { explain } from './words.js'

const outcomes = {
  'TOTAL-PASSED': { kind: 'good', mark: '✓', title: 'Valid' },
  INDETERMINATE: { kind: 'warn', mark: '?', title: 'Not certain' },
  'TOTAL-FAILED': { kind: 'bad', mark: '✕', title: 'Not valid' },
}

const kinds = { signature: 'Signature', certification: 'Certification', timestamp: 'Document time stamp' }

const changes = {
  none: 'nothing',
  'validation-data': 'validation data only',
  'form-filling': 'fields were filled or signed',
  annotations: 'comments were added',
  other: 'the document was changed',
}

const permissions = { 'no-changes': 'no changes', 'form-filling': 'filling in and signing', annotations: 'filling in, signing and comments' }

const moment = (date) => new Date(date).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** The facts of one signature as [name, text] pairs. */
export function factsOf(s) {
  const facts = [
    ['Signer', s.signer && commonName(s.signer.subject)],
    ['Issued by', s.signer && commonName(s.signer.issuer)],
    ['Trusted through', s.chain.length > 0 && s.chain.map((c) => commonName(c.subject)).join(' › ')],
    ['Level', s.level && `PAdES ${s.level}`],
    ['Existed for sure', s.provenAt && `at ${moment(s.provenAt)}, by a time stamp`],
    ['Not signed before', s.contentTimestamps.filter((t) => t.indication === 'TOTAL-PASSED').map((t) => moment(t.time))[0]],
    ['Claimed time', !s.provenAt && s.claimedTime],
    ['Algorithm', s.algorithm],
    ['Covers', { 'whole-file': 'the whole file', revision: 'the file as it was then', broken: 'not what it must' }[s.coverage]],
    ['Since then', s.changes && `${changes[s.changes.kind]}${s.changes.kind === 'none' || s.changes.allowed ? '' : ', which is not allowed'}`],
    ['Allows', s.permits && permissions[s.permits]],
    ['Reason', s.reason],
    ['Place', s.location],
    ['Field', s.fieldName],
  ]
  return facts.filter(([, value]) => value).map(([name, value]) => [name, String(value)])
}

const badge = (verdict) => {
  const { kind, mark, title } = outcomes[verdict.indication]
  return element('span', { class: `verdict ${kind}` }, element('span', { class: 'mark', 'aria-hidden': 'true' }, mark), ` ${title} `, element('span', { class: 'code' }, verdict.subIndication ?? verdict.indication))
}

const signatureItem = (s) =>
  element(
    'li',
    { class: 'result' },
    element('div', { class: 'result-head' }, element('h4', {}, `${kinds[s.kind]}${s.signer ? ` of ${commonName(s.signer.subject)}` : ''}`), badge(s)),
    element('p', { class: 'small' }, s.explanation),
    element('div', { class: 'details' }, element('dl', {}, factsOf(s).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))),
  )

/** `verify(file)` asks the engine. */
export function verifyPanel({ verify }) {
  const list = byID('verify-list')
  const head = byID('verify-head')
  let asked = 0

  async function check(file, name = file.name) {
    const mine = ++asked
    list.replaceChildren()
    head.hidden = false
    head.replaceChildren(element('span', { class: 'muted' }, `Checking ${name} …`))
    let said
    try {
      const { verdict, signatures } = await verify(file)
      if (mine !== asked) return
      list.replaceChildren(...signatures.map(signatureItem))
      head.replaceChildren(element('h3', { tabindex: '-1' }, name), verdict ? badge(verdict) : element('span', { class: 'chip' }, 'no signature'))
      said = verdict ? outcomes[verdict.indication].title : 'No signature'
    } catch (error) {
      if (mine !== asked) return
      const { title, hint, code } = explain(error)
      head.replaceChildren(element('h3', { tabindex: '-1' }, name), element('span', { class: 'chip bad' }, title), element('p', { class: 'small' }, `${hint} `, element('span', { class: 'code' }, code)))
      said = title
    }
    announce(`${name}: ${said}.`)
    head.querySelector('h3').focus()
    byID('verify').scrollIntoView({ block: 'nearest' })
  }

  byID('verify-picker').addEventListener('change', ({ target }) => {
    const [file] = target.files
    target.value = ''
    if (file) check(file)
  })
  return { check }
}
