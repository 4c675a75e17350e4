// A Web Worker for Node, as far as hashout needs one: runs a worker script in a thread of node:worker_threads. Its end is an error event,
// so that a test can kill it.

import { Worker } from 'node:worker_threads'

const scope = `
const { parentPort, workerData } = require('node:worker_threads')
globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer)
const early = []
parentPort.on('message', (data) => (globalThis.onmessage ? globalThis.onmessage({ data }) : early.push(data)))
import(workerData).then(() => early.forEach((data) => globalThis.onmessage({ data })))
`

/** Starts the script at url; the result has the methods of a Worker. */
export function nodeWorker(url) {
  const worker = new Worker(scope, { eval: true, workerData: url.href })
  const target = new EventTarget()
  worker.on('message', (data) => target.dispatchEvent(new MessageEvent('message', { data })))
  for (const end of ['error', 'exit']) worker.on(end, () => target.dispatchEvent(new Event('error', { cancelable: true })))
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => void worker.terminate(),
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    thread: worker,
  }
}
