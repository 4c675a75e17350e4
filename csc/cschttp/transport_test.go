package cschttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/cschttp"
)

func do(t *testing.T, ctx context.Context, url string, limit int64) (*csc.Response, *csc.TransportError) {
	t.Helper()
	transport := cschttp.New(nil)
	defer transport.CloseIdleConnections()
	r, err := transport.Do(ctx, &csc.Request{Method: "POST", URL: url, Header: map[string]string{"Content-Type": "application/json", "Authorization": "Bearer secret"}, Body: []byte("{}"), MaxResponseBytes: limit})
	var te *csc.TransportError
	if err != nil && !errors.As(err, &te) {
		t.Fatalf("an untyped error: %v", err)
	}
	if te != nil && (strings.Contains(te.Error(), "secret") || strings.Contains(te.Error(), "http://")) {
		t.Errorf("the error quotes the request: %v", te)
	}
	return r, te
}

func TestExchangePassesAllThrough(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(503)
		_, _ = io.WriteString(w, r.Method+r.Header.Get("Content-Type")+string(b))
	}))
	defer s.Close()
	r, err := do(t, t.Context(), s.URL, 100)
	if err != nil || r.Status != 503 || r.Header("Retry-After") != "7" || string(r.Body) != "POSTapplication/json{}" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestFailuresSayWhetherTheRequestMayHaveLeft(t *testing.T) {
	var calls atomic.Int32
	handler := http.NewServeMux()
	handler.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	handler.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	handler.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 101)) })
	handler.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100)) })
	handler.HandleFunc("/drop", func(http.ResponseWriter, *http.Request) { calls.Add(1); panic(http.ErrAbortHandler) })
	handler.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "50")
		_, _ = io.WriteString(w, "x")
		panic(http.ErrAbortHandler)
	})
	handler.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise net/http does not notice that the client left
		<-r.Context().Done()
	})
	s := httptest.NewServer(handler)
	defer s.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	for _, tc := range []struct {
		url  string
		kind csc.TransportErrorKind
		sent bool
	}{
		{s.URL + "/redirect", csc.Redirect, true},
		{s.URL + "/large", csc.TooLarge, true},
		{s.URL + "/drop", csc.Network, true},
		{s.URL + "/cut", csc.Network, true},
		{s.URL + "/slow", csc.Timeout, true},
		{closed, csc.Network, false},
		{"http://rssp.example/", csc.Insecure, false},
		{"file:///etc/passwd", csc.Insecure, false},
		{"http://[", csc.Insecure, false},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, te := do(t, ctx, tc.url, 100)
		cancel()
		if te == nil || te.Kind != tc.kind || te.Sent != tc.sent {
			t.Errorf("%s: %+v", tc.url, te)
		}
	}
	if calls.Load() != 1 {
		t.Errorf("a dropped request was made %d times", calls.Load())
	}
	if r, te := do(t, t.Context(), s.URL+"/exact", 100); te != nil || len(r.Body) != 100 {
		t.Errorf("an answer of just the allowed size: %v", te)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, te := do(t, ctx, s.URL+"/slow", 100); te == nil || te.Kind != csc.Canceled || !te.Sent {
		t.Errorf("cancelled: %+v", te)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, te := do(t, gone, s.URL+"/slow", 100); te == nil || te.Kind != csc.Canceled || te.Sent {
		t.Errorf("cancelled before: %+v", te)
	}
}

// net/http repeats a request whose kept connection turns out dead. A request
// that was read by the service must not come twice.
func TestDeadKeptConnectionDoesNotDoubleTheRequest(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		if calls.Add(1) > 1 {
			panic(http.ErrAbortHandler) // on a connection that was used before
		}
	}))
	defer s.Close()
	transport := cschttp.New(nil)
	defer transport.CloseIdleConnections()
	r := &csc.Request{Method: "POST", URL: s.URL, Body: []byte("{}"), MaxResponseBytes: 10}
	if _, err := transport.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := transport.Do(t.Context(), r); err == nil {
		t.Error("no error")
	}
	if calls.Load() != 2 {
		t.Errorf("%d requests came in place of 2", calls.Load())
	}
}
