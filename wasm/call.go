//go:build js && wasm

package main

import (
	"context"
	"crypto"
	"fmt"

	"hashout/csc"
	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"

	"github.com/hack-pad/safejs"
)

// call is one call of the host: its arguments, and what it may ask the host in return. Everything the host gives back is a promise.
type call struct {
	engine *engine
	id     int
	args   safejs.Value
	tails  tails
}

// ask calls a function of the host and waits for its promise.
func (c *call) ask(ctx context.Context, name string, args ...any) (safejs.Value, error) {
	promise, err := c.engine.host.Call(name, args...)
	if err != nil {
		return safejs.Value{}, err
	}
	return await(ctx, promise)
}

// Token implements csc.TokenSource. The token is asked for at each request and never kept.
func (c *call) Token(ctx context.Context, refresh bool) (string, error) {
	value, err := c.ask(ctx, "token", c.id, refresh)
	if err != nil {
		return "", fmt.Errorf("the page gave no access token: %w", err)
	}
	if value.Type() != safejs.TypeString {
		return "", nil
	}
	return value.String()
}

// transport is this call's way to the service.
func (c *call) transport() csc.Transport {
	return &fetchTransport{fetch: func(url string, init safejs.Value) (safejs.Value, error) {
		return c.engine.host.Call("fetch", url, init)
	}}
}

// digest has the host hash the concatenation of parts, each a Blob or a Uint8Array, which belong to the document with that index.
func (c *call) digest(ctx context.Context, document int, h crypto.Hash, parts ...any) ([]byte, error) {
	list, err := newArray(parts...)
	if err != nil {
		return nil, err
	}
	value, err := c.ask(ctx, "digest", c.id, h.String(), list, document)
	if err != nil {
		return nil, fmt.Errorf("hashing the document: %w", err)
	}
	sum, err := jsvalue.Bytes(value)
	if err == nil && len(sum) != h.Size() {
		err = fmt.Errorf("hashing the document: %d bytes came back, not %d", len(sum), h.Size())
	}
	return sum, err
}

// progress reports an event; a host that fails to take it is not told twice.
func (c *call) progress(e signflow.Event) {
	event, err := safejs.ValueOf(map[string]any{"document": e.Document, "phase": string(e.Phase), "done": e.Done, "total": e.Total})
	if err == nil {
		_, _ = c.engine.host.Call("progress", c.id, event)
	}
}

// blob takes the Blob of an argument object that describes the document with that index.
func (c *call) blob(ctx context.Context, holder safejs.Value, document int) (*blob, error) {
	value, err := holder.Get("blob")
	if err != nil || value.Type() != safejs.TypeObject {
		return nil, invalidArgument("a document is missing: pass a Blob", err)
	}
	size, err := value.Get("size")
	if err != nil {
		return nil, err
	}
	n, err := size.Float()
	if err != nil {
		return nil, invalidArgument("a document is not a Blob", err)
	}
	return &blob{ctx: ctx, value: value, size: int64(n), tails: &c.tails, hash: func(ctx context.Context, h crypto.Hash, parts ...any) ([]byte, error) {
		return c.digest(ctx, document, h, parts...)
	}}, nil
}
