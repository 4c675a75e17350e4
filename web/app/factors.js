// The dialog that asks for PIN and one-time code. The values live only in the
// two inputs and in the returned object; both inputs are emptied at once.

import { byID, count, element } from './dom.js'

/**
 * Asks for the factors a credential wants. `request` is what the package hands to
 * `authorize`; `problem` is the reason the last try failed, if there was one;
 * `phone` is the address of a page with the codes, in the demo.
 * Resolves to { PIN?, OTP? }, or to null when the user cancels or `signal` aborts.
 */
export function askFactors({ request, keyName, problem, phone, signal }) {
  const dialog = byID('factors')
  const form = byID('factors-form')
  const inputs = { PIN: byID('pin'), OTP: byID('otp') }
  const wanted = { PIN: needed(request.pin), OTP: needed(request.otp) }
  if (!wanted.PIN && !wanted.OTP) return Promise.resolve({})
  if (signal?.aborted) return Promise.resolve(null)

  byID('factors-text').textContent = `${count(request.numSignatures, 'signature')} with the key “${keyName}”. The service checks ${wanted.PIN && wanted.OTP ? 'PIN and code' : wanted.PIN ? 'the PIN' : 'the code'}; this page keeps nothing of it.`
  byID('factors-ok').textContent = request.numSignatures === 1 ? 'Sign' : `Sign ${request.numSignatures}`
  const error = byID('factors-error')
  error.hidden = !problem
  error.textContent = problem ?? ''
  setUp('pin', 'PIN', request.pin, wanted.PIN)
  setUp('otp', 'One-time code', request.otp, wanted.OTP)
  if (wanted.OTP && phone) byID('otp-hint').append(' · ', element('a', { href: phone, target: '_blank', rel: 'noopener' }, 'Look at the demo phone'))

  return new Promise((resolve) => {
    const finish = (value) => {
      for (const input of Object.values(inputs)) {
        input.value = ''
        input.removeAttribute('aria-invalid')
      }
      form.removeEventListener('submit', onSubmit)
      byID('factors-cancel').removeEventListener('click', onCancel)
      dialog.removeEventListener('cancel', onCancel)
      signal?.removeEventListener('abort', onCancel)
      if (dialog.open) dialog.close() // gives the focus back to where it was
      resolve(value)
    }
    const onCancel = (event) => {
      event.preventDefault?.()
      finish(null)
    }
    const onSubmit = (event) => {
      event.preventDefault()
      const values = {}
      for (const [name, input] of Object.entries(inputs)) {
        if (!wanted[name]) continue
        if (input.value === '') {
          error.hidden = false
          error.textContent = `Enter the ${name === 'PIN' ? 'PIN' : 'one-time code'}.`
          input.setAttribute('aria-invalid', 'true')
          input.focus()
          return
        }
        values[name] = input.value
      }
      finish(values)
    }
    form.addEventListener('submit', onSubmit)
    byID('factors-cancel').addEventListener('click', onCancel)
    dialog.addEventListener('cancel', onCancel)
    signal?.addEventListener('abort', onCancel)
    dialog.showModal()
    inputs[wanted.PIN ? 'PIN' : 'OTP'].focus()
  })
}

const needed = (factor) => Boolean(factor) && factor.presence !== 'false' && factor.presence !== false

function setUp(id, label, factor, wanted) {
  byID(`factor-${id}`).hidden = !wanted
  if (!wanted) return
  byID(`${id}-label`).textContent = factor.label || label
  byID(`${id}-hint`).textContent = factor.description ?? ''
  // CSC: format "N" means digits only, "A" any characters.
  byID(id).setAttribute('inputmode', factor.format === 'N' ? 'numeric' : 'text')
}
