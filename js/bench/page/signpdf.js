// @signpdf with its plain placeholder. It leaves the CMS to its user, who makes the smallest one that will do here.

import { Buffer } from 'buffer'
import { plainAddPlaceholder } from '@signpdf/placeholder-plain'
import { SignPdf } from '@signpdf/signpdf'
import { Signer, SUBFILTER_ETSI_CADES_DETACHED } from '@signpdf/utils'
import { signedData } from './cms.js'

globalThis.Buffer = Buffer

export async function load(key) {
  class KeySigner extends Signer {
    sign(covered) {
      return signedData(key, covered)
    }
  }
  return {
    async sign(blob) {
      const pdfBuffer = Buffer.from(await blob.arrayBuffer())
      const withPlaceholder = plainAddPlaceholder({
        pdfBuffer, reason: '', contactInfo: '', name: '', location: '', subFilter: SUBFILTER_ETSI_CADES_DETACHED,
      })
      const signed = await new SignPdf().sign(withPlaceholder, new KeySigner())
      return new Blob([signed], { type: 'application/pdf' })
    },
  }
}
