// Checks what a page can check without knowing PDF.

import assert from 'node:assert/strict'

/** Original first, ByteRange exact, digest of the covered bytes as signed. */
export async function checkSigned(document, original) {
  if (document.error) throw document.error
  const bytes = Buffer.from(await document.blob.arrayBuffer())
  assert.equal(bytes.subarray(0, original.length).equals(original), true, 'the original comes first, unchanged')
  const [a, b, c, d] = document.signature.byteRange
  assert.deepEqual([a, c + d], [0, bytes.length])
  const contents = bytes.subarray(b, c).toString('latin1')
  assert.match(contents, /^<[0-9a-f]+>$/i)
  const covered = Buffer.concat([bytes.subarray(a, a + b), bytes.subarray(c, c + d)])
  const digest = Buffer.from(await crypto.subtle.digest(document.signature.digest, covered)).toString('hex')
  assert.equal(contents.toLowerCase().includes(digest), true, 'the digest of the covered bytes is in the signature')
}
