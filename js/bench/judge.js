// Says whether an output is signed at all: what is measured must be true.

import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a key and its certificate in dir. */
export function makeKey(dir) {
  const keyFile = join(dir, 'key.pem')
  const certificateFile = join(dir, 'certificate.pem')
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '30', '-subj', '/CN=hashout bench',
    '-addext', 'keyUsage=critical,digitalSignature,nonRepudiation', '-keyout', keyFile, '-out', certificateFile,
  ], { stdio: 'ignore' })
  const p12File = join(dir, 'key.p12')
  execFileSync('openssl', ['pkcs12', '-export', '-iter', '1', '-passout', 'pass:', '-inkey', keyFile, '-in', certificateFile, '-out', p12File])
  return {
    p12: [...readFileSync(p12File)],
    jwk: createPrivateKey(readFileSync(keyFile)).export({ format: 'jwk' }),
    certificate: [...new X509Certificate(readFileSync(certificateFile)).raw],
    certificateFile,
  }
}

/**
 * Throws unless the last signature of the PDF at path covers all of the file and OpenSSL finds it good. A signer that writes the document
 * `anew` is held neither to the original's bytes nor to PAdES.
 */
export function judge(path, original, { certificateFile }, dir, { anew = false } = {}) {
  const bytes = readFileSync(path)
  const before = readFileSync(original)
  // One signer drops the original's last line feed.
  if (!anew && !bytes.subarray(0, before.length - 1).equals(before.subarray(0, -1))) throw new Error('the original was changed')
  const at = bytes.lastIndexOf('/ByteRange')
  const range = /^\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/.exec(bytes.subarray(Math.max(0, at), at + 200).toString('latin1'))?.slice(1).map(Number)
  if (!range || (!anew && at < before.length - 1)) throw new Error('no ByteRange')
  const [a, b, c, d] = range
  if (a !== 0 || c + d !== bytes.length) throw new Error(`ByteRange ${range} does not cover ${bytes.length} bytes`)
  const contents = bytes.subarray(b, c).toString('latin1')
  if (!/^<[0-9a-f]+>$/i.test(contents)) throw new Error('the ByteRange leaves out more than the signature')
  const signature = join(dir, 'signature.der')
  const covered = join(dir, 'covered')
  writeFileSync(signature, Buffer.from(contents.slice(1, -1), 'hex'))
  writeFileSync(covered, bytes.subarray(0, b))
  writeFileSync(covered, bytes.subarray(c), { flag: 'a' })
  const args = ['cms', '-verify', ...(anew ? [] : ['-cades']), '-binary', '-inform', 'DER', '-in', signature, '-content', covered, '-CAfile', certificateFile, '-purpose', 'any', '-out', '/dev/null']
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr.trim().split('\n').at(-1)}`)
}
