// The list of documents: picked, dropped, or samples.

import { announce, bytes, byID, chip, count, element } from './dom.js'

const samples = ['samples/service-agreement.pdf', 'samples/order-confirmation.pdf']

/**
 * Shows the document list and keeps it. `changed` is called after each change.
 * Every kind of file is taken in: what is wrong with it, the engine tells when
 * signing, next to the other documents.
 */
export function documentList({ changed }) {
  let files = []
  let locked = false
  const list = byID('files')
  const picker = byID('picker')
  const drop = byID('drop')

  const show = () => {
    list.replaceChildren(...files.map(row))
    chip(byID('documents-chip'), files.length ? `${count(files.length, 'document')} · ${bytes(total())}` : '')
    byID('documents').classList.toggle('complete', files.length > 0)
    changed()
  }
  const total = () => files.reduce((sum, f) => sum + f.size, 0)

  const row = (file) =>
    element(
      'li',
      { class: 'file' },
      element('span', { class: 'badge', 'aria-hidden': 'true' }, 'PDF'),
      element('span', { class: 'name' }, file.name),
      element('span', { class: 'muted small' }, bytes(file.size)),
      element('button', { class: 'button quiet', type: 'button', disabled: locked, 'aria-label': `Remove ${file.name}`, title: 'Remove', click: () => remove(file) }, '✕'),
    )

  const add = (more) => {
    if (locked || more.length === 0) return
    // The same file picked twice is one document.
    const fresh = more.filter((m) => !files.some((f) => f.name === m.name && f.size === m.size && f.lastModified === m.lastModified))
    files = [...files, ...fresh]
    show()
    announce(`${count(fresh.length, 'document')} added, ${files.length} in the list.`)
  }

  const remove = (file) => {
    const at = files.indexOf(file)
    files = files.filter((f) => f !== file)
    show()
    announce(`${file.name} removed.`)
    // The focus was on a button that is gone: give it to its neighbour.
    const buttons = list.querySelectorAll('button')
    ;(buttons[Math.min(at, buttons.length - 1)] ?? picker).focus()
  }

  const addSamples = async () => {
    const blobs = await Promise.all(samples.map(async (path) => (await fetch(path)).blob()))
    add(blobs.map((blob, i) => new File([blob], samples[i].split('/').pop(), { type: 'application/pdf', lastModified: 0 })))
  }

  picker.addEventListener('change', () => {
    add([...picker.files])
    picker.value = '' // picking the same file again must fire again
  })
  byID('samples').addEventListener('click', addSamples)

  // The whole page takes a drop; otherwise a file that misses the box would
  // make the browser leave the page.
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    drop.classList.toggle('over', !locked)
  })
  document.addEventListener('dragleave', (event) => event.relatedTarget ?? drop.classList.remove('over'))
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    drop.classList.remove('over')
    add([...event.dataTransfer.files])
  })

  return {
    get files() {
      return files
    },
    get totalBytes() {
      return total()
    },
    add,
    clear() {
      files = []
      show()
    },
    /** No change of the list while it is being signed. */
    lock(on) {
      locked = on
      for (const node of [picker, byID('samples'), ...list.querySelectorAll('button')]) node.disabled = on
      byID('picker-label').classList.toggle('disabled', on)
    },
  }
}
