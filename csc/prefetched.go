package csc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// PrefetchedSAD is an authorization that was obtained before, outside of the
// signer. It is handed out once; asking again gives SAD_REUSED.
type PrefetchedSAD struct {
	a      Authorization
	hashes [][]byte // nil: not bound

	mu   sync.Mutex
	used bool
}

// PrefetchedOptions describe a prefetched authorization.
type PrefetchedOptions struct {
	// Hashes are those the authorization was obtained for. A credential under
	// SCAL 2 needs them; others are refused with it.
	Hashes [][]byte
	// ExpiresAt is when it expires; zero means not known.
	ExpiresAt time.Time
	// AsBearer says that the value is a credential-scope token for use as
	// bearer, not a SAD.
	AsBearer bool
}

// NewPrefetchedSAD wraps a SAD, or a credential-scope token.
func NewPrefetchedSAD(value Secret, o PrefetchedOptions) *PrefetchedSAD {
	p := &PrefetchedSAD{a: Authorization{SAD: value, ExpiresAt: o.ExpiresAt}}
	if o.AsBearer {
		p.a.SAD, p.a.Bearer = "", value
	}
	for _, h := range o.Hashes {
		p.hashes = append(p.hashes, bytes.Clone(h))
	}
	return p
}

// Format keeps the secret out of every fmt verb.
func (p *PrefetchedSAD) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "csc.PrefetchedSAD") }

// Authorize returns the authorization, once.
func (p *PrefetchedSAD) Authorize(_ context.Context, r AuthorizationRequest) (*Authorization, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used {
		return nil, fail(SADReused, "the authorization was used before")
	}
	if p.a.SAD == "" && p.a.Bearer == "" {
		return nil, invalid("the prefetched authorization is empty")
	}
	if r.Credential.HashPinning() && p.hashes == nil {
		return nil, fail(AuthorizationFailed, "the credential binds its authorization to the hashes; those that the authorization is for must be given with it")
	}
	for _, h := range r.Hashes {
		if p.hashes != nil && !slices.ContainsFunc(p.hashes, func(b []byte) bool { return bytes.Equal(b, h) }) {
			return nil, fail(AuthorizationFailed, "the authorization was obtained for other hashes")
		}
	}
	if !p.a.ExpiresAt.IsZero() && !r.Session.o.Now().Before(p.a.ExpiresAt) {
		return nil, fail(SADExpired, "the authorization has expired")
	}
	p.used = true
	a := p.a
	return &a, nil
}
