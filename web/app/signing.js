// One signing run: the call, its progress, the PIN dialog, cancel, and what
// came out for each document.

import { HashoutError } from '/hashout/index.js'
import { announce, byID, chip, count } from './dom.js'
import { askFactors } from './factors.js'
import { keyName } from './credentials.js'
import { explain } from './words.js'

/** The choices of the options box; empty fields are left out. */
function options() {
  const text = (id) => byID(id).value.trim() || undefined
  return { reason: text('option-reason'), location: text('option-location'), digest: byID('option-digest').value }
}

/** Wrong PIN or code: the service refused the release itself, so no key was used. */
const mayAskAgain = (error) => error?.code === 'AUTHORIZATION_FAILED' && Boolean(error.error) && !error.details?.locked

/** Runs signing; `results` is the result list, `busy(on)` locks the rest of the page. */
export function signingRun({ results, busy }) {
  let controller = null

  byID('cancel-button').addEventListener('click', () => controller?.abort())

  /** One call for all files. Resolves to one outcome per file, whatever happens. */
  async function attempt(service, credential, files, rows, problem) {
    let cancelled = false
    const authorize = async (request) => {
      if (credential.authMode !== 'explicit') return {}
      const factors = await askFactors({ request, keyName: keyName(credential), problem, signal: request.signal })
      if (factors) return factors
      cancelled = true
      throw new HashoutError('ABORTED', 'The PIN dialog was closed.')
    }
    const onProgress = (event) => {
      for (const row of event.document < 0 ? rows : [rows[event.document]]) row?.progress(event)
    }
    try {
      const { documents } = await service.sign(files, { credential, authorize, onProgress, signal: controller.signal, ...options() })
      return { documents, cancelled }
    } catch (error) {
      return { documents: files.map(() => ({ error })), cancelled }
    }
  }

  /** Signs the files; a wrong PIN is asked again for the documents it stopped. */
  async function run(service, credential, files) {
    controller = new AbortController()
    busy(true)
    const rows = results.start(files)
    chip(byID('sign-chip'), 'working')
    byID('cancel-button').hidden = false
    announce(`Signing ${count(files.length, 'document')}.`)

    let open = rows
    let problem = ''
    while (open.length > 0) {
      const { documents, cancelled } = await attempt(service, credential, open.map((r) => r.file), open, problem)
      const again = []
      for (const [i, row] of open.entries()) {
        const outcome = documents[i]
        if (!outcome.error) row.signed(outcome)
        else if (mayAskAgain(outcome.error) && !controller.signal.aborted) again.push({ row, error: outcome.error })
        // A dialog closed after a wrong PIN: the wrong PIN is the news.
        else row.failed(cancelled && row.lastError ? row.lastError : outcome.error)
      }
      for (const { row, error } of again) row.lastError = error
      problem = again[0] ? `${explain(again[0].error).title}: ${again[0].error.error_description ?? again[0].error.message}` : ''
      open = again.map((a) => a.row)
    }

    controller = null
    byID('cancel-button').hidden = true
    const { good, bad } = results.finish()
    chip(byID('sign-chip'), bad ? `${good} signed, ${bad} not` : `${good} signed`, bad ? 'bad' : 'good')
    byID('sign').classList.toggle('complete', bad === 0)
    busy(false)
    announce(bad ? `${good} signed, ${bad} not signed.` : `${count(good, 'document')} signed.`)
    byID('results-title').focus()
    return rows.map((r) => r.outcome)
  }

  return { run }
}
