// A page in a thread of its own, with its engine, for tests that kill it. At each step it says where it is; at the step it is to die at,
// it stands still in the middle of it until the thread is ended from outside.

import { parentPort, workerData } from 'node:worker_threads'
import { Hashout } from '../../dist/index.js'
import { signing } from './steps.js'

const { killAt, module, ...settings } = workerData

const reach = (step) => {
  parentPort.postMessage({ step })
  if (step !== killAt) return
  parentPort.postMessage({ killMe: true })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** The disk is the parent's: what it has when this thread dies is what there is. */
let kept = () => {}
parentPort.on('message', ({ refused }) => kept(refused))
const keep = (journal) =>
  new Promise((resolve, reject) => {
    kept = (refused) => (refused ? reject(new Error(refused)) : resolve())
    parentPort.postMessage({ journal: JSON.stringify(journal) })
  })

const { load, sign } = signing(settings, reach, keep)
const hashout = await Hashout.load({ ...load, wasmURL: module, worker: false })
await sign(hashout)
reach('the call has resolved')
parentPort.postMessage({ finished: true })
