package csc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hashout/csc"
	"hashout/csc/csctest"
)

// visit does what a browser does on an authorize page that approves at once:
// it follows to the redirect URI and stops there.
func visit(ctx context.Context, page string) (string, error) {
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if to := resp.Header.Get("Location"); to != "" {
		return to, nil
	}
	return "", errors.New("the authorize page answered " + resp.Status)
}

const callback = "http://127.0.0.1:1/callback"

func oauthWorld(t *testing.T, o csctest.Options, api string, edit ...func(*csc.SessionOptions)) (*world, *csc.OAuth) {
	o.AutoApprove = true
	w := newWorld(t, o, api, edit...)
	oauth, err := w.session.OAuth(t.Context(), csc.OAuthClient{ID: csctest.DemoClient().ID, RedirectURI: callback})
	if err != nil {
		t.Fatal(err)
	}
	return w, oauth
}

func TestOAuthServiceTokenOpensTheService(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		t.Run(api, func(t *testing.T) {
			w, oauth := oauthWorld(t, csctest.Options{}, api)
			tx, err := oauth.Begin(t.Context(), csc.OAuthRequest{Lang: "en"})
			if err != nil {
				t.Fatal(err)
			}
			// The transaction survives a page navigation as JSON.
			kept, err := json.Marshal(tx)
			if err != nil {
				t.Fatal(err)
			}
			back, err := visit(t.Context(), tx.URL)
			if err != nil {
				t.Fatal(err)
			}
			var restored csc.OAuthTransaction
			if err := json.Unmarshal(kept, &restored); err != nil {
				t.Fatal(err)
			}
			token, err := oauth.Complete(t.Context(), &restored, back)
			if err != nil {
				t.Fatal(err)
			}
			current := token
			session := w.open(api, func(o *csc.SessionOptions) {
				o.Token = csc.TokenFunc(func(ctx context.Context, refresh bool) (string, error) {
					if refresh {
						fresh, err := oauth.Refresh(ctx, current.RefreshToken)
						if err != nil {
							return "", err
						}
						current = fresh
					}
					return string(current.AccessToken), nil
				})
			})
			if _, err := session.ListCredentials(t.Context(), csc.ListOptions{}); err != nil {
				t.Fatal(err)
			}
			w.service.ExpireTokens()
			if _, err := session.ListCredentials(t.Context(), csc.ListOptions{}); err == nil {
				t.Log("the refresh token outlived the access token")
			}
			if _, err := oauth.Complete(t.Context(), &restored, back); csc.CodeOf(err) != csc.AuthorizationFailed {
				t.Errorf("a used code: %v", err)
			}
		})
	}
}

func TestOAuthCredentialTokenSigns(t *testing.T) {
	for _, tc := range []struct {
		name, api string
		request   csc.OAuthRequest
		dialect   csc.Dialect
		service   csctest.Dialect
		n         int
	}{
		{name: "v1 SAD", api: "v1", n: 3},
		{name: "v1 token type Bearer", api: "v1", n: 1, service: csctest.Dialect{BearerForSAD: true}},
		{name: "v1 padded hashes", api: "v1", n: 2, service: csctest.Dialect{PaddedURLHashes: true}, dialect: csc.Dialect{URLHashes: csc.Base64URLPadded}},
		{name: "v1 whole authorize URL in info", api: "v1", n: 1, service: csctest.Dialect{OAuth2FullPath: true}},
		{name: "v2 token as bearer", api: "v2", n: 3},
		{name: "v2 token as bearer only", api: "v2", n: 2, service: csctest.Dialect{CredentialBearer: true}},
		{name: "v2 token as SAD", api: "v2", n: 2, dialect: csc.Dialect{CredentialToken: csc.TokenAsSAD}},
		{name: "v2 pushed", api: "v2", n: 2, request: csc.OAuthRequest{Push: true}},
		{name: "v2 rich", api: "v2", n: 2, request: csc.OAuthRequest{Rich: true, Credential: &csc.CredentialScope{Labels: []string{"a.pdf", "b.pdf"}}}},
		{name: "v2 rich and pushed", api: "v2", n: 25, request: csc.OAuthRequest{Rich: true, Push: true}},
		{name: "v2 issuer metadata", api: "v2", n: 1, service: csctest.Dialect{OAuth2Issuer: true}},
		{name: "v2 list of servers", api: "v2", n: 1, service: csctest.Dialect{OAuth2Servers: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, oauth := oauthWorld(t, csctest.Options{Dialect: tc.service}, tc.api, func(o *csc.SessionOptions) { o.Dialect = tc.dialect })
			s, err := csc.NewSigner(w.session, w.credential("demo-oauth"), &csc.OAuthAuthorizer{OAuth: oauth, Request: tc.request, Visit: visit}, csc.SignerOptions{Description: "Sign the contract"})
			if err != nil {
				t.Fatal(err)
			}
			mustSign(t, s.SignAll(t.Context(), digests(s, tc.name, tc.n), nil))
			if w.service.SignedTotal() != tc.n || w.service.SignedMost() != 1 {
				t.Errorf("%d signatures for %d hashes", w.service.SignedTotal(), tc.n)
			}
		})
	}
}

