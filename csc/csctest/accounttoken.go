package csctest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// readAccountToken judges account_token (v1 §8.3.1): an HS256 JWT under the
// SHA-256 of the client secret.
func (s *Server) readAccountToken(g *grantRequest, q url.Values) *problem {
	t := q.Get("account_token")
	if t == "" {
		if s.opts.RequireAccountToken {
			return oauthError(invalidRequest, "Missing parameter account_token")
		}
		return nil
	}
	bad := oauthError(invalidRequest, "Invalid parameter account_token")
	parts := strings.Split(t, ".")
	if len(parts) != 3 || g.client.Secret == "" {
		return bad
	}
	var raw [3][]byte
	for i, part := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return bad
		}
		raw[i] = b
	}
	key := sha256.Sum256([]byte(g.client.Secret))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if !hmac.Equal(mac.Sum(nil), raw[2]) {
		return bad
	}
	var header struct{ Typ, Alg string }
	var claims struct {
		Sub, Jti, Azp string
		Iat           int64
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &claims) != nil ||
		header.Typ != "JWT" || header.Alg != "HS256" || claims.Azp != g.client.ID ||
		claims.Sub == "" || claims.Jti == "" || claims.Iat == 0 {
		return bad
	}
	return nil
}
