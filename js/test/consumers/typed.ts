// A program that knows no page, as a type checker sees it: without the DOM’s declarations. Compiled by consumers.test.js; never run.

import { Hashout, HashoutError } from 'hashout'
import { JournalStore } from 'hashout/journal'
import { OAuth } from 'hashout/oauth'

const oauth = new OAuth({ baseURL: 'https://rssp.example', clientID: 'me', redirectURI: 'https://me.example/' })
const journals = new JournalStore({ name: 'signings' })

export async function sign(bytes: Uint8Array): Promise<number> {
  const hashout = await Hashout.load({ worker: false })
  const service = hashout.service({ url: 'https://rssp.example/csc/v1', accessToken: oauth.accessToken })
  const { documents } = await service.sign(bytes, { credential: 'a', journal: journals })
  return documents[0]?.blob?.size ?? 0
}
export const is = (e: unknown) => e instanceof HashoutError && e.code
