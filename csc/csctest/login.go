package csctest

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// login is auth/login: v1 §11.2.
func (s *Server) login(c *call) (*reply, *problem) {
	refresh := c.text("refresh_token", false)
	remember := c.boolean("rememberMe")
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	headers := c.http.Header.Values("Authorization")
	var t *token
	switch {
	case len(headers) > 0 && c.has("refresh_token"), len(headers) > 1:
		return nil, refuse("Authorization header and refresh_token exclude each other")
	case c.has("refresh_token"):
		s.mu.Lock()
		old := s.tokens[refresh]
		bad := old == nil || old.kind != refreshToken || old.revoked || old.client != "" || !s.now().Before(old.expires)
		if !bad {
			t = &token{scope: "service", user: old.user, grant: old.grant}
		}
		s.mu.Unlock()
		if bad {
			return nil, refuse("Invalid parameter refresh_token")
		}
	default:
		malformed := &problem{http.StatusUnauthorized, invalidRequest, "Malformed authorization header"}
		if len(headers) == 0 {
			return nil, malformed
		}
		value, isBasic := strings.CutPrefix(headers[0], "Basic ")
		if !isBasic {
			return nil, malformed
		}
		plain, err := base64.StdEncoding.Strict().DecodeString(value)
		user, password, hasColon := strings.Cut(string(plain), ":")
		if err != nil || !hasColon {
			return nil, refuse("Malformed username-password")
		}
		if !s.knowsUser(user, password) {
			return nil, &problem{http.StatusBadRequest, authenticationError, "User name or password is wrong"}
		}
		t = &token{scope: "service", user: user, grant: random(16)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newTokenLocked(t)
	body := map[string]any{"access_token": t.value}
	s.expiry(body, "expires_in", t.expires.Sub(s.now()))
	if remember && !s.opts.NoRefreshTokens {
		r := s.newTokenLocked(&token{
			kind: refreshToken, scope: "service", user: t.user, grant: t.grant, expires: s.now().Add(24 * time.Hour),
		})
		body["refresh_token"] = r.value
	}
	return ok(body), nil
}

// revoke is auth/revoke: v1 §11.3.
func (s *Server) revoke(c *call) (*reply, *problem) {
	value := c.id("token")
	hint := c.text("token_type_hint", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[value]
	if t != nil && c.token != nil && t.user != c.token.user {
		t = nil
	}
	if p := s.revokeLocked(t, hint, c.has("token_type_hint")); p != nil {
		return nil, p
	}
	return noContent(), nil
}
