// Code of a page, as a type checker sees it. Compiled under several module resolutions by types.test.js; never run.

import { Hashout, HashoutError } from 'hashout'
import type { Authorization, Batch, Credential, HashoutErrorCode, JournalKeeper, Progress, Service, SignResult, Verification } from 'hashout'
import { JournalStore, type KeptSigning } from 'hashout/journal'
import { OAuth, relayCallback, type TokenSet } from 'hashout/oauth'

export async function page(files: FileList, signal: AbortSignal): Promise<Blob[]> {
  const hashout: Hashout = await Hashout.load({ memoryBudget: 1e8, integrity: false })
  const oauth = new OAuth({ baseURL: 'https://login.example', clientID: 'me', redirectURI: 'https://page.example/callback' })
  const token: TokenSet = await oauth.popup({ scope: 'service' }, { signal })
  token.accessToken.toUpperCase()
  const service: Service = hashout.service({ url: 'https://rssp.example/csc/v1', accessToken: oauth.accessToken, api: 'auto' })
  const credentials: Credential[] = await service.credentials({ signal })
  const credential = credentials.find((c) => c.usable)
  if (!credential) throw new Error(credentials[0]?.reason?.message)
  credential.certificate?.notAfter.getFullYear()
  const result: SignResult = await service.sign([...files], {
    credential,
    level: 'B-B',
    field: { page: 1, rect: [36, 36, 236, 96] },
    authorize: async ({ pin, numSignatures, signal: over }): Promise<Authorization> => {
      over.throwIfAborted()
      return pin?.presence === 'true' ? { PIN: String(numSignatures) } : {}
    },
    onProgress: ({ document, phase, done, total }: Progress) => void `${document} ${phase} ${done / total}`,
    signal,
  })
  await service.sign(new Uint8Array(1), { credential: 'id' })
  await service.sign({ file: new Response(), name: 'a.pdf' }, { credential })
  const blobs: Blob[] = []
  for (const document of result.documents) {
    // Either branch is known to the compiler by one test.
    if (document.error) explain(document.error.code)
    else blobs.push(document.blob, new Blob([document.signature.fieldName]))
  }
  await hashout.inspect(blobs[0]!, { password: 'x' })
  const { verdict, signatures }: Verification = await hashout.verify(blobs[0]!, { trust: [new Uint8Array(1), 'PEM'], time: new Date(), signal })
  if (verdict?.subIndication === 'TRY_LATER') signatures[0]?.provenAt?.getTime()
  hashout.dispose()
  return blobs
}

export async function away(service: Service, files: FileList): Promise<SignResult | undefined> {
  const journals: JournalKeeper & JournalStore = new JournalStore({ name: 'signings', indexedDB })
  const batch: Batch = await service.prepare([...files], { credential: 'id' })
  await batch.keep(journals)
  const kept: KeptSigning | undefined = await journals.get(batch.id)
  if (!kept) return undefined
  const age: number = Date.now() - kept.since.getTime()
  const names: (string | undefined)[] = kept.files.map((file) => file?.name)
  const restored = await service.restore(kept.journal, kept.files)
  const result = await restored.finish({ PIN: `${age} ${names}`, journal: journals })
  await journals.drop(restored.id)
  return result
}

export function explain(code: HashoutErrorCode): string {
  switch (code) {
    case 'AUTHORIZATION_FAILED':
      return 'Wrong PIN'
    // @ts-expect-error: not a code
    case 'NO_SUCH_CODE':
      return ''
    default:
      return code
  }
}

export function callback(): void {
  if (!relayCallback()) throw new HashoutError('INTERNAL', 'no popup', { retryable: false })
}

// @ts-expect-error: a credential is needed
export const incomplete = (service: Service) => service.sign(new Blob(), {})
// @ts-expect-error: a service is made by hashout.service only
export const forged: Service = new Service()
// @ts-expect-error: no journal is kept without its files
export const bare = (journals: JournalStore, batch: Batch) => journals.keep(batch.toJSON())
// @ts-expect-error: no such level
export const level = (service: Service) => service.sign(new Blob(), { credential: 'a', level: 'B-X' })
