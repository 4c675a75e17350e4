package csctest

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// change is one edit to a good request: a value, or drop to leave it out.
type change struct {
	name  string
	value any
}

type dropped struct{}

var drop = dropped{}

func edited(good map[string]any, changes ...change) map[string]any {
	m := maps.Clone(good)
	for _, c := range changes {
		if c.value == drop {
			delete(m, c.name)
		} else {
			m[c.name] = c.value
		}
	}
	return m
}

// strictCase is one request that must be refused.
type strictCase struct {
	why    string
	method string
	body   map[string]any
	code   string // empty means invalid_request
	word   string // the description mentions it
}

func runStrict(t *testing.T, o Options, api string, cases func(c *client) []strictCase) {
	t.Helper()
	c := newClient(t, o, api)
	for _, tc := range cases(c) {
		t.Run(strings.ReplaceAll(tc.method, "/", " ")+" "+tc.why, func(t *testing.T) {
			code := tc.code
			if code == "" {
				code = invalidRequest
			}
			sub := *c
			sub.t = t
			sub.call(tc.method, tc.body).refused(t, http.StatusBadRequest, code, tc.word)
			if c.s.SignedTotal() != 0 {
				t.Fatal("a refused request made a signature")
			}
		})
	}
}

func TestV1RefusesWhatTheTextForbids(t *testing.T) {
	h, other := digest("h"), digest("other")
	const id, scal2 = "demo-p-521", "demo-p-256" // SCAL 1 with multisign 1; SCAL 2
	runStrict(t, Options{}, "v1", func(c *client) []strictCase {
		authorize := map[string]any{"credentialID": id, "numSignatures": 1, "PIN": DemoPIN}
		authorize2 := map[string]any{"credentialID": scal2, "numSignatures": 1, "PIN": DemoPIN, "hash": []string{b64(h)}}
		sad := c.must("credentials/authorize", authorize)["SAD"]
		sad2 := c.must("credentials/authorize", authorize2)["SAD"]
		sign := map[string]any{"credentialID": id, "SAD": sad, "hash": []string{b64(h)}, "signAlgo": oidECSHA256, "hashAlgo": oidSHA256}
		sign2 := edited(sign, change{"credentialID", scal2}, change{"SAD", sad2})
		const list, info, auth, ext, otp, ts, signHash = "credentials/list", "credentials/info", "credentials/authorize",
			"credentials/extendTransaction", "credentials/sendOTP", "signatures/timestamp", "signatures/signHash"
		stamp := map[string]any{"hash": b64(h), "hashAlgo": oidSHA256}
		one := map[string]any{"credentialID": id}
		return []strictCase{
			{"unknown parameter", "info", map[string]any{"language": "en"}, "", "language"},
			{"lang of wrong type", "info", map[string]any{"lang": 1}, "", "lang"},

			{"userID beside a user's token", list, map[string]any{"userID": "demo"}, "", "userID"},
			{"maxResults 0", list, map[string]any{"maxResults": 0}, "", "maxResults"},
			{"maxResults as text", list, map[string]any{"maxResults": "5"}, "", "maxResults"},
			{"invented pageToken", list, map[string]any{"pageToken": "next"}, "", "pageToken"},
			{"v2 parameter", list, map[string]any{"credentialInfo": true}, "", "credentialInfo"},
			{"clientData of wrong type", list, map[string]any{"clientData": 5}, "", "clientData"},

			{"no credentialID", info, map[string]any{}, "", "credentialID"},
			{"empty credentialID", info, map[string]any{"credentialID": ""}, "", "credentialID"},
			{"credentialID as number", info, map[string]any{"credentialID": 1}, "", "credentialID"},
			{"unknown credentialID", info, map[string]any{"credentialID": "nobody"}, "", "credentialID"},
			{"misspelt credentialId", info, map[string]any{"credentialId": id}, "", "credentialID"},
			{"bad certificates", info, edited(one, change{"certificates", "all"}), "", "certificates"},
			{"certInfo as text", info, edited(one, change{"certInfo", "true"}), "", "certInfo"},
			{"null member", info, edited(one, change{"authInfo", nil}), "", "authInfo"},

			{"no numSignatures", auth, edited(authorize, change{"numSignatures", drop}), "", "numSignatures"},
			{"numSignatures as text", auth, edited(authorize, change{"numSignatures", "1"}), "", "numSignatures"},
			{"numSignatures as fraction", auth, edited(authorize, change{"numSignatures", 1.5}), "", "numSignatures"},
			{"numSignatures 0", auth, edited(authorize, change{"numSignatures", 0}), "", "numSignatures"},
			{"numSignatures above multisign", auth, edited(authorize, change{"numSignatures", 2}), "", "too high"},
			{"more hashes than numSignatures", auth, edited(authorize2, change{"hash", []string{b64(h), b64(other)}}), "", "numSignatures"},
			{"no hash under SCAL 2", auth, edited(authorize2, change{"hash", drop}), "", "hash"},
			{"empty hash list", auth, edited(authorize2, change{"hash", []string{}}), "", "hash"},
			{"hash as bare string", auth, edited(authorize2, change{"hash", b64(h)}), "", "hash"},
			{"hash in base64url", auth, edited(authorize2, change{"hash", []string{"-_" + b64(h)[2:]}}), "", "base64"},
			{"hash without padding", auth, edited(authorize2, change{"hash", []string{strings.TrimRight(b64(h), "=")}}), "", "base64"},
			{"hash with line break", auth, edited(authorize2, change{"hash", []string{b64(h)[:20] + "\n" + b64(h)[20:]}}), "", "base64"},
			{"hash of wrong length", auth, edited(authorize2, change{"hash", []string{b64(h[:31])}}), "", "length"},
			{"v2 hashes", auth, edited(authorize, change{"hashes", []string{b64(h)}}), "", "hashes"},
			{"v2 authData", auth, edited(authorize, change{"authData", []any{}}), "", "authData"},
			{"no PIN", auth, edited(authorize, change{"PIN", drop}), "", "PIN"},
			{"PIN as number", auth, edited(authorize, change{"PIN", 123456}), "", "PIN"},
			{"wrong PIN", auth, edited(authorize, change{"PIN", "000000"}), invalidPIN, "PIN"},
			{"OTP without such factor", auth, edited(authorize, change{"OTP", "1"}), "", "OTP"},
			{"disabled key", auth, edited(authorize, change{"credentialID", "demo-disabled"}), "", "disabled"},
			{"OAuth credential", auth, edited(authorize2, change{"credentialID", "demo-oauth"}, change{"PIN", drop}), "", "OAuth"},
			{"description too long", auth, edited(authorize, change{"description", strings.Repeat("é", 501)}), "", "description"},

			{"no SAD", signHash, edited(sign, change{"SAD", drop}), "", "SAD"},
			{"invented SAD", signHash, edited(sign, change{"SAD", "SAD"}), "", "SAD"},
			{"SAD of another credential", signHash, edited(sign, change{"credentialID", scal2}), "", "SAD"},
			{"no hash", signHash, edited(sign, change{"hash", drop}), "", "hash"},
			{"empty hash list", signHash, edited(sign, change{"hash", []string{}}), "", "hash"},
			{"null in hash list", signHash, edited(sign, change{"hash", []any{nil}}), "", "base64"},
			{"DigestInfo instead of a digest", signHash, edited(sign, change{"hash", []string{b64(append(make([]byte, 19), h...))}}), "", "length"},
			{"hash not authorized", signHash, edited(sign2, change{"hash", []string{b64(other)}}), "", "not authorized"},
			{"more hashes than authorized", signHash, edited(sign, change{"hash", []string{b64(h), b64(other)}}), "", "SAD"},
			{"same hash twice", signHash, edited(sign2, change{"hash", []string{b64(h), b64(h)}}), "", "SAD"},
			{"no signAlgo", signHash, edited(sign, change{"signAlgo", drop}), "", "signAlgo"},
			{"signAlgo of another key type", signHash, edited(sign, change{"signAlgo", oidRSASHA256}), "", "signAlgo"},
			{"SHA-1", signHash, edited(sign, change{"hashAlgo", "1.3.14.3.2.26"}), "", "hashAlgo"},
			{"hashAlgo against signAlgo", signHash, edited(sign, change{"hashAlgo", oidSHA512}), "", "hashAlgo"},
			{"hash length against signAlgo", signHash, edited(sign, change{"signAlgo", oidECSHA512}, change{"hashAlgo", drop}), "", "length"},
			{"needless signAlgoParams", signHash, edited(sign, change{"signAlgoParams", "MAA="}), "", "signAlgoParams"},
			{"v2 operationMode", signHash, edited(sign, change{"operationMode", "S"}), "", "operationMode"},
			{"v2 hashAlgorithmOID", signHash, edited(sign, change{"hashAlgo", drop}, change{"hashAlgorithmOID", oidSHA256}), "", "hashAlgorithmOID"},
			{"PSS without parameters", signHash, edited(sign, change{"credentialID", "demo-rsa-2048"}, change{"signAlgo", oidPSS}), "", "signAlgoParams"},
			{"PSS with SHA-1 defaults", signHash, edited(sign, change{"credentialID", "demo-rsa-2048"}, change{"signAlgo", oidPSS}, change{"signAlgoParams", "MAA="}), "", "signAlgoParams"},
			{"rsaEncryption without hashAlgo", signHash, edited(sign, change{"credentialID", "demo-rsa-2048"}, change{"signAlgo", oidRSA}, change{"hashAlgo", drop}), "", "hashAlgo"},
			{"hashAlgo with Ed25519", signHash, edited(sign, change{"credentialID", "demo-ed25519"}, change{"signAlgo", oidEd25519}), "", "hashAlgo"},
			{"clientData of wrong type", signHash, edited(sign, change{"clientData", true}), "", "clientData"},

			{"no SAD", ext, edited(one, change{"SAD", drop}), "", "SAD"},
			{"invented SAD", ext, edited(one, change{"SAD", "x"}), "", "SAD"},
			{"no hash under SCAL 2", ext, map[string]any{"credentialID": scal2, "SAD": sad2}, "", "hash"},
			{"more hashes than signatures left", ext, map[string]any{"credentialID": scal2, "SAD": sad2, "hash": []string{b64(other)}}, "", "left"},

			{"credential without online OTP", otp, one, "", "OTP"},
			{"unknown credential", otp, map[string]any{"credentialID": "x"}, "", "credentialID"},

			{"hash as array", ts, edited(stamp, change{"hash", []string{b64(h)}}), "", "hash"},
			{"empty hash", ts, edited(stamp, change{"hash", ""}), "", "hash"},
			{"hash of wrong length", ts, edited(stamp, change{"hash", b64(h[1:])}), "", "length"},
			{"v2-like hashAlgorithmOID", ts, edited(stamp, change{"hashAlgo", drop}, change{"hashAlgorithmOID", oidSHA256}), "", "hashAlgo"},
			{"nonce not hex", ts, edited(stamp, change{"nonce", "xyz"}), "", "nonce"},
			{"empty nonce", ts, edited(stamp, change{"nonce", ""}), "", "nonce"},

			{"no token", "auth/revoke", map[string]any{}, "", "token"},
			{"unknown token", "auth/revoke", map[string]any{"token": "x"}, "", "token"},
			{"bad hint", "auth/revoke", map[string]any{"token": c.token, "token_type_hint": "SAD"}, "", "token_type_hint"},
		}
	})
}

