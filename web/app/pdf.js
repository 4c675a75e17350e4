// Pages of a PDF as pictures, by pdf.js. It is loaded when the first page is
// wanted, reads the file in slices, and runs in its own worker under the page's
// policy: no eval, and one Trusted Types policy that knows one address.

const home = '/pdfjs/'

const workerURL = () => {
  const url = `${home}pdf.worker.min.mjs`
  const policy = globalThis.trustedTypes?.createPolicy('portal', { createScriptURL: (asked) => (asked === url ? asked : undefined) })
  return policy ? policy.createScriptURL(url) : url
}

let loading
async function load() {
  const pdfjs = await import(`${home}pdf.min.mjs`)
  // One worker for all documents; closing a document leaves it running.
  return { pdfjs, worker: new pdfjs.PDFWorker({ port: new Worker(workerURL(), { type: 'module' }) }) }
}

/** Gives pdf.js the pieces of a File that it asks for. */
function reader(pdfjs, file) {
  const transport = new pdfjs.PDFDataRangeTransport(file.size, null)
  transport.requestDataRange = async (begin, end) => {
    transport.onDataRange(begin, new Uint8Array(await file.slice(begin, end).arrayBuffer()))
  }
  return transport
}

/**
 * Opens a PDF. What it cannot read it says by an Error; `name` is
 * 'PasswordException' when a password is needed or wrong.
 * Close the result: it holds memory of the worker.
 */
export async function openPDF(file, password) {
  loading ??= load()
  loading.catch(() => (loading = undefined))
  const { pdfjs, worker } = await loading
  const task = pdfjs.getDocument({
    worker,
    range: reader(pdfjs, file),
    password,
    disableAutoFetch: true,
    disableStream: true,
    isEvalSupported: false,
    useSystemFonts: false, // those that ship with pdf.js look alike everywhere
    verbosity: 0,
    cMapUrl: `${home}cmaps/`,
    standardFontDataUrl: `${home}standard_fonts/`,
    wasmUrl: `${home}wasm/`,
    iccUrl: `${home}iccs/`,
  })
  let pdf
  try {
    pdf = await task.promise
  } catch (error) {
    await task.destroy()
    throw error
  }
  let drawing = null

  return {
    pages: pdf.numPages,

    /** The geometry of a page, counted from 1: see geometry.js. */
    async viewport(number) {
      return (await pdf.getPage(number)).getViewport({ scale: 1 })
    },

    /** The signature fields of a page that can be seen, signed or not: { name, rect }, rect in the page's own units. */
    async fields(number) {
      const annotations = await (await pdf.getPage(number)).getAnnotations()
      return annotations
        .filter((a) => a.fieldType === 'Sig' && a.fieldName && a.rect[0] !== a.rect[2] && a.rect[1] !== a.rect[3])
        .map((a) => ({ name: a.fieldName, rect: a.rect }))
    },

    /** Draws a page, `width` CSS pixels wide. A later call takes the place of one that is under way: that resolves to false. */
    async draw(number, canvas, width) {
      drawing?.cancel()
      const page = await pdf.getPage(number)
      const natural = page.getViewport({ scale: 1 })
      const density = Math.min(globalThis.devicePixelRatio || 1, 3)
      const viewport = page.getViewport({ scale: (width * density) / natural.width })
      canvas.width = Math.round(viewport.width)
      canvas.height = Math.round(viewport.height)
      drawing?.cancel()
      const mine = (drawing = page.render({ canvas, viewport }))
      try {
        await mine.promise
        return true
      } catch (error) {
        if (error?.name === 'RenderingCancelledException') return false
        throw error
      } finally {
        if (drawing === mine) drawing = null
      }
    },

    close() {
      drawing?.cancel()
      return task.destroy()
    },
  }
}
