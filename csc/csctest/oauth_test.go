package csctest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	testVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	testChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	testRedirect  = "http://127.0.0.1:9999/callback?keep=1"
)

func authorizeQuery(changes ...string) url.Values {
	q := url.Values{
		"response_type": {"code"}, "client_id": {"hashout-demo"}, "redirect_uri": {testRedirect}, "state": {"s&é"},
		"code_challenge": {testChallenge}, "code_challenge_method": {"S256"},
	}
	return changed(q, changes...)
}

func changed(q url.Values, changes ...string) url.Values {
	for i := 0; i+1 < len(changes); i += 2 {
		if q.Del(changes[i]); changes[i+1] != "-" {
			q.Set(changes[i], changes[i+1])
		}
	}
	return q
}

func (c *client) authorize(q url.Values) answer {
	return c.get(c.s.OAuthURL(c.api) + "/oauth2/authorize?" + q.Encode())
}

// location returns the query that came back to the client.
func (a answer) location(t *testing.T) url.Values {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Host != "127.0.0.1:9999" {
		t.Fatalf("%d location %q: %s", a.status, a.header.Get("Location"), a.raw)
	}
	return u.Query()
}

func tokenForm(code string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testRedirect},
		"client_id": {"hashout-demo"}, "code_verifier": {testVerifier},
	}, changes...)
}

// obtain runs the whole code flow with AutoApprove.
func (c *client) obtain(q url.Values) answer {
	c.t.Helper()
	code := c.authorize(q).location(c.t).Get("code")
	return c.form("token", tokenForm(code))
}

func TestAuthorizePageLogsInByForm(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		c := newClient(t, Options{}, api)
		page := c.authorize(authorizeQuery())
		if page.status != 200 || !strings.Contains(page.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			page.header.Get("Access-Control-Allow-Origin") != "" {
			t.Fatalf("%d %v", page.status, page.header)
		}
		id := regexp.MustCompile(`name="request" value="([^"]+)"`).FindSubmatch(page.raw)[1]
		wrong := c.form("authorize", url.Values{"request": {string(id)}, "user": {"demo"}, "password": {"no"}, "decision": {"allow"}})
		if wrong.status != 401 || !strings.Contains(string(wrong.raw), `role="alert"`) {
			t.Fatalf("%d", wrong.status)
		}
		in := c.form("authorize", url.Values{"request": {string(id)}, "user": {"demo"}, "password": {"demo"}, "decision": {"allow"}})
		q := in.location(t)
		if in.status != 303 || q.Get("state") != "s&é" || q.Get("keep") != "1" || (q.Get("iss") != "") != (api == "v2") {
			t.Fatalf("%d %v", in.status, q)
		}
		again := c.form("authorize", url.Values{"request": {string(id)}, "user": {"demo"}, "password": {"demo"}, "decision": {"allow"}})
		if again.status != 400 {
			t.Fatalf("the page served twice: %d", again.status)
		}
		tok := c.form("token", tokenForm(q.Get("code")))
		if tok.status != 200 || tok.body["token_type"] != "Bearer" || tok.body["expires_in"] != 3600.0 || tok.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", tok.status, tok.raw)
		}
		c.token = tok.body["access_token"].(string)
		c.must("credentials/list", map[string]any{})
	}
}

func TestDenyIsReported(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	page := c.authorize(authorizeQuery())
	id := regexp.MustCompile(`name="request" value="([^"]+)"`).FindSubmatch(page.raw)[1]
	a := c.form("authorize", url.Values{"request": {string(id)}, "decision": {"deny"}})
	if q := a.location(t); q.Get("error") != accessDenied || q.Get("state") == "" {
		t.Fatalf("%v", q)
	}
}

