// What is measured: the names of the files in page/, and what each is called.

export const tools = { limit: 'WebCrypto alone', hashout: 'hashout', libpdf: '@libpdf/core', signpdf: '@signpdf', zga: 'zgapdfsigner' }
