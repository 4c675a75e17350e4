package csc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripted is a transport that answers from a list and keeps the requests.
type scripted struct {
	mu       sync.Mutex
	answers  []any // string (200), Response, error, or func(*Request) any
	requests []*Request
}

func (s *scripted) Do(ctx context.Context, r *Request) (*Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	if err := ctx.Err(); err != nil {
		return nil, &TransportError{Kind: Canceled, Err: err}
	}
	if len(s.answers) == 0 {
		return nil, &TransportError{Kind: Network, Err: errors.New("nothing scripted")}
	}
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	if f, ok := a.(func(*Request) any); ok {
		a = f(r)
	}
	switch a := a.(type) {
	case string:
		return &Response{Status: 200, Body: []byte(a)}, nil
	case Response:
		return &a, nil
	case error:
		return nil, a
	}
	panic("scripted: unknown answer")
}

func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func scriptedSession(t testing.TB, api string, answers ...any) (*Session, *scripted) {
	t.Helper()
	tr := &scripted{answers: answers}
	s, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example/csc/" + api, Transport: tr, Token: StaticToken("token"), Sleep: noSleep})
	if err != nil {
		t.Fatal(err)
	}
	return s, tr
}

var testRSAKey = sync.OnceValue(func() *rsa.PublicKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &k.PublicKey
})

// testPair is a leaf under a root, as DER.
var testPair = sync.OnceValue(func() [2][]byte {
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return k
	}
	rootKey, leafKey := key(), key()
	now := time.Now()
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Leaf"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: x509.KeyUsageContentCommitment}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		panic(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		panic(err)
	}
	return [2][]byte{leafDER, rootDER}
})

// pemBody is the base64 of a PEM block with its line breaks, without the
// BEGIN and END lines.
func pemBody(der []byte) string {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[1:len(lines)-1], "\n")
}

// infoBody is a good answer to credentials/info, changed by edit.
func infoBody(edit func(m map[string]any)) string {
	pair := testPair()
	m := map[string]any{
		"key":       map[string]any{"status": "enabled", "algo": []any{"1.2.840.10045.4.3.2"}, "len": 256},
		"cert":      map[string]any{"certificates": []any{pemBody(pair[0]), pemBody(pair[1])}},
		"authMode":  "explicit",
		"PIN":       map[string]any{"presence": "true", "format": "N"},
		"multisign": 10,
		"SCAL":      "2",
	}
	if edit != nil {
		edit(m)
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func signatureText(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