func TestAuthorizeRequestIsJudged(t *testing.T) {
	h := base64.RawURLEncoding.EncodeToString(digest("a"))
	cred := []string{"scope", "credential", "credentialID", "demo-oauth", "numSignatures", "1", "hash", h}
	cred2 := []string{"scope", "credential", "credentialID", "demo-oauth", "numSignatures", "1", "hashes", h, "hashAlgorithmOID", oidSHA256}
	with := func(base []string, more ...string) []string { return append(append([]string{}, base...), more...) }
	for _, tc := range []struct {
		why, api string
		changes  []string
		code     string // empty: an error page, nothing is redirected
		word     string
	}{
		{"unknown client", "v1", []string{"client_id", "x"}, "", "client_id"},
		{"no client", "v1", []string{"client_id", "-"}, "", "client_id"},
		{"foreign redirect_uri", "v1", []string{"redirect_uri", "https://evil.example/"}, "", "redirect_uri"},
		{"loopback look-alike", "v1", []string{"redirect_uri", "http://127.0.0.1.evil.example/"}, "", "redirect_uri"},
		{"user info in redirect_uri", "v1", []string{"redirect_uri", "http://u@127.0.0.1:9/"}, "", "redirect_uri"},
		{"no redirect_uri", "v1", []string{"redirect_uri", "-"}, "", "redirect_uri"},
		{"no response_type", "v1", []string{"response_type", "-"}, invalidRequest, "response_type"},
		{"implicit grant", "v1", []string{"response_type", "token"}, "unsupported_response_type", "code"},
		{"no challenge", "v1", []string{"code_challenge", "-"}, invalidRequest, "code_challenge"},
		{"plain challenge", "v1", []string{"code_challenge_method", "plain"}, invalidRequest, "S256"},
		{"no method", "v2", []string{"code_challenge_method", "-"}, invalidRequest, "S256"},
		{"padded challenge", "v1", []string{"code_challenge", testChallenge + "="}, invalidRequest, "code_challenge"},
		{"long state", "v1", []string{"state", strings.Repeat("x", 256)}, invalidRequest, "state"},
		{"both scopes", "v1", []string{"scope", "service credential"}, invalidScope, "Scope"},
		{"credentialID in scope service", "v1", []string{"credentialID", "demo-oauth"}, invalidRequest, "credentialID"},
		{"no credentialID", "v1", with(cred, "credentialID", "-"), invalidRequest, "credentialID"},
		{"explicit credential", "v1", with(cred, "credentialID", "demo-p-256"), invalidRequest, "OAuth"},
		{"no numSignatures", "v1", with(cred, "numSignatures", "-"), invalidRequest, "numSignatures"},
		{"too many signatures", "v1", with(cred, "numSignatures", "26"), invalidRequest, "too high"},
		{"no hash under SCAL 2", "v1", with(cred, "hash", "-"), invalidRequest, "hash"},
		{"hash in standard base64", "v1", with(cred, "hash", "+/"+b64(digest("a"))[2:]), invalidRequest, "base64url"},
		{"v2 hashes in v1", "v1", with(cred, "hashes", h), invalidRequest, "hashes"},
		{"v1 hash in v2", "v2", with(cred2, "hash", h), invalidRequest, "hash"},
		{"no hashAlgorithmOID in v2", "v2", with(cred2, "hashAlgorithmOID", "-"), invalidRequest, "hashAlgorithmOID"},
		{"unknown qualifier", "v2", with(cred2, "credentialID", "-", "signatureQualifier", "x"), invalidRequest, "signatureQualifier"},
		{"account_token of a public client", "v1", []string{"account_token", "a.b.c"}, invalidRequest, "account_token"},
		{"RAR with scope", "v2", []string{"scope", "credential", "authorization_details", "[]"}, "invalid_authorization_details", "scope"},
		{"RAR not JSON", "v2", []string{"authorization_details", "{"}, "invalid_authorization_details", "JSON"},
		{"RAR of another type", "v2", []string{"authorization_details", `[{"type":"x","credentialID":"demo-oauth","hashAlgorithmOID":"` +
			oidSHA256 + `","documentDigests":[]}]`}, "invalid_authorization_details", "type"},
	} {
		t.Run(tc.api+" "+tc.why, func(t *testing.T) {
			c := newClient(t, Options{AutoApprove: true}, tc.api)
			a := c.authorize(authorizeQuery(tc.changes...))
			if tc.code == "" {
				if a.status != 400 || a.header.Get("Location") != "" || !strings.Contains(string(a.raw), tc.word) {
					t.Fatalf("%d %q", a.status, a.header.Get("Location"))
				}
				return
			}
			if q := a.location(t); q.Get("error") != tc.code || !strings.Contains(q.Get("error_description"), tc.word) || q.Has("code") {
				t.Fatalf("%v", q)
			}
		})
	}
}

