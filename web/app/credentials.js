// The list of signing keys, with the reason next to each that cannot be used.

import { byID, chip, element } from './dom.js'
import { explain } from './words.js'

/** The common name of an RFC 4514 subject, or the whole of it. */
export function commonName(subject = '') {
  const match = /(?:^|[,+])CN=((?:\\.|[^,+\\])*)/i.exec(subject)
  return match ? match[1].replace(/\\(.)/g, '$1') : subject
}

/** The name a key goes by on this page. */
export const keyName = (c) => commonName(c.certificate?.subject) || c.description || c.credentialID

const curves = { '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521' }

/** The kind of key in words: "RSA 3072", "P-256". */
export function keyKind(key = {}) {
  if (key.algo?.includes('1.3.101.112')) return 'Ed25519'
  if (key.curve) return curves[key.curve] ?? key.curve
  return key.len ? `RSA ${key.len}` : 'key'
}

const isWanted = (factor) => Boolean(factor) && factor.presence !== 'false' && factor.presence !== false

function factsOf(c) {
  const facts = [keyKind(c.key)]
  if (c.authMode === 'oauth2code') facts.push('approved on the service’s page')
  else if (c.authMode === 'implicit') facts.push('approved on your device')
  else facts.push([isWanted(c.pin) && 'PIN', isWanted(c.otp) && 'one-time code'].filter(Boolean).join(' and ') || 'no PIN')
  facts.push(c.multisign > 1 ? `up to ${c.multisign} documents at once` : 'one document at a time')
  if (c.scal === 2) facts.push('bound to these hashes (SCAL2)')
  if (c.certificate?.notAfter) facts.push(`valid until ${new Date(c.certificate.notAfter).toLocaleDateString(undefined, { dateStyle: 'medium' })}`)
  return facts
}

/** Shows the keys; `supported` may add a reason of the page itself why a key cannot be chosen here. */
export function credentialChooser({ changed, supported = () => '' }) {
  let chosen = null
  const box = byID('credentials')

  const choose = (credential) => {
    chosen = credential
    chip(byID('credential-chip'), credential ? keyName(credential) : '')
    byID('credential').classList.toggle('complete', Boolean(credential))
    changed()
  }

  const option = (c, i) => {
    const why = c.usable === false ? c.reason?.message ?? explain(c.reason).title : supported(c)
    const id = `credential-${i}`
    return element(
      'label',
      { class: why ? 'credential unusable' : 'credential' },
      element('input', { type: 'radio', name: 'credential', value: c.credentialID, disabled: Boolean(why), 'aria-describedby': why ? `${id}-why` : `${id}-facts`, change: () => choose(c) }),
      element('span', { class: 'name' }, keyName(c)),
      element('span', { class: 'facts', id: `${id}-facts` }, factsOf(c).map((f) => element('span', {}, f))),
      why ? element('span', { class: 'why', id: `${id}-why` }, `Cannot be used: ${why.charAt(0).toLowerCase()}${why.slice(1)}`) : null,
    )
  }

  return {
    get chosen() {
      return chosen
    },
    /** Shows a sentence in place of the list. */
    message(text) {
      box.hidden = true
      byID('credential-empty').hidden = false
      byID('credential-empty').textContent = text
      choose(null)
    },
    show(list) {
      // Usable keys first; otherwise the service's own order.
      const sorted = [...list].sort((a, b) => Number(b.usable !== false && !supported(b)) - Number(a.usable !== false && !supported(a)))
      box.replaceChildren(box.querySelector('legend'), ...sorted.map(option))
      byID('credential-empty').hidden = list.length > 0
      byID('credential-empty').textContent = 'The service has no key for you.'
      box.hidden = list.length === 0
      choose(null)
      const usable = box.querySelectorAll('input:enabled')
      if (usable.length === 1) usable[0].click()
    },
    lock(on) {
      box.disabled = on
    },
  }
}
