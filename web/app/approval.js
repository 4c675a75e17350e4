// The dialog for keys that are released on the service's own page (authMode
// oauth2code). It exists because a popup needs a click of its own.

import { byID, count } from './dom.js'

/**
 * Asks the user to release the key at the service. `open(signal)` opens the
 * service's page and resolves to its token; it is called in the click handler.
 * Resolves to the token, to 'leave' when the user wants to go there with this page, or
 * to null when the user cancels or `signal` aborts.
 */
export function askApproval({ numSignatures, keyName, open, signal }) {
  if (signal?.aborted) return Promise.resolve(null)
  const dialog = byID('approval')
  const go = byID('approval-ok')
  const error = byID('approval-error')
  byID('approval-text').textContent = `${count(numSignatures, 'signature')} with the key “${keyName}”. The service shows you what it is asked to sign, on its own page.`
  error.hidden = true

  return new Promise((resolve) => {
    const over = new AbortController()
    const finish = (value) => {
      over.abort()
      if (dialog.open) dialog.close()
      resolve(value)
    }
    const cancel = (event) => {
      event.preventDefault?.()
      finish(null)
    }
    const listen = (node, type, listener) => node.addEventListener(type, listener, { signal: over.signal })
    listen(go, 'click', async () => {
      go.disabled = true
      try {
        finish(await open(over.signal))
      } catch (problem) {
        error.hidden = over.signal.aborted
        error.textContent = problem.error === 'access_denied' ? 'The release was refused on the service’s page. Nothing was signed.' : problem.message
      } finally {
        go.disabled = false
      }
    })
    listen(byID('approval-leave'), 'click', () => finish('leave'))
    listen(byID('approval-cancel'), 'click', cancel)
    listen(dialog, 'cancel', cancel)
    if (signal) listen(signal, 'abort', cancel)
    dialog.showModal()
    go.focus()
  })
}
