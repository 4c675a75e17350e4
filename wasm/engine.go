//go:build js && wasm

package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/hack-pad/safejs"
)

// handler does the work of one method of the border on a goroutine of its own.
type handler func(ctx context.Context, c *call) (any, error)

// engine holds what lives as long as the program: the host and the calls under way.
type engine struct {
	host    safejs.Value
	methods map[string]handler

	mu      sync.Mutex
	pending map[int]context.CancelCauseFunc
}

// newEngine makes the object that is handed to the host. Its two functions live as long as the program, so they are never released.
func newEngine(host safejs.Value, methods map[string]handler) (safejs.Value, error) {
	e := &engine{host: host, methods: methods, pending: make(map[int]context.CancelCauseFunc)}
	callFunc, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		promise, err := e.start(args)
		if err != nil {
			return nil
		}
		return safejs.Unsafe(promise)
	})
	if err != nil {
		return safejs.Value{}, err
	}
	cancelFunc, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		if id, err := first(args).Int(); err == nil {
			e.cancel(id)
		}
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	return safejs.ValueOf(map[string]any{
		"protocol": protocol, "version": version,
		"call": safejs.Unsafe(callFunc.Value()), "cancel": safejs.Unsafe(cancelFunc.Value()),
	})
}

// start begins call(id, method, args) and returns its promise at once. Wrong arguments reject the promise; they never throw.
func (e *engine) start(args []safejs.Value) (safejs.Value, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c := &call{engine: e, id: -1}
	var method string
	var badCall error
	if len(args) == 3 && args[0].Type() == safejs.TypeNumber && args[1].Type() == safejs.TypeString {
		c.id, _ = args[0].Int()
		method, _ = args[1].String()
		c.args = args[2]
		badCall = e.register(c.id, cancel)
	} else {
		badCall = invalidArgument("an engine call takes a number, a method name and an object", nil)
	}
	return newPromise(func() (any, error) {
		defer cancel(nil)
		if badCall != nil {
			return nil, badCall
		}
		defer e.forget(c.id)
		work := e.methods[method]
		if work == nil {
			return nil, invalidArgument(fmt.Sprintf("the engine has no method %q", method), nil)
		}
		return work(ctx, c)
	})
}

func (e *engine) register(id int, cancel context.CancelCauseFunc) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.pending[id]; twice {
		return invalidArgument(fmt.Sprintf("call %d is under way already", id), nil)
	}
	e.pending[id] = cancel
	return nil
}

func (e *engine) forget(id int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.pending, id)
}

func (e *engine) cancel(id int) {
	e.mu.Lock()
	cancel := e.pending[id]
	e.mu.Unlock()
	if cancel != nil {
		cancel(errAborted)
	}
}
