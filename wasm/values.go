//go:build js && wasm

package main

import (
	"hashout/wasm/internal/jsvalue"

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

// decode reads the plain part of a call's arguments into target. Blobs are fetched by name, never copied.
func decode(v safejs.Value, target any) error {
	if err := jsvalue.Decode(v, target); err != nil {
		return invalidArgument("the arguments are not of the shape this call takes", err)
	}
	return nil
}
