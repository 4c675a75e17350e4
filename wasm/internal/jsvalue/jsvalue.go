//go:build js && wasm

package jsvalue

import (
	"encoding/json"
	"fmt"

	"github.com/hack-pad/safejs"
)

// Bytes copies a Uint8Array into Go.
func Bytes(v safejs.Value) ([]byte, error) {
	n, err := v.Length()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = safejs.CopyBytesToGo(b, v)
	return b, err
}

// Uint8Array copies Go bytes into a fresh Uint8Array.
func Uint8Array(b []byte) (safejs.Value, error) {
	constructor, err := safejs.Global().Get("Uint8Array")
	if err != nil {
		return safejs.Value{}, err
	}
	array, err := constructor.New(len(b))
	if err != nil {
		return safejs.Value{}, err
	}
	_, err = safejs.CopyBytesToJS(array, b)
	return array, err
}

// Decode reads the plain part of a value into target. Blobs are empty objects to JSON.
func Decode(v safejs.Value, target any) error {
	object, err := safejs.Global().Get("JSON")
	if err != nil {
		return err
	}
	text, err := object.Call("stringify", v)
	if err != nil {
		return err
	}
	s, err := text.String() // "<undefined>" where there was no value, and that is no JSON either
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(s), target)
}

// Encode makes a plain value of a Go value.
func Encode(v any) (safejs.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return safejs.Value{}, fmt.Errorf("writing a result: %w", err)
	}
	object, err := safejs.Global().Get("JSON")
	if err != nil {
		return safejs.Value{}, err
	}
	return object.Call("parse", string(text))
}
