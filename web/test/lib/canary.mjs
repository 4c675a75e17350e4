// A PDF whose every part holds a word that occurs nowhere else in the world.

import { deflateSync } from 'node:zlib'

/** The words, by where they are. */
export const canaries = {
  text: 'Canary-Text-q7VtLxw2PzR9',
  metadata: 'Canary-Xmp-m4KsYbe8NcT1',
  info: 'Canary-Info-h9WjDfu3QgA6',
  field: 'Canary-Field-z2BvEno5XkS8',
  attachment: 'Canary-File-p6GyHrc1MtL4',
  fileName: 'Canary-Name-u3CxJda7ZqW5',
  reason: 'Canary-Reason-k8RfOim2VbY9',
  location: 'Canary-Location-t5NhUlp4SeG7',
  contactInfo: 'Canary-Contact-w1QzKjx6DoC3',
}

/** Text in a compressed stream, XMP, Info (UTF-16), a form field with its appearance, an attachment. */
export function canaryPDF() {
  const stream = (dict, data) => `<<${dict}/Length ${data.length}>>\nstream\n${data}\nendstream`
  const packed = (dict, text) => stream(`${dict}/Filter/FlateDecode`, deflateSync(Buffer.from(text, 'latin1')).toString('latin1'))
  const utf16 = (text) => `<FEFF${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`
  const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">${canaries.metadata}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
  const objects = [
    '<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R/AcroForm<</Fields[7 0 R]/DA(/Helv 10 Tf 0 g)/DR<</Font<</Helv 6 0 R>>>>>>/Names<</EmbeddedFiles<</Names[(a)10 0 R]>>>>>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</Helv 6 0 R>>>>/Contents 4 0 R/Annots[7 0 R]>>',
    packed('', `BT /Helv 12 Tf 20 150 Td (${canaries.text}) Tj ET`),
    stream('/Type/Metadata/Subtype/XML', xmp),
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>',
    `<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(${canaries.field})/Rect[20 80 280 100]/P 3 0 R/F 4/DA(/Helv 10 Tf 0 g)/AP<</N 8 0 R>>>>`,
    packed('/Type/XObject/Subtype/Form/BBox[0 0 260 20]/Resources<</Font<</Helv 6 0 R>>>>', `/Tx BMC BT /Helv 10 Tf 2 5 Td (${canaries.field}) Tj ET EMC`),
    packed('/Type/EmbeddedFile', canaries.attachment),
    '<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 9 0 R>>>>',
    `<</Title ${utf16(canaries.info)}/Author(${canaries.info})>>`,
  ]
  let body = '%PDF-1.7\n%\xE2\xE3\xCF\xD3\n'
  const offsets = objects.map((text, i) => {
    const at = body.length
    body += `${i + 1} 0 obj\n${text}\nendobj\n`
    return `${String(at).padStart(10, '0')} 00000 n \n`
  })
  const xref = body.length
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}trailer\n<</Size ${objects.length + 1}/Root 1 0 R/Info 11 0 R>>\nstartxref\n${xref}\n%%EOF\n`
  return Buffer.from(body, 'latin1')
}
