//go:build js && wasm

package main

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/hack-pad/safejs"
)

// functionsSource records every function that Go gives to JavaScript. Go complains on the console if one is called that was released.
const functionsSource = `(() => {
	const make = Go.prototype._makeFuncWrapper, made = []
	Go.prototype._makeFuncWrapper = function (id) { const f = make.call(this, id); made.push(f); return f }
	return {
		stop() { Go.prototype._makeFuncWrapper = make; return made.length },
		async alive() {
			await new Promise((outside) => setTimeout(outside)) // of Go, for which it is an event like others
			const error = console.error
			let released = 0
			console.error = (text) => { if (/released function/.test(text)) released++ }
			try { for (const f of made) f() } finally { console.error = error }
			return made.length - released
		},
	}
})()`

// signFiles signs so many copies of a document in one call.
func (p *page) signFiles(key map[string]any, copies int) error {
	p.t.Helper()
	var files []any
	for range copies {
		files = append(files, map[string]any{"blob": newBlob(p.t, corpusFile(p.t, "pdfminer-jo.pdf"))})
	}
	_, err := p.call("sign", map[string]any{"service": p.service(), "credential": key, "files": files, "options": map[string]any{}})
	return err
}

func TestEveryFunctionGivenToJavaScriptIsReleased(t *testing.T) {
	if os.Getenv("HASHOUT_SERVICE") == "" {
		t.Fatal("no service: run .ci/wasm-tests")
	}
	p := openPage(t, methods())
	key := p.credential("demo-p-256")
	functions := must(t)(safejs.Global().Call("eval", functionsSource))
	if err := p.signFiles(key, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := p.call("inspect", map[string]any{"blob": "no blob"}); err == nil {
		t.Error("a text was taken for a Blob")
	}
	if err := p.host.Set("cancelAt", "authorize"); err != nil {
		t.Fatal(err)
	}
	_ = p.signFiles(key, 1)
	time.Sleep(200 * time.Millisecond) // a promise that nobody waits for any more settles in its own time
	made, err := must(t)(functions.Call("stop")).Int()
	if err != nil || made < 20 {
		t.Fatalf("only %d functions were seen: %v", made, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if alive, err := must(t)(await(ctx, must(t)(functions.Call("alive")))).Int(); err != nil || alive != 0 {
		t.Errorf("%d of %d functions were not released: %v", alive, made, err)
	}
}

func TestHeapDoesNotGrowWithTheDocumentsThatWereSigned(t *testing.T) {
	if os.Getenv("HASHOUT_SERVICE") == "" {
		t.Fatal("no service: run .ci/wasm-tests")
	}
	p := openPage(t, methods())
	key := p.credential("demo-p-256")
	heap := func(calls int) uint64 {
		for range calls {
			if err := p.signFiles(key, 10); err != nil {
				t.Fatal(err)
			}
		}
		var m runtime.MemStats
		for range 3 { // what a finalizer held is free in the next round
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap(3)
	after := heap(20)
	growth := (int64(after) - int64(before)) / 200
	t.Logf("%d bytes for each of 200 documents", growth)
	if growth >= 1024 {
		t.Errorf("the heap keeps %d bytes for each document that was signed", growth)
	}
}
