package csc

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

func TestCredentialInfoWithTwoPEMBodies(t *testing.T) {
	for name, tc := range map[string]struct {
		scal any
		want int
	}{"text": {"2", 2}, "number": {2, 2}, "prefixed": {"SCAL2", 2}, "level 1": {"1", 1}, "null": {nil, 1}} {
		s, tr := scriptedSession(t, "v1", infoBody(func(m map[string]any) { m["SCAL"] = tc.scal }))
		c, err := s.Credential(t.Context(), "c1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Certificate.Subject.CommonName != "Leaf" || len(c.Chain) != 1 || c.Chain[0].Subject.CommonName != "Root" ||
			c.MaxBatch != 10 || c.SCAL != tc.want || c.HashPinning() != (tc.want == 2) || len(c.Raw) == 0 || c.KeyAlgorithms[0] != "1.2.840.10045.4.3.2" {
			t.Errorf("%s: %+v", name, c)
		}
		if got := tr.requests[0]; got.URL != "https://rssp.example/csc/v1/credentials/info" || got.Method != "POST" || got.Header["Authorization"] != "Bearer token" || got.Header["Content-Type"] != "application/json" {
			t.Errorf("%s: %v %v", name, got.URL, got.Header)
		}
		again, err := ParseCredential("c1", c.Raw, Dialect{})
		if err != nil || !again.Certificate.Equal(c.Certificate) {
			t.Errorf("%s: the raw JSON does not read back: %v", name, err)
		}
		opts := x509.VerifyOptions{Roots: c.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
		if _, err := c.Certificate.Verify(opts); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each malformed answer is refused with a message of its own.
func TestMalformedCredentialInfo(t *testing.T) {
	set := func(path string, v any) func(map[string]any) {
		return func(m map[string]any) {
			keys := strings.Split(path, ".")
			for _, k := range keys[:len(keys)-1] {
				m = m[k].(map[string]any)
			}
			if v == "DELETE" {
				delete(m, keys[len(keys)-1])
			} else {
				m[keys[len(keys)-1]] = v
			}
		}
	}
	good := infoBody(nil)
	cases := map[string]string{
		"empty":                    "",
		"blank":                    " \n ",
		"BOM":                      "\xef\xbb\xbf" + good,
		"UTF-16 BOM":               "\xff\xfe{\x00}\x00",
		"HTML":                     "<!DOCTYPE html><p>login",
		"not UTF-8":                `{"a":"` + "\xff" + `"}`,
		"null":                     "null",
		"array":                    "[]",
		"text":                     "OK",
		"truncated":                good[:len(good)/2],
		"bad syntax":               `{"key":{"status":enabled}}`,
		"trailing data":            good + "{}",
		"deep":                     `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}",
		"many":                     `{"a":[` + strings.Repeat("1,", maxValues) + "1]}",
		"duplicate":                `{"key":{},"key":{}}`,
		"look-alike":               `{"Key":{"status":"enabled"}}`,
		"both spellings":           strings.Replace(good, `"SCAL":`, `"scal":"1","SCAL":`, 1),
		"no cert":                  infoBody(set("cert", "DELETE")),
		"cert is a list":           infoBody(set("cert", []any{})),
		"no certificates":          infoBody(set("cert.certificates", "DELETE")),
		"certificates empty":       infoBody(set("cert.certificates", []any{})),
		"certificates not text":    infoBody(set("cert.certificates", []any{1})),
		"certificates an object":   infoBody(set("cert.certificates", map[string]any{})),
		"certificate not base64":   infoBody(set("cert.certificates", []any{"@@@@"})),
		"certificate not DER":      infoBody(set("cert.certificates", []any{"AAAA"})),
		"certificate broken PEM":   infoBody(set("cert.certificates", []any{"-----BEGIN CERTIFICATE-----"})),
		"too many certificates":    infoBody(set("cert.certificates", make([]string, 100))),
		"no key":                   infoBody(set("key", "DELETE")),
		"key is text":              infoBody(set("key", "x")),
		"no key status":            infoBody(set("key.status", "DELETE")),
		"algo a number":            infoBody(set("key.algo", 5)),
		"algo of numbers":          infoBody(set("key.algo", []any{5})),
		"multisign text":           infoBody(set("multisign", "many")),
		"multisign zero":           infoBody(set("multisign", 0)),
		"multisign fraction":       infoBody(set("multisign", 1.5)),
		"SCAL 3":                   infoBody(set("SCAL", 3)),
		"SCAL text":                infoBody(set("SCAL", "high")),
		"authMode unknown":         infoBody(set("authMode", "telepathy")),
		"presence unknown":         infoBody(set("PIN.presence", "maybe")),
		"another credential":       infoBody(set("credentialID", "other")),
		"auth object without name": infoBody(set("auth", map[string]any{"mode": "explicit", "objects": []any{map[string]any{"type": "Password"}}})),
	}
	messages := map[string]string{}
	for name, text := range cases {
		s, _ := scriptedSession(t, "v1", text)
		_, err := s.Credential(t.Context(), "c1")
		if CodeOf(err) != ResponseMalformed {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		// Two ways to be empty and two to have a BOM may share a message; no
		// other two may.
		key := err.Error()
		if twin, twice := messages[key]; twice && name != "blank" && twin != "blank" && !strings.Contains(name+twin, "BOM") &&
			!(strings.HasPrefix(name, "multisign") && strings.HasPrefix(twin, "multisign")) && !(strings.HasPrefix(name, "SCAL") && strings.HasPrefix(twin, "SCAL")) && !(strings.Contains("null array text", name) && strings.Contains("null array text", twin)) {
			t.Errorf("%s and %s have the same message: %s", name, twin, key)
		}
		messages[key] = name
	}
	if len(messages) < 30 {
		t.Errorf("only %d different messages", len(messages))
	}
}

func TestAuthorizationAnswers(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	authorize := func(answer any) (*Authorization, error) {
		s, _ := scriptedSession(t, "v1", answer)
		s.o.Now = func() time.Time { return start }
		return s.Authorize(t.Context(), AuthorizationRequest{Credential: &Credential{ID: "c1"}, NumSignatures: 1}, Factors{PIN: "1234"}, AuthorizeOptions{})
	}
	for text, lifetime := range map[string]time.Duration{
		`{"SAD":"s"}`:                          time.Hour,
		`{"SAD":"s","expiresIn":null}`:         time.Hour,
		`{"SAD":"s","expiresIn":300}`:          300 * time.Second,
		`{"SAD":"s","expiresIn":"300"}`:        300 * time.Second,
		`{"SAD":"s","expires_in":300}`:         300 * time.Second,
		`{"SAD":"s","expiresIn":3e2,"more":1}`: 300 * time.Second,
	} {
		a, err := authorize(text)
		if err != nil || a.SAD != "s" || !a.ExpiresAt.Equal(start.Add(lifetime)) {
			t.Errorf("%s: %v %v", text, a, err)
		}
	}
	for _, text := range []string{``, `{}`, `[]`, `{"SAD":""}`, `{"SAD":null}`, `{"SAD":5}`, `{"sad":"s"}`, `{"SAD":"s","SAD":"t"}`, `{"SAD":"s","Sad":"t"}`,
		`{"SAD":"s","expiresIn":"soon"}`, `{"SAD":"s","expiresIn":-1}`, `{"SAD":"s","expiresIn":0}`, `{"SAD":"s","expiresIn":1.5}`, `{"SAD":"s","expiresIn":99999999999}`, `{"SAD":["s"]}`, `{"handle":5}`} {
		if a, err := authorize(text); CodeOf(err) != ResponseMalformed {
			t.Errorf("%s: %v %v", text, a, err)
		}
	}
	if _, err := authorize(&TransportError{Kind: Network}); CodeOf(err) != NetworkFailure {
		t.Errorf("unreachable host: %v", err)
	}
}

func TestInfoToleratesWhatServicesLeaveOut(t *testing.T) {
	for _, text := range []string{`{}`, `{"methods":null,"logo":null,"lang":null}`, `{"methods":"signatures/signHash"}`, `{"oauth2":"https://as.example","oauth2Servers":[{"baseUri":"https://as.example"}],"signAlgorithms":{"algos":["1.2"],"algoParams":[null]},"x":{"y":[1]}}`} {
		if _, err := parseInfo([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{"methods":5}`, `{"methods":[5]}`, `{"Methods":[]}`, `{"signAlgorithms":[]}`, `{"supportsRar":"maybe"}`, `{"oauth2":{}}`, `{"oauth2Servers":["x"]}`, `{"signAlgorithms":{"algos":["1"],"algoParams":["@"]}}`} {
		if _, err := parseInfo([]byte(text)); CodeOf(err) != ResponseMalformed {
			t.Errorf("%s: %v", text, err)
		}
	}
	info, err := parseInfo([]byte(`{"methods":["credential/list","signatures/signHash"]}`))
	if err != nil || !info.Offers("credentials/list") || !info.Offers("signatures/signHash") || info.Offers("signatures/timestamp") {
		t.Error("methods are found by their last segment")
	}
}

func TestSignHashAnswers(t *testing.T) {
	sig := signatureText([]byte("signature"))
	sign := func(answer any) ([][]byte, error) {
		s, _ := scriptedSession(t, "v1", answer)
		return s.SignHash(t.Context(), "c1", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
	}
	for _, text := range []string{`{"signatures":["` + sig + `"]}`, `{"signatures":"` + sig + `"}`, `{"signatures":["` + strings.TrimRight(sig, "=") + `"],"responseID":null}`, `{"signatures":["c2ln\r\nbmF0dXJl"]}`} {
		if got, err := sign(text); err != nil || len(got) != 1 || string(got[0]) != "signature" {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
	for _, text := range []string{``, `{}`, `{"signatures":null}`, `{"signatures":5}`, `{"signatures":{}}`, `{"Signatures":[]}`, `{"signatures":[],"SIGNATURES":[]}`, `{"responseID":5}`} {
		if got, err := sign(text); CodeOf(err) != ResponseMalformed {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
}

func TestTimestampForms(t *testing.T) {
	token := []byte{0x30, 0x0f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x02, 0x30, 0x00}
	granted := append([]byte{0x30, 0x16, 0x30, 0x03, 0x02, 0x01, 0x00}, token...)
	refused := []byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}
	for _, der := range [][]byte{token, granted} {
		if got, err := timestampToken(der); err != nil || string(got) != string(token) {
			t.Errorf("% x: % x %v", der, got, err)
		}
	}
	if _, err := timestampToken(refused); CodeOf(err) != ServiceError {
		t.Error(err)
	}
	for _, der := range [][]byte{nil, {0x30}, {0x30, 0}, append(token, 0), token[:5], {0x30, 0x06, 0x02, 0x01, 0x01, 0x06, 0x01, 0x2a}, granted[:7]} {
		if got, err := timestampToken(der); CodeOf(err) != ResponseMalformed {
			t.Errorf("% x: % x %v", der, got, err)
		}
	}
}
