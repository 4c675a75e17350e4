// Everything an end-to-end test file needs, started once: demo, recorder, browser.
// When the file ends, the whole recorded traffic of the browser is searched for
// pieces of the documents, so each test is a leak test as well.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { browserName, launch, skipWithoutBrowser } from './browser.mjs'
import { startDemo } from './devserver.mjs'
import { findLeaks } from './leaks.mjs'
import { openPortal } from './portal.mjs'
import { startRecorder } from './recorder.mjs'
import { Folder } from './saved.mjs'

const pdfFolder = fileURLToPath(new URL('../pdfs/', import.meta.url))

/** The path of a test PDF. */
export const pdf = (name) => `${pdfFolder}${name}`

/** Real PDFs of eight producers that must be signed. */
export const good = ['pdftex.pdf', 'cairo.pdf', 'openoffice.pdf', 'tcpdf.pdf', 'fop.pdf', 'reportlab.pdf', 'weclapp-zugferd.pdf', 'already-signed.pdf']

/** Names under which documents are picked that must not leave either. */
export const privateNames = ['Kündigung Müller GmbH – Entwurf.pdf', 'salary-2026-confidential.pdf']

/** Registers the hooks of a test file. Use the returned object inside tests only. */
export function stage() {
  const skip = skipWithoutBrowser()
  const it = { skip, portals: [] }
  if (skip) return it

  before(async () => {
    ;[it.recorder, it.demo] = await Promise.all([startRecorder(), startDemo()])
    if (browserName === 'firefox') it.folder = await Folder.make()
    it.browser = await launch(it.recorder.url, it.folder?.path)
    /** Opens the page; it is closed when the file ends. */
    it.open = async (options) => {
      await it.demo.reset()
      const portal = await openPortal(it.browser, it.demo, options, it.folder)
      it.portals.push(portal)
      return portal
    }
  })

  after(async () => {
    await it.browser?.close()
    await it.recorder?.stop()
    await it.demo?.stop()
    await it.folder?.remove()
    const leaks = findLeaks(await secrets(), it.recorder.traffic())
    assert.deepEqual(leaks, [], 'pieces of documents left the browser')
    assert.deepEqual(it.recorder.refused, [], 'the browser spoke to other hosts')
    assert.deepEqual(it.portals.flatMap((p) => p.complaints), [], 'the page complained on its console')
  })
  return it
}

let collected
/** All test documents with their extracted text, and the private file names. */
export async function secrets() {
  collected ??= Promise.all([
    ...[...good, 'encrypted.pdf'].map(async (name) => {
      const path = pdf(name)
      const text = name === 'encrypted.pdf' ? [] : [execFileSync('pdftotext', [path, '-']), execFileSync('pdfinfo', ['-meta', path])]
      return { name, bytes: await readFile(path), also: text }
    }),
    ...privateNames.map((name) => ({ name, bytes: Buffer.alloc(0) })),
  ])
  return collected
}
