package csc

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Token is an access token with what came along.
type Token struct {
	AccessToken  Secret
	RefreshToken Secret
	Type         string // Bearer, or SAD for credential scope in v1
	ExpiresAt    time.Time
	// CredentialID is set when the authorization server chose the credential.
	CredentialID string
	// AuthorizationDetails are those granted to a rich authorization request.
	AuthorizationDetails json.RawMessage
}

// Format keeps the secrets out of every fmt verb.
func (t Token) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "csc.Token(%s, expires %s)", t.Type, t.ExpiresAt.Format(time.RFC3339))
}

// TokenHint is token_type_hint.
type TokenHint string

// The hints.
const (
	NoHint           TokenHint = ""
	HintAccessToken  TokenHint = "access_token"
	HintRefreshToken TokenHint = "refresh_token"
)

// LoginOptions go with Session.Login: user name and password, or a refresh
// token of an earlier login.
type LoginOptions struct {
	User         string
	Password     Secret
	RefreshToken Secret
	RememberMe   bool // ask for a refresh token
	ClientData   string
}

// Login calls auth/login (CSC §11.2) with HTTP Basic authentication.
func (s *Session) Login(ctx context.Context, o LoginOptions) (*Token, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	op := operation{method: "auth/login", kind: act, anonymous: true, body: s.wire().login(o), secrets: []Secret{o.RefreshToken, o.Password}}
	if o.RefreshToken == "" {
		if o.User == "" || strings.Contains(o.User, ":") { // RFC 7617 §2
			return nil, invalid("the user name is empty or contains a colon")
		}
		op.authorization = basic(o.User, string(o.Password))
	}
	r, err := s.do(ctx, op)
	if err != nil {
		return nil, err
	}
	return parseToken(r, "the answer to auth/login")
}

// Revoke calls auth/revoke (CSC §11.3).
func (s *Session) Revoke(ctx context.Context, token Secret, hint TokenHint, clientData string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	_, err := s.do(ctx, operation{method: "auth/revoke", kind: act, body: s.wire().revoke(token, hint, clientData), secrets: []Secret{token}})
	return err
}

// parseToken reads the answer of auth/login and oauth2/token.
func parseToken(r *reply, what string) (*Token, error) {
	obj, err := parseObject(r.body, what)
	if err != nil {
		return nil, err
	}
	t := &Token{AccessToken: Secret(obj.need("access_token")), RefreshToken: Secret(obj.text("refresh_token")), Type: obj.text("token_type"), CredentialID: obj.text("credentialID")}
	lifetime := defaultLifetime
	if seconds, ok := obj.integer("expires_in", "expiresIn"); ok {
		lifetime = time.Duration(seconds) * time.Second
	}
	t.ExpiresAt = r.sentAt.Add(lifetime)
	if details, ok := obj.get("authorization_details"); ok {
		t.AuthorizationDetails = rawJSON(details)
	}
	// RFC 6749 §7.1: an unknown type must not be used. v1 has a type SAD.
	if t.Type != "" && !strings.EqualFold(t.Type, "Bearer") && !strings.EqualFold(t.Type, "SAD") {
		obj.fail("has a token of the type %s, which cannot be used", quote(t.Type))
	}
	if lifetime <= 0 {
		obj.fail("has a token that has expired already")
	}
	if err := obj.done(); err != nil {
		return nil, err
	}
	return t, nil
}
