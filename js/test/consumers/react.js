// A React page.

import { createElement as h } from 'react'
import { createRoot } from 'react-dom/client'
import { SignButton } from './app.js'

const config = await (await fetch('/config.json')).json()
const file = await (await fetch('/sample.pdf')).blob()
createRoot(document.getElementById('root')).render(h(SignButton, { file, config }))
