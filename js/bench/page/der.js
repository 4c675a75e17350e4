// As much DER as the bench needs.

/** Joins bytes. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** One element: tag, length, content. */
export function der(tag, ...parts) {
  const content = concat(...parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concat([tag], size, content)
}

export const sequence = (...parts) => der(0x30, ...parts)
export const set = (...parts) => der(0x31, ...parts)

/** The elements inside the content of the element at the start of bytes, each with its tag and length. */
export function children(bytes) {
  const list = []
  let [at, end] = span(bytes, 0)
  while (at < end) {
    const [, next] = span(bytes, at)
    list.push(bytes.subarray(at, next))
    at = next
  }
  return list
}

/** Where the content of the element at `at` starts and ends. */
function span(bytes, at) {
  let length = bytes[at + 1]
  let start = at + 2
  if (length >= 0x80) {
    const size = length & 0x7f
    length = 0
    for (let i = 0; i < size; i++) length = length * 256 + bytes[start++]
  }
  return [start, start + length]
}
