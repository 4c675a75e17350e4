// What zgapdfsigner looks for, before it is loaded.

import forge from 'node-forge'
import * as PDFLib from 'pdf-lib'

Object.assign(globalThis, { forge, PDFLib })
