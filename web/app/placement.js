// The dialog in which the place of a signature is chosen: drawn on the page with a
// pointer, moved by arrow keys, typed in millimetres, or a field that is there.

import { pageRect } from '/hashout/index.js'
import { byID, count, element } from './dom.js'
import { between, fit, inWords, nudge, pointsPerMM, toBox, usual } from './geometry.js'
import { openPDF } from './pdf.js'

const measures = { 'place-x': 'x', 'place-y': 'y', 'place-width': 'width', 'place-height': 'height' }

/**
 * Asks where the signature goes.
 *
 * `open` are the names of the fields that can be signed; `placement` is the choice so far,
 * null for an invisible signature; `others` counts the further documents; `draw`, if any, gives the address of a picture of the signature
 * at a size. Resolves to { placement, all }, or to undefined when nothing changes.
 * A placement is { page, box, field }: `field` is what the package takes.
 */
export async function askPlacement({ file, password, open, placement, others = 0, draw }) {
  const dialog = byID('place')
  const stage = byID('place-stage')
  const canvas = byID('place-canvas')
  const boxNode = byID('place-box')
  const over = new AbortController()
  const listen = (node, type, listener) => node.addEventListener(type, listener, { signal: over.signal })

  let pdf = null
  let page = placement?.page ?? 1
  let viewport = null
  let box = placement?.box ?? null
  let field = placement?.field.mustExist ? placement.field.name : ''
  let fields = []
  const picture = draw && boxPicture(draw)

  /** CSS pixels per point of the page as it is shown. */
  const scale = () => stage.clientWidth / viewport.width

  const show = ({ spoken = false } = {}) => {
    const s = scale()
    boxNode.hidden = false
    Object.assign(boxNode.style, { left: `${box.x * s}px`, top: `${box.y * s}px`, width: `${box.width * s}px`, height: `${box.height * s}px` })
    boxNode.setAttribute('aria-label', `Signature, ${inWords(box)}`)
    boxNode.classList.toggle('existing', Boolean(field))
    for (const [id, side] of Object.entries(measures)) {
      const input = byID(id)
      if (input !== document.activeElement) input.value = (box[side] / pointsPerMM).toFixed(1)
      input.disabled = Boolean(field)
    }
    byID('place-field').textContent = field ? `The field “${field}” of this form is used.` : ''
    for (const button of byID('place-fields').children) button.setAttribute('aria-pressed', String(button.dataset.name === field))
    picture?.fit(box)
    if (spoken) byID('place-status').textContent = inWords(box)
  }

  const change = (next, options) => {
    field = ''
    box = fit(next, viewport)
    show(options)
  }

  const use = ({ name, rect }) => {
    field = name
    box = toBox(rect, viewport)
    show({ spoken: true })
  }

  const turnTo = async (number) => {
    page = Math.min(Math.max(1, number), pdf.pages)
    byID('place-number').value = page
    byID('place-previous').disabled = page === 1
    byID('place-next').disabled = page === pdf.pages
    canvas.setAttribute('aria-label', `Page ${page} of ${file.name}`)
    const asked = page
    const [nextViewport, nextFields] = [await pdf.viewport(page), await pdf.fields(page)]
    if (asked !== page || over.signal.aborted) return
    viewport = nextViewport
    fields = nextFields.filter((f) => open.includes(f.name))
    stage.style.setProperty('--ratio', viewport.width / viewport.height)
    if (field && !fields.some((f) => f.name === field)) field = ''
    box = box ? (field ? box : fit(box, viewport)) : usual(viewport)
    drawFields()
    show()
    await pdf.draw(page, canvas, stage.clientWidth)
    if (asked === page) dialog.dataset.page = page // drawn: what tests wait for
  }

  const drawFields = () => {
    const s = scale()
    byID('place-fields').replaceChildren(
      ...fields.map((f) => {
        const { x, y, width, height } = toBox(f.rect, viewport)
        const button = element('button', { type: 'button', class: 'place-there', 'data-name': f.name, 'aria-pressed': 'false', click: () => use(f) }, `Use field ${f.name}`)
        Object.assign(button.style, { left: `${x * s}px`, top: `${y * s}px`, width: `${width * s}px`, height: `${height * s}px` })
        return button
      }),
    )
  }

  /** Draws, moves or resizes with the pointer, whichever the press began. */
  const press = (event) => {
    if (!viewport || event.button !== 0 || event.target.closest('.place-there')) return
    event.preventDefault()
    const at = (e) => {
      const { left, top } = stage.getBoundingClientRect()
      const s = scale()
      return { x: Math.min(Math.max((e.clientX - left) / s, 0), viewport.width), y: Math.min(Math.max((e.clientY - top) / s, 0), viewport.height) }
    }
    const from = at(event)
    const old = { ...box }
    const how = event.target.closest('.handle') ? 'resize' : event.target.closest('#place-box') ? 'move' : 'draw'
    const move = (e) => {
      const to = at(e)
      if (how === 'move') change({ ...old, x: old.x + to.x - from.x, y: old.y + to.y - from.y })
      else if (how === 'resize') change({ ...old, width: to.x - old.x, height: to.y - old.y })
      else if (Math.abs(to.x - from.x) > 4 || Math.abs(to.y - from.y) > 4) change(between(from, to))
    }
    const up = () => {
      stage.removeEventListener('pointermove', move)
      stage.removeEventListener('pointerup', up)
      stage.removeEventListener('pointercancel', up)
      boxNode.focus({ preventScroll: true })
      show({ spoken: true })
    }
    stage.setPointerCapture(event.pointerId)
    stage.addEventListener('pointermove', move)
    stage.addEventListener('pointerup', up)
    stage.addEventListener('pointercancel', up)
  }

  byID('place-name').textContent = file.name
  byID('place-error').hidden = true
  byID('place-all-line').hidden = others === 0
  byID('place-all').checked = others > 0 && placement === null
  byID('place-all-text').textContent = `The same place in ${others === 1 ? 'the other document' : `the ${count(others, 'other document')}`}`
  byID('place-none').hidden = placement === null
  byID('place-fields').replaceChildren()
  delete dialog.dataset.page
  boxNode.hidden = true // until its page is known
  dialog.showModal()

  const answer = new Promise((resolve) => {
    const finish = (value) => {
      over.abort()
      if (dialog.open) dialog.close()
      resolve(value)
    }
    listen(dialog, 'cancel', (event) => {
      event.preventDefault()
      finish()
    })
    listen(byID('place-cancel'), 'click', () => finish())
    listen(byID('place-none'), 'click', () => finish({ placement: null, all: byID('place-all').checked }))
    listen(byID('place-form'), 'submit', (event) => {
      event.preventDefault()
      if (!viewport) return
      const where = field ? { name: field, mustExist: true } : { page, rect: pageRect(box, viewport) }
      finish({ placement: { page, box, field: where }, all: byID('place-all').checked })
    })
    listen(stage, 'pointerdown', press)
    listen(boxNode, 'keydown', (event) => {
      const next = nudge(box, event)
      if (!next) return
      event.preventDefault()
      change(next, { spoken: true })
    })
    for (const [id, side] of Object.entries(measures)) {
      listen(byID(id), 'change', (event) => {
        if (!viewport) return
        const value = Number(event.target.value)
        if (Number.isFinite(value)) change({ ...box, [side]: value * pointsPerMM }, { spoken: true })
        event.target.value = (box[side] / pointsPerMM).toFixed(1)
      })
    }
    listen(byID('place-number'), 'change', (event) => pdf && attempt(() => turnTo(Math.trunc(Number(event.target.value)) || page)))
    listen(byID('place-previous'), 'click', () => pdf && attempt(() => turnTo(page - 1)))
    listen(byID('place-next'), 'click', () => pdf && attempt(() => turnTo(page + 1)))
    const resized = new ResizeObserver(() => {
      if (!viewport || over.signal.aborted) return
      drawFields()
      show()
      attempt(() => pdf.draw(page, canvas, stage.clientWidth))
    })
    resized.observe(stage)
    over.signal.addEventListener('abort', () => resized.disconnect())
  })

  /** What pdf.js cannot show is said in the dialog; signing may still work. */
  const attempt = async (work) => {
    try {
      await work()
    } catch (error) {
      if (over.signal.aborted) return
      byID('place-error').hidden = false
      byID('place-error').textContent =
        error?.name === 'PasswordException' ? 'This PDF opens with a password only. Give it in the list of documents first.' : 'This page cannot be shown. The PDF may be damaged.'
      console.warn(error)
    }
  }

  await attempt(async () => {
    pdf = await openPDF(file, password)
    byID('place-count').textContent = `of ${pdf.pages}`
    byID('place-number').max = pdf.pages
    byID('place-pages').hidden = pdf.pages === 1
    await turnTo(page)
    if (!over.signal.aborted) boxNode.focus({ preventScroll: true })
  })
  try {
    return await answer
  } finally {
    picture?.close()
    pdf?.close() // nobody needs to wait for it
  }
}

