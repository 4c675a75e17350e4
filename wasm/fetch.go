//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"

	"hashout/csc"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// fetchTransport carries csc's requests by the Fetch API. One exchange a call: no redirect is followed (a 307 would post PIN and OTP
// again, to wherever it points), nothing is cached, no cookie and no referrer go along.
type fetchTransport struct {
	fetch func(url string, init safejs.Value) (safejs.Value, error)
}

// Do implements csc.Transport.
func (t *fetchTransport) Do(ctx context.Context, r *csc.Request) (*csc.Response, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, &csc.TransportError{Kind: csc.Network, Sent: false, Err: err}
	}
	abort, init, err := requestInit(r)
	if err != nil {
		return nil, &csc.TransportError{Kind: csc.Network, Sent: false, Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _, _ = abort.Call("abort") })
	defer stop()
	promise, err := t.fetch(r.URL, init)
	if err != nil {
		return nil, &csc.TransportError{Kind: csc.Network, Sent: false, Err: err}
	}
	// From here on the request may have reached the service: fetch does not tell when it left.
	response, err := await(ctx, promise)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	result := &csc.Response{Header: headerLookup(response)}
	if result.Status, err = intProperty(response, "status"); err != nil {
		return nil, transportError(ctx, err)
	}
	// Browsers hide the answer (opaqueredirect, status 0), Node shows the 3xx itself (Fetch standard, HTTP-redirect fetch).
	if stringProperty(response, "type") == "opaqueredirect" || result.Status >= 300 && result.Status < 400 {
		return nil, &csc.TransportError{Kind: csc.Redirect, Sent: true, Err: errRedirect}
	}
	result.Body, err = readBody(ctx, response, r.MaxResponseBytes)
	if err != nil {
		_, _ = abort.Call("abort")
		return nil, transportError(ctx, err)
	}
	return result, nil
}

func requestInit(r *csc.Request) (abort, init safejs.Value, err error) {
	constructor, err := safejs.Global().Get("AbortController")
	if err != nil {
		return abort, init, err
	}
	if abort, err = constructor.New(); err != nil {
		return abort, init, err
	}
	signal, err := abort.Get("signal")
	if err != nil {
		return abort, init, err
	}
	headers := make(map[string]any, len(r.Header))
	for name, value := range r.Header {
		headers[name] = value
	}
	options := map[string]any{
		"method": r.Method, "headers": headers, "signal": safejs.Unsafe(signal),
		// "manual", not "error": neither follows, but only the former can be told from a lost network.
		"redirect": "manual", "credentials": "omit", "referrerPolicy": "no-referrer", "cache": "no-store", "mode": "cors",
	}
	if r.Body != nil {
		options["body"] = string(r.Body)
	}
	init, err = safejs.ValueOf(options)
	return abort, init, err
}

// errRedirect is the cause of a refused redirect; where it pointed is not said, because a browser does not tell.
var errRedirect = errors.New("the service answered with a redirect")

// errTooLarge ends the reading of a body that is larger than its request allows.
var errTooLarge = errors.New("the answer is larger than this call allows")

func transportError(ctx context.Context, err error) error {
	kind := csc.Network
	switch {
	case errors.Is(err, errTooLarge):
		kind = csc.TooLarge
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return &csc.TransportError{Kind: kind, Sent: true, Err: err}
}

func headerLookup(response safejs.Value) func(string) string {
	return func(name string) string {
		headers, err := response.Get("headers")
		if err != nil {
			return ""
		}
		value, err := headers.Call("get", name)
		if err != nil || value.Type() != safejs.TypeString {
			return ""
		}
		s, err := value.String()
		if err != nil {
			return ""
		}
		return s
	}
}

// readBody reads a response's stream chunk by chunk, so that an endless answer is cut at limit bytes instead of filling the tab.
func readBody(ctx context.Context, response safejs.Value, limit int64) ([]byte, error) {
	stream, err := response.Get("body")
	if err != nil {
		return nil, err
	}
	if stream.Type() != safejs.TypeObject {
		return nil, nil
	}
	reader, err := stream.Call("getReader")
	if err != nil {
		return nil, err
	}
	var body []byte
	for {
		promise, err := reader.Call("read")
		if err != nil {
			return nil, err
		}
		chunk, err := await(ctx, promise)
		if err != nil {
			return nil, fmt.Errorf("reading the answer: %w", err)
		}
		if done, err := chunk.Get("done"); err != nil {
			return nil, err
		} else if yes, err := done.Truthy(); err != nil || yes {
			return body, err
		}
		value, err := chunk.Get("value")
		if err != nil {
			return nil, err
		}
		part, err := jsvalue.Bytes(value)
		if err != nil {
			return nil, err
		}
		if limit > 0 && int64(len(body))+int64(len(part)) > limit {
			_, _ = reader.Call("cancel")
			return nil, errTooLarge
		}
		body = append(body, part...)
	}
}
