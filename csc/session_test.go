package csc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestServiceURLForms(t *testing.T) {
	for _, tc := range []struct {
		url   string
		api   APIVersion
		exact bool
		want  string
	}{
		{"https://rssp.example", V1, false, "https://rssp.example/csc/v1/info"},
		{"https://rssp.example/", V2, false, "https://rssp.example/csc/v2/info"},
		{"https://rssp.example/csc", V1, false, "https://rssp.example/csc/v1/info"},
		{"https://rssp.example/csc/v1", Auto, false, "https://rssp.example/csc/v1/info"},
		{"https://rssp.example//csc//v1///", Auto, false, "https://rssp.example/csc/v1/info"},
		{" https://rssp.example/csc/v2/ ", Auto, false, "https://rssp.example/csc/v2/info"},
		{"https://rssp.example/hashsigning/2/csc/v1/", Auto, false, "https://rssp.example/hashsigning/2/csc/v1/info"},
		{"https://rssp.example/api/csc/v1/v3.0", Auto, false, "https://rssp.example/api/csc/v1/v3.0/info"},
		{"https://rssp.example/csc/v0", Auto, false, "https://rssp.example/csc/v0/info"},
		{"https://rssp.example/csc/v2", V1, false, "https://rssp.example/csc/v2/info"},
		{"https://portal.example/proxy/acme/", V2, true, "https://portal.example/proxy/acme/info"},
		{"https://portal.example/a%2Fb", V1, false, "https://portal.example/a%2Fb/csc/v1/info"},
		{"http://localhost:8080", V1, false, "http://localhost:8080/csc/v1/info"},
		{"http://127.1.2.3/csc/v1", Auto, false, "http://127.1.2.3/csc/v1/info"},
		{"http://[::1]:9/csc/v1", Auto, false, "http://[::1]:9/csc/v1/info"},
		{"http://rssp.localhost", V1, false, "http://rssp.localhost/csc/v1/info"},
	} {
		s, err := NewSession(SessionOptions{ServiceURL: tc.url, API: tc.api, ExactURL: tc.exact, Transport: &scripted{}})
		if err != nil {
			t.Errorf("%s: %v", tc.url, err)
			continue
		}
		if got := s.EndpointURL("info"); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.url, got, tc.want)
		}
	}
	for raw, code := range map[string]Code{
		"http://rssp.example/csc/v1":          InsecureURL,
		"http://127.0.0.1.example":            InsecureURL,
		"ftp://rssp.example":                  InsecureURL,
		"rssp.example/csc/v1":                 InvalidArgument,
		"":                                    InvalidArgument,
		"https://":                            InvalidArgument,
		"https://user:secret@rssp.example":    InvalidArgument,
		"https://rssp.example/csc/v1?a=b":     InvalidArgument,
		"https://rssp.example/csc/v1#a":       InvalidArgument,
		"https://rssp.example/\x00":           InvalidArgument,
		"javascript:alert(1)":                 InvalidArgument,
		"https://rssp.example:port/csc/v1":    InvalidArgument,
		"http://user:secret@localhost/csc/v1": InvalidArgument,
	} {
		_, err := NewSession(SessionOptions{ServiceURL: raw, Transport: &scripted{}})
		if CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", raw, err, code)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the password is in %v", raw, err)
		}
	}
	if _, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example"}); CodeOf(err) != InvalidArgument {
		t.Error("a session without a transport")
	}
}

func TestVersionIsFoundByAsking(t *testing.T) {
	tr := &scripted{answers: []any{Response{Status: 404}, Response{Status: 404}, `{"specs":"1.0.4.0"}`, `{"credentialIDs":["a"]}`}}
	s, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example", Transport: tr})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if s.API() != V1 || tr.requests[3].URL != "https://rssp.example/csc/v1/credentials/list" {
		t.Errorf("%v %v", s.API(), tr.requests[3])
	}
}

