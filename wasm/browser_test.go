//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// These tests run in a browser against a real service, whose address is in the environment: .ci/wasm-tests starts both. The host below is
// what js/src/engine.ts gives to Go, in as few words as possible.
const hostSource = `({
	protocol: 2,
	ready(engine) { this.engine = engine },
	fetch: (url, init) => fetch(url, init),
	token: async () => TOKEN,
	authorize: async function (id, request) { this.asked.push(request); if (this.refuse) throw {code: 'ABORTED', message: 'no'}; return this.answer },
	progress(id, event) { this.events.push(event.phase); if (event.phase === this.cancelAt) this.engine.cancel(id) },
	digest: async (id, algorithm, parts) => parts.forEach((part) => part.reads++) ?? new Uint8Array(await crypto.subtle.digest(algorithm, await new Blob(parts).arrayBuffer())),
	journal: async function (id, record) { this.records.push(record); if (record.changes && this.forgetful) throw {code: 'JOURNAL_FAILED', message: 'no'} },
	document(id, index, document) { this.documents[index] = document },
	asked: [], events: [], records: [], documents: [], answer: {PIN: '123456'},
})`

type page struct {
	t    *testing.T
	host safejs.Value
	next int
}

func openPage(t *testing.T, methods map[string]handler) *page {
	t.Helper()
	source := strings.ReplaceAll(hostSource, "TOKEN", "'"+os.Getenv("HASHOUT_TOKEN")+"'")
	host := must(t)(safejs.Global().Call("eval", source))
	engine := must(t)(newEngine(host, methods))
	must(t)(host.Call("ready", engine))
	return &page{t: t, host: host}
}

