// The key of all the signers that are measured: RSA-2048 in the page. WebCrypto cannot sign a digest that was made
// elsewhere, which is all that a remote key is given, so the private operation is done here. Its time is kept apart.

import { concat, der, sequence } from './der.js'

const toBigInt = (bytes) => BigInt('0x' + Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(''))
const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

/** DigestInfo of SHA-256, up to the digest. */
const digestInfo = (digest) => sequence(sequence(der(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]), der(0x05)), der(0x04, digest))

/** A key that counts the milliseconds it has taken. */
export class Key {
  /** The time spent in sign. */
  spent = 0
  #p
  #q
  #dp
  #dq
  #qi
  #bytes

  /** jwk is the private key, certificate its certificate in DER, p12 both in PKCS #12 without a password. */
  constructor(jwk, certificate, p12) {
    this.certificate = certificate
    this.p12 = p12
    const number = (name) => toBigInt(fromBase64url(jwk[name]))
    this.#p = number('p')
    this.#q = number('q')
    this.#dp = number('dp')
    this.#dq = number('dq')
    this.#qi = number('qi')
    this.#bytes = fromBase64url(jwk.n).length
  }

  /** PKCS #1 v1.5 over a SHA-256 digest. */
  sign(digest) {
    const began = performance.now()
    const info = digestInfo(digest)
    const padded = concat([0, 1], new Uint8Array(this.#bytes - 3 - info.length).fill(0xff), [0], info)
    const m = toBigInt(padded)
    const [p, q] = [this.#p, this.#q]
    const a = power(m % p, this.#dp, p)
    const b = power(m % q, this.#dq, q)
    const h = ((((a - b) % p) + p) * this.#qi) % p
    const hex = (b + h * q).toString(16).padStart(2 * this.#bytes, '0')
    const signature = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16))
    this.spent += performance.now() - began
    return signature
  }
}

function power(base, exponent, modulus) {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}
