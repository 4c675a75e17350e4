// Builds and starts the dev server with its signing service and test control.

import { execFile, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { browserName } from './browser.mjs'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What tests write: a folder for each browser, for their suites run side by side. */
export const out = fileURLToPath(new URL(`../out/${browserName}/`, import.meta.url))

/** Builds a Go program of the repository and returns the path of the binary. */
export async function goBuild(pkg, name) {
  await mkdir(out, { recursive: true })
  const path = `${out}${name}`
  await promisify(execFile)('go', ['build', '-o', path, pkg], { cwd: root })
  return path
}

/** Starts the demo on free ports. */
export async function startDemo(...flags) {
  const binary = await goBuild('./web/devserver', 'devserver')
  const child = spawn(binary, ['-root', root, '-addr', '127.0.0.1:0', '-service-addr', '127.0.0.1:0', '-json', '-test-control', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const line = await new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve)
    ended.then((code) => reject(new Error(`the dev server ended with code ${code}`)))
  })
  const said = JSON.parse(line)
  const control = async (method, path, body) => {
    const response = await fetch(`${said.url}test-control/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? null : response.json()
  }
  return {
    ...said,
    /** Forgets faults, logins and logs. */
    reset: () => control('POST', 'reset'),
    /** Arms faults: { endpoint, action, nth, times }. */
    fault: (...faults) => control('POST', 'faults', faults),
    /** What both servers received: { page, service }. */
    log: () => control('GET', 'log'),
    /** How many signatures were made, and how often the most signed hash was: { total, most }. */
    signed: () => control('GET', 'signed'),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}
