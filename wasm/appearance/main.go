//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"

	"hashout/pdfprep/appearance"
	"hashout/pdfprep/drawing"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// protocol is the version of the border; wasm/main.go and js/src/protocol.ts hold the same number.
const protocol = 2

// version is the engine's version, set at link time (-X main.version=…).
var version = "dev"

func main() {
	if err := serve(); err != nil {
		panic(err) // the host sees the end of the program
	}
	select {}
}

func serve() error {
	global := safejs.Global()
	host, err := global.Get("__hashoutHost")
	if err != nil {
		return err
	}
	if host.IsUndefined() {
		return errors.New("hashout: the engine is started by the hashout npm package")
	}
	if err := global.Delete("__hashoutHost"); err != nil {
		return err
	}
	call, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any { return safejs.Unsafe(settled(args)) })
	if err != nil {
		return err
	}
	cancel, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any { return nil }) // a call is over before it could be cancelled
	if err != nil {
		return err
	}
	engine, err := safejs.ValueOf(map[string]any{
		"protocol": protocol, "version": version, "call": safejs.Unsafe(call.Value()), "cancel": safejs.Unsafe(cancel.Value()),
	})
	if err != nil {
		return err
	}
	_, err = host.Call("ready", engine)
	return err
}

// settled does the work of call(id, method, args) and gives a promise that has its outcome already: nothing here waits for anything.
func settled(args []safejs.Value) safejs.Value {
	promises, err := safejs.Global().Get("Promise")
	if err != nil {
		return safejs.Undefined()
	}
	verb := "resolve"
	outcome, err := guarded(args)
	if err != nil {
		verb, outcome = "reject", errorObject(err)
	}
	promise, err := promises.Call(verb, outcome)
	if err != nil {
		return safejs.Undefined()
	}
	return promise
}

var errPanic = errors.New("the engine met a fault of its own and gave this call up")

func guarded(args []safejs.Value) (value safejs.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			value, err = safejs.Undefined(), fmt.Errorf("%w (%T)", errPanic, r)
		}
	}()
	if len(args) != 3 || args[2].Type() != safejs.TypeObject {
		return value, invalid("an engine call takes a number, a method name and an object", nil)
	}
	method, err := args[1].String()
	if err != nil || method != "draw" && method != "preview" {
		return value, invalid("the engine has no such method", err)
	}
	artist, canvas, err := read(args[2])
	if err != nil {
		return value, err
	}
	if method == "preview" {
		svg, err := artist.SVG(canvas)
		if err != nil {
			return value, err
		}
		return safejs.ValueOf(map[string]any{"svg": string(svg)})
	}
	drawn, err := artist.Draw(context.Background(), canvas)
	if err != nil {
		return value, err
	}
	pdf, err := jsvalue.Uint8Array(drawn.PDF)
	if err != nil {
		return value, err
	}
	return safejs.ValueOf(map[string]any{"pdf": safejs.Unsafe(pdf)})
}

// read takes the arguments of both methods.
func read(args safejs.Value) (*appearance.Artist, drawing.Canvas, error) {
	var spec specShape
	var canvas canvasShape
	if err := decode(args, "spec", &spec); err != nil {
		return nil, drawing.Canvas{}, err
	}
	if err := decode(args, "canvas", &canvas); err != nil {
		return nil, drawing.Canvas{}, err
	}
	s, err := spec.spec()
	if err != nil {
		return nil, drawing.Canvas{}, err
	}
	if s.Image, err = optionalBytes(args, "image"); err != nil {
		return nil, drawing.Canvas{}, err
	}
	fonts, err := args.Get("fonts")
	if err != nil {
		return nil, drawing.Canvas{}, err
	}
	count, err := fonts.Length()
	if err != nil {
		return nil, drawing.Canvas{}, invalid("fonts is not an array", err)
	}
	for i := range count {
		one, err := fonts.Index(i)
		if err != nil {
			return nil, drawing.Canvas{}, err
		}
		data, err := jsvalue.Bytes(one)
		if err != nil {
			return nil, drawing.Canvas{}, invalid("a font is not bytes", err)
		}
		s.Fonts = append(s.Fonts, data)
	}
	artist, err := appearance.New(s)
	return artist, drawing.Canvas(canvas), err
}

func decode(args safejs.Value, name string, target any) error {
	value, err := args.Get(name)
	if err != nil {
		return err
	}
	if err := jsvalue.Decode(value, target); err != nil {
		return invalid("the appearance has a value of a kind that does not belong there", err)
	}
	return nil
}

func optionalBytes(args safejs.Value, name string) ([]byte, error) {
	value, err := args.Get(name)
	if err != nil || value.IsNull() || value.IsUndefined() {
		return nil, err
	}
	return jsvalue.Bytes(value)
}
