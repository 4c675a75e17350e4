// From a rendered page to the page's own coordinates.

/** A page as it is shown. A `PageViewport` of pdf.js is one. */
export interface ShownPage {
  /** What is shown of the page (its CropBox), in the page's own units: left, bottom, right, top. */
  readonly viewBox: readonly number[]
  /** The page's turn, clockwise: a multiple of 90 degrees. */
  readonly rotation: number
  /** The size in which it is shown, in the units of the box: CSS pixels of a canvas, say. */
  readonly width: number
  readonly height: number
}

/** A rectangle on a page as it is shown, from its upper left corner. */
export interface ShownBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The `rect` of a field for a box that was drawn on a rendered page. Turned pages, CropBox and UserUnit are taken care of; what lies
 * outside the page stays outside.
 */
export function pageRect(box: ShownBox, page: ShownPage): [number, number, number, number] {
  const [left = 0, bottom = 0, right = 0, top = 0] = page.viewBox
  const turn = (((page.rotation / 90) % 4) + 4) % 4
  const [across, down] = turn % 2 ? [top - bottom, right - left] : [right - left, top - bottom]
  const corner = (x: number, y: number): [number, number] => {
    const u = (x / page.width) * across
    const v = (y / page.height) * down
    return turn === 0 ? [left + u, top - v] : turn === 1 ? [left + v, bottom + u] : turn === 2 ? [right - u, bottom + v] : [right - v, top - u]
  }
  const [x1, y1] = corner(box.x, box.y)
  const [x2, y2] = corner(box.x + box.width, box.y + box.height)
  const round = (n: number) => Math.round(n * 100) / 100 + 0
  return [round(Math.min(x1, x2)), round(Math.min(y1, y2)), round(Math.max(x1, x2)), round(Math.max(y1, y2))]
}