func must(t *testing.T) func(safejs.Value, error) safejs.Value {
	return func(v safejs.Value, err error) safejs.Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// call makes a call as js does and waits for its promise.
func (p *page) call(method string, args any) (safejs.Value, error) {
	p.t.Helper()
	p.next++
	engine := must(p.t)(p.host.Get("engine"))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return await(ctx, must(p.t)(engine.Call("call", p.next, method, args)))
}

func (p *page) service() map[string]any {
	return map[string]any{"url": os.Getenv("HASHOUT_SERVICE") + "/csc/v1"}
}

// credential fetches one key as the page would see it.
func (p *page) credential(id string) map[string]any {
	p.t.Helper()
	value, err := p.call("credential", map[string]any{"service": p.service(), "credentialID": id})
	if err != nil {
		p.t.Fatal(err)
	}
	return map[string]any{"credentialID": stringProperty(value, "credentialID"), "raw": stringProperty(value, "raw")}
}

func newBlob(t *testing.T, data []byte) any {
	t.Helper()
	array := must(t)(newArray(safejs.Unsafe(must(t)(jsvalue.Uint8Array(data)))))
	constructor := must(t)(safejs.Global().Get("Blob"))
	return safejs.Unsafe(must(t)(constructor.New(array)))
}

func corpusFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../pdfprep/testdata/corpus/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func codeOf(err error) string {
	var c coded
	if errors.As(err, &c) {
		return c.ErrorCode()
	}
	return ""
}

func TestSignInTheBrowser(t *testing.T) {
	if os.Getenv("HASHOUT_SERVICE") == "" {
		t.Fatal("no service: run .ci/wasm-tests")
	}
	for _, id := range []string{"demo-rsa-2048", "demo-p-256", "demo-p-384", "demo-p-521"} {
		t.Run(id, func(t *testing.T) {
			p := openPage(t, methods())
			answer := map[string]any{"PIN": "123456", "OTP": "246810"}
			if id != "demo-p-384" {
				delete(answer, "OTP")
			}
			if err := p.host.Set("answer", answer); err != nil {
				t.Fatal(err)
			}
			names := []string{"pdfminer-jo.pdf", "syn-xrefstream-plain.pdf", "syn-signed-1-table.pdf"}
			var files []any
			for _, name := range names {
				files = append(files, map[string]any{"blob": newBlob(t, corpusFile(t, name)), "name": name})
			}
			files = append(files, map[string]any{"blob": newBlob(t, []byte("no PDF")), "name": "bad"})
			if _, err := p.call("sign", map[string]any{"service": p.service(), "credential": p.credential(id), "files": files, "options": map[string]any{"reason": "Test"}}); err != nil {
				t.Fatal(err)
			}
			documents := must(t)(p.host.Get("documents"))
			for i, name := range names {
				verifySigned(t, must(t)(documents.Index(i)), corpusFile(t, name))
			}
			failed := must(t)(must(t)(documents.Index(len(names))).Get("error"))
			if code := stringProperty(failed, "code"); code != "PDF_MALFORMED" {
				t.Errorf("the bad document ended with %q", code)
			}
		})
	}
}

// verifySigned judges original ∥ update from bytes.
func verifySigned(t *testing.T, document safejs.Value, original []byte) {
	t.Helper()
	if failure := must(t)(document.Get("error")); !failure.IsUndefined() {
		t.Fatalf("%s: %s", stringProperty(failure, "code"), stringProperty(failure, "message"))
	}
	update, err := jsvalue.Bytes(must(t)(document.Get("update")))
	if err != nil {
		t.Fatal(err)
	}
	whole := append(bytes.Clone(original), update...)
	d, err := pdfprep.Open(context.Background(), bytes.NewReader(whole), int64(len(whole)), pdfprep.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.Inspect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Signatures {
		if !s.CoversWholeFile {
			continue
		}
		der, err := cms.TrimPadding(s.Contents)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		h := parsed.Signer.Digest.New()
		h.Write(whole[:s.ByteRange[1]])
		h.Write(whole[s.ByteRange[2]:])
		if err := parsed.Verify(h.Sum(nil)); err != nil || !s.WellFormed {
			t.Fatalf("well formed %v, %v", s.WellFormed, err)
		}
		return
	}
	t.Fatal("no signature covers the file")
}

// TestSmallDocumentIsReadOnce: opening, hashing and rereading it ask the browser for its bytes a single time.
func TestSmallDocumentIsReadOnce(t *testing.T) {
	p := openPage(t, methods())
	watch := must(t)(safejs.Global().Call("eval", `(blob) => {
		blob.reads = 0
		blob.slice = function (...range) { this.reads++; return Blob.prototype.slice.apply(this, range) }
		blob.arrayBuffer = function () { this.reads++; return Blob.prototype.arrayBuffer.apply(this) }
		blob.stream = function () { this.reads++; return Blob.prototype.stream.apply(this) }
	}`))
	blob := newBlob(t, corpusFile(t, "pdfminer-jo.pdf"))
	must(t)(watch.Invoke(blob))
	_, err := p.call("sign", map[string]any{"service": p.service(), "credential": p.credential("demo-p-256"),
		"files": []any{map[string]any{"blob": blob}}, "options": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	verifySigned(t, must(t)(must(t)(p.host.Get("documents")).Index(0)), corpusFile(t, "pdfminer-jo.pdf"))
	value := must(t)(safejs.ValueOf(blob))
	if reads, err := must(t)(value.Get("reads")).Int(); err != nil || reads != 1 {
		t.Errorf("it was read %d times: %v", reads, err)
	}
}

func TestInspectInTheBrowser(t *testing.T) {
	p := openPage(t, methods())
	value, err := p.call("inspect", map[string]any{"blob": newBlob(t, corpusFile(t, "syn-signed-12-objstm.pdf"))})
	if err != nil {
		t.Fatal(err)
	}
	var found pdfprep.Inspection
	if err := jsvalue.Decode(value, &found); err != nil || len(found.Signatures) != 12 {
		t.Fatalf("%d signatures, %v", len(found.Signatures), err)
	}
}

func TestWrongArgumentsRejectAndNothingElseHappens(t *testing.T) {
	p := openPage(t, methods())
	engine := must(t)(p.host.Get("engine"))
	for name, args := range map[string][]any{
		"nothing at all":    {},
		"no arguments":      {900, "sign"},
		"unknown method":    {901, "no such method", map[string]any{}},
		"number for object": {902, "sign", 7},
		"text for a number": {"x", "sign", map[string]any{}},
		"no service":        {903, "credentials", map[string]any{}},
		"insecure service":  {904, "credentials", map[string]any{"service": map[string]any{"url": "http://rssp.example/csc/v1"}}},
		"wrong types":       {905, "credentials", map[string]any{"service": map[string]any{"url": 12}}},
		"unknown word":      {906, "credentials", map[string]any{"service": map[string]any{"url": "https://rssp.example", "api": "v9"}}},
		"no blob":           {907, "inspect", map[string]any{"blob": "text"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_, err := await(ctx, must(t)(engine.Call("call", args...)))
			if code := codeOf(err); code != "INVALID_ARGUMENT" && code != "INSECURE_URL" {
				t.Errorf("%q: %v", code, err)
			}
		})
	}
	if _, err := p.call("info", map[string]any{"service": p.service()}); err != nil {
		t.Errorf("the engine is of no use afterwards: %v", err)
	}
}

func TestPanicRejectsItsCallOnly(t *testing.T) {
	table := methods()
	table["explode"] = func(context.Context, *call) (any, error) { panic("secret text of a document") }
	p := openPage(t, table)
	_, err := p.call("explode", map[string]any{})
	if codeOf(err) != "INTERNAL" || strings.Contains(err.Error(), "secret") {
		t.Fatalf("%q: %v", codeOf(err), err)
	}
	if _, err := p.call("info", map[string]any{"service": p.service()}); err != nil {
		t.Fatal(err)
	}
}

func TestCancelEndsACallWithoutASignature(t *testing.T) {
	for _, phase := range []string{"prepare", "authorize"} {
		t.Run(phase, func(t *testing.T) {
			p := openPage(t, methods())
			key := p.credential("demo-rsa-2048")
			if err := p.host.Set("cancelAt", phase); err != nil {
				t.Fatal(err)
			}
			_, err := p.call("sign", map[string]any{"service": p.service(), "credential": key,
				"files": []any{map[string]any{"blob": newBlob(t, corpusFile(t, "pdfminer-jo.pdf"))}}, "options": map[string]any{}})
			code := codeOf(err)
			if err == nil {
				document := must(t)(must(t)(p.host.Get("documents")).Index(0))
				code = stringProperty(must(t)(document.Get("error")), "code")
			}
			if code != "ABORTED" {
				t.Errorf("ended with %q", code)
			}
		})
	}
}

func TestUserWhoGivesUpAborts(t *testing.T) {
	p := openPage(t, methods())
	if err := p.host.Set("refuse", true); err != nil {
		t.Fatal(err)
	}
	_, err := p.call("sign", map[string]any{"service": p.service(), "credential": p.credential("demo-rsa-2048"),
		"files": []any{map[string]any{"blob": newBlob(t, corpusFile(t, "pdfminer-jo.pdf"))}}, "options": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	failure := must(t)(must(t)(must(t)(p.host.Get("documents")).Index(0)).Get("error"))
	if code := stringProperty(failure, "code"); code != "ABORTED" {
		t.Errorf("ended with %q", code)
	}
}

func TestWrongPINKeepsTheServicesWords(t *testing.T) {
	p := openPage(t, methods())
	if err := p.host.Set("answer", map[string]any{"PIN": "999999"}); err != nil {
		t.Fatal(err)
	}
	_, err := p.call("sign", map[string]any{"service": p.service(), "credential": p.credential("demo-rsa-2048"),
		"files": []any{map[string]any{"blob": newBlob(t, corpusFile(t, "pdfminer-jo.pdf"))}}, "options": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	failure := must(t)(must(t)(must(t)(p.host.Get("documents")).Index(0)).Get("error"))
	service := must(t)(failure.Get("service"))
	if stringProperty(failure, "code") != "AUTHORIZATION_FAILED" || stringProperty(service, "error") != "invalid_pin" {
		var said any
		t.Error(jsvalue.Decode(failure, &said), said)
	}
}

func TestPasswordsAreNormalizedByTheBrowser(t *testing.T) {
	for given, want := range map[string]string{"ﬁ": "fi", "e\u0301": "é", "plain": "plain", "Ⅸ": "IX"} {
		if got := nfkc(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
