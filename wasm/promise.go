//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/hack-pad/safejs"
)

// thrown makes an error of a rejection's value without ever failing itself: anything can be thrown in JavaScript. What the host
// rejects with has a code of its own and keeps it.
func thrown(v safejs.Value) error {
	message := ""
	switch v.Type() {
	case safejs.TypeObject:
		message = stringProperty(v, "message")
		if code := stringProperty(v, "code"); code != "" {
			return &borderError{code: code, message: message}
		}
		if name := stringProperty(v, "name"); name != "" {
			message = name + ": " + message
		}
	case safejs.TypeString:
		message, _ = v.String()
	}
	if message == "" {
		message = "a promise was rejected"
	}
	return errors.New(message)
}

type settled struct {
	value safejs.Value
	err   error
}

// await waits for a promise, or for anything with a then method, on the calling goroutine. It must not run on the goroutine of a js.Func
// handler: the event loop would stop (syscall/js.FuncOf).
//
// When ctx ends first, await returns its cause at once; the handlers stay until the promise settles, because a promise cannot be left.
func await(ctx context.Context, promise safejs.Value) (safejs.Value, error) {
	if promise.Type() != safejs.TypeObject {
		return promise, nil
	}
	then, err := promise.Get("then")
	if err != nil {
		return safejs.Value{}, err
	}
	if then.Type() != safejs.TypeFunction {
		return promise, nil
	}
	done := make(chan settled, 1)
	var fulfilled, rejected safejs.Func
	release := func() {
		fulfilled.Release()
		rejected.Release()
	}
	fulfilled, err = safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		done <- settled{value: first(args)}
		release()
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	rejected, err = safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		done <- settled{err: thrown(first(args))}
		release()
		return nil
	})
	if err != nil {
		fulfilled.Release()
		return safejs.Value{}, err
	}
	if _, err := promise.Call("then", fulfilled.Value(), rejected.Value()); err != nil {
		release()
		return safejs.Value{}, err
	}
	select {
	case s := <-done:
		return s.value, s.err
	case <-ctx.Done():
		return safejs.Value{}, context.Cause(ctx)
	}
}

// newPromise runs work on its own goroutine and settles the promise it returns with what comes out. A panic becomes a rejection:
// the program must outlive every call.
func newPromise(work func() (any, error)) (safejs.Value, error) {
	constructor, err := safejs.Global().Get("Promise")
	if err != nil {
		return safejs.Value{}, err
	}
	var executor safejs.Func
	executor, err = safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			value, err := guarded(work)
			if err != nil {
				// Both calls fail only if the JavaScript side is gone; then there is nobody left to tell.
				_, _ = reject.Invoke(errorObject(err))
				return
			}
			_, _ = resolve.Invoke(value)
		}()
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	// The executor runs inside New, before it returns (ECMA-262 27.2.3.1).
	defer executor.Release()
	return constructor.New(executor.Value())
}

// errPanic marks a panic caught at the border; its text stays inside the engine because it may quote a document.
var errPanic = errors.New("the engine met a fault of its own and gave this call up")

func guarded(work func() (any, error)) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			value, err = nil, fmt.Errorf("%w (%T)", errPanic, r)
		}
	}()
	return work()
}

func first(args []safejs.Value) safejs.Value {
	if len(args) == 0 {
		return safejs.Undefined()
	}
	return args[0]
}