func TestHTTPSideIsJudged(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tc := range []struct {
		why, body string
		edit      func(*http.Request)
		status    int
		code      string
	}{
		{"GET", "{}", func(r *http.Request) { r.Method = "GET" }, 405, invalidRequest},
		{"no Content-Type", "{}", func(r *http.Request) { r.Header.Del("Content-Type") }, 400, invalidRequest},
		{"form Content-Type", "{}", set("Content-Type", "application/x-www-form-urlencoded"), 400, invalidRequest},
		{"latin charset", "{}", set("Content-Type", "application/json; charset=iso-8859-1"), 400, invalidRequest},
		{"no Authorization", "{}", func(r *http.Request) { r.Header.Del("Authorization") }, 400, invalidRequest},
		{"Basic Authorization", "{}", set("Authorization", "Basic eDp5"), 400, invalidRequest},
		{"lower-case bearer without token", "{}", set("Authorization", "Bearer "), 400, invalidRequest},
		{"invented token", "{}", set("Authorization", "Bearer nothing"), 401, invalidToken},
		{"query parameter", "{}", func(r *http.Request) { r.URL.RawQuery = "lang=en" }, 400, invalidRequest},
		{"double slash", "{}", func(r *http.Request) { r.URL.Path = "/csc/v1//credentials/list" }, 404, invalidRequest},
		{"trailing slash", "{}", func(r *http.Request) { r.URL.Path += "/" }, 404, invalidRequest},
		{"empty body", "", nil, 400, invalidRequest},
		{"JSON null", "null", nil, 400, invalidRequest},
		{"JSON array", "[]", nil, 400, invalidRequest},
		{"byte order mark", "\ufeff{}", nil, 400, invalidRequest},
		{"duplicate member", `{"maxResults":1,"maxResults":2}`, nil, 400, invalidRequest},
		{"trailing data", "{}{}", nil, 400, invalidRequest},
		{"invalid UTF-8", "{\"clientData\":\"\xff\"}", nil, 400, invalidRequest},
		{"deep nesting", `{"clientData":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}", nil, 400, invalidRequest},
	} {
		t.Run(tc.why, func(t *testing.T) {
			edit := tc.edit
			if edit == nil {
				edit = func(*http.Request) {}
			}
			c.post("credentials/list", tc.body, edit).refused(t, tc.status, tc.code, "")
		})
	}
	c.s.ExpireTokens()
	c.post("credentials/list", "{}").refused(t, 401, expiredToken, "")
}

func TestListPagesThroughAllCredentials(t *testing.T) {
	c := newClient(t, Options{PageSize: 4}, "v1")
	var ids []any
	req := map[string]any{}
	for range 10 {
		a := c.must("credentials/list", req)
		ids = append(ids, a["credentialIDs"].([]any)...)
		next, more := a["nextPageToken"]
		if !more {
			break
		}
		req["pageToken"] = next
	}
	if len(ids) != len(DemoCredentials()) {
		t.Fatalf("%d of %d credentials", len(ids), len(DemoCredentials()))
	}
}

func TestWrongFactorsLockTheCredential(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	req := map[string]any{"credentialID": "demo-p-384", "numSignatures": 1, "hash": []string{b64(digest("x"))}, "PIN": DemoPIN, "OTP": "wrong"}
	for range 3 {
		c.call("credentials/authorize", req).refused(t, 400, invalidOTP, "OTP")
	}
	req["OTP"] = DemoOTP
	c.call("credentials/authorize", req).refused(t, 400, invalidRequest, "OTP locked")
	c.s.Reset()
	c.token = c.s.AccessToken()
	c.must("credentials/authorize", req)
}

func TestOnlineOTPMustBeSentAndServesOnce(t *testing.T) {
	c := newClient(t, Options{Credentials: []CredentialSpec{{ID: "k", Name: "K", Key: P256, OTP: OTPOnline}}}, "v1")
	req := map[string]any{"credentialID": "k", "numSignatures": 1, "OTP": "000000"}
	c.call("credentials/authorize", req).refused(t, 400, invalidOTP, "")
	if a := c.call("credentials/sendOTP", map[string]any{"credentialID": "k"}); a.status != 204 || len(a.raw) != 0 {
		t.Fatalf("sendOTP: %d %q", a.status, a.raw)
	}
	req["OTP"] = c.s.OTP("k")
	c.must("credentials/authorize", req)
	c.call("credentials/authorize", req).refused(t, 400, invalidOTP, "")
}

func TestV1SADServesOneCallUntilExtended(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	h := [][]byte{digest("1"), digest("2"), digest("3")}
	hashes := []string{b64(h[0]), b64(h[1]), b64(h[2])}
	const id = "demo-p-256"
	sad := c.must("credentials/authorize", map[string]any{"credentialID": id, "numSignatures": 3, "hash": hashes, "PIN": DemoPIN})["SAD"]
	sign := func(sad any, hashes ...string) answer {
		return c.call("signatures/signHash", map[string]any{"credentialID": id, "SAD": sad, "hash": hashes, "signAlgo": oidECSHA256})
	}
	if a := sign(sad, hashes[1]); a.status != 200 {
		t.Fatalf("%s", a.raw)
	}
	sign(sad, hashes[0]).refused(t, 400, invalidRequest, "extend")
	next := c.must("credentials/extendTransaction", map[string]any{"credentialID": id, "SAD": sad, "hash": []string{hashes[0], hashes[2]}})["SAD"]
	sign(sad, hashes[0]).refused(t, 400, invalidRequest, "SAD")
	sign(next, hashes[1], hashes[2]).refused(t, 400, invalidRequest, "not authorized")
	if a := sign(next, hashes[2], hashes[0]); a.status != 200 {
		t.Fatalf("%s", a.raw)
	}
	if c.s.SignedMost() != 1 || c.s.SignedTotal() != 3 {
		t.Fatal("wrong count")
	}
}

func TestSADExpires(t *testing.T) {
	clock := NewClock(testTime)
	c := newClient(t, Options{Clock: clock.Now}, "v1")
	h := b64(digest("x"))
	sad := c.must("credentials/authorize", map[string]any{"credentialID": "demo-p-256", "numSignatures": 1, "hash": []string{h}, "PIN": DemoPIN})
	if sad["expiresIn"] != 300.0 {
		t.Fatalf("expiresIn %v", sad["expiresIn"])
	}
	clock.Advance(300e9)
	sign := map[string]any{"credentialID": "demo-p-256", "SAD": sad["SAD"], "hash": []string{h}, "signAlgo": oidECSHA256}
	c.call("signatures/signHash", sign).refused(t, 400, invalidRequest, "SAD expired")
	delete(sign, "signAlgo")
	c.call("credentials/extendTransaction", sign).refused(t, 400, invalidRequest, "SAD expired")
}

func TestBadCertificatesRefuseToSign(t *testing.T) {
	for _, id := range []string{"demo-expired", "demo-revoked"} {
		c := newClient(t, Options{}, "v1")
		sad := c.must("credentials/authorize", map[string]any{"credentialID": id, "numSignatures": 1, "PIN": DemoPIN})["SAD"]
		c.call("signatures/signHash", map[string]any{
			"credentialID": id, "SAD": sad, "hash": []string{b64(digest("x"))}, "signAlgo": oidECSHA256,
		}).refused(t, 400, invalidRequest, "certificate")
	}
}

func TestPushBlocksUntilTheUserAnswers(t *testing.T) {
	spec := CredentialSpec{ID: "k", Name: "K", Key: P256, AuthMode: Implicit, Approval: Approval{Manual: true}}
	c := newClient(t, Options{Credentials: []CredentialSpec{spec}}, "v1")
	req := map[string]any{"credentialID": "k", "numSignatures": 1}
	for _, granted := range []bool{true, false} {
		got := make(chan answer, 1)
		go func() {
			sub := *c
			got <- sub.call("credentials/authorize", req)
		}()
		for n := 0; n == 0; {
			n = c.s.settle("k", granted)
		}
		if a := <-got; granted && a.status != 200 {
			t.Fatalf("%d %s", a.status, a.raw)
		} else if !granted {
			a.refused(t, 400, accessDenied, "user")
		}
	}
}
