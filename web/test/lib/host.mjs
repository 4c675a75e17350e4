// A page of somebody else's: an empty one with a script of its own, the built package beside it, and the policy it likes.

import { readFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { extname } from 'node:path'
import { root } from './devserver.mjs'

const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.ttf': 'font/ttf' }

/** Serves scripts by path, of which the page loads /page.js, and the service behind /through/ as a proxy of the page's own origin. */
export async function startHost(scripts, service, policyOf = () => '') {
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://host')
    const headers = { 'Content-Security-Policy': policyOf(), 'Cache-Control': 'no-store' }
    const send = (type, body) => response.writeHead(200, { ...headers, 'Content-Type': type }).end(body)
    if (pathname === '/') return send('text/html', '<!doctype html><title>x</title><script type="module" src="/page.js"></script>')
    if (Object.hasOwn(scripts, pathname)) return send('text/javascript', scripts[pathname])
    if (pathname.startsWith('/hashout/')) {
      const name = pathname.slice('/hashout/'.length)
      const body = name.includes('/') ? null : await readFile(`${root}js/dist/${name}`).catch(() => null)
      if (body) return send(types[extname(name)] ?? 'application/octet-stream', body)
    }
    if (pathname.startsWith('/through/')) {
      // A proxy is no browser: it has no origin, and no preflight comes to it.
      const { host, origin, ...rest } = request.headers
      const onward = httpRequest(new URL(pathname.slice('/through'.length) + search, service), { method: request.method, headers: rest }, (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)))
      onward.on('error', () => response.destroy())
      return request.pipe(onward)
    }
    response.writeHead(404).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) }
}