func TestTokenRequestIsJudged(t *testing.T) {
	basic := func(user, pass string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, pass) }
	}
	backend := DemoBackend()
	creds := url.Values{"grant_type": {"client_credentials"}}
	for _, tc := range []struct {
		why    string
		form   func(code string) url.Values
		edit   func(*http.Request)
		status int
		code   string
	}{
		{"no client_id", func(c string) url.Values { return tokenForm(c, "client_id", "-") }, nil, 400, invalidRequest},
		{"secret of a public client", func(c string) url.Values { return tokenForm(c, "client_secret", "x") }, nil, 400, invalidRequest},
		{"no grant_type", func(c string) url.Values { return tokenForm(c, "grant_type", "-") }, nil, 400, invalidRequest},
		{"password grant", func(c string) url.Values { return tokenForm(c, "grant_type", "password") }, nil, 400, invalidRequest},
		{"no code", func(c string) url.Values { return tokenForm(c, "code", "-") }, nil, 400, invalidRequest},
		{"invented code", func(string) url.Values { return tokenForm("x") }, nil, 400, invalidGrant},
		{"no verifier", func(c string) url.Values { return tokenForm(c, "code_verifier", "-") }, nil, 400, invalidGrant},
		{"wrong verifier", func(c string) url.Values { return tokenForm(c, "code_verifier", testChallenge) }, nil, 400, invalidGrant},
		{"no redirect_uri", func(c string) url.Values { return tokenForm(c, "redirect_uri", "-") }, nil, 400, invalidGrant},
		{"other redirect_uri", func(c string) url.Values { return tokenForm(c, "redirect_uri", "http://127.0.0.1:9999/") }, nil, 400, invalidGrant},
		{"JSON body", func(c string) url.Values { return tokenForm(c) }, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, invalidRequest},
		{"client credentials of a public client", func(string) url.Values {
			return url.Values{"grant_type": {"client_credentials"}, "client_id": {"hashout-demo"}}
		}, nil, 400, unauthorizedClient},
		{"no client authentication", func(string) url.Values {
			return url.Values{"grant_type": {"client_credentials"}, "client_id": {backend.ID}}
		}, nil, 401, invalidRequest},
		{"wrong secret", func(string) url.Values { return creds }, basic(backend.ID, "wrong"), 400, invalidRequest},
		{"bearer as client authentication", func(string) url.Values { return creds }, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401, invalidClient},
		{"invented refresh token", func(string) url.Values {
			return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {"hashout-demo"}}
		}, nil, 400, invalidGrant},
		{"misspelt refreshToken", func(string) url.Values {
			return url.Values{"grant_type": {"refresh_token"}, "refreshToken": {"x"}, "client_id": {"hashout-demo"}}
		}, nil, 400, invalidRequest},
	} {
		t.Run(tc.why, func(t *testing.T) {
			c := newClient(t, Options{AutoApprove: true}, "v1")
			code := c.authorize(authorizeQuery()).location(t).Get("code")
			edit := tc.edit
			if edit == nil {
				edit = func(*http.Request) {}
			}
			c.form("token", tc.form(code), edit).refused(t, tc.status, tc.code, "")
		})
	}
}

