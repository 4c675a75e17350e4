// Small helpers over the DOM: elements, sizes in words, announcements.

/** Finds an element by id; the page cannot work without the ones it names. */
export const byID = (id) => document.getElementById(id) ?? fail(`no element #${id}`)

const fail = (message) => {
  throw new Error(message)
}

/**
 * Builds an element. Attributes whose value is null, undefined or false are left
 * out, true gives an empty attribute, functions become listeners. Children are
 * nodes or text, never markup: names of files and services are shown as they are.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') node.addEventListener(name, value)
    else node.setAttribute(name, value === true ? '' : value)
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined))
  return node
}

/** A size for people: 512 B, 12.3 kB, 4.0 MB. */
export function bytes(n) {
  if (n < 1000) return `${n} B`
  const unit = n < 999_950 ? 'kB' : n < 999_950_000 ? 'MB' : 'GB'
  const size = n / { kB: 1e3, MB: 1e6, GB: 1e9 }[unit]
  return `${size.toFixed(size < 100 ? 1 : 0)} ${unit}`
}

/** "1 document", "3 documents". */
export const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`

/** Tells users of a screen reader what happened, without moving the focus. */
export function announce(text) {
  byID('status').textContent = text
}

/** Shows a chip with text, or hides it when text is empty. */
export function chip(node, text, kind = '') {
  node.hidden = !text
  node.textContent = text
  node.className = `chip ${kind}`.trim()
}

/** Offers a Blob as a download under the given name. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob)
  element('a', { href: url, download: name }).click()
  // The browser takes its own hold of the Blob when the download starts; a
  // minute is far more than it needs.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
