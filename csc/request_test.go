package csc

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"
)

// What stands on each kind of request, and what does not: a token that goes
// where it need not is a token that leaks.
func TestWhatARequestCarries(t *testing.T) {
	const jsonType, formType = "application/json", "application/x-www-form-urlencoded"
	oauth := func(s *Session, o OAuthClient) *OAuth {
		o.ID, o.Endpoints.Authorize = "id", "https://as.example/a"
		if o.Endpoints.Token == "" {
			o.Endpoints.Token = "https://as.example/t"
		}
		client, err := s.OAuth(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	for _, tc := range []struct {
		name, url string
		call      func(s *Session)
		header    map[string]string
		body      string
	}{
		{"a method", "https://rssp.example/csc/v1/credentials/list", func(s *Session) { _ = list(t, s) },
			map[string]string{"Authorization": "Bearer token", "Content-Type": jsonType, "X-Portal": "1"}, `{}`},
		{"signHash with a SAD", "https://rssp.example/csc/v1/signatures/signHash", func(s *Session) {
			_, _ = s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{{1}}, Mechanism{SignAlgo: "1.2"}, SignHashOptions{})
		}, map[string]string{"Authorization": "Bearer token", "Content-Type": jsonType, "X-Portal": "1"}, `{"SAD":"s","credentialID":"c","hash":["AQ=="],"signAlgo":"1.2"}`},
		{"signHash with a token of its own", "https://rssp.example/csc/v1/signatures/signHash", func(s *Session) {
			_, _ = s.SignHash(t.Context(), "c", &Authorization{Bearer: "other"}, [][]byte{{1}}, Mechanism{SignAlgo: "1.2"}, SignHashOptions{ClientData: "<a&b>"})
		}, map[string]string{"Authorization": "Bearer other", "Content-Type": jsonType, "X-Portal": "1"}, `{"clientData":"<a&b>","credentialID":"c","hash":["AQ=="],"signAlgo":"1.2"}`},
		{"login", "https://rssp.example/csc/v1/auth/login", func(s *Session) { _, _ = s.Login(t.Context(), LoginOptions{User: "u", Password: "p"}) },
			map[string]string{"Authorization": "Basic dTpw", "Content-Type": jsonType, "X-Portal": "1"}, `{}`},
		{"login again", "https://rssp.example/csc/v1/auth/login", func(s *Session) { _, _ = s.Login(t.Context(), LoginOptions{RefreshToken: "r"}) },
			map[string]string{"Content-Type": jsonType, "X-Portal": "1"}, `{"refresh_token":"r"}`},
		{"a public client's token request", "https://as.example/t", func(s *Session) { _, _ = oauth(s, OAuthClient{}).Refresh(t.Context(), "r") },
			map[string]string{"Content-Type": formType}, `client_id=id&grant_type=refresh_token&refresh_token=r`},
		{"a token request to the service itself", "https://rssp.example/csc/v1/oauth2/token", func(s *Session) {
			_, _ = oauth(s, OAuthClient{Endpoints: OAuthEndpoints{Token: "https://rssp.example/csc/v1/oauth2/token"}}).Refresh(t.Context(), "r")
		}, map[string]string{"Content-Type": formType, "X-Portal": "1"}, ""},
		{"a token request to a service of a similar name", "https://rssp.example/csc/v1x/token", func(s *Session) {
			_, _ = oauth(s, OAuthClient{Endpoints: OAuthEndpoints{Token: "https://rssp.example/csc/v1x/token"}}).Refresh(t.Context(), "r")
		}, map[string]string{"Content-Type": formType}, ""},
		{"a confidential client's token request", "https://as.example/t", func(s *Session) { _, _ = oauth(s, OAuthClient{Secret: "s"}).Refresh(t.Context(), "r") },
			map[string]string{"Content-Type": formType, "Authorization": "Basic aWQ6cw=="}, ""},
	} {
		s, tr := scriptedSession(t, "v1", `{}`)
		s.headers = map[string]string{"X-Portal": "1"}
		tc.call(s)
		if len(tr.requests) != 1 {
			t.Errorf("%s: %d requests", tc.name, len(tr.requests))
			continue
		}
		r := tr.requests[0]
		tc.header["Accept"] = jsonType
		if r.Method != "POST" || r.URL != tc.url || !maps.Equal(r.Header, tc.header) || r.MaxResponseBytes != maxAnswerBytes {
			t.Errorf("%s: %s %s %v, at most %d bytes", tc.name, r.Method, r.URL, r.Header, r.MaxResponseBytes)
		}
		if tc.body != "" && string(r.Body) != tc.body {
			t.Errorf("%s: body %s", tc.name, r.Body)
		}
	}
}

func TestAServiceThatNeedsNoTokenGetsNone(t *testing.T) {
	for name, source := range map[string]TokenSource{"no source": nil, "an empty token": StaticToken("")} {
		s, tr := scriptedSession(t, "v1", emptyList)
		s.o.Token = source
		if err := list(t, s); err != nil || tr.requests[0].Header["Authorization"] != "" {
			t.Errorf("%s: %v, %v", name, err, tr.requests[0].Header)
		}
	}
}

func TestATokenThatWouldBreakTheHeaderDoesNotLeave(t *testing.T) {
	s, tr := scriptedSession(t, "v1", emptyList)
	s.o.Token = StaticToken("tok-CANARY\r\nX-Evil: 1")
	err := list(t, s)
	var e *Error
	if errorOf(t, err, &e); e.Code != InvalidArgument || e.Details[DetailEndpoint] != "credentials/list" || len(tr.requests) != 0 || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v %v, %d requests", err, e.Details, len(tr.requests))
	}
}

// transportFunc is a function as a Transport.
type transportFunc func(ctx context.Context, r *Request) (*Response, error)

func (f transportFunc) Do(ctx context.Context, r *Request) (*Response, error) { return f(ctx, r) }

func TestEachCallHasItsTime(t *testing.T) {
	var left time.Duration
	s, _ := scriptedSession(t, "v1")
	s.o.Transport = transportFunc(func(ctx context.Context, _ *Request) (*Response, error) {
		deadline, ok := ctx.Deadline()
		if !ok {
			t.Error("no deadline")
		}
		left = time.Until(deadline)
		return &Response{Status: 500}, nil
	})
	s.o.Timeout = time.Hour
	near := func(d time.Duration) bool { return left > d-time.Minute && left <= d }
	if _ = list(t, s); !near(time.Hour) {
		t.Errorf("a read has %v", left)
	}
	sign := func(o SignHashOptions) {
		_, _ = s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, o)
	}
	if sign(SignHashOptions{Timeout: 2 * time.Hour}); !near(2 * time.Hour) {
		t.Errorf("a signature has %v", left)
	}
	if sign(SignHashOptions{}); !near(DefaultSignTimeout) {
		t.Errorf("a signature has %v", left)
	}
}
