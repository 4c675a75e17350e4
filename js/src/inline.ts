// An engine in the page's own thread (or Node's), behind the same messages as a worker.

import type { FromEngine, Port } from './protocol.js'
import { serve, type Start } from './serve.js'

/** Connects to an engine in this thread. Messages are delivered in order and never within the call that sends them. */
export function connectInline(start?: Start): Port {
  let hear: ((message: FromEngine) => void) | undefined
  let open = true
  const receive = serve((message) => queueMicrotask(() => open && hear?.(message)), start)
  return {
    post: (message) => queueMicrotask(() => open && receive(message)),
    listen: (message) => {
      hear = message
    },
    close: () => {
      open = false
      receive({ type: 'stop' })
    },
  }
}
