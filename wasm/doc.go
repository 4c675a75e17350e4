//go:build js && wasm

// Command wasm is the border between JavaScript and Go: the only room that touches syscall/js (through safejs). It turns arguments into
// Go values, promises into results, an AbortSignal into a cancelled context, Go errors into {code, message, details, retryable}, a Blob
// into an io.ReaderAt and the Fetch API into a csc.Transport. It holds no rule of any protocol or format: what is done, and in which order,
// is wasm/internal/signflow's.
//
// # Protocol
//
// One engine is one running program. Before it starts, js sets globalThis.__hashoutHost; the program reads it once, deletes it, and
// answers host.ready(engine). Both sides carry a protocol number and refuse another.
//
//	host   { protocol, ready(engine), fetch(url, init), token(id, refresh), authorize(id, request), progress(id, event), digest(id, algorithm, parts),
//	         journal(id, record): Promise, document(id, index, document) }
//	engine { protocol, version, call(id, method, args): Promise, cancel(id) }
//
// The methods are in methods.go; js/src/protocol.ts mirrors their arguments and results, and a test compares the two lists. Documents
// cross as Blob objects and are read in slices; of what comes back only the appended update and certificates are bytes.
//
// Of a signing the page holds the journal (wasm/internal/signflow): the engine keeps nothing between calls, so that its death loses nothing.
// host.journal takes a new journal or changes of states, and no hash leaves before its promise is fulfilled; host.document takes each
// document as soon as it has ended.
//
// # Promises
//
// No handler blocks and none panics out: each call runs on its own goroutine under recover. If the program ends all the same, js sees
// it and rejects what is pending with ENGINE_CRASHED. No secret is kept: tokens, PIN and OTP are asked of the host when they are needed.
package main
