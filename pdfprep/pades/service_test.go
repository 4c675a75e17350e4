package pades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hashout/csc/csctest"
	"hashout/pdfprep/pades"
)

// The services of these tests are real ones over HTTP on loopback: a TSA, OCSP responders, revocation lists, certificates of authorities.

// web is a Fetcher over net/http that counts its requests and can be told to lose some.
type web struct {
	calls atomic.Int64
	lose  func(r *pades.Request) bool
}

func (w *web) Fetch(ctx context.Context, r *pades.Request) ([]byte, error) {
	w.calls.Add(1)
	if w.lose != nil && w.lose(r) {
		return nil, errors.New("connection refused")
	}
	method := http.MethodGet
	if r.Body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.ContentType != "" {
		request.Header.Set("Content-Type", r.ContentType)
	}
	request.Header.Set("Accept", r.Accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, r.MaxBytes+1))
}

// service has one P-256 credential per state of a certificate, and some that do not tell where things are.
func service(t *testing.T) *csctest.Server {
	t.Helper()
	spec := func(id string, change func(*csctest.CredentialSpec)) csctest.CredentialSpec {
		s := csctest.CredentialSpec{ID: id, Name: "Throw-away " + id, Key: csctest.P256, PIN: "1234"}
		if change != nil {
			change(&s)
		}
		return s
	}
	return csctest.NewServer(t, csctest.Options{Credentials: []csctest.CredentialSpec{
		spec("good", nil),
		spec("revoked", func(s *csctest.CredentialSpec) { s.Status = csctest.CertRevoked }),
		spec("revoked by list", func(s *csctest.CredentialSpec) { s.Status, s.NoOCSP = csctest.CertRevoked, true }),
		spec("unknown", func(s *csctest.CredentialSpec) { s.Status, s.NoCRL = csctest.CertUnknown, true }),
		spec("stale", func(s *csctest.CredentialSpec) { s.Status = csctest.CertStale }),
		spec("no OCSP", func(s *csctest.CredentialSpec) { s.NoOCSP = true }),
		spec("nowhere", func(s *csctest.CredentialSpec) { s.NoOCSP, s.NoCRL = true, true }),
		spec("no AIA", func(s *csctest.CredentialSpec) { s.NoAIA = true }),
	}})
}

func certificate(t *testing.T, s *csctest.Server, id string) *x509.Certificate {
	t.Helper()
	c, err := s.Certificate(id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func subjects(list []*x509.Certificate) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Subject.CommonName)
	}
	return strings.Join(names, ", ")
}

func collect(s *csctest.Server, w *web, change func(*pades.CollectOptions), certificates ...*x509.Certificate) (*pades.Evidence, error) {
	o := pades.CollectOptions{Fetcher: w, Now: time.Now()}
	if change != nil {
		change(&o)
	}
	return pades.Collect(context.Background(), o, certificates...)
}
