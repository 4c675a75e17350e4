// A CMS SignedData over bytes, for signers that leave it to their user.

import { children, concat, der, sequence, set } from './der.js'

const oid = (...bytes) => der(0x06, bytes)
const pkcs7 = (n) => oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, n)
const pkcs9 = (...n) => oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, ...n)
const integer = (n) => der(0x02, [n])
const sha256 = sequence(oid(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01), der(0x05))
const rsaSHA256 = sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), der(0x05))

const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

export async function signedData(key, content) {
  const { certificate } = key
  // version, serialNumber, signature, issuer
  const [, serial, , issuer] = children(children(certificate)[0])
  // contentType, messageDigest, signingCertificateV2: in DER's order, which is by length here.
  const attributes = concat(
    sequence(pkcs9(0x03), set(pkcs7(0x01))),
    sequence(pkcs9(0x04), set(der(0x04, await hash(content)))),
    sequence(pkcs9(0x10, 0x02, 0x2f), set(sequence(sequence(sequence(der(0x04, await hash(certificate))))))),
  )
  const signature = key.sign(await hash(set(attributes)))
  const signerInfo = sequence(integer(1), sequence(issuer, serial), sha256, der(0xa0, attributes), rsaSHA256, der(0x04, signature))
  const data = sequence(integer(1), set(sha256), sequence(pkcs7(0x01)), der(0xa0, certificate), set(signerInfo))
  return sequence(pkcs7(0x02), der(0xa0, data))
}