func TestCodeServesOnceAndTakesItsTokensDown(t *testing.T) {
	c := newClient(t, Options{AutoApprove: true}, "v1")
	code := c.authorize(authorizeQuery()).location(t).Get("code")
	c.token = c.form("token", tokenForm(code)).body["access_token"].(string)
	c.form("token", tokenForm(code)).refused(t, 400, invalidGrant, "used")
	c.call("credentials/list", map[string]any{}).refused(t, 401, expiredToken, "")
}

func TestCodeExpires(t *testing.T) {
	clock := NewClock(testTime)
	c := newClient(t, Options{AutoApprove: true, Clock: clock.Now}, "v1")
	code := c.authorize(authorizeQuery()).location(t).Get("code")
	clock.Advance(time.Minute)
	c.form("token", tokenForm(code)).refused(t, 400, invalidGrant, "expired")
}

func TestRefreshRotatesAndRevokeEnds(t *testing.T) {
	c := newClient(t, Options{AutoApprove: true}, "v1")
	first := c.obtain(authorizeQuery())
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.body["refresh_token"].(string)}, "client_id": {"hashout-demo"}}
	second := c.form("token", form)
	c.token = second.body["access_token"].(string)
	c.must("credentials/list", map[string]any{})
	c.form("token", form).refused(t, 400, invalidGrant, "")
	gone := c.form("revoke", url.Values{"token": {c.token}, "client_id": {"hashout-demo"}})
	if gone.status != 204 {
		t.Fatalf("%d %s", gone.status, gone.raw)
	}
	c.call("credentials/list", map[string]any{}).refused(t, 401, expiredToken, "")
}

func TestClientCredentialsNeedUserID(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	b := DemoBackend()
	a := c.form("token", url.Values{"grant_type": {"client_credentials"}, "scope": {"service"}},
		func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(b.ID), url.QueryEscape(b.Secret)) })
	c.token, _ = a.body["access_token"].(string)
	c.call("credentials/list", map[string]any{}).refused(t, 400, invalidRequest, "userID")
	c.must("credentials/list", map[string]any{"userID": "demo"})
}