/** The signature in the box, as it will be signed: drawn anew when the box has kept a size for a moment. */
function boxPicture(draw) {
  const image = byID('place-preview')
  let size = { width: 0, height: 0 }
  let timer
  const show = (address) => {
    if (image.src) URL.revokeObjectURL(image.src)
    if (address) image.src = address
    else image.removeAttribute('src')
    image.hidden = !address
  }
  const drawNow = async () => {
    const mine = size
    const address = await draw(mine).catch(() => '') // what is wrong is said where the look is chosen
    if (mine === size) show(address)
    else URL.revokeObjectURL(address)
  }
  return {
    fit({ width, height }) {
      if (width === size.width && height === size.height) return
      size = { width, height }
      clearTimeout(timer)
      timer = setTimeout(drawNow, image.hidden ? 0 : 150)
    },
    close() {
      size = null // whatever is under way is for nobody
      clearTimeout(timer)
      show('')
    },
  }
}

/** The same place in another document: on the same page or its last, within its page. */
export async function samePlace({ page, box }, file, password) {
  const pdf = await openPDF(file, password)
  try {
    const number = Math.min(page, pdf.pages)
    const viewport = await pdf.viewport(number)
    const there = fit(box, viewport)
    return { page: number, box: there, field: { page: number, rect: pageRect(there, viewport) } }
  } finally {
    await pdf.close()
  }
}
