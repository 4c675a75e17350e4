// A React component that signs when a button is pressed. Written without JSX, so that it runs on a server as it is.

import { Hashout, HashoutError } from 'hashout'
import { createElement as h, useState } from 'react'

export function SignButton({ file, config }) {
  const [state, setState] = useState('ready')
  const sign = async () => {
    setState('signing')
    let hashout
    try {
      hashout = await Hashout.load()
      const service = hashout.service({ url: config.service, accessToken: config.token })
      const { documents } = await service.sign(file, { credential: config.credential, authorize: () => ({ PIN: config.pin }) })
      setState(documents[0].error?.code ?? 'signed')
    } catch (error) {
      setState(error instanceof HashoutError ? error.code : 'failed')
    } finally {
      hashout?.dispose()
    }
  }
  return h('button', { onClick: sign, 'data-state': state }, `Sign (${state})`)
}
