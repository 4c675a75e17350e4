// The page the service sends the browser back to. In a popup it hands the answer
// to the page that opened it; otherwise the whole page went to the login, and
// the answer goes on to the page itself.

import { relayCallback } from '/hashout/oauth.js'

if (!relayCallback()) location.replace(`./${location.search}`)
