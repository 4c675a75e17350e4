package csctest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// serveForm serves the OAuth endpoints that take a form and answer JSON.
func (s *Server) serveForm(x *exchange, run func(*exchange, url.Values) (*reply, *problem)) {
	if x.http.Method != http.MethodPost {
		x.response.header.Set("Allow", http.MethodPost)
		x.response.problem(&problem{http.StatusMethodNotAllowed, invalidRequest, "Only POST is allowed"}, Dialect{})
		return
	}
	form, p := readForm(x)
	var rep *reply
	if p == nil {
		rep, p = run(x, form)
	}
	switch {
	case p != nil:
		x.response.problem(p, Dialect{})
		if p.status == http.StatusUnauthorized {
			x.response.header.Set("WWW-Authenticate", `Basic realm="oauth2"`)
		}
	case rep.body == nil:
		x.response.status = rep.status
	default:
		x.response.json(rep.status, rep.body)
	}
}

func readForm(x *exchange) (url.Values, *problem) {
	kind, _, err := mime.ParseMediaType(x.http.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refuse("Content-Type is not application/x-www-form-urlencoded")
	}
	form, err := url.ParseQuery(string(x.request.Body))
	if err != nil {
		return nil, refuse("Malformed form")
	}
	if x.http.URL.RawQuery != "" {
		return nil, refuse("Parameters belong in the body")
	}
	for name := range form {
		if len(form[name]) > 1 {
			return nil, refuse("Parameter %s appears twice", name)
		}
	}
	return form, nil
}

// authenticate finds the client of a form request. A confidential client
// authenticates by HTTP Basic or by client_secret, not by both.
func (s *Server) authenticate(x *exchange, form url.Values) (Client, *problem) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, isBasic := x.http.BasicAuth(); isBasic {
		// RFC 6749 §2.3.1: both are form-encoded before base64.
		name, err1 := url.QueryUnescape(user)
		pass, err2 := url.QueryUnescape(password)
		if err1 != nil || err2 != nil || form.Has("client_secret") || id != "" && id != name {
			return Client{}, refuse("Client authentication is ambiguous")
		}
		id, secret = name, pass
	} else if x.http.Header.Get("Authorization") != "" {
		return Client{}, &problem{http.StatusUnauthorized, invalidClient, "Malformed authorization header"}
	}
	if id == "" {
		return Client{}, refuse("Missing parameter client_id")
	}
	i := slices.IndexFunc(s.opts.Clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, refuse("Invalid parameter client_id")
	}
	c := s.opts.Clients[i]
	switch {
	case c.Secret == "" && secret != "":
		return Client{}, refuse("Invalid parameter client_secret: this client has none")
	case c.Secret != "" && secret == "":
		return Client{}, &problem{http.StatusUnauthorized, invalidRequest, "Missing client authentication"}
	case subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1:
		return Client{}, refuse("Invalid parameter client_secret")
	}
	return c, nil
}

// oauthToken is v1 §8.3.2 and v2 §8.4.
func (s *Server) oauthToken(x *exchange, form url.Values) (*reply, *problem) {
	client, p := s.authenticate(x, form)
	if p != nil {
		return nil, p
	}
	v2 := x.request.API == "v2"
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.redeemCode(client, form, v2)
	case "refresh_token":
		return s.refresh(client, form)
	case "client_credentials":
		if client.Secret == "" {
			return nil, &problem{http.StatusBadRequest, unauthorizedClient, "A public client has no credentials"}
		}
		if scope := form.Get("scope"); scope != "" && scope != "service" {
			return nil, &problem{http.StatusBadRequest, invalidScope, "Only scope service is served"}
		}
		return s.tokenAnswer(&token{scope: "service", client: client.ID, grant: random(16)}, false), nil
	case "":
		return nil, refuse("Missing parameter grant_type")
	}
	return nil, refuse("Invalid parameter grant_type")
}

