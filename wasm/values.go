//go:build js && wasm

package main

import (
	"encoding/json"
	"fmt"

	"github.com/hack-pad/safejs"
)

// stringProperty is the named property if it is a string, else "".
func stringProperty(v safejs.Value, name string) string {
	p, err := v.Get(name)
	if err != nil || p.Type() != safejs.TypeString {
		return ""
	}
	s, err := p.String()
	if err != nil {
		return ""
	}
	return s
}

// nfkc is the browser's own Unicode normalization: Go's tables would have to be downloaded.
func nfkc(s string) string {
	value, err := safejs.ValueOf(s)
	if err != nil {
		return s
	}
	object, err := safejs.Global().Get("Object")
	if err != nil {
		return s
	}
	// A primitive string has no methods for syscall/js; the object around it has.
	wrapped, err := object.Invoke(value)
	if err != nil {
		return s
	}
	normal, err := wrapped.Call("normalize", "NFKC")
	if err != nil {
		return s
	}
	if s, err := normal.String(); err == nil {
		return s
	}
	return s
}

func intProperty(v safejs.Value, name string) (int, error) {
	p, err := v.Get(name)
	if err != nil {
		return 0, err
	}
	return p.Int()
}

func uint8Array(buffer safejs.Value) (safejs.Value, error) {
	constructor, err := safejs.Global().Get("Uint8Array")
	if err != nil {
		return safejs.Value{}, err
	}
	return constructor.New(buffer)
}

func newArray(elements ...any) (safejs.Value, error) {
	constructor, err := safejs.Global().Get("Array")
	if err != nil {
		return safejs.Value{}, err
	}
	return constructor.Call("of", elements...)
}

// jsBytes copies Go bytes into a fresh Uint8Array.
func jsBytes(b []byte) (safejs.Value, error) {
	length, err := safejs.ValueOf(len(b))
	if err != nil {
		return safejs.Value{}, err
	}
	array, err := uint8Array(length)
	if err != nil {
		return safejs.Value{}, err
	}
	_, err = safejs.CopyBytesToJS(array, b)
	return array, err
}

// goBytes copies a Uint8Array into Go.
func goBytes(v safejs.Value) ([]byte, error) {
	n, err := v.Length()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = safejs.CopyBytesToGo(b, v)
	return b, err
}

// decode reads the plain part of a JavaScript value into target. Blobs are empty objects to JSON; they are fetched by name, never copied.
func decode(v safejs.Value, target any) error {
	text, err := stringify(v)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), target); err != nil {
		return invalidArgument("the arguments are not of the shape this call takes", err)
	}
	return nil
}

func stringify(v safejs.Value) (string, error) {
	object, err := safejs.Global().Get("JSON")
	if err != nil {
		return "", err
	}
	text, err := object.Call("stringify", v)
	if err != nil {
		return "", invalidArgument("the arguments cannot be written as JSON", err)
	}
	if text.Type() != safejs.TypeString {
		return "", invalidArgument("the arguments are missing", nil)
	}
	return text.String()
}

// encode makes a plain JavaScript value of a Go value by way of JSON.
func encode(v any) (safejs.Value, error) {
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
