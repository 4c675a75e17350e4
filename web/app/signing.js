// One signing run: the call, its progress, the PIN dialog, cancel, and what
// came out for each document.

import { HashoutError } from '/hashout/index.js'
import { JournalStore } from '/hashout/journal.js'
import { askApproval } from './approval.js'
import { announce, byID, chip, count } from './dom.js'
import { askFactors } from './factors.js'
import { keyName } from './credentials.js'
import { explain } from './words.js'

const levelHints = {
  'B-B': 'PAdES baseline. The time of signing is what this computer says.',
  'B-T': 'A time stamp proves when it was signed. The service gives it for a hash.',
  'B-LT': 'Time stamp, certificates and the proof that none was revoked go into the file.',
  'B-LTA': 'As B-LT, under a time stamp that keeps all of it provable. Can be renewed.',
}

/** The choices of the options box; empty fields are left out. `timestamp` says where time stamps come from. */
function options(timestamp) {
  const text = (id) => byID(id).value.trim() || undefined
  const level = byID('option-level').value
  return { ...(level !== 'B-B' && { level, timestamp }), reason: text('option-reason'), location: text('option-location'), digest: byID('option-digest').value }
}

/** Wrong PIN or code: the service refused the release itself, so no key was used. */
const mayAskAgain = (error) => error?.code === 'AUTHORIZATION_FAILED' && Boolean(error.error) && !error.details?.locked

/** A closed dialog is a cancelled document, unless it followed a wrong PIN: then that is the news. */
function reasonOf(row, error) {
  if (row.lastError) return row.lastError
  return error.code === 'AUTHORIZATION_FAILED' ? new HashoutError('ABORTED', 'The release of the key was cancelled.') : error
}

/**
 * Runs signing. `results` is the result list, `busy(on)` locks the rest of the
 * page, `leave(authorization)` leaves it for the release of a key, `input(file)` is a document as the package takes it, `appearance()` the
 * look of visible signatures, `releaseKey` gets a token for one key at the service's own page,
 * `phone` is the address of the demo phone, if there is one, `timestamp` where time
 * stamps come from.
 */
export function signingRun({ results, busy, leave, input, appearance, releaseKey, phone, timestamp }) {
  let controller = null
  let leaving = false
  const journals = new JournalStore({ name: 'hashout-demo-signings' })

  const hint = () => (byID('level-hint').textContent = levelHints[byID('option-level').value])
  byID('option-level').addEventListener('change', hint)
  hint()

  byID('cancel-button').addEventListener('click', () => controller?.abort())

  /** Whatever this key wants: PIN and code, a look at the service's page, or nothing. */
  async function ask(credential, request, problem) {
    const { numSignatures, signal } = request
    const name = keyName(credential)
    if (credential.authMode === 'implicit') return {}
    if (credential.authMode !== 'oauth2code') return askFactors({ request, keyName: name, problem, phone, signal })
    const { credentialID, hashes, hashAlgorithmOID } = request
    const open = (over) => releaseKey({ credentialID, numSignatures, hashes, hashAlgorithmOID }, over)
    const token = await askApproval({ numSignatures, keyName: name, open, signal })
    if (token === 'leave') {
      leaving = true
      return null
    }
    return token && { SAD: token.accessToken, expiresIn: Math.floor((token.expiresAt - Date.now()) / 1000) }
  }

  /** One call for all files. Resolves to one outcome per file, whatever happens. */
  async function attempt(service, credential, files, rows, problem) {
    let cancelled = false
    const authorize = async (request) => {
      const answer = await ask(credential, request, problem)
      if (answer) return answer
      cancelled = true
      throw new HashoutError('ABORTED', 'The release of the key was cancelled.')
    }
    const onProgress = (event) => {
      for (const row of event.document < 0 ? rows : [rows[event.document]]) row?.progress(event)
    }
    try {
      const { documents } = await service.sign(files, { credential, authorize, onProgress, signal: controller.signal, appearance: appearance(), ...options(timestamp) })
      return { documents, cancelled }
    } catch (error) {
      return { documents: files.map(() => ({ error })), cancelled }
    }
  }

  /** Prepares the files, keeps them and their journal in this browser, and leaves for the service's page. */
  async function depart(service, credential, files, rows) {
    try {
      const batch = await service.prepare(files.map(input), { credential, appearance: appearance(), ...options(timestamp), signal: controller.signal })
      await batch.keep(journals)
      await leave(batch.authorization)
    } catch (error) {
      for (const row of rows) row.failed(error)
    }
  }

  /** What is kept under a name: { id, journal, files }. */
  async function kept(id) {
    const one = await journals.get(id)
    if (!one) return undefined
    const files = one.files.map((f) => new File(f ? [f.file] : [], f?.name ?? 'document.pdf', { type: 'application/pdf', lastModified: 0 }))
    return { id: one.id, journal: one.journal, files }
  }

  /** Finishes what was kept, with the token that released the key. */
  async function goOn(service, { id, journal, files }, accessToken) {
    controller = new AbortController()
    busy(true)
    const rows = results.start(files)
    byID('cancel-button').hidden = false
    const onProgress = (event) => (event.document < 0 ? rows : [rows[event.document]]).forEach((row) => row?.progress(event))
    const { signal } = controller
    try {
      const batch = await service.restore(journal, files, { onProgress, signal })
      const { documents } = await batch.finish({ accessToken, timestamp, journal: journals, onProgress, signal })
      for (const [i, row] of rows.entries()) documents[i].error ? row.failed(documents[i].error) : row.signed(documents[i])
      await journals.drop(id)
    } catch (error) {
      for (const row of rows) if (!row.outcome) row.failed(error)
    }
    return end(rows)
  }

  /**
   * Signs the files. A wrong PIN is asked again for the documents it stopped.
   */
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
      leaving = false
      const { documents, cancelled } = await attempt(service, credential, open.map(({ file }) => input(file)), open, problem)
      if (leaving) {
        await depart(service, credential, open.map((row) => row.file), open)
        break
      }
      const again = []
      for (const [i, row] of open.entries()) {
        const outcome = documents[i]
        if (!outcome.error) row.signed(outcome, byID('option-level').value)
        else if (mayAskAgain(outcome.error) && !controller.signal.aborted) again.push({ row, error: outcome.error })
        else row.failed(cancelled ? reasonOf(row, outcome.error) : outcome.error)
      }
      for (const { row, error } of again) row.lastError = error
      problem = again[0] ? `${explain(again[0].error).title}: ${again[0].error.error_description ?? again[0].error.message}` : ''
      open = again.map((a) => a.row)
    }

    return end(rows)
  }

  /** What came out, at the end of a run. */
  function end(rows) {
    controller = null
    byID('cancel-button').hidden = true
    const { good, bad } = results.finish()
    chip(byID('sign-chip'), bad ? `${good} signed, ${bad} not` : `${good} signed`, bad ? 'bad' : 'good')
    byID('sign').classList.toggle('complete', bad === 0)
    busy(false)
    announce(bad ? `${good} signed, ${bad} not signed.` : `${count(good, 'document')} signed.`)
    byID('results-title').focus()
    return rows.map((r) => r.outcome ?? {})
  }

  return { run, kept, goOn, drop: (id) => journals.drop(id) }
}
