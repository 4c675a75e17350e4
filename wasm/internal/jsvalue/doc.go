//go:build js && wasm

// Package jsvalue takes values over the border between Go and JavaScript, for both engines: bytes as a Uint8Array, plain values by way of
// JSON. It copies, keeps nothing, and gives no error a code: that is the engines' own.
package jsvalue
