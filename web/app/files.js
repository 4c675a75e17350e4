// The list of documents: picked, dropped, or samples. Each shows what the engine
// found in it and where its signature will go.

import { announce, bytes, byID, chip, count, element } from './dom.js'
import { pointsPerMM } from './geometry.js'
import { explain } from './words.js'

const samples = ['samples/service-agreement.pdf', 'samples/order-confirmation.pdf']

/** What an inspection says, in a few words. */
function factsOf(inspection) {
  const facts = [count(inspection.pages, 'page')]
  const signed = inspection.signatures.filter((s) => !s.timestamp).length
  if (signed) facts.push(signed === 1 ? 'signed once' : `signed ${signed} times`)
  if (inspection.certified) facts.push('certified')
  if (inspection.encrypted) facts.push('encrypted')
  if (inspection.pdfa) facts.push(/^pdf\/a/i.test(inspection.pdfa) ? inspection.pdfa : `PDF/A-${inspection.pdfa}`)
  return facts
}

/** A placement in words; null is an invisible signature. */
export function placeInWords(placement) {
  if (!placement) return 'Invisible signature'
  if (placement.field.mustExist) return `In the field “${placement.field.name}”`
  const mm = (points) => Math.round(points / pointsPerMM)
  return `Visible on page ${placement.page}, ${mm(placement.box.width)} × ${mm(placement.box.height)} mm`
}

/**
 * Shows the document list and keeps it. `changed` is called after each change;
 * `inspect(file, password)` asks the engine; `place(entry, entries)` opens the
 * placement dialog. Every kind of file is taken in: one that cannot be signed says
 * so, and does not get in the way of the others.
 */
export function documentList({ changed, inspect, place }) {
  /** @type {{ file: File, password?: string, placement: object | null, openFields: Promise<string[]>, node: Element, show: () => void }[]} */
  let entries = []
  let locked = false
  const list = byID('files')
  const picker = byID('picker')
  const drop = byID('drop')

  const show = () => {
    list.replaceChildren(...entries.map((e) => e.node))
    chip(byID('documents-chip'), entries.length ? `${count(entries.length, 'document')} · ${bytes(total())}` : '')
    byID('documents').classList.toggle('complete', entries.length > 0)
    changed()
  }
  const total = () => entries.reduce((sum, e) => sum + e.file.size, 0)

  /** One document with its row. */
  const entryOf = ({ file, placement = null }) => {
    const facts = element('span', { class: 'muted small' }, bytes(file.size))
    const where = element('span', { class: 'small place-words' })
    const extra = element('div', { class: 'file-extra' })
    const placeButton = element('button', { class: 'button', type: 'button', click: () => place(entry, entries) })
    const removeButton = element('button', { class: 'button quiet', type: 'button', 'aria-label': `Remove ${file.name}`, title: 'Remove', click: () => remove(entry) }, '✕')
    const entry = {
      file,
      placement,
      password: undefined,
      node: element(
        'li',
        { class: 'file' },
        element('span', { class: 'badge', 'aria-hidden': 'true' }, 'PDF'),
        element('span', { class: 'file-words' }, element('span', { class: 'name' }, file.name), facts, where),
        element('span', { class: 'file-buttons' }, placeButton, removeButton),
        extra,
      ),
      show() {
        where.textContent = placeInWords(this.placement)
        where.classList.toggle('visible', this.placement !== null)
        placeButton.replaceChildren(this.placement ? 'Move' : 'Place', element('span', { class: 'visually-hidden' }, ` the signature in ${file.name}`))
      },
      async look() {
        extra.replaceChildren()
        placeButton.hidden = where.hidden = false
        try {
          const asked = inspect(file, entry.password)
          // What nobody has signed, and no signature has locked.
          entry.openFields = asked.then((found) => found.fields.filter((f) => !f.signed && !f.locked).map((f) => f.name), () => [])
          const found = await asked
          facts.textContent = [bytes(file.size), ...factsOf(found)].join(' · ')
          if (found.refusal) refuse(found.refusal)
        } catch (error) {
          if (error?.code === 'PDF_ENCRYPTED' || error?.code === 'PDF_PASSWORD_WRONG') askPassword(error)
          else refuse(error)
        }
      },
    }
    const refuse = (error) => {
      const { title, code } = explain(error)
      placeButton.hidden = where.hidden = true
      extra.replaceChildren(element('p', { class: 'small why' }, `Cannot be signed: ${title.charAt(0).toLowerCase()}${title.slice(1)} `, element('span', { class: 'code' }, code)))
    }
    const askPassword = (error) => {
      const input = element('input', { type: 'password', autocomplete: 'off', required: true, 'aria-label': `Password that opens ${file.name}`, placeholder: 'Password of the document' })
      const submit = (event) => {
        event.preventDefault()
        entry.password = input.value
        input.value = ''
        entry.look()
      }
      placeButton.hidden = true
      extra.replaceChildren(
        element('p', { class: 'small muted' }, `${explain(error).title}. It stays in this browser.`),
        element('form', { class: 'password row', submit }, input, element('button', { class: 'button', type: 'submit' }, 'Open')),
      )
    }
    entry.show()
    entry.look()
    return entry
  }

  const add = (more) => {
    if (locked || more.length === 0) return
    const wanted = more.map((m) => (m instanceof File ? { file: m } : m))
    // The same file picked twice is one document.
    const fresh = wanted.filter(({ file }) => !entries.some((e) => e.file.name === file.name && e.file.size === file.size && e.file.lastModified === file.lastModified))
    entries = [...entries, ...fresh.map(entryOf)]
    show()
    announce(`${count(fresh.length, 'document')} added, ${entries.length} in the list.`)
  }

  const remove = (entry) => {
    const at = entries.indexOf(entry)
    entries = entries.filter((e) => e !== entry)
    show()
    announce(`${entry.file.name} removed.`)
    // The focus was on a button that is gone: give it to its neighbour.
    const next = entries[Math.min(at, entries.length - 1)]
    ;(next?.node.querySelector('.file-buttons .quiet') ?? picker).focus()
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
      return entries.map((e) => e.file)
    },
    get totalBytes() {
      return total()
    },
    /** The documents as `sign` takes them: with password and place where there are any. */
    input(file) {
      const { password, placement } = entries.find((e) => e.file === file) ?? {}
      if (password === undefined && !placement) return file
      return { file, ...(password !== undefined && { password }), ...(placement && { field: placement.field }) }
    },
    setPassword(file, password) {
      const entry = entries.find((e) => e.file === file)
      if (entry) entry.password = password
    },
    /** The list as it can be kept over a full-page login: without passwords. */
    kept: () => entries.map(({ file, placement }) => ({ file, placement })),
    add,
    clear() {
      entries = []
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
