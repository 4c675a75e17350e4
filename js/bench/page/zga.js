// zgapdfsigner as its own pages load it: on globals, with a PKCS #12 file. Its key is replaced by the one that is counted.

import './zga-globals.js'
import 'zgapdfsigner/dist/zgapdfsigner.min.js'

const { forge, Zga } = globalThis

export async function load(key) {
  const setKey = forge.pki.setRsaPrivateKey
  forge.pki.setRsaPrivateKey = (...numbers) => {
    const sign = (md) => String.fromCharCode(...key.sign(Uint8Array.from(md.digest().getBytes(), (c) => c.charCodeAt(0))))
    return Object.assign(setKey(...numbers), { sign })
  }
  return {
    async sign(blob) {
      const signer = new Zga.PdfSigner({ p12cert: key.p12, pwd: '' })
      return new Blob([await signer.sign(await blob.arrayBuffer())], { type: 'application/pdf' })
    },
  }
}
