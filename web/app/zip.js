// A ZIP file of the signed PDFs: stored, not compressed, so that one click
// downloads all of them. Format: PKWARE APPNOTE 6.3, sections 4.3 and 4.4.

const table = new Uint32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1
  return n
})

async function crc32(blob) {
  let crc = ~0
  const reader = blob.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return ~crc >>> 0
    for (let i = 0; i < value.length; i++) crc = table[(crc ^ value[i]) & 255] ^ (crc >>> 8)
  }
}

/** Sizes and offsets are 32-bit here; larger results are downloaded one by one. */
export const zipLimit = 0xffff_0000

/**
 * Packs files [{ name, blob }] into one Blob. The parts are the files' own Blobs:
 * no content is copied.
 */
export async function zip(files, now = new Date()) {
  const parts = []
  const directory = []
  let offset = 0
  for (const file of distinct(files)) {
    const name = new TextEncoder().encode(file.name)
    const common = fields([
      [2, 20], // version needed
      [2, 0x0800], // names are UTF-8
      [2, 0], // stored
      [2, (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1)],
      [2, ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate()],
      [4, await crc32(file.blob)],
      [4, file.blob.size],
      [4, file.blob.size],
      [2, name.length],
      [2, 0],
    ])
    parts.push(fields([[4, 0x04034b50]]), common, name, file.blob)
    directory.push(fields([[4, 0x02014b50], [2, 20]]), common, fields([[2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name)
    offset += 30 + name.length + file.blob.size
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = fields([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]])
  return new Blob([...parts, ...directory, end], { type: 'application/zip' })
}

function fields(list) {
  const out = new DataView(new ArrayBuffer(list.reduce((sum, [width]) => sum + width, 0)))
  let at = 0
  for (const [width, value] of list) {
    if (width === 2) out.setUint16(at, value, true)
    else out.setUint32(at, value, true)
    at += width
  }
  return new Uint8Array(out.buffer)
}

/** Two documents of one name must not hide each other in the archive. */
export function distinct(files) {
  const seen = new Set()
  return files.map(({ name, blob }) => {
    let free = name
    for (let n = 2; seen.has(free.toLowerCase()); n++) free = name.replace(/(\.[^.]*)?$/, ` (${n})$1`)
    seen.add(free.toLowerCase())
    return { name: free, blob }
  })
}
