// Makes small PDFs whose pages have the boxes, turns and empty signature fields that a test wants.

/**
 * A PDF of pages { mediaBox, cropBox, rotate }; A4 upright when nothing is said. `fields` are signature fields { name, rect } on the first
 * page; `padding` adds so many bytes in an unused stream.
 */
export function pages(list, { fields = [], padding = 0 } = {}) {
  const objects = ['', '']
  const kids = []
  const widgets = fields.map(({ name, rect }) => objects.push(`<< /Type /Annot /Subtype /Widget /FT /Sig /T (${name}) /Rect [${rect.join(' ')}] /F 4 >>`)).map((n) => `${n} 0 R`).join(' ')
  objects[0] = `<< /Type /Catalog /Pages 2 0 R${widgets && ` /AcroForm << /Fields [${widgets}] >>`} >>`
  for (const { mediaBox = [0, 0, 595, 842], cropBox, rotate = 0 } of list) {
    kids.push(`${objects.length + 1} 0 R`)
    const content = `1 0 0 RG 4 w ${mediaBox[0] + 60} ${mediaBox[1] + 110} 60 40 re S`
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [${mediaBox.join(' ')}]${cropBox ? ` /CropBox [${cropBox.join(' ')}]` : ''} /Rotate ${rotate}${widgets && kids.length === 1 ? ` /Annots [${widgets}]` : ''} /Resources << >> /Contents ${objects.length + 2} 0 R >>`, `<< /Length ${content.length} >>\nstream\n${content}\nendstream`)
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`
  if (padding) objects.push(`<< /Length ${padding} >>\nstream\n${'0123456789abcdef'.repeat(Math.ceil(padding / 16)).slice(0, padding)}\nendstream`)
  let text = '%PDF-1.7\n'
  const offsets = objects.map((object, i) => {
    const at = text.length
    text += `${i + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const start = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('')}`
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}
