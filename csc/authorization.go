package csc

import (
	"context"
	"fmt"
	"time"
)

// Authorizer obtains the permission to use a credential for given hashes.
//
// Authorize returns an *Error, or an error of the caller's own, which becomes
// AUTHORIZATION_FAILED (ABORTED when the context ended). It is asked once for
// each group of hashes that one authorization may cover, and again when the
// authorization expired before all of them were signed.
type Authorizer interface {
	Authorize(ctx context.Context, r AuthorizationRequest) (*Authorization, error)
}

// AuthorizerFunc is a function as an Authorizer.
type AuthorizerFunc func(ctx context.Context, r AuthorizationRequest) (*Authorization, error)

// Authorize calls f.
func (f AuthorizerFunc) Authorize(ctx context.Context, r AuthorizationRequest) (*Authorization, error) {
	return f(ctx, r)
}

// AuthorizationRequest says what is to be authorized. The hashes are always
// given, so that an Authorizer may bind them under SCAL 1 as well.
type AuthorizationRequest struct {
	Session       *Session
	Credential    *Credential
	Hashes        [][]byte
	HashAlgo      string // OID of the digest
	NumSignatures int    // as many as hashes
	Description   string // shown to the user by push apps, at most 500 characters
	ClientData    string
}

// Authorization is the permission to use a credential: a SAD, or in v2 a
// credential-scope token that is used as bearer.
type Authorization struct {
	SAD       Secret
	Bearer    Secret    // instead of the session's token
	ExpiresAt time.Time // zero means not known

	lifetime time.Duration // 0 means not known
}

// Format keeps the secrets out of every fmt verb.
func (a Authorization) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "csc.Authorization(expires %s)", a.ExpiresAt.Format(time.RFC3339))
}

// Factors is what the user gave to authorize. Values is by id of v2 auth
// objects; PIN and OTP are enough for most credentials in both versions. SAD
// or AccessToken, when given, stand for an authorization obtained elsewhere.
type Factors struct {
	PIN, OTP    Secret
	Values      map[string]Secret
	SAD         Secret
	AccessToken Secret // of scope credential
}

func (f Factors) secrets() []Secret {
	out := []Secret{f.PIN, f.OTP, f.SAD, f.AccessToken}
	for _, v := range f.Values {
		out = append(out, v)
	}
	return out
}

// expired tells whether an authorization should not be used any more: 10 s
// before its expiry, less for short lifetimes, so that it does not expire on
// its way to the service.
func (a *Authorization) expired(now time.Time) bool {
	if a.ExpiresAt.IsZero() {
		return false
	}
	margin := 10 * time.Second
	if a.lifetime > 0 {
		margin = min(margin, a.lifetime/5)
	}
	return !now.Before(a.ExpiresAt.Add(-margin))
}
