// Logs in at the demo's service as a person would, without a browser.

import { OAuth } from '../../../js/dist/oauth.js'

/** Resolves to an access token. */
export async function login(demo) {
  const info = await (await fetch(`${demo.service}/info`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).json()
  const oauth = new OAuth({ baseURL: info.oauth2, clientID: 'hashout-demo', redirectURI: 'http://127.0.0.1:1/' })
  const { url, transaction } = await oauth.begin()
  const page = await (await fetch(url)).text()
  const find = (pattern) => pattern.exec(page)[1].replaceAll('&amp;', '&')
  const body = new URLSearchParams({ request: find(/name="request" value="([^"]+)"/), user: demo.user, password: demo.password, decision: 'allow' })
  const answer = await fetch(new URL(find(/<form method="post" action="([^"]+)"/), url), { method: 'POST', body, redirect: 'manual' })
  return (await oauth.complete(transaction, answer.headers.get('location'))).accessToken
}
