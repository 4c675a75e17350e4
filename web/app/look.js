// How a visible signature looks: text, handwriting or a picture; with a preview
// that is what will be signed.

import { byID } from './dom.js'
import { explain } from './words.js'

/** The size of the usual box, in points. */
const size = { width: 200, height: 64 }

/** A pad to sign on. `changed` is called after each stroke. */
function signaturePad({ changed }) {
  const canvas = byID('pad')
  const context = canvas.getContext('2d')
  let strokes = []

  const point = (event) => {
    const { left, top, width } = canvas.getBoundingClientRect()
    const s = canvas.width / width
    return { x: (event.clientX - left) * s, y: (event.clientY - top) * s, ...(event.pointerType === 'pen' && { pressure: event.pressure }) }
  }
  const draw = () => {
    context.clearRect(0, 0, canvas.width, canvas.height)
    context.strokeStyle = '#17262a'
    context.lineWidth = 4
    context.lineCap = context.lineJoin = 'round'
    for (const stroke of strokes) {
      context.beginPath()
      for (const { x, y } of stroke) context.lineTo(x, y)
      context.stroke()
    }
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    strokes.push([point(event)])
    draw()
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return
    for (const part of event.getCoalescedEvents?.() ?? [event]) strokes.at(-1).push(point(part))
    draw()
  })
  canvas.addEventListener('pointerup', changed)
  byID('pad-clear').addEventListener('click', () => {
    strokes = []
    draw()
    changed()
  })
  return { get strokes() { return strokes } }
}

/** `preview(options)` asks the engine for a picture. */
export function lookChooser({ preview }) {
  let picture = null
  let shown = ''
  let asked = 0
  const kind = () => document.querySelector('input[name="look"]:checked').value
  const text = (id) => byID(id).value.trim() || undefined
  const image = byID('look-preview')

  const appearance = () => {
    const only = byID('look-text').checked ? {} : { text: false }
    if (kind() === 'ink' && pad.strokes.length > 0) return { ink: { strokes: pad.strokes }, ...only }
    if (kind() === 'image' && picture) return { image: picture, ...only }
    return true
  }

  /** The address of a picture at a size in points. It is revoked by whoever asked. */
  const draw = async ({ width, height }) =>
    URL.createObjectURL((await preview({ appearance: appearance(), width, height, reason: text('option-reason'), location: text('option-location') })).blob)

  async function refresh() {
    byID('look-ink').hidden = kind() !== 'ink'
    byID('look-image').hidden = kind() !== 'image'
    byID('look-text-line').hidden = kind() === 'text'
    if (!byID('look').open) return // nothing is loaded for a look that nobody looks at
    const mine = ++asked
    try {
      const drawn = await draw(size)
      if (mine !== asked) return URL.revokeObjectURL(drawn)
      if (shown) URL.revokeObjectURL(shown)
      image.src = shown = drawn
      image.alt = 'Preview of the visible signature'
      image.hidden = false
      byID('look-said').textContent = 'This is what will be signed, at the size of 71 × 23 mm.'
    } catch (error) {
      if (mine !== asked) return
      const { title, hint } = explain(error)
      image.hidden = true
      byID('look-said').textContent = `${title}. ${hint}`
    }
  }

  const pad = signaturePad({ changed: refresh })
  byID('look').addEventListener('toggle', refresh)
  for (const node of [...document.getElementsByName('look'), byID('look-text'), byID('option-reason'), byID('option-location')]) node.addEventListener('change', refresh)
  byID('look-picker').addEventListener('change', ({ target }) => {
    picture = target.files[0] ?? picture
    byID('look-name').textContent = picture?.name ?? ''
    refresh()
  })

  return {
    refresh,
    /** What the package takes. */
    get appearance() {
      return appearance()
    },
    /** Draws the signature at a size in points and gives the address, to be revoked; null if nobody looked at a preview: it loads an engine. */
    get draw() {
      return shown ? draw : null
    },
  }
}
