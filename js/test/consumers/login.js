// A page that logs in by a popup, and the page that the popup comes back to.

import { OAuth, relayCallback } from 'hashout/oauth'
import { show } from './sign.js'

if (!relayCallback()) {
  const { oauth2 } = await (await fetch('/config.json')).json()
  const oauth = new OAuth({ baseURL: oauth2, clientID: 'hashout-demo', redirectURI: `${location.origin}/page.html` })
  const button = document.createElement('button')
  button.textContent = 'Log in'
  button.onclick = () =>
    show(async () => {
      const { tokenType } = await oauth.popup()
      return { tokenType, loggedIn: oauth.loggedIn, stored: sessionStorage.length + localStorage.length }
    })
  document.getElementById('root').append(button)
}
