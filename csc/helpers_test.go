package csc_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/cschttp"
	"hashout/csc/csctest"
)

// keys is shared by all services of the tests, so that each RSA key is made
// once.
var keys = sync.OnceValue(csctest.NewKeyRing)

type world struct {
	t       *testing.T
	service *csctest.Server
	session *csc.Session
}

// newWorld starts a service and opens a session with it. edit may change the
// session's options.
func newWorld(t *testing.T, o csctest.Options, api string, edit ...func(*csc.SessionOptions)) *world {
	t.Helper()
	o.Keys = keys()
	if runtime.GOOS == "js" {
		t.Skip("a browser cannot reach a server inside the test's own process; wasm/browser_test.go talks to one outside")
	}
	service := csctest.NewServer(t, o)
	w := &world{t: t, service: service}
	w.session = w.open(api, edit...)
	return w
}

func (w *world) open(api string, edit ...func(*csc.SessionOptions)) *csc.Session {
	w.t.Helper()
	token := w.service.AccessToken()
	transport := cschttp.New(nil)
	w.t.Cleanup(transport.CloseIdleConnections)
	so := csc.SessionOptions{ServiceURL: w.service.ServiceURL(api), Transport: transport, Token: csc.StaticToken(token), Sleep: fastSleep}
	for _, f := range edit {
		f(&so)
	}
	session, err := csc.NewSession(so)
	if err != nil {
		w.t.Fatal(err)
	}
	return session
}

// fastSleep makes waits a thousand times shorter, so that tests of back-off
// and polling do not wait.
func fastSleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d / 100):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) credential(id string) *csc.Credential {
	w.t.Helper()
	c, err := w.session.Credential(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("credential %s: %v", id, err)
	}
	return c
}

// signer makes a signer that gives the demo PIN and the current OTP.
func (w *world) signer(id string, o csc.SignerOptions) *csc.Signer {
	w.t.Helper()
	s, err := csc.NewSigner(w.session, w.credential(id), w.pin(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) pin() *csc.ExplicitAuthorizer {
	return &csc.ExplicitAuthorizer{Ask: func(_ context.Context, r csc.FactorRequest) (csc.Factors, error) {
		f := csc.Factors{PIN: csctest.DemoPIN}
		if r.OTP != nil {
			f.OTP = csc.Secret(w.service.OTP(r.Credential.ID))
		}
		return f, nil
	}}
}

// digests makes n different digests for a signer.
func digests(s *csc.Signer, label string, n int) [][]byte {
	h := s.Mechanism().Algorithm.Hash
	out := make([][]byte, n)
	for i := range out {
		out[i] = digest(h, fmt.Sprint(label, i))
	}
	return out
}

func digest(h crypto.Hash, text string) []byte {
	d := h.New()
	d.Write([]byte(text))
	return d.Sum(nil)
}

func sha(text string) []byte { s := sha256.Sum256([]byte(text)); return s[:] }

// mustSign fails the test unless every result is a signature.
func mustSign(t *testing.T, results []csc.SignResult) {
	t.Helper()
	for i, r := range results {
		if r.Err != nil {
			t.Fatalf("signature %d: %v (%s, %v)", i, r.Err, csc.CodeOf(r.Err), r.Err)
		}
		if len(r.Signature) == 0 {
			t.Fatalf("signature %d is empty", i)
		}
	}
}

func wantCode(t *testing.T, err error, code csc.Code) {
	t.Helper()
	if csc.CodeOf(err) != code {
		t.Fatalf("got %v (%q), want %s", err, csc.CodeOf(err), code)
	}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
