package csctest

import (
	"crypto"
	"net/http"
	"testing"
	"time"
)

func TestV2RefusesWhatTheTextForbids(t *testing.T) {
	h, other := digest("h"), digest("other")
	const id, scal2 = "demo-p-521", "demo-p-256"
	pin := []any{map[string]any{"id": "PIN", "value": DemoPIN}}
	runStrict(t, Options{}, "v2", func(c *client) []strictCase {
		authorize := map[string]any{"credentialID": id, "numSignatures": 1, "authData": pin}
		bound := map[string]any{
			"credentialID": scal2, "numSignatures": 1, "authData": pin, "hashes": []string{b64(h)}, "hashAlgorithmOID": oidSHA256,
		}
		sad, sad2 := c.must("credentials/authorize", authorize)["SAD"], c.must("credentials/authorize", bound)["SAD"]
		sign := map[string]any{"credentialID": id, "SAD": sad, "hashes": []string{b64(h)}, "signAlgo": oidECSHA256, "hashAlgorithmOID": oidSHA256}
		sign2 := edited(sign, change{"credentialID", scal2}, change{"SAD", sad2})
		entry := map[string]any{"hashes": []string{b64(h)}, "hashAlgorithmOID": oidSHA256, "signature_format": "P", "signAlgo": oidECSHA256}
		doc := func(changes ...change) map[string]any {
			return map[string]any{"credentialID": id, "SAD": sad, "documentDigests": []any{edited(entry, changes...)}}
		}
		const list, auth, signHash, signDoc = "credentials/list", "credentials/authorize", "signatures/signHash", "signatures/signDoc"
		data := func(v ...any) change { return change{"authData", v} }
		return []strictCase{
			{"v1 paging", list, map[string]any{"maxResults": 5}, "", "maxResults"},
			{"certificates without credentialInfo", list, map[string]any{"certificates": "chain"}, "", "credentialInfo"},
			{"credentialInfo as text", list, map[string]any{"credentialInfo": "true"}, "", "credentialInfo"},
			{"userID beside a user's token", list, map[string]any{"userID": "demo"}, "", "userID"},

			{"v1 PIN", auth, edited(authorize, change{"PIN", DemoPIN}), "", "PIN"},
			{"v1 hash", auth, edited(bound, change{"hashes", drop}, change{"hash", []string{b64(h)}}), "", "hash"},
			{"hashes without hashAlgorithmOID", auth, edited(bound, change{"hashAlgorithmOID", drop}), "", "hashAlgorithmOID"},
			{"hashAlgorithmOID without hashes", auth, edited(authorize, change{"hashAlgorithmOID", oidSHA256}), "", "hashes"},
			{"hashAlgorithmOID of another length", auth, edited(bound, change{"hashAlgorithmOID", oidSHA512}), "", "length"},
			{"SHA-1", auth, edited(bound, change{"hashAlgorithmOID", "1.3.14.3.2.26"}), "", "hashAlgorithmOID"},
			{"no authData", auth, edited(authorize, change{"authData", drop}), "", "authData"},
			{"empty authData", auth, edited(authorize, data()), "", "authData"},
			{"authData of strings", auth, edited(authorize, data("123456")), "", "authData"},
			{"unknown member in authData", auth, edited(authorize, data(map[string]any{"id": "PIN", "val": "1"})), "", "authData"},
			{"unknown factor", auth, edited(authorize, data(pin[0], map[string]any{"id": "OTP", "value": "1"})), "", "OTP"},
			{"factor twice", auth, edited(authorize, data(pin[0], pin[0])), "", "twice"},
			{"wrong PIN", auth, edited(authorize, data(map[string]any{"id": "PIN", "value": "0"})), invalidAuthData, "PIN"},
			{"OAuth credential", auth, edited(bound, change{"credentialID", "demo-oauth"}, data()), "", "OAuth"},

			{"invented handle", "credentials/authorizeCheck", map[string]any{"handle": "x"}, "", "handle"},
			{"unknown object", "credentials/getChallenge", map[string]any{"credentialID": "demo-rsa-3072", "authObjectID": "PIN"}, "", "authObjectID"},
			{"no object", "credentials/getChallenge", map[string]any{"credentialID": "demo-rsa-3072"}, "", "authObjectID"},

			{"v1 hash and hashAlgo", signHash, edited(sign, change{"hashes", drop}, change{"hash", []string{b64(h)}}), "", "hashes"},
			{"no SAD", signHash, edited(sign, change{"SAD", drop}), "", "SAD"},
			{"bad operationMode", signHash, edited(sign, change{"operationMode", "X"}), "", "operationMode"},
			{"validity_period in mode S", signHash, edited(sign, change{"validity_period", 1000}), "", "validity_period"},
			{"response_uri in mode S", signHash, edited(sign, change{"response_uri", "https://a.example/"}), "", "response_uri"},
			{"response_uri not a URI", signHash, edited(sign, change{"operationMode", "A"}, change{"response_uri", "here"}), "", "response_uri"},
			{"hash not authorized", signHash, edited(sign2, change{"hashes", []string{b64(other)}}), "", "not authorized"},
			{"another hash algorithm than authorized", signHash, edited(sign2, change{"signAlgo", oidECSHA512},
				change{"hashAlgorithmOID", oidSHA512}, change{"hashes", []string{b64(append(digest("1"), digest("2")...))}}), "", "hash algorithm"},

			{"neither documents nor digests", signDoc, map[string]any{"credentialID": id, "SAD": sad}, "", "documents"},
			{"documents", signDoc, map[string]any{"credentialID": id, "SAD": sad, "documents": []any{}}, "", "documents"},
			{"both", signDoc, edited(doc(), change{"documents", []any{}}), "", "documents"},
			{"no credential", signDoc, edited(doc(), change{"credentialID", drop}), "", "credentialID"},
			{"unknown qualifier", signDoc, edited(doc(), change{"credentialID", drop}, change{"signatureQualifier", "x"}), "", "signatureQualifier"},
			{"bare string for hashes", signDoc, doc(change{"hashes", b64(h)}), "", "hashes"},
			{"no signature_format", signDoc, doc(change{"signature_format", drop}), "", "signature_format"},
			{"XAdES", signDoc, doc(change{"signature_format", "X"}), "", "signature_format"},
			{"unknown level", signDoc, doc(change{"conformance_level", "B-B"}), "", "conformance_level"},
			{"no hashAlgorithmOID", signDoc, doc(change{"hashAlgorithmOID", drop}), "", "hashAlgorithmOID"},
			{"hash algorithm against signAlgo", signDoc, doc(change{"signAlgo", oidECSHA512}), "", "hashAlgo"},
			{"enveloped PDF", signDoc, doc(change{"signed_envelope_property", "Enveloped"}), "", "signed_envelope_property"},
			{"unknown signed property", signDoc, doc(change{"signed_props", []any{map[string]any{"attribute_name": "colour"}}}), "", "signed_props"},

			{"unknown request", "signatures/signPolling", map[string]any{"requestID": "x"}, "", "requestID"},
		}
	})
}

