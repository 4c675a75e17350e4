//go:build js && wasm

package main

import (
	"fmt"

	"github.com/hack-pad/safejs"
)

// protocol is the version of the border described in doc.go. js/src/protocol.ts carries the same number, and each side refuses the other when they differ.
const protocol = 2

// version is the engine's version, set at link time (-X main.version=…).
var version = "dev"

// hostName is the one global by which js hands over its host object. It is deleted as soon as it was read.
const hostName = "__hashoutHost"

func main() {
	if err := serve(); err != nil {
		// The host sees the end of the program as the death of the engine; there is nobody else to tell.
		panic(err)
	}
	select {}
}

// serve takes the host object and answers its ready function with the engine.
func serve() error {
	global := safejs.Global()
	host, err := global.Get(hostName)
	if err != nil {
		return err
	}
	if host.IsUndefined() {
		return fmt.Errorf("hashout: no %s on the global object: the engine is started by the hashout npm package", hostName)
	}
	if err := global.Delete(hostName); err != nil {
		return err
	}
	spoken, err := host.Get("protocol")
	if err != nil {
		return err
	}
	if n, err := spoken.Int(); err != nil || n != protocol {
		return fmt.Errorf("hashout: the host speaks another protocol than %d", protocol)
	}
	engine, err := newEngine(host, methods())
	if err != nil {
		return err
	}
	_, err = host.Call("ready", engine)
	return err
}
