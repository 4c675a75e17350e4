// What every consumer page does: signs documents with a key of the service, and tells what came of it.

import { Hashout } from 'hashout'
import { JournalStore } from 'hashout/journal'

/** Signs the page's sample, with a journal, and reports. */
export async function signSample() {
  const config = await (await fetch('/config.json')).json()
  const hashout = await Hashout.load(config.load)
  const service = hashout.service({ url: config.service, accessToken: config.token })
  const journals = new JournalStore()
  const { documents } = await service.sign([await fetch('/sample.pdf'), new Blob(['no PDF'])], {
    credential: config.credential,
    authorize: () => ({ PIN: config.pin }),
    journal: journals,
  })
  const [kept] = await journals.list()
  await journals.drop(kept.id)
  await hashout.inspect(documents[0].blob)
  hashout.dispose()
  const [first, second] = documents
  if (first.error) throw first.error
  const original = (await (await fetch('/sample.pdf')).blob()).size
  const hash = await crypto.subtle.digest('SHA-256', await first.blob.slice(0, original).arrayBuffer())
  return {
    original: btoa(String.fromCharCode(...new Uint8Array(hash))),
    updated: (await first.blob.slice(original).text()).includes('/ByteRange'),
    level: first.signature.level,
    second: second.error.code,
    kept: [...kept.journal.documents.map((document) => document.state), kept.files[0].file.size, (await journals.list()).length],
  }
}

/** Puts the report where the test looks for it. */
export async function show(work) {
  let report
  try {
    report = await work()
  } catch (error) {
    report = { failed: error.code ?? error.name, message: error.message, cause: String(error.cause) }
  }
  document.getElementById('report').textContent = JSON.stringify(report)
}
