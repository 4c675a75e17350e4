// A page without a framework.

import { show, signSample } from './sign.js'

show(signSample)
