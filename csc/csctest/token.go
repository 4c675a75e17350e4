package csctest

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"time"
)

type tokenKind uint8

const (
	accessToken tokenKind = iota
	refreshToken
)

// token is an OAuth token or a token of auth/login. Spent ones are kept, so
// that the service can tell an expired token from an invented one.
type token struct {
	value   string
	kind    tokenKind
	scope   string // "service" or "credential"
	user    string // empty for client credentials
	client  string // empty for auth/login
	grant   string // tokens of one grant die together with their refresh token
	expires time.Time
	revoked bool
	auth    *authorization // what a credential-scope token may sign
}

// AccessToken issues a service token for the first user, as if the user had
// just logged in.
func (s *Server) AccessToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := ""
	if len(s.opts.Users) > 0 {
		user = s.opts.Users[0].Name
	}
	return s.newTokenLocked(&token{scope: "service", user: user, grant: random(16)}).value
}

// ExpireTokens ends all tokens issued so far, as time would.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		t.expires = s.now()
	}
}

// ExpireSADs ends all SADs issued so far, as time would.
func (s *Server) ExpireSADs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.sads {
		a.expires = s.now()
	}
}

// spent tells whether a credential-scope token was used up; it then dies by
// itself (v2 §8.4).
func (t *token) spent() bool { return t.auth != nil && t.auth.left <= 0 }

func (s *Server) newTokenLocked(t *token) *token {
	t.value = random(24)
	if t.expires.IsZero() {
		t.expires = s.now().Add(s.opts.TokenLifetime)
	}
	s.tokens[t.value] = t
	return t
}

// random is an unguessable string of n bytes in unpadded base64url.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// expiry puts the lifetime of a token or a SAD into an answer.
func (s *Server) expiry(body map[string]any, name string, d time.Duration) {
	d = d.Round(time.Second) // the clock moved since the deadline was set
	switch {
	case s.opts.OmitExpiry && s.opts.Dialect.NullsForAbsent:
		body[name] = nil
	case s.opts.OmitExpiry:
	case s.opts.Dialect.ExpiryAsText:
		body[name] = strconv.Itoa(int(d / time.Second))
	default:
		body[name] = int(d / time.Second)
	}
}
