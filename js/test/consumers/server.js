// Server-side rendering: the component is imported and rendered where there is no page, and the other modules are imported.

import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { JournalStore } from 'hashout/journal'
import { OAuth } from 'hashout/oauth'
import { SignButton } from './app.js'

new JournalStore()
new OAuth({ baseURL: 'https://rssp.example', clientID: 'me', redirectURI: 'https://me.example/' })
process.stdout.write(renderToString(h(SignButton, { config: {} })))
