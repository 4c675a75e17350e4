package csctest

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Each dialect changes exactly one thing; the table names it.
func TestEachDialectShows(t *testing.T) {
	pin := []any{map[string]any{"id": "PIN", "value": DemoPIN}}
	info := func(c *client) string {
		return string(c.call("credentials/info", map[string]any{"credentialID": "demo-p-521", "certificates": "chain", "authInfo": true}).raw)
	}
	serviceInfo := func(c *client) string { return string(c.post("info", "{}").raw) }
	authorize := func(c *client) string {
		req := map[string]any{"credentialID": "demo-p-521", "numSignatures": 1, "PIN": DemoPIN}
		if c.api == "v2" {
			delete(req, "PIN")
			req["authData"] = pin
		}
		return string(c.call("credentials/authorize", req).raw)
	}
	sign := func(c *client) string {
		sad := c.must("credentials/authorize", map[string]any{"credentialID": "demo-p-521", "numSignatures": 1, "PIN": DemoPIN})["SAD"]
		return string(c.call("signatures/signHash", map[string]any{
			"credentialID": "demo-p-521", "SAD": sad, "hash": []string{b64(digest("x"))}, "signAlgo": oidECSHA256,
		}).raw)
	}
	refused := func(c *client) string {
		a := c.post("credentials/info", "{}")
		return http.StatusText(a.status) + a.header.Get("Content-Type") + string(a.raw)
	}
	covered := map[string]bool{}
	for name, tc := range map[string]struct {
		api  string
		see  func(*client) string
		want string
	}{
		"RawECDSA":            {"v1", func(c *client) string { return strings.Repeat("x", len(sign(c))) }, strings.Repeat("x", len(`{"signatures":[""]}`)+176)},
		"AlgoAsString":        {"v1", info, `"algo":"` + oidECSHA256 + `"`},
		"CurveAsName":         {"v1", info, `"curve":"P-521"`},
		"NoKeyLen":            {"v1", info, `"curve":"` + oidP521 + `","status"`},
		"SCALAsNumber":        {"v1", info, `"SCAL":1,`},
		"SCALWithPrefix":      {"v1", info, `"SCAL":"SCAL1"`},
		"MultisignAsBool":     {"v1", info, `"multisign":false`},
		"MultisignAsText":     {"v1", info, `"multisign":"1"`},
		"PresenceAsBool":      {"v1", info, `"presence":true`},
		"NullsForAbsent":      {"v1", info, `"issuerDN":null`},
		"PEMCertificates":     {"v1", info, `-----BEGIN CERTIFICATE-----\n`},
		"WrappedBase64":       {"v1", info, `\r\n`},
		"OneSignatureBare":    {"v1", sign, `"signatures":"`},
		"ExpiryAsText":        {"v1", authorize, `"expiresIn":"300"`},
		"OAuth2FullPath":      {"v1", serviceInfo, `/as/v1/oauth2/authorize"`},
		"OAuth2Issuer":        {"v2", serviceInfo, `"oauth2Issuer":"`},
		"OAuth2Servers":       {"v2", serviceInfo, `"oauth2Servers":[`},
		"InfoByGETOnly":       {"v1", serviceInfo, `Only GET is allowed`},
		"ErrorsAsText":        {"v1", refused, "Bad Requesttext/plain; charset=utf-8Missing"},
		"ErrorsAsMessage":     {"v1", refused, `{"message":`},
		"ErrorsWith200":       {"v1", refused, `OKapplication/json; charset=UTF-8{"error":"invalid_request"`},
		"KeyTypeAlgosOnly":    {"v1", info, `"algo":["` + oidEC + `"]`},
		"ChallengeInAnswer":   {"v2", challenge, `"challenge":"`},
		"TimestampAsResponse": {"v1", stamp, `{"timestamp":"MII`},
		"NoListInfo": {"v2", func(c *client) string {
			return string(c.call("credentials/list", map[string]any{"credentialInfo": true}).raw)
		}, `{"credentialIDs":["demo-rsa-2048","demo-p-521"]}`},
		"CredentialBearer": {"v2", func(c *client) string {
			return string(c.call("signatures/signHash", map[string]any{
				"credentialID": "demo-p-521", "SAD": "x", "hashes": []string{b64(digest("x"))}, "signAlgo": oidECSHA256,
			}).raw)
		}, "Only a credential-scope token"},
		"ReversedChain":   {"v1", func(c *client) string { return chainShape(c) }, "root first"},
		"LeafOnlyChain":   {"v1", func(c *client) string { return chainShape(c) }, "1 certificates"},
		"LooseBase64":     {"v1", func(c *client) string { return strings.ReplaceAll(info(c), "=", "PADDING") }, `"certificates":["`},
		"BearerForSAD":    {"v1", func(c *client) string { return oauthToken(c, b64url(digest("x"))) }, `"token_type":"Bearer"`},
		"PaddedURLHashes": {"v1", func(c *client) string { return oauthToken(c, b64url(digest("x"))+"=") }, `"token_type":"SAD"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{AutoApprove: true, Credentials: []CredentialSpec{
				{ID: "demo-rsa-2048", Name: "A", Key: RSA2048, OTP: OTPOnline},
				{ID: "demo-p-521", Name: "B", Key: P521, PIN: DemoPIN},
			}}
			if name == "BearerForSAD" || name == "PaddedURLHashes" {
				o.Credentials = nil
			}
			reflect.ValueOf(&o.Dialect).Elem().FieldByName(name).SetBool(true)
			got := tc.see(newClient(t, o, tc.api))
			if !strings.Contains(got, tc.want) || strings.Contains(got, "PADDING") {
				t.Fatalf("%.600s lacks %q", got, tc.want)
			}
		})
		covered[name] = true
	}
	for i := range reflect.TypeFor[Dialect]().NumField() {
		if name := reflect.TypeFor[Dialect]().Field(i).Name; !covered[name] {
			t.Errorf("dialect %s has no test", name)
		}
	}
}

func challenge(c *client) string {
	return string(c.call("credentials/getChallenge", map[string]any{"credentialID": "demo-rsa-2048", "authObjectID": "OTP"}).raw)
}

func stamp(c *client) string {
	return string(c.call("signatures/timestamp", map[string]any{"hash": b64(digest("x")), "hashAlgo": oidSHA256}).raw)
}

func chainShape(c *client) string {
	list := c.must("credentials/info", map[string]any{"credentialID": "demo-p-521", "certificates": "chain"})["cert"].(map[string]any)["certificates"].([]any)
	if len(list) == 3 && list[0] == b64(c.s.Root().Raw) {
		return "root first"
	}
	return string(rune('0'+len(list))) + " certificates"
}

func b64url(b []byte) string {
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(b64(b))
}

func oauthToken(c *client, hash string) string {
	return string(c.obtain(authorizeQuery("scope", "credential", "credentialID", "demo-oauth", "numSignatures", "1", "hash", hash)).raw)
}

func TestHandlerCanBeMountedUnderAPath(t *testing.T) {
	var inner http.Handler
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(w, r) }))
	defer outer.Close()
	s, err := NewHandler(Options{URL: outer.URL + "/rssp/", Keys: sharedKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	inner = s.Handler()
	c := &client{t, s, "v1", s.AccessToken()}
	if a := c.must("info", map[string]any{}); a["oauth2"] != outer.URL+"/rssp/as/v1" {
		t.Fatal(a["oauth2"])
	}
	cert, err := s.Certificate("demo-p-256")
	if err != nil {
		t.Fatal(err)
	}
	if a := c.get(cert.CRLDistributionPoints[0]); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
	if a := c.get(s.OAuthURL("v1") + "/.well-known/oauth-authorization-server"); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
	c.askOCSP(cert, s.Intermediate())
}

func TestNewRefusesToLeaveLoopback(t *testing.T) {
	if s, err := New(Options{Addr: "0.0.0.0:0"}); err == nil {
		s.Close()
		t.Fatal("listening beyond loopback")
	}
	if _, err := NewHandler(Options{}); err == nil {
		t.Fatal("a handler without URL")
	}
	if _, err := NewHandler(Options{URL: "http://h", Credentials: []CredentialSpec{{ID: "a"}, {ID: "a"}}}); err == nil {
		t.Fatal("two credentials of one ID")
	}
}

func TestPhoneApprovesAndShowsCodes(t *testing.T) {
	c := newClient(t, Options{Credentials: []CredentialSpec{
		{ID: "k", Name: "K", Key: P256, AuthMode: Implicit, Approval: Approval{Manual: true}, Multisign: 2},
		{ID: "o", Name: "O", Key: P256, OTP: OTPOnline, OTPValue: "778899"},
	}}, "v2")
	c.must("credentials/getChallenge", map[string]any{"credentialID": "o", "authObjectID": "OTP"})
	h := c.call("credentials/authorize", map[string]any{"credentialID": "k", "numSignatures": 2, "authData": []any{}}).body["handle"]
	page := string(c.get(c.s.PhoneURL()).raw)
	if !strings.Contains(page, "778899") || !strings.Contains(page, "Sign 2 ×") {
		t.Fatal(page)
	}
	_, rest, _ := strings.Cut(page, `name="id" value="`)
	id, _, _ := strings.Cut(rest, `"`)
	r, err := http.NewRequest(http.MethodPost, c.s.PhoneURL(), strings.NewReader("decision=allow&id="+id))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := c.do(r); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	c.must("credentials/authorizeCheck", map[string]any{"handle": h})
}

func TestOptionalFactorsSayOptionalInV1(t *testing.T) {
	c := newClient(t, Options{Credentials: []CredentialSpec{
		{ID: "k", Name: "K", Key: P256, PIN: "1", OTP: OTPOffline, OTPValue: "2", Expression: "PIN OR OTP"},
	}}, "v1")
	info := c.must("credentials/info", map[string]any{"credentialID": "k", "authInfo": true})
	if p := info["PIN"].(map[string]any)["presence"]; p != "optional" {
		t.Fatal(p)
	}
	c.must("credentials/authorize", map[string]any{"credentialID": "k", "numSignatures": 1, "OTP": "2"})
}

func TestThousandFaultsRunQuickly(t *testing.T) {
	// The fault layer must let a client test enumerate its cases: this runs
	// each action on each call of a flow and takes no time to speak of.
	start, n := time.Now(), 0
	c, req := signOnce(t, Options{})
	for _, endpoint := range []string{"info", "credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"} {
		for _, a := range append(Actions(), SignatureActions()...) {
			if a.Name == "too large" || a.Name == "deep JSON" {
				continue
			}
			c.s.Inject(Fault{Endpoint: endpoint, Do: []Action{a}})
			if endpoint == "signatures/signHash" {
				_, _ = c.attempt(req)
			} else {
				r := httptest.NewRequest(http.MethodPost, c.s.ServiceURL("v1")+"/"+endpoint, strings.NewReader("{}"))
				r.Header.Set("Authorization", "Bearer "+c.token)
				r.Header.Set("Content-Type", "application/json")
				serveQuietly(c.s, r)
			}
			n++
			c.s.Reset()
		}
	}
	if d := time.Since(start) / time.Duration(n); d > 20*time.Millisecond {
		t.Fatalf("%v per case", d)
	}
}

// serveQuietly calls the handler without a network; a dropped connection is a
// panic there.
func serveQuietly(h http.Handler, r *http.Request) {
	defer func() { _ = recover() }()
	h.ServeHTTP(httptest.NewRecorder(), r)
}