func (s *Server) redeemCode(client Client, form url.Values, v2 bool) (*reply, *problem) {
	if !form.Has("code") {
		return nil, refuse("Missing parameter code")
	}
	bad := func(why string) (*reply, *problem) {
		return nil, &problem{http.StatusBadRequest, invalidGrant, why}
	}
	c := s.codes[form.Get("code")]
	switch {
	case c == nil || c.grant.v2 != v2 || c.grant.client.ID != client.ID:
		return bad("The code is not valid")
	case c.used:
		// RFC 6749 §4.1.2: a second use is a theft; what the first gave dies.
		for _, t := range s.tokens {
			if t.grant == c.id {
				t.revoked = true
				delete(s.sads, t.value)
			}
		}
		return bad("The code was used before")
	}
	c.used = true // one try only, successful or not
	verifier := form.Get("code_verifier")
	switch {
	case !s.now().Before(c.expires):
		return bad("The code has expired")
	case form.Has("redirect_uri") != c.grant.sentURI || c.grant.sentURI && form.Get("redirect_uri") != c.grant.redirect:
		return bad("Parameter redirect_uri is not the one of the authorization request")
	case c.grant.challenge == "" && verifier != "":
		return bad("Parameter code_verifier without code_challenge")
	case c.grant.challenge != "" && !verifierMatches(verifier, c.grant.challenge):
		return bad("Parameter code_verifier does not match")
	case form.Has("authorization_details") && form.Get("authorization_details") != c.grant.details:
		return bad("Parameter authorization_details is not the one of the authorization request")
	}
	t := &token{scope: c.grant.scope, user: c.user, client: client.ID, grant: c.id}
	if t.scope != "credential" {
		return s.tokenAnswer(t, true), nil
	}
	t.expires = s.now().Add(s.opts.SADLifetime)
	t.auth = c.grant.authorization(s, c.user, t.expires)
	rep := s.tokenAnswer(t, false)
	s.sads[t.value] = t.auth
	body := rep.body.(map[string]any)
	if !v2 && !s.opts.Dialect.BearerForSAD {
		body["token_type"] = "SAD"
	}
	if c.grant.qualified {
		body["credentialID"] = c.grant.credential.spec.ID
	}
	if c.grant.details != "" {
		body["authorization_details"] = c.grant.grantedDetails()
	}
	return rep, nil
}

// grantedDetails is what was asked for, with the credential filled in.
func (g *grantRequest) grantedDetails() []any {
	digests := []any{}
	for i, h := range g.hashes.hashes {
		d := map[string]any{"hash": base64.StdEncoding.EncodeToString(h)}
		if g.labels[i] != "" {
			d["label"] = g.labels[i]
		}
		digests = append(digests, d)
	}
	return []any{map[string]any{
		"type": "credential", "credentialID": g.credential.spec.ID,
		"documentDigests": digests, "hashAlgorithmOID": g.hashes.algo,
	}}
}

// verifierMatches is RFC 7636 §4.6 with S256.
func verifierMatches(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return madeOf(verifier, "._~-", 43, 128) && base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// refresh rotates: the old refresh token dies with its use.
func (s *Server) refresh(client Client, form url.Values) (*reply, *problem) {
	if !form.Has("refresh_token") {
		return nil, refuse("Missing parameter refresh_token")
	}
	t := s.tokens[form.Get("refresh_token")]
	if t == nil || t.kind != refreshToken || t.revoked || t.client != client.ID || !s.now().Before(t.expires) {
		return nil, &problem{http.StatusBadRequest, invalidGrant, "The refresh token is not valid"}
	}
	t.revoked = true
	return s.tokenAnswer(&token{scope: t.scope, user: t.user, client: t.client, grant: t.grant}, true), nil
}

// tokenAnswer issues an access token and, if wanted, a refresh token of a day.
func (s *Server) tokenAnswer(t *token, withRefresh bool) *reply {
	s.newTokenLocked(t)
	body := map[string]any{"access_token": t.value, "token_type": "Bearer"}
	s.expiry(body, "expires_in", t.expires.Sub(s.now()))
	if withRefresh && !s.opts.NoRefreshTokens {
		r := s.newTokenLocked(&token{
			kind: refreshToken, scope: t.scope, user: t.user, client: t.client, grant: t.grant,
			expires: s.now().Add(24 * time.Hour),
		})
		body["refresh_token"] = r.value
	}
	return ok(body)
}

// oauthRevoke is v1 §8.3.3 (RFC 7009).
func (s *Server) oauthRevoke(x *exchange, form url.Values) (*reply, *problem) {
	client, p := s.authenticate(x, form)
	if p != nil {
		return nil, p
	}
	if form.Get("token") == "" {
		return nil, refuse("Missing parameter token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[form.Get("token")]
	if t != nil && t.client != client.ID {
		t = nil
	}
	if p := s.revokeLocked(t, form.Get("token_type_hint"), form.Has("token_type_hint")); p != nil {
		return nil, p
	}
	return noContent(), nil
}

// revokeLocked ends a token; a refresh token takes its access tokens along.
func (s *Server) revokeLocked(t *token, hint string, hinted bool) *problem {
	if hinted && !slices.Contains([]string{"access_token", "refresh_token"}, hint) {
		return refuse("Invalid parameter token_type_hint")
	}
	if t == nil {
		return refuse("Invalid parameter token")
	}
	t.revoked = true
	delete(s.sads, t.value)
	if t.kind == refreshToken {
		for _, other := range s.tokens {
			if other.grant == t.grant {
				other.revoked = true
			}
		}
	}
	return nil
}
