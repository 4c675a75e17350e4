// Keeps the chosen files over a full-page login: they go into this browser's own
// IndexedDB before the page is left, and are taken out when it comes back.

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open('hashout-demo', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('files', { autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

async function inStore(mode, work) {
  const db = await open()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction('files', mode)
      const request = work(transaction.objectStore('files'))
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onerror = transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    db.close()
  }
}

/**
 * Stores the documents { file, placement }, in place of what an earlier login may have
 * left behind. Their bytes, not the Files: Firefox cannot read a File any more whose
 * record is deleted, and WebKit does not finish storing one in a private session.
 */
export async function put(documents) {
  const rows = await Promise.all(
    documents.map(async ({ file, ...rest }) => ({ ...rest, bytes: await file.arrayBuffer(), name: file.name, type: file.type, lastModified: file.lastModified })),
  )
  await inStore('readwrite', (store) => {
    store.clear()
    for (const row of rows) store.add(row)
  })
}

/** Gives the kept documents back and forgets them. */
export async function take() {
  const rows = (await inStore('readonly', (store) => store.getAll())) ?? []
  await inStore('readwrite', (store) => store.clear())
  return rows.map(({ bytes, name, type, lastModified, ...rest }) => ({ ...rest, file: new File([bytes], name, { type, lastModified }) }))
}