func TestReadsAreRetriedAndNothingElse(t *testing.T) {
	busy := Response{Status: 503, Header: func(string) string { return "" }}
	list := `{"credentialIDs":[]}`
	for _, tc := range []struct {
		name     string
		answers  []any
		requests int
		code     Code
	}{
		{"503 then good", []any{busy, list}, 2, ""},
		{"429 then good", []any{Response{Status: 429}, list}, 2, ""},
		{"gateway then good", []any{Response{Status: 502}, Response{Status: 504}, list}, 3, ""},
		{"dropped then good", []any{&TransportError{Kind: Network, Sent: true}, list}, 2, ""},
		{"always busy", []any{busy}, 4, ServiceError},
		{"500 stays", []any{Response{Status: 500}}, 1, ServiceError},
		{"400 stays", []any{Response{Status: 400}}, 1, ServiceError},
		{"501 stays", []any{Response{Status: 501}}, 1, ServiceError},
		{"redirect stays", []any{Response{Status: 307}}, 1, RedirectRefused},
		{"reported redirect stays", []any{&TransportError{Kind: Redirect, Sent: true}}, 1, RedirectRefused},
		{"timeout stays", []any{&TransportError{Kind: Timeout, Sent: true}}, 1, TimedOut},
		{"too large stays", []any{&TransportError{Kind: TooLarge, Sent: true}}, 1, ResponseTooLarge},
		{"malformed stays", []any{"<html>"}, 1, ResponseMalformed},
		{"status 99", []any{Response{Status: 99}}, 1, ResponseMalformed},
		{"foreign error", []any{errors.New("boom"), list}, 2, ""},
		{"503 that blames the user stays", []any{Response{Status: 503, Body: []byte(`{"error":"access_denied"}`)}}, 1, AuthorizationFailed},
	} {
		s, tr := scriptedSession(t, "v1", tc.answers...)
		_, err := s.ListCredentials(t.Context(), ListOptions{})
		if CodeOf(err) != tc.code || len(tr.requests) != tc.requests {
			t.Errorf("%s: %v, %d requests", tc.name, err, len(tr.requests))
		}
		for _, call := range []func() error{
			func() error { return s.SendOTP(t.Context(), "c") },
			func() error { _, err := s.GetChallenge(t.Context(), "c", "o"); return err },
			func() error {
				_, err := s.Authorize(t.Context(), AuthorizationRequest{Credential: &Credential{ID: "c"}}, Factors{PIN: "1"}, AuthorizeOptions{})
				return err
			},
			func() error {
				_, err := s.ExtendTransaction(t.Context(), AuthorizationRequest{Credential: &Credential{ID: "c"}}, &Authorization{SAD: "s"})
				return err
			},
			func() error {
				_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
				return err
			},
			func() error { _, err := s.Login(t.Context(), LoginOptions{User: "u"}); return err },
			func() error { return s.Revoke(t.Context(), "t", NoHint, "") },
		} {
			tr.mu.Lock()
			tr.answers, tr.requests = tc.answers[:1], nil
			tr.mu.Unlock()
			_ = call()
			if len(tr.requests) != 1 {
				t.Errorf("%s: %s was sent %d times", tc.name, tr.requests[0].URL, len(tr.requests))
			}
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{"7": 7 * time.Second, "Thu, 01 Jan 2026 00:00:09 GMT": 9 * time.Second, "": 250 * time.Millisecond, "soon": 250 * time.Millisecond} {
		s, _ := scriptedSession(t, "v1", Response{Status: 429, Header: func(name string) string {
			if name == "Retry-After" {
				return value
			}
			return ""
		}}, `{"credentialIDs":[]}`)
		var waited time.Duration
		s.o.Now = func() time.Time { return now }
		s.o.Sleep = func(_ context.Context, d time.Duration) error { waited = d; return nil }
		if _, err := s.ListCredentials(t.Context(), ListOptions{}); err != nil || waited != want {
			t.Errorf("%q: %v, waited %v", value, err, waited)
		}
	}
	s, tr := scriptedSession(t, "v1", Response{Status: 429, Header: func(string) string { return "3600" }})
	_, err := s.ListCredentials(t.Context(), ListOptions{})
	var e *Error
	if !errors.As(err, &e) || e.Code != RateLimited || e.Details[DetailRetryAfter] != 3600 || len(tr.requests) != 1 || !e.Retryable() {
		t.Errorf("an hour is not waited for: %v", err)
	}
}

func TestTokenIsRefreshedOnceWhereNothingWasExecuted(t *testing.T) {
	refused := Response{Status: 401, Body: []byte(`{"error":"invalid_token"}`)}
	session := func(answers ...any) (*Session, *scripted, *[]bool) {
		s, tr := scriptedSession(t, "v1", answers...)
		var asked []bool
		s.o.Token = TokenFunc(func(_ context.Context, refresh bool) (string, error) {
			asked = append(asked, refresh)
			if refresh {
				return "new", nil
			}
			return "old", nil
		})
		return s, tr, &asked
	}
	s, tr, asked := session(refused, `{"credentialIDs":[]}`)
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); err != nil || len(*asked) != 2 || tr.requests[1].Header["Authorization"] != "Bearer new" {
		t.Errorf("%v %v", err, *asked)
	}
	s, tr, _ = session(refused)
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); CodeOf(err) != TokenExpired || len(tr.requests) != 2 {
		t.Errorf("%v after %d requests", err, len(tr.requests))
	}
	s, tr, _ = session(refused, `{"signatures":["AA=="]}`)
	_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
	if CodeOf(err) != TokenExpired || len(tr.requests) != 1 {
		t.Errorf("signHash: %v after %d requests", err, len(tr.requests))
	}
	authorize := func(s *Session) error {
		_, err := s.Authorize(t.Context(), AuthorizationRequest{Credential: &Credential{ID: "c"}}, Factors{PIN: "1"}, AuthorizeOptions{})
		return err
	}
	s, tr, _ = session(refused, `{"SAD":"s"}`)
	if err := authorize(s); err != nil || len(tr.requests) != 2 {
		t.Errorf("authorize: %v after %d requests", err, len(tr.requests))
	}
	// A 401 that does not blame the token may mean the PIN.
	s, tr, _ = session(Response{Status: 401, Body: []byte(`{"error":"unauthorized_client"}`)}, `{"SAD":"s"}`)
	if err := authorize(s); err == nil || len(tr.requests) != 1 {
		t.Errorf("authorize: %v after %d requests", err, len(tr.requests))
	}
	// A source without another token is not tried twice.
	s, tr = scriptedSession(t, "v1", refused)
	s.o.Token = StaticToken("0123") // which is no part of the words invalid_token: those would be removed as a secret
	if err := authorize(s); CodeOf(err) != TokenExpired || len(tr.requests) != 1 {
		t.Errorf("static token: %v after %d requests", err, len(tr.requests))
	}
	// What the source itself says is kept.
	s, _ = scriptedSession(t, "v1", refused)
	gone := errors.New("logged out")
	s.o.Token = TokenFunc(func(context.Context, bool) (string, error) { return "", gone })
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); CodeOf(err) != TokenExpired || !errors.Is(err, gone) {
		t.Errorf("token source: %v", err)
	}
}

