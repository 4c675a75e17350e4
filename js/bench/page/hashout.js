// hashout as it is published, its engine in its worker, before a signing service that is a function of this page.

import { Hashout } from '/hashout/index.js'

const url = 'https://service.invalid/csc/v1'
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes))
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
const rsaSHA256 = '1.2.840.113549.1.1.11'

/** Answers as a CSC v1 service does, and counts the calls. */
function service(key) {
  const counts = {}
  const answers = {
    info: () => ({
      specs: '1.0.4.0', name: 'bench', logo: '', region: 'XX', lang: 'en', description: '', authType: ['external'],
      methods: ['credentials/list', 'credentials/info', 'credentials/authorize', 'signatures/signHash'],
    }),
    'credentials/list': () => ({ credentialIDs: ['bench'] }),
    'credentials/info': () => ({
      description: 'bench', authMode: 'explicit', SCAL: '1', multisign: 100, lang: 'en',
      key: { status: 'enabled', algo: [rsaSHA256], len: 2048 },
      cert: { status: 'valid', certificates: [toBase64(key.certificate)] },
      PIN: { presence: 'true', format: 'N' },
      OTP: { presence: 'false' },
    }),
    'credentials/authorize': () => ({ SAD: 'sad', expiresIn: 3600 }),
    'signatures/signHash': async ({ hash }) => {
      const signatures = []
      for (const digest of hash) {
        signatures.push(toBase64(key.sign(fromBase64(digest))))
        // A real service does not hold up the page.
        if (hash.length > 1) await globalThis.scheduler?.postTask(() => {}, { priority: 'background' })
      }
      return { signatures }
    },
  }
  const fetch = async (address, { body }) => {
    const method = String(address).slice(url.length + 1)
    counts[method] = (counts[method] ?? 0) + 1
    return Response.json(await answers[method](JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))))
  }
  return { fetch, counts }
}

/** Loads and starts the engine; what is returned is ready to sign. */
export async function load(key) {
  const { fetch, counts } = service(key)
  const hashout = await Hashout.load({ fetch })
  const signing = hashout.service({ url, accessToken: 'token', api: 'v1', dialect: { reuseSAD: true } })
  let credential
  const sign = async (files, options) => {
    credential ??= await signing.credential('bench')
    const { documents } = await signing.sign(files, { credential, authorize: () => ({ PIN: '1' }), ...options })
    for (const { error } of documents) if (error) throw error
    return documents.map((document) => document.blob)
  }
  return {
    sign: async (blob) => (await sign(blob))[0],
    signAll: (blobs) => sign(blobs, { batchSize: 50 }),
    inspect: (blob) => hashout.inspect(blob),
    counts,
  }
}