func TestCredentialScope(t *testing.T) {
	a, b := digest("a"), digest("b")
	list := base64.RawURLEncoding.EncodeToString(a) + "," + base64.RawURLEncoding.EncodeToString(b)
	cred := []string{"scope", "credential", "credentialID", "demo-oauth", "numSignatures", "2"}

	t.Run("v1 token is the SAD", func(t *testing.T) {
		c := newClient(t, Options{AutoApprove: true}, "v1")
		tok := c.obtain(authorizeQuery(append(cred, "hash", list)...))
		if tok.body["token_type"] != "SAD" || tok.body["refresh_token"] != nil {
			t.Fatalf("%s", tok.raw)
		}
		sign := map[string]any{"credentialID": "demo-oauth", "SAD": tok.body["access_token"], "hash": []string{b64(b), b64(a)}, "signAlgo": oidECSHA256}
		service := c.token
		c.token = tok.body["access_token"].(string)
		c.call("signatures/signHash", sign).refused(t, 401, accessDenied, "")
		c.token = service
		c.must("signatures/signHash", sign)
	})
	t.Run("v2 token is SAD or bearer, not both", func(t *testing.T) {
		c := newClient(t, Options{AutoApprove: true}, "v2")
		q := authorizeQuery(append(cred, "hashes", list, "hashAlgorithmOID", oidSHA256)...)
		service, tok := c.token, c.obtain(q).body["access_token"].(string)
		sign := map[string]any{"credentialID": "demo-oauth", "hashes": []string{b64(a)}, "signAlgo": oidECSHA256}
		both := map[string]any{"credentialID": "demo-oauth", "hashes": []string{b64(a)}, "signAlgo": oidECSHA256, "SAD": tok}
		c.token = tok
		c.call("signatures/signHash", both).refused(t, 400, invalidRequest, "exclude")
		c.must("signatures/signHash", sign)
		c.must("credentials/info", map[string]any{"credentialID": "demo-oauth"})
		c.call("credentials/info", map[string]any{"credentialID": "demo-p-256"}).refused(t, 400, invalidRequest, "credentialID")
		c.call("credentials/list", map[string]any{}).refused(t, 401, accessDenied, "")
		c.token = service
		c.call("signatures/signHash", both).refused(t, 400, invalidRequest, "not authorized") // a is spent
		both["hashes"] = []string{b64(b)}
		c.must("signatures/signHash", both)
		c.token = tok
		c.call("credentials/info", map[string]any{"credentialID": "demo-oauth"}).refused(t, 401, expiredToken, "") // used up
	})
	t.Run("v2 pushed rich request by qualifier", func(t *testing.T) {
		c := newClient(t, Options{AutoApprove: true}, "v2")
		details := `[{"type":"credential","signatureQualifier":"eu_eidas_aes","hashAlgorithmOID":"` + oidSHA256 +
			`","documentDigests":[{"hash":"` + b64(a) + `","label":"Contract.pdf"}]}]`
		pushed := c.form("pushed_authorize", authorizeQuery("authorization_details", details))
		if pushed.status != http.StatusCreated {
			t.Fatalf("%d %s", pushed.status, pushed.raw)
		}
		q := url.Values{"client_id": {"hashout-demo"}, "request_uri": {pushed.body["request_uri"].(string)}}
		tok := c.form("token", tokenForm(c.authorize(q).location(t).Get("code"), "authorization_details", details))
		granted, _ := tok.body["authorization_details"].([]any)
		if tok.body["credentialID"] != "demo-oauth" || tok.body["token_type"] != "Bearer" || len(granted) != 1 {
			t.Fatalf("%s", tok.raw)
		}
		if again := c.authorize(q); again.status != 400 {
			t.Fatalf("request_uri served twice: %d", again.status)
		}
		c.token = tok.body["access_token"].(string)
		sign := map[string]any{"credentialID": "demo-oauth", "hashes": []string{b64(a)}, "signAlgo": oidECSHA256}
		c.must("signatures/signHash", sign)
		c.call("signatures/signHash", sign).refused(t, 401, expiredToken, "") // used up
	})
}

func TestAccountToken(t *testing.T) {
	b := Client{ID: "client-abc", Secret: "s3cr3t-value", RedirectURIs: []string{testRedirect}}
	c := newClient(t, Options{AutoApprove: true, RequireAccountToken: true, Clients: []Client{b}}, "v1")
	enc := base64.RawURLEncoding.EncodeToString
	head := enc([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + enc([]byte(
		`{"sub":"acct-0001","iat":1700000000,"jti":"00000000-0000-4000-8000-000000000001","iss":"Example App","azp":"client-abc"}`))
	key := sha256.Sum256([]byte(b.Secret))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(head))
	good := c.authorize(authorizeQuery("client_id", b.ID, "account_token", head+"."+enc(mac.Sum(nil))))
	if good.location(t).Get("code") == "" {
		t.Fatalf("%v", good.header)
	}
	for _, bad := range []string{"-", head + "." + enc(key[:])} {
		if q := c.authorize(authorizeQuery("client_id", b.ID, "account_token", bad)).location(t); q.Get("error") != invalidRequest {
			t.Fatalf("%v", q)
		}
	}
}

func TestMetadata(t *testing.T) {
	c := newClient(t, Options{}, "v2")
	a := c.get(c.s.URL + "/.well-known/oauth-authorization-server/as/v2")
	if a.body["issuer"] != c.s.OAuthURL("v2") || a.body["token_endpoint"] != c.s.OAuthURL("v2")+"/oauth2/token" {
		t.Fatalf("%d %s", a.status, a.raw)
	}
}