func TestSignDocRefusesUnauthorizedDigestWith403(t *testing.T) {
	c := newClient(t, Options{}, "v2")
	sad := c.must("credentials/authorize", map[string]any{
		"credentialID": "demo-p-256", "numSignatures": 1, "hashes": []string{b64(digest("a"))}, "hashAlgorithmOID": oidSHA256,
		"authData": []any{map[string]any{"id": "PIN", "value": DemoPIN}},
	})["SAD"]
	c.call("signatures/signDoc", map[string]any{"credentialID": "demo-p-256", "SAD": sad, "documentDigests": []any{map[string]any{
		"hashes": []string{b64(digest("b"))}, "hashAlgorithmOID": oidSHA256, "signature_format": "P", "signAlgo": oidECSHA256,
	}}}).refused(t, http.StatusForbidden, invalidHash, "not authorized")
}

func TestMethodsBelongToTheirVersion(t *testing.T) {
	c := newClient(t, Options{Unimplemented: []string{"credentials/extendTransaction"}}, "v1")
	for _, m := range []string{"credentials/authorizeCheck", "credentials/getChallenge", "signatures/signDoc", "signatures/signPolling"} {
		c.post(m, "{}").refused(t, 404, invalidRequest, "")
	}
	c.post("credentials/extendTransaction", "{}").refused(t, 501, notImplemented, "")
	c.api = "v2"
	c.post("credentials/sendOTP", "{}").refused(t, 404, invalidRequest, "")
}

func TestV2ListReturnsEverythingAtOnce(t *testing.T) {
	specs := []CredentialSpec{
		{ID: "a", Name: "A", Key: P256, PIN: "12ab", OTP: OTPOnline}, {ID: "b", Name: "B", Key: Ed25519, KeyDisabled: true},
	}
	c := newClient(t, Options{Credentials: specs}, "v2")
	a := c.must("credentials/list", map[string]any{"credentialInfo": true, "certificates": "chain", "certInfo": true, "authInfo": true})
	infos := a["credentialInfos"].([]any)
	if len(infos) != 2 || len(a["credentialIDs"].([]any)) != 2 {
		t.Fatalf("%v", a)
	}
	auth := infos[0].(map[string]any)["auth"].(map[string]any)
	if auth["expression"] != "PIN AND OTP" || len(auth["objects"].([]any)) != 2 {
		t.Fatalf("%v", auth)
	}
	a = c.must("credentials/list", map[string]any{"onlyValid": true})
	if ids := a["credentialIDs"].([]any); len(ids) != 1 || ids[0] != "a" || a["onlyValid"] != true {
		t.Fatalf("%v", a)
	}
}

