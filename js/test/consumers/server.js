// Server-side rendering: the component is imported and rendered where there is no page.

import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { SignButton } from './app.js'

process.stdout.write(renderToString(h(SignButton, { config: {} })))
