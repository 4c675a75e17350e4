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

/** Stores the documents { file, placement }, in place of what an earlier login may have left behind. */
export async function put(files) {
  await inStore('readwrite', (store) => {
    store.clear()
    for (const file of files) store.add(file)
  })
}

/** Gives the kept documents back and forgets them. */
export async function take() {
  const kept = (await inStore('readonly', (store) => store.getAll())) ?? []
  // Copied, because Firefox and WebKit cannot read a File any more whose record is deleted.
  const copies = await Promise.all(kept.map(async ({ file, ...rest }) => ({ ...rest, file: new File([await file.arrayBuffer()], file.name, { type: file.type, lastModified: file.lastModified }) })))
  await inStore('readwrite', (store) => store.clear())
  return copies
}
