package csctest

import (
	"crypto"
	"maps"
	"time"
)

// authorization is what stands behind a SAD: which key may sign what, how
// often and until when.
type authorization struct {
	credential *credential
	user       string
	left       int  // signatures still allowed
	calls      int  // signHash calls until extendTransaction; -1 for no limit
	bound      bool // only the hashes below may be signed
	hashes     map[string]int
	hash       crypto.Hash // of the hashes, 0 when it was not said
	expires    time.Time
}

// bind adds hashes to those authorised. A hash that is authorised already is
// not counted again, so that a client may repeat the rest of its list when it
// extends a transaction.
func (a *authorization) bind(hashes [][]byte) {
	if len(hashes) == 0 {
		return
	}
	if a.hashes == nil {
		a.hashes = map[string]int{}
	}
	a.bound = true
	fresh := map[string]int{}
	for _, h := range hashes {
		fresh[string(h)]++
	}
	for h, n := range fresh {
		a.hashes[h] = max(a.hashes[h], n)
	}
}

// open is how many signatures over bound hashes are outstanding.
func (a *authorization) open() int {
	n := 0
	for _, k := range a.hashes {
		n += k
	}
	return n
}

// covers tells whether each hash is authorised as often as it is listed.
func (a *authorization) covers(hashes [][]byte) bool {
	if !a.bound {
		return true
	}
	want := map[string]int{}
	for _, h := range hashes {
		want[string(h)]++
		if want[string(h)] > a.hashes[string(h)] {
			return false
		}
	}
	return true
}

// spend takes the hashes out of the authorization. It is called before the key
// is used: what fails later is spent nevertheless.
func (a *authorization) spend(hashes [][]byte) {
	a.left -= len(hashes)
	if a.calls > 0 {
		a.calls--
	}
	if a.bound {
		for _, h := range hashes {
			a.hashes[string(h)]--
		}
	}
}

// callLimit is the number of signHash calls of a fresh or extended SAD.
func (s *Server) callLimit(v2 bool) int {
	if s.opts.SADCalls == SADOneCall || s.opts.SADCalls == SADPerText && !v2 {
		return 1
	}
	return -1
}

// issueSADLocked makes a SAD for an authorization. SADs are opaque and may
// hold any character, so these hold some that a careless client would mangle.
func (s *Server) issueSADLocked(a *authorization, v2 bool) map[string]any {
	a.expires = s.now().Add(s.opts.SADLifetime)
	a.calls = s.callLimit(v2)
	sad := "SAD-" + random(18) + `+/="\ <é&>`
	s.sads[sad] = a
	body := map[string]any{"SAD": sad}
	s.expiry(body, "expiresIn", s.opts.SADLifetime)
	return body
}

// findSADLocked returns the authorization behind a SAD that the caller may use
// for a credential, or the reason why not.
func (s *Server) findSADLocked(sad string, t *token, k *credential) (*authorization, *problem) {
	a := s.sads[sad]
	switch {
	case a == nil || a.credential != k || t != nil && t.user != a.user:
		return nil, refuse("Invalid parameter SAD")
	case !s.now().Before(a.expires):
		return nil, refuse("SAD expired")
	case a.left <= 0:
		return nil, refuse("Invalid parameter SAD: all its signatures were made")
	}
	return a, nil
}

// clone lets an extension fail without having changed anything.
func (a *authorization) clone() *authorization {
	b := *a
	b.hashes = maps.Clone(a.hashes)
	return &b
}
