//go:build js && wasm

// Command mortal is an engine that dies in every way a real one could, on demand. It speaks the border of wasm/doc.go.
package main

import (
	"os"
	"syscall/js"
	"time"
)

func main() {
	host := js.Global().Get("__hashoutHost")
	js.Global().Delete("__hashoutHost")
	if host.Get("protocol").Int() != 2 {
		os.Exit(1)
	}
	call := js.FuncOf(func(_ js.Value, args []js.Value) any {
		id, method, arguments := args[0], args[1].String(), args[2]
		return promise(func(resolve, reject js.Value) {
			switch method {
			case "echo":
				resolve.Invoke(arguments)
			case "globals":
				resolve.Invoke(map[string]any{
					"process": js.Global().Get("process").Get("pid"), "host": js.Global().Get("__hashoutHost").Type().String(),
				})
			case "silent":
				// A timer is pending when the program dies; later it never answers.
				time.Sleep(20 * time.Millisecond)
			case "panic":
				panic("a secret that must not get out")
			case "exit":
				os.Exit(3)
			case "overflow":
				var deeper js.Func
				deeper = js.FuncOf(func(js.Value, []js.Value) any { return deeper.Invoke() })
				deeper.Invoke()
				resolve.Invoke("survived")
			case "recurse":
				resolve.Invoke(recurse(0))
			case "token":
				host.Call("token", id, arguments.Get("refresh")).Call("then", resolve, reject)
			case "authorize":
				host.Call("authorize", id, arguments).Call("then", resolve, reject)
			case "fetch":
				init := map[string]any{"method": "POST", "body": "hello", "signal": arguments.Get("signal")}
				host.Call("fetch", arguments.Get("url"), init).Call("then", resolve, reject)
			case "progress":
				host.Call("progress", id, map[string]any{"document": 0, "phase": "open", "done": 1, "total": 2})
				resolve.Invoke()
			case "digest":
				host.Call("digest", id, arguments.Get("algorithm"), arguments.Get("parts"), 0).Call("then", resolve, reject)
			case "fail":
				reject.Invoke(arguments)
			default:
				reject.Invoke(map[string]any{"code": "INVALID_ARGUMENT", "message": "no such method"})
			}
		})
	})
	cancel := js.FuncOf(func(js.Value, []js.Value) any { return nil })
	host.Call("ready", map[string]any{"protocol": 2, "version": "mortal", "call": call, "cancel": cancel})
	select {}
}

// recurse exhausts the goroutine's stack, which Go answers by ending the program.
func recurse(n int) int {
	var page [512]int
	page[n%512] = recurse(n+1) + 1
	return page[(n+1)%512]
}

func promise(work func(resolve, reject js.Value)) js.Value {
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		go work(args[0], args[1])
		return nil
	})
	defer executor.Release()
	return js.Global().Get("Promise").New(executor)
}
