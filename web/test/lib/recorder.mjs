// An HTTP proxy that keeps every byte a browser sends, whichever page, worker or
// background task of the browser sends it. Only loopback is let through.

import http from 'node:http'

// Chromium’s own upkeep asks these hosts whatever page is open, and no flag stops
// all of it. They are refused like any other, but are not the page’s doing.
const upkeep = ['update.googleapis.com', 'accounts.google.com', 'clients2.google.com', 'optimizationguide-pa.googleapis.com']

/** Starts a recorder on a free port. */
export async function startRecorder() {
  /** @type {{ method: string, url: string, headers: string[], body: Buffer }[]} */
  const requests = []
  const refused = []
  const refuse = (method, address) => {
    const host = /^\w+:\/\//.test(address) ? new URL(address).hostname : address.split(':')[0]
    if (!upkeep.includes(host)) refused.push(`${method} ${address}`)
  }
  const agent = new http.Agent({ keepAlive: true })

  const server = http.createServer((request, response) => {
    const target = URL.canParse(request.url) && new URL(request.url)
    if (target && upkeep.includes(target.hostname)) {
      response.writeHead(502).end()
      return
    }
    const entry = { method: request.method, url: request.url, headers: request.rawHeaders, body: Buffer.alloc(0) }
    requests.push(entry)
    request.on('data', (chunk) => (entry.body = Buffer.concat([entry.body, chunk])))
    if (!target || !['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) {
      refuse(request.method, request.url)
      response.writeHead(502).end()
      return
    }
    const headers = { ...request.headers }
    delete headers['proxy-connection']
    const onward = http.request(target, { method: request.method, headers, agent })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(response)
      answer.on('aborted', () => response.destroy())
    })
    onward.on('error', () => response.destroy()) // as the service did it
    response.on('close', () => response.writableFinished || onward.destroy())
    request.pipe(onward)
  })
  // Encrypted or upgraded connections could not be read, so there are none.
  server.on('connect', (request, socket) => {
    refuse('CONNECT', request.url)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  server.on('upgrade', (request, socket) => {
    refuse('UPGRADE', request.url)
    socket.destroy()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** What went to other hosts, or could not be read. */
    refused,
    /** Waits for a request that fits. */
    async until(fits, from = requests.length) {
      while (!requests.slice(from).some(fits)) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    /** All of it as searchable bytes. */
    traffic: () =>
      requests.map(({ method, url, headers, body }) => ({
        where: `${method} ${url.split('?')[0]}`,
        bytes: Buffer.concat([Buffer.from(`${method} ${url}\n${headers.join('\n')}\n\n`, 'latin1'), body]),
      })),
    stop() {
      agent.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
