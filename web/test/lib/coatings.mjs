// The ways in which a leak could wear the bytes of a document.

const base64 = (b) => b.toString('base64')

/** Each takes bytes and gives the leak's body as a string of Latin-1 characters. */
export const coatings = {
  raw: (b) => b.toString('latin1'),
  'hex, lower case': (b) => b.toString('hex'),
  'hex, upper case': (b) => b.toString('hex').toUpperCase(),
  'hex at an odd place': (b) => `a${b.toString('hex')}`,
  'base64, offset 0': base64,
  'base64, offset 1': (b) => base64(Buffer.concat([Buffer.from('x'), b])),
  'base64, offset 2': (b) => base64(Buffer.concat([Buffer.from('xy'), b])),
  'base64 after other letters': (b) => `Zz${base64(b)}`,
  base64url: (b) => b.toString('base64url'),
  'UTF-16, little endian': (b) => Buffer.from(b.toString('latin1'), 'utf16le').toString('latin1'),
  'UTF-16, big endian': (b) => Buffer.from(b.toString('latin1'), 'utf16le').swap16().toString('latin1'),
  'percent encoding': (b) => [...b].map((c) => `%${c.toString(16).padStart(2, '0')}`).join(''),
  'numbers of an array': (b) => [...b].join(','),
  'JSON escapes': (b) => [...b].map((c) => `\\u00${c.toString(16).padStart(2, '0')}`).join(''),
  'hex in base64': (b) => base64(Buffer.from(b.toString('hex'))),
  'base64 in base64': (b) => base64(Buffer.from(base64(b))),
  'UTF-16 in base64': (b) => base64(Buffer.from(b.toString('latin1'), 'utf16le')),
}
