package csctest

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
)

// These bound the memory of a demo that runs for days: the oldest half of the
// requests is dropped when either is reached.
const (
	maxLogged      = 20_000
	maxLoggedBytes = 256 << 20
)

// Request is one HTTP request as the service received it, with the status it
// answered. Header and Body hold secrets; String does not.
type Request struct {
	Seq    int // 1-based, in order of arrival
	Time   time.Time
	Method string
	// Endpoint is the method name of an API call ("signatures/signHash"),
	// "oauth2/token" and the like
	// at the authorization server, otherwise the path below the root ("tsa").
	Endpoint string
	// API is "v1" or "v2" for the API and for its authorization server, empty
	// elsewhere.
	API    string
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	// Status is 0 while the request is under way and when the connection was
	// dropped without an answer.
	Status int
	// Executed tells whether the service did what was asked: a fault can hide
	// a success, or prevent the call.
	Executed bool
}

// String describes the request without any secret: header names only, no
// query values, the size of the body.
func (r *Request) String() string {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	keys := make([]string, 0, len(r.Query))
	for k := range r.Query {
		keys = append(keys, k+"=…")
	}
	sort.Strings(keys)
	path := r.Path
	if len(keys) > 0 {
		path += "?" + strings.Join(keys, "&")
	}
	return fmt.Sprintf("#%d %s %s → %d (%d body bytes; headers: %s)",
		r.Seq, r.Method, path, r.Status, len(r.Body), strings.Join(names, ", "))
}

// Requests returns copies of all requests so far, preflights included, in
// order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.log))
	for i, r := range s.log {
		out[i] = *r
	}
	return out
}

// RequestsTo returns the requests to one endpoint, preflights left out.
func (s *Server) RequestsTo(endpoint string) []Request {
	var out []Request
	for _, r := range s.Requests() {
		if r.Endpoint == endpoint && r.Method != http.MethodOptions {
			out = append(out, r)
		}
	}
	return out
}

// SignedCount is how many signatures were made over a hash, by any credential,
// whether or not the answer reached the client. For Ed25519 it takes the bytes
// that signHash received.
func (s *Server) SignedCount(hash []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signed[sha256.Sum256(hash)]
}

// SignedTotal is how many signatures were made over all.
func (s *Server) SignedTotal() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, n := range s.signed {
		total += n
	}
	return total
}

// SignedMost is how often the most signed hash was signed: 1 proves that
// nothing was signed twice.
func (s *Server) SignedMost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	for _, n := range s.signed {
		most = max(most, n)
	}
	return most
}

func (s *Server) countSigned(hashes [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hashes {
		s.signed[sha256.Sum256(h)]++
	}
}

// Reset forgets requests, counters, faults, tokens, SADs, locks and pending
// approvals. Keys and certificates stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resetLocked()
}