func TestNothingLeavesAfterAnAbort(t *testing.T) {
	s, tr := scriptedSession(t, "v1", `{"credentialIDs":[]}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.ListCredentials(ctx, ListOptions{})
	if CodeOf(err) != Aborted || !errors.Is(err, context.Canceled) || len(tr.requests) != 0 {
		t.Errorf("%v, %d requests", err, len(tr.requests))
	}
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := s.ListCredentials(late, ListOptions{}); CodeOf(err) != TimedOut || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// What is known about a request that was lost decides the code.
func TestLostSignHashHasAnUnknownOutcome(t *testing.T) {
	for _, tc := range []struct {
		answer any
		code   Code
	}{
		{&TransportError{Kind: Network, Sent: true}, OutcomeUnknown},
		{&TransportError{Kind: Network, Sent: false}, NetworkFailure},
		{&TransportError{Kind: Timeout, Sent: true}, OutcomeUnknown},
		{&TransportError{Kind: Timeout, Sent: false}, TimedOut},
		{&TransportError{Kind: Canceled, Sent: true}, OutcomeUnknown},
		{&TransportError{Kind: Canceled, Sent: false}, Aborted},
		{&TransportError{Kind: Redirect, Sent: true}, RedirectRefused},
		{&TransportError{Kind: TooLarge, Sent: true}, ResponseTooLarge},
		{&TransportError{Kind: Insecure}, InsecureURL},
		{errors.New("boom"), OutcomeUnknown},
		{Response{Status: 502}, OutcomeUnknown},
		{Response{Status: 504, Body: []byte("<html>")}, OutcomeUnknown},
		{Response{Status: 500}, ServiceError},
		{Response{Status: 503}, ServiceError},
		{Response{Status: 429}, RateLimited},
		{Response{Status: 401}, TokenExpired},
		{Response{Status: 302}, RedirectRefused},
		{Response{Status: 400, Body: []byte(`{"error":"invalid_request","error_description":"SAD expired"}`)}, SADExpired},
		{Response{Status: 400, Body: []byte(`{"error":"invalid_otp"}`)}, AuthorizationFailed},
	} {
		s, tr := scriptedSession(t, "v1", tc.answer)
		_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
		if CodeOf(err) != tc.code || len(tr.requests) != 1 {
			t.Errorf("%v: %v (%s), %d requests", tc.answer, err, CodeOf(err), len(tr.requests))
		}
		var e *Error
		if errors.As(err, &e) && e.Code == OutcomeUnknown && e.Retryable() {
			t.Errorf("%v: an unknown outcome must not look retryable", tc.answer)
		}
	}
}

func TestURLsAreRewrittenForAProxy(t *testing.T) {
	tr := &scripted{answers: []any{`{"credentialIDs":[]}`}}
	s, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example/csc/v1", Transport: tr, Header: map[string]string{"X-Portal": "1"},
		Dialect: Dialect{Paths: map[string]string{"credentials/list": "credentials/liste"}},
		RewriteURL: func(u string) string {
			return strings.Replace(u, "https://rssp.example", "https://portal.example/rssp", 1)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	r := tr.requests[0]
	if r.URL != "https://portal.example/rssp/csc/v1/credentials/liste" || r.Header["X-Portal"] != "1" || r.Header["Authorization"] != "" {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	s.o.RewriteURL = func(string) string { return "http://elsewhere.example/" }
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); CodeOf(err) != InsecureURL {
		t.Error(err)
	}
}

func TestEndlessListsEnd(t *testing.T) {
	page := 0
	s, tr := scriptedSession(t, "v1", func(*Request) any {
		page++
		return `{"credentialIDs":["a"],"nextPageToken":"` + strings.Repeat("x", page) + `"}`
	})
	if _, err := s.ListCredentials(t.Context(), ListOptions{}); CodeOf(err) != ResponseMalformed || len(tr.requests) > 3 {
		t.Errorf("%v after %d requests", err, len(tr.requests))
	}
}
