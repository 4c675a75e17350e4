// @libpdf/core, with the key in place of its own signers.

import { PDF } from '@libpdf/core'

export async function load(key) {
  const signer = {
    certificate: key.certificate,
    certificateChain: [],
    keyType: 'RSA',
    signatureAlgorithm: 'RSASSA-PKCS1-v1_5',
    sign: async (data) => key.sign(new Uint8Array(await crypto.subtle.digest('SHA-256', data))),
  }
  return {
    async sign(blob) {
      const pdf = await PDF.load(new Uint8Array(await blob.arrayBuffer()))
      const { bytes } = await pdf.sign({ signer, level: 'B-B' })
      return new Blob([bytes], { type: 'application/pdf' })
    },
  }
}
