package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// start runs the server on free ports until the test ends.
func start(t *testing.T, f flags) announcement {
	t.Helper()
	f.root, f.json = "../..", true
	if f.addr == "" {
		f.addr = "127.0.0.1:0"
	}
	f.serviceAddr = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, f, w) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the server did not stop")
		}
	})
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var said announcement
	if err := json.Unmarshal(line, &said); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return said
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestPageFilesHaveTheirTypesAndTheStrictPolicy(t *testing.T) {
	said := start(t, flags{})
	for path, kind := range map[string]string{
		"":                              "text/html; charset=utf-8",
		"main.js":                       "text/javascript; charset=utf-8",
		"app/dom.js":                    "text/javascript; charset=utf-8",
		"style.css":                     "text/css; charset=utf-8",
		"icon.svg":                      "image/svg+xml",
		"samples/service-agreement.pdf": "application/pdf",
		"config.json":                   "application/json",
	} {
		resp, _ := get(t, said.URL+path)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != kind {
			t.Errorf("%q: status %d, type %q, want 200, %q", path, resp.StatusCode, resp.Header.Get("Content-Type"), kind)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		origin := strings.TrimSuffix(said.Service, "/csc/v1")
		for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self' " + origin, "form-action 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%q: policy %q lacks %q", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe-inline") {
			t.Errorf("%q: policy allows inline code", path)
		}
	}
}

func TestNothingOutsideThePageIsServed(t *testing.T) {
	said := start(t, flags{})
	for _, path := range []string{
		"package.json", "README.md", "test/e2e.test.mjs", "node_modules/axe-core/axe.js", "devserver/main.go", "samples/README.md",
		"..%2fgo.mod", "samples/..%2f..%2fgo.mod", "app/..%2fmain.js", "hashout/..%2f..%2fjs%2fpackage.json", "test-control/log",
	} {
		if resp, body := get(t, said.URL+path); resp.StatusCode == http.StatusOK && !strings.HasSuffix(path, "main.js") {
			t.Errorf("%q is served: %.60q", path, body)
		}
	}
}

func TestServiceRunsOnAnotherOriginWithItsRootOnDisk(t *testing.T) {
	said := start(t, flags{})
	if strings.HasPrefix(said.Service, strings.TrimSuffix(said.URL, "/")) {
		t.Errorf("page %s and service %s share an origin", said.URL, said.Service)
	}
	pem, err := os.ReadFile(said.RootPEM)
	if err != nil || !strings.HasPrefix(string(pem), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("root certificate: %.40q, %v", pem, err)
	}
	resp, err := http.Post(said.Service+"/info", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("info answers %d", resp.StatusCode)
	}
}

func TestBusyPortIsReplacedByAFreeOne(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := start(t, flags{addr: l.Addr().String()})
	if strings.Contains(said.URL, l.Addr().String()) {
		t.Errorf("URL %s is the busy one", said.URL)
	}
}

func TestControlSwitchesFaultsOnAndRecordsBothServers(t *testing.T) {
	said := start(t, flags{testControl: true})
	post := func(url, body string) int {
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := post(said.URL+"test-control/faults", `[{"endpoint":"info","action":"server-error"}]`); got != http.StatusNoContent {
		t.Fatalf("faults answers %d", got)
	}
	if got := post(said.Service+"/info", `{}`); got != http.StatusInternalServerError {
		t.Errorf("first info answers %d, want the fault", got)
	}
	if got := post(said.Service+"/info", `{}`); got != http.StatusOK {
		t.Errorf("second info answers %d", got)
	}
	if got := post(said.URL+"test-control/faults", `[{"action":"no such"}]`); got != http.StatusBadRequest {
		t.Errorf("an unknown action answers %d", got)
	}
	get(t, said.URL+"style.css")
	_, body := get(t, said.URL+"test-control/log")
	var log map[string][]loggedRequest
	if err := json.Unmarshal([]byte(body), &log); err != nil {
		t.Fatal(err)
	}
	if len(log["service"]) != 2 || string(log["service"][0].Body) != "{}" {
		t.Errorf("service log: %+v", log["service"])
	}
	if len(log["page"]) != 1 || !strings.HasSuffix(log["page"][0].URL, "/style.css") {
		t.Errorf("page log: %+v", log["page"])
	}
}

func TestServiceFlagMustBeAnAddress(t *testing.T) {
	if err := run(context.Background(), flags{root: "../..", addr: "127.0.0.1:0", service: "rssp"}, io.Discard); err == nil {
		t.Error("no error")
	}
}