func TestLongAuthorizeURLIsPushedWhereTheServerTakesIt(t *testing.T) {
	list := make([][]byte, 40)
	for i := range list {
		list[i] = sha(string(rune('a' + i)))
	}
	scope := &csc.CredentialScope{CredentialID: "demo-oauth", Hashes: list, HashAlgo: "2.16.840.1.101.3.4.2.1"}
	specs := csctest.DemoCredentials()
	for i := range specs {
		specs[i].Multisign = 100
	}
	w, oauth := oauthWorld(t, csctest.Options{Credentials: specs}, "v2")
	tx, err := oauth.Begin(t.Context(), csc.OAuthRequest{Credential: scope})
	if err != nil {
		t.Fatal(err)
	}
	if len(tx.URL) > 2083 || !strings.Contains(tx.URL, "request_uri=") || len(w.service.RequestsTo("oauth2/pushed_authorize")) != 1 {
		t.Errorf("URL of %d characters", len(tx.URL))
	}
	_, v1 := oauthWorld(t, csctest.Options{Credentials: specs}, "v1")
	_, err = v1.Begin(t.Context(), csc.OAuthRequest{Credential: scope})
	wantCode(t, err, csc.InvalidArgument)
}

func TestAnswersOfStrangersAreRefused(t *testing.T) {
	_, oauth := oauthWorld(t, csctest.Options{Dialect: csctest.Dialect{OAuth2Issuer: true}}, "v2")
	tx, err := oauth.Begin(t.Context(), csc.OAuthRequest{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := visit(t.Context(), tx.URL)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(url.Values)) string {
		u, err := url.Parse(back)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		f(q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for name, answer := range map[string]string{
		"other state":  edit(func(q url.Values) { q.Set("state", "x") }),
		"no state":     edit(func(q url.Values) { q.Del("state") }),
		"two states":   edit(func(q url.Values) { q.Add("state", "x") }),
		"other issuer": edit(func(q url.Values) { q.Set("iss", "https://elsewhere.example") }),
		"no issuer":    edit(func(q url.Values) { q.Del("iss") }),
		"no code":      edit(func(q url.Values) { q.Del("code") }),
		"an error":     edit(func(q url.Values) { q.Set("error", "access_denied") }),
		"not a URL":    "http://[",
	} {
		if _, err := oauth.Complete(t.Context(), tx, answer); csc.CodeOf(err) != csc.AuthorizationFailed && csc.CodeOf(err) != csc.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := oauth.Complete(t.Context(), tx, back); err != nil {
		t.Errorf("the true answer: %v", err)
	}
}

func TestConfidentialClients(t *testing.T) {
	for _, inBody := range []bool{false, true} {
		for _, api := range []string{"v1", "v2"} {
			w := newWorld(t, csctest.Options{AutoApprove: true, RequireAccountToken: true}, api)
			backend := csctest.DemoBackend()
			oauth, err := w.session.OAuth(t.Context(), csc.OAuthClient{ID: backend.ID, Secret: csc.Secret(backend.Secret), SecretInBody: inBody, RedirectURI: callback})
			if err != nil {
				t.Fatal(err)
			}
			token, err := oauth.ClientCredentials(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			account := csc.AccountToken(csc.AccountClaims{Account: "acct", ClientID: backend.ID, ID: "1", Issuer: "Test", IssuedAt: w.service.Root().NotBefore}, csc.Secret(backend.Secret))
			tx, err := oauth.Begin(t.Context(), csc.OAuthRequest{AccountToken: account})
			if err != nil {
				t.Fatal(err)
			}
			back, err := visit(t.Context(), tx.URL)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := oauth.Complete(t.Context(), tx, back); err != nil {
				t.Error(err)
			}
			if err := oauth.Revoke(t.Context(), token.AccessToken, csc.HintAccessToken); err != nil {
				t.Error(err)
			}
			session := w.open(api, func(o *csc.SessionOptions) { o.Token = csc.StaticToken(string(token.AccessToken)) })
			_, err = session.ListCredentials(t.Context(), csc.ListOptions{})
			wantCode(t, err, csc.TokenExpired)
			_, err = oauth.Refresh(t.Context(), "unknown")
			wantCode(t, err, csc.AuthorizationFailed)
		}
	}
}

func TestLoginAndRevocation(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		w := newWorld(t, csctest.Options{}, api)
		user := csctest.DemoUser()
		_, err := w.session.Login(t.Context(), csc.LoginOptions{User: user.Name, Password: "wrong"})
		wantCode(t, err, csc.AuthorizationFailed)
		token, err := w.session.Login(t.Context(), csc.LoginOptions{User: user.Name, Password: csc.Secret(user.Password), RememberMe: true})
		if err != nil || token.RefreshToken == "" {
			t.Fatal(err, token)
		}
		if _, err = w.session.Login(t.Context(), csc.LoginOptions{RefreshToken: token.RefreshToken}); err != nil {
			t.Fatal(err)
		}
		session := w.open(api, func(o *csc.SessionOptions) { o.Token = csc.StaticToken(string(token.AccessToken)) })
		if err := session.Revoke(t.Context(), token.AccessToken, csc.HintAccessToken, ""); err != nil {
			t.Fatal(err)
		}
		_, err = session.ListCredentials(t.Context(), csc.ListOptions{})
		wantCode(t, err, csc.TokenExpired)
	}
}
