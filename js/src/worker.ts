// The worker script: one engine in a module worker.

import type { ToEngine } from './protocol.js'
import { serve } from './serve.js'

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null
  postMessage(message: unknown, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as WorkerScope
const receive = serve((message, transfer) => scope.postMessage(message, transfer))
scope.onmessage = (event) => receive(event.data)
