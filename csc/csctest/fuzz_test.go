package csctest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// FuzzRequests sends arbitrary bodies everywhere: the service must answer, not
// panic, and never sign.
func FuzzRequests(f *testing.F) {
	s, err := NewHandler(Options{URL: "http://service.test", Credentials: []CredentialSpec{
		{ID: "demo-p-256", Name: "P", Key: P256, PIN: DemoPIN, SCAL: 2, Multisign: 2},
	}})
	if err != nil {
		f.Fatal(err)
	}
	var paths []string
	for _, api := range []string{"v1", "v2"} {
		for _, name := range s.methodNames(api) {
			paths = append(paths, "/csc/"+api+"/"+name)
		}
		paths = append(paths, "/as/"+api+"/oauth2/token", "/as/"+api+"/oauth2/authorize", "/as/"+api+"/oauth2/revoke", "/as/"+api+"/oauth2/pushed_authorize")
	}
	paths = append(paths, "/tsa", "/ocsp")
	slices.Sort(paths)
	cert, err := s.Certificate("demo-p-256")
	if err != nil {
		f.Fatal(err)
	}
	for i := range paths {
		f.Add(uint8(i), []byte(`{"credentialID":"demo-p-256","numSignatures":1,"hash":["ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="],"PIN":"123456"}`))
		f.Add(uint8(i), []byte(`grant_type=authorization_code&code=x&client_id=hashout-demo`))
		f.Add(uint8(i), ocspRequestFor(cert, s.Intermediate()))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		path := paths[int(which)%len(paths)]
		r := httptest.NewRequest(http.MethodPost, "http://service.test"+path, bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		switch {
		case path == "/tsa":
			r.Header.Set("Content-Type", "application/timestamp-query")
		case path == "/ocsp":
			r.Header.Set("Content-Type", "application/ocsp-request")
		case path[:4] == "/as/":
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		default:
			r.Header.Set("Authorization", "Bearer "+s.AccessToken())
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 || s.SignedTotal() != 0 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	})
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"PIN AND OTP", "(a OR b) XOR c", "((((", "a)"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = evaluate(text, func(id string) bool { return len(id)%2 == 0 })
	})
}