func TestV2PushHandsOutAFreshHandleEachTime(t *testing.T) {
	spec := CredentialSpec{ID: "k", Name: "K", Key: P256, AuthMode: Implicit, Approval: Approval{Manual: true}}
	c := newClient(t, Options{Credentials: []CredentialSpec{spec}}, "v2")
	first := c.call("credentials/authorize", map[string]any{"credentialID": "k", "numSignatures": 1, "authData": []any{}})
	if first.status != http.StatusAccepted {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	check := func(handle any) answer {
		return c.call("credentials/authorizeCheck", map[string]any{"handle": handle})
	}
	second := check(first.body["handle"])
	if second.status != http.StatusAccepted || second.body["handle"] == first.body["handle"] {
		t.Fatalf("%d %s", second.status, second.raw)
	}
	check(first.body["handle"]).refused(t, 400, invalidRequest, "handle")
	c.s.Approve("k")
	if a := check(second.body["handle"]); a.status != 200 || a.body["SAD"] == nil {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	third := c.call("credentials/authorize", map[string]any{"credentialID": "k", "numSignatures": 1, "authData": []any{}})
	c.s.Deny("")
	check(third.body["handle"]).refused(t, 400, invalidAuthData, "")
}

func TestV2ExpressionDecidesWhichFactorsSuffice(t *testing.T) {
	spec := CredentialSpec{ID: "k", Name: "K", Key: P256, PIN: "1", OTP: OTPOffline, OTPValue: "2", Expression: "PIN XOR OTP"}
	c := newClient(t, Options{Credentials: []CredentialSpec{spec}}, "v2")
	pin, otp := map[string]any{"id": "PIN", "value": "1"}, map[string]any{"id": "OTP", "value": "2"}
	authorize := func(data ...any) answer {
		return c.call("credentials/authorize", map[string]any{"credentialID": "k", "numSignatures": 1, "authData": data})
	}
	if authorize(pin).status != 200 || authorize(otp).status != 200 {
		t.Fatal("one factor does not suffice")
	}
	authorize(pin, otp).refused(t, 400, invalidRequest, "satisfy")
}

func TestExpressionGrammar(t *testing.T) {
	has := func(id string) bool { return id == "a" || id == "b" }
	for expression, want := range map[string]bool{
		"": true, "a": true, "c": false, "a AND c": false, "a OR c": true, "a XOR b": false, "c AND c OR a": true,
		"(a OR c) AND b": true, "a XOR b AND c": true,
	} {
		if got, err := evaluate(expression, has); err != nil || got != want {
			t.Errorf("%q: %v %v", expression, got, err)
		}
	}
	for _, bad := range []string{"a b", "(a", "a AND", ")", "AND"} {
		if v, err := evaluate(bad, has); err == nil && v {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestAsynchronousSigning(t *testing.T) {
	clock := NewClock(testTime)
	c := newClient(t, Options{AsyncPolls: 2, Clock: clock.Now}, "v2")
	h := digest("async")
	sad := c.must("credentials/authorize", map[string]any{
		"credentialID": "demo-p-521", "numSignatures": 1, "authData": []any{map[string]any{"id": "PIN", "value": DemoPIN}},
	})["SAD"]
	id := c.must("signatures/signHash", map[string]any{
		"credentialID": "demo-p-521", "SAD": sad, "hashes": []string{b64(h)}, "signAlgo": oidECSHA256, "operationMode": "A", "validity_period": 60000,
	})["responseID"]
	poll := func() answer { return c.call("signatures/signPolling", map[string]any{"requestID": id}) }
	poll().refused(t, http.StatusAccepted, acceptedRequest, "")
	poll().refused(t, http.StatusAccepted, acceptedRequest, "")
	a := poll()
	cert, err := c.s.Certificate("demo-p-521")
	if err != nil || a.status != 200 || !verify(cert.PublicKey, oidECSHA256, crypto.SHA256, h, unb64(t, a.body["signatures"].([]any)[0])) {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	clock.Advance(time.Minute)
	poll().refused(t, 400, invalidRequest, "requestID")
}

func TestLoginAndRevoke(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	login := func(body string, header ...string) answer {
		return c.post("auth/login", body, func(r *http.Request) {
			r.Header.Del("Authorization")
			for _, h := range header {
				r.Header.Set("Authorization", h)
			}
		})
	}
	login("{}").refused(t, 401, invalidRequest, "header")
	login("{}", "Bearer x").refused(t, 401, invalidRequest, "header")
	login("{}", "Basic !").refused(t, 400, invalidRequest, "username")
	login("{}", "Basic "+b64([]byte("demo:wrong"))).refused(t, 400, authenticationError, "")
	login(`{"refresh_token":"x"}`).refused(t, 400, invalidRequest, "refresh_token")
	a := login(`{"rememberMe":true}`, "Basic "+b64([]byte("demo:demo")))
	c.token, _ = a.body["access_token"].(string)
	c.must("credentials/list", map[string]any{})
	b := login(`{"refresh_token":"` + a.body["refresh_token"].(string) + `"}`)
	if b.status != 200 {
		t.Fatalf("%d %s", b.status, b.raw)
	}
	if r := c.call("auth/revoke", map[string]any{"token": a.body["refresh_token"], "token_type_hint": "refresh_token"}); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	c.call("credentials/list", map[string]any{}).refused(t, 401, expiredToken, "")
}
