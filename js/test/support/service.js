// A real signing service for tests: csctest's software keys behind web/devserver, with faults on demand.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root, scratch } from './bundle.js'

/** Starts the service; `stop` ends it. */
export async function startService() {
  const program = join(scratch, 'devserver')
  execFileSync('go', ['build', '-o', program, './web/devserver'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const args = ['-json', '-test-control', '-root', root, '-addr', '127.0.0.1:0', '-service-addr', '127.0.0.1:0']
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const said = JSON.parse(line)
  const control = (path, init) => fetch(new URL(`test-control/${path}`, said.url), init)
  return {
    ...said,
    /** Orders misbehaviour: [{ endpoint, action, nth?, times? }]. */
    faults: (...orders) => control('faults', { method: 'POST', body: JSON.stringify(orders) }),
    reset: () => control('reset', { method: 'POST' }),
    /** The requests that the service saw. */
    requests: async () => (await (await control('log')).json()).service,
    signed: async () => (await control('signed')).json(),
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** What a person does on the login page at url. Resolves to the address that the page sends the browser to. */
export async function allow(url, { user = 'demo', password = 'demo', decision = 'allow' } = {}) {
  const page = await (await fetch(url)).text()
  const action = /<form method="post" action="([^"]+)"/.exec(page)[1].replaceAll('&amp;', '&')
  const request = /name="request" value="([^"]+)"/.exec(page)[1]
  const answer = await fetch(new URL(action, url), {
    method: 'POST',
    body: new URLSearchParams({ request, user, password, decision }),
    redirect: 'manual',
  })
  return answer.headers.get('location')
}
