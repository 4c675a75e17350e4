package csc

import (
	"strings"
	"testing"
	"time"
)

// seeds are answers of every kind, good and bad.
func seeds(f *testing.F, more ...string) {
	for _, s := range append(more, ``, `{}`, `[]`, `null`, `"x"`, `{"error":"invalid_request","error_description":"no"}`, "\xef\xbb\xbf{}", `<html>`,
		`{"a":[[[[1]]]]}`, `{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"a":"\ud800"}`, `{"a":1e400}`, `{} {}`) {
		f.Add([]byte(s))
	}
}

// typed fails unless an error is of the kind the package promises.
func typed(t *testing.T, err error) {
	if err != nil && CodeOf(err) == "" {
		t.Errorf("an untyped error: %v", err)
	}
}

func answerOf(b []byte) *reply { return &reply{status: 200, body: b, sentAt: time.Unix(0, 0)} }

func FuzzInfo(f *testing.F) {
	seeds(f, `{"specs":"1.0.4.0","methods":["info"],"authType":["oauth2code"],"signAlgorithms":{"algos":["1.2"],"algoParams":[""]},"oauth2Servers":[{"baseUri":"x"}]}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := parseInfo(b)
		typed(t, err)
		if err == nil {
			if _, err := parseInfo(info.Raw); err != nil {
				t.Errorf("the raw JSON does not read back: %v", err)
			}
		}
	})
}

func FuzzCredential(f *testing.F) {
	seeds(f, infoBody(nil), infoBody(func(m map[string]any) {
		m["auth"] = map[string]any{"mode": "explicit", "expression": "a AND b", "objects": []any{map[string]any{"id": "a", "type": "Password"}}}
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCredential("c", b, Dialect{})
		typed(t, err)
		if err != nil {
			return
		}
		if c.Certificate == nil || c.MaxBatch < 1 || c.SCAL != 1 && c.SCAL != 2 || c.AuthMode == "" {
			t.Errorf("%+v", c)
		}
		typed(t, c.Usable(time.Unix(0, 0)))
		_, err = c.Mechanism(MechanismOptions{})
		typed(t, err)
		if _, err := ParseCredential("c", c.Raw, Dialect{}); err != nil {
			t.Errorf("the raw JSON does not read back: %v", err)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	seeds(f, `{"SAD":"s","expiresIn":300}`, `{"handle":"h"}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, handle, err := parseAuthorization(answerOf(b), time.Now)
		typed(t, err)
		if err == nil && (a == nil) == (handle == "") || a != nil && a.SAD == "" {
			t.Errorf("%v %v", a, handle)
		}
	})
}

func FuzzSignatures(f *testing.F) {
	seeds(f, `{"signatures":["AAAA"]}`, `{"signatures":"AAAA"}`, `{"signatures":[null,5,"@"]}`, `{"responseID":"r"}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		obj, err := parseObject(b, "it")
		typed(t, err)
		if err == nil {
			list := parseSignatures(obj)
			typed(t, obj.done())
			if len(list) > maxListLength {
				t.Error("too long")
			}
		}
	})
}

func FuzzSignDoc(f *testing.F) {
	seeds(f, `{"SignatureObject":["AAAA",{"x":"AAAA"}],"DocumentWithSignature":"AAAA","validationInfo":{"ocsp":["AAAA"]}}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		obj, err := parseObject(b, "it")
		typed(t, err)
		if err == nil {
			parseSignDoc(obj)
			typed(t, obj.done())
		}
	})
}

func FuzzToken(f *testing.F) {
	seeds(f, `{"access_token":"a","token_type":"Bearer","expires_in":3600,"authorization_details":[{}]}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		token, err := parseToken(answerOf(b), "it")
		typed(t, err)
		if err == nil && token.AccessToken == "" {
			t.Error("an empty token")
		}
	})
}

func FuzzTimestamp(f *testing.F) {
	f.Add([]byte{0x30, 0x0f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x02, 0x30, 0x00})
	f.Add([]byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02})
	f.Fuzz(func(t *testing.T, der []byte) {
		_, err := timestampToken(der)
		typed(t, err)
	})
}

// Whatever a service answers with whatever status, a list ends in a list or in
// a typed error that does not quote the token.
func FuzzExchange(f *testing.F) {
	f.Add(200, []byte(`{"credentialIDs":["a"]}`), "1")
	f.Add(400, []byte(`{"error":"invalid_request","error_description":"token-CANARY"}`), "")
	f.Add(500, []byte(`token-CANARY`), "Thu, 01 Jan 2026 00:00:09 GMT")
	f.Add(302, []byte(``), "x")
	f.Fuzz(func(t *testing.T, status int, body []byte, header string) {
		s, _ := scriptedSession(t, "v1", Response{Status: status, Body: body, Header: func(string) string { return header }})
		s.o.Token = StaticToken("token-CANARY")
		_, err := s.Credentials(t.Context(), ListOptions{})
		typed(t, err)
		if err != nil && strings.Contains(err.Error(), "token-CANARY") {
			t.Errorf("the token is in %v", err)
		}
	})
}

func FuzzServiceURL(f *testing.F) {
	for _, s := range []string{"https://rssp.example/csc/v1", "http://localhost:1/", "https://a@b/", "https://[::1]/csc/v2", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := NewSession(SessionOptions{ServiceURL: raw, API: V1, Transport: &scripted{}})
		typed(t, err)
		if err == nil {
			if _, err := checkURL(s.EndpointURL("info")); err != nil {
				t.Errorf("%q makes an endpoint that is refused: %v", raw, err)
			}
		}
	})
}
