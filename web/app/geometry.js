// Boxes on a page as it is seen: { x, y, width, height } in points from the upper
// left corner, after rotation and cropping. Pure functions.

export const pointsPerMM = 72 / 25.4

/** The least a box may measure, in points. */
export const least = { width: 36, height: 18 }

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high))

/** The box moved and, if it must be, made smaller so that it lies on the page. */
export function fit(box, page) {
  const width = clamp(box.width, Math.min(least.width, page.width), page.width)
  const height = clamp(box.height, Math.min(least.height, page.height), page.height)
  return { x: clamp(box.x, 0, page.width - width), y: clamp(box.y, 0, page.height - height), width, height }
}

/** The box between two corners, in any order. */
export function between(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) }
}

/** Where a signature goes when nobody said: at the foot of the page, to the right. */
export function usual(page) {
  return fit({ x: page.width - 56 - 200, y: page.height - 56 - 64, width: 200, height: 64 }, page)
}

/** The box on the page of a /Rect; pageRect of the package goes the other way. `viewport` is pdf.js' own of scale 1. */
export function toBox(rect, viewport) {
  const [x1, y1, x2, y2] = viewport.convertToViewportRectangle(rect)
  return between({ x: x1, y: y1 }, { x: x2, y: y2 })
}

/** What a key does to a box: arrows move it by 1 mm, with Shift they change its size; with Ctrl or Alt by 10 mm. Null for other keys. */
export function nudge(box, { key, shiftKey, ctrlKey, altKey }) {
  const step = pointsPerMM * (ctrlKey || altKey ? 10 : 1)
  const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key] ?? []
  if (dx === undefined) return null
  if (shiftKey) return { ...box, width: box.width + dx, height: box.height + dy }
  return { ...box, x: box.x + dx, y: box.y + dy }
}

/** A box in words. */
export function inWords({ x, y, width, height }) {
  const mm = (points) => Math.round(points / pointsPerMM)
  return `${mm(width)} by ${mm(height)} mm, ${mm(x)} mm from the left, ${mm(y)} mm from the top`
}
