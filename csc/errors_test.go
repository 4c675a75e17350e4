package csc

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// Whoever reads "retryable" as "do it again" must not sign twice by it.
func TestOnlyWhatDidNotSignIsRetryable(t *testing.T) {
	for _, tc := range []struct {
		code      Code
		status    any // nil: no answer
		submitted any // nil: not said
		want      bool
	}{
		{NetworkFailure, nil, nil, true},
		{TimedOut, nil, nil, true},
		{RateLimited, 429, true, true},
		{TokenExpired, 401, true, true},
		{SADExpired, 400, true, true},
		{OutcomeUnknown, nil, true, false},
		{OutcomeUnknown, 502, true, false},
		{Aborted, nil, false, false},
		{AuthorizationFailed, 400, false, false},
		{SignatureInvalid, 200, true, false},
		{ServiceError, 503, true, true},
		{ServiceError, 503, false, true},
		{ServiceError, 500, true, false},
		{ServiceError, 500, false, true},
		{ServiceError, 599, false, true},
		{ServiceError, 499, false, false},
		{ServiceError, 400, true, false},
		{ServiceError, nil, nil, false},
	} {
		e := fail(tc.code, "failed")
		if tc.status != nil {
			e = e.with(DetailStatus, tc.status)
		}
		if tc.submitted != nil {
			e = e.with(DetailSubmitted, tc.submitted)
		}
		if e.Retryable() != tc.want {
			t.Errorf("%s, status %v, submitted %v: %v", tc.code, tc.status, tc.submitted, e.Retryable())
		}
	}
}

func TestAnErrorIsNotChangedByWhatIsAddedToIt(t *testing.T) {
	first := fail(ServiceError, "no")
	second := first.with("a", 1)
	third := second.with("b", 2)
	if len(first.Details) != 0 || !maps.Equal(second.Details, map[string]any{"a": 1}) || !maps.Equal(third.Details, map[string]any{"a": 1, "b": 2}) {
		t.Errorf("%v, %v, %v", first.Details, second.Details, third.Details)
	}
	third.ErrorDetails()["c"] = 3
	if _, changed := third.Details["c"]; changed {
		t.Error("the details can be changed from outside")
	}
	for e, want := range map[*Error]string{second: "no", second.with(DetailDescription, ""): "no", second.with(DetailDescription, "because"): "no: because"} {
		if e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
	if wrapped := fmt.Errorf("while signing: %w", third); !errors.Is(wrapped, &Error{Code: ServiceError}) || errors.Is(wrapped, ErrTokenExpired) || CodeOf(wrapped) != ServiceError {
		t.Error("an error is found by its code, and by no other")
	}
}

// The same status means one thing with a user's token and another where user
// or client show who they are; the service's words decide about the SAD only.
func TestRefusalsAreToldApart(t *testing.T) {
	sign := func(s *Session) error {
		_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s3cr3t"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
		return err
	}
	read := func(s *Session) error { return list(t, s) }
	login := func(s *Session) error {
		_, err := s.Login(t.Context(), LoginOptions{User: "u", Password: "pass"})
		return err
	}
	refresh := func(s *Session) error {
		o, err := s.OAuth(t.Context(), OAuthClient{ID: "id", Endpoints: OAuthEndpoints{Authorize: "https://as.example/a", Token: "https://as.example/t"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Refresh(t.Context(), "r3fr3sh")
		return err
	}
	for _, tc := range []struct {
		name   string
		call   func(*Session) error
		status int
		text   string
		code   Code
		words  string
	}{
		{"read", read, 401, "", TokenExpired, "the access token is not valid"},
		{"login", login, 401, "", AuthorizationFailed, "the user or the client was not accepted"},
		{"login", login, 400, "", ServiceError, "refused auth/login"},
		{"refresh", refresh, 401, "", AuthorizationFailed, "the user or the client was not accepted"},
		{"read", read, 404, "", ServiceError, "does not offer this method"},
		{"read", read, 405, "", ServiceError, "does not offer this method"},
		{"read", read, 501, "", ServiceError, "does not offer this method"},
		{"read", read, 500, "", ServiceError, "the service failed"},
		{"read", read, 499, "", ServiceError, "the service refused"},
		{"sign", sign, 400, "The SAD has EXPIRED", SADExpired, "the authorization has expired"},
		{"sign", sign, 400, "The SAD is wrong", ServiceError, "the service refused"},
		{"sign", sign, 400, "The certificate has expired", ServiceError, "the service refused"},
		{"sign", sign, 500, "The SAD has expired", ServiceError, "the service failed"},
		{"read", read, 400, "The SAD has expired", ServiceError, "the service refused"},
	} {
		s, _ := scriptedSession(t, "v1", Response{Status: tc.status, Body: []byte(tc.text)})
		err := tc.call(s)
		if CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.words) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s, %d %q: %v (%s)", tc.name, tc.status, tc.text, err, CodeOf(err))
		}
	}
}

// What services write in the place of {"error", "error_description"}: what
// helps a user is kept, pages and debris are not.
func TestTheWordsOfAServiceAreFound(t *testing.T) {
	long := strings.Repeat("é", maxComplaint)
	for _, tc := range []struct {
		status      int
		body        string
		code, words any // nil: none
	}{
		{400, "", nil, nil},
		{400, " \n", nil, nil},
		{400, "<html>Bad request", nil, nil},
		{400, `{"error":"inv`, nil, nil},
		{400, " Not today\n", nil, "Not today"},
		{400, `{"error":" odd ","error_description":" why\u0000 not "}`, "odd", "why not"},
		{400, `{"message":"why not"}`, nil, "why not"},
		{400, `{"credentialID":"must be set"}`, nil, "credentialID: must be set"},
		{400, `{"credentialID":""}`, nil, nil},
		{400, `{"credentialID":"must be set","other":"x"}`, nil, nil},
		{400, `{"error":"odd"}`, "odd", nil},
		{400, long, nil, long},
		{400, long + "x", nil, long + "…"},
		{400, strings.Repeat("x", maxErrorBytes) + "{", nil, strings.Repeat("x", maxComplaint) + "…"},
		{200, `{"error":"odd","credentialIDs":[]}`, "odd", nil},
	} {
		s, _ := scriptedSession(t, "v1", Response{Status: tc.status, Body: []byte(tc.body)})
		var e *Error
		errorOf(t, list(t, s), &e)
		if e.Code != ServiceError || e.Details[DetailError] != tc.code || e.Details[DetailDescription] != tc.words {
			t.Errorf("%d %.80q: %v %v", tc.status, tc.body, e, e.Details)
		}
	}
	for body, code := range map[string]Code{`{"error":0,"credentialIDs":[]}`: "", `{"error":"","credentialIDs":[]}`: "", `<a title="error">`: ResponseMalformed} {
		s, _ := scriptedSession(t, "v1", body)
		if err := list(t, s); CodeOf(err) != code {
			t.Errorf("%s: %v", body, err)
		}
	}
}
