package csc

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

const emptyList = `{"credentialIDs":[]}`

// answering is a Response with one header field.
func answering(status int, name, value string) Response {
	return Response{Status: status, Header: func(asked string) string {
		if asked == name {
			return value
		}
		return ""
	}}
}

// waits makes a session note its waits instead of waiting.
func waits(s *Session) *[]time.Duration {
	var list []time.Duration
	s.o.Sleep = func(_ context.Context, d time.Duration) error { list = append(list, d); return nil }
	return &list
}

func list(t *testing.T, s *Session) error {
	_, err := s.ListCredentials(t.Context(), ListOptions{})
	return err
}

func TestBackOffDoublesUpToHalfAMinute(t *testing.T) {
	s, tr := scriptedSession(t, "v1", Response{Status: 503})
	s.o.Retries = 9
	waited := waits(s)
	if err := list(t, s); CodeOf(err) != ServiceError || len(tr.requests) != 10 {
		t.Errorf("%v after %d requests", err, len(tr.requests))
	}
	want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
	if !slices.Equal(*waited, want) {
		t.Errorf("waited %v", *waited)
	}
}

func TestRetriesCanBeTurnedOff(t *testing.T) {
	tr := &scripted{answers: []any{Response{Status: 503}}}
	s, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example/csc/v1", Transport: tr, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := list(t, s); CodeOf(err) != ServiceError || len(tr.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(tr.requests))
	}
}

// A service that asks for a longer wait than half a minute gets no second try: its caller is told instead.
func TestRetryAfterHasABound(t *testing.T) {
	for _, tc := range []struct {
		status   int
		value    string
		requests int
		waited   []time.Duration
		told     any
	}{
		{429, "0", 2, []time.Duration{0}, nil},
		{429, "30", 2, []time.Duration{30 * time.Second}, nil},
		{503, "30", 2, []time.Duration{30 * time.Second}, nil},
		{503, "31", 1, nil, 31},
		{429, "31", 1, nil, 31},
		{503, "Wed, 31 Dec 2025 23:00:00 GMT", 2, []time.Duration{0}, nil}, // an hour ago
		{503, "Thu, 01 Jan 2026 00:00:31 GMT", 1, nil, 31},
		{429, "-1", 2, []time.Duration{250 * time.Millisecond}, nil},
	} {
		s, tr := scriptedSession(t, "v1", answering(tc.status, "Retry-After", tc.value), emptyList)
		s.o.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
		waited := waits(s)
		err := list(t, s)
		if len(tr.requests) != tc.requests || !slices.Equal(*waited, tc.waited) {
			t.Errorf("%d, %q: %d requests, waited %v", tc.status, tc.value, len(tr.requests), *waited)
		}
		var e *Error
		if (err != nil) != (tc.told != nil) || errors.As(err, &e) && e.Details[DetailRetryAfter] != tc.told {
			t.Errorf("%d, %q: %v", tc.status, tc.value, err)
		}
	}
}

func TestNoRetryAfterIsToldWhereNoneWasAsked(t *testing.T) {
	s, _ := scriptedSession(t, "v1", answering(500, "Retry-After", "soon"))
	var e *Error
	if _, told := errorOf(t, list(t, s), &e).Details[DetailRetryAfter]; told {
		t.Errorf("details %v", e.Details)
	}
}

// errorOf is the *Error in err; the test ends without one.
func errorOf(t *testing.T, err error, e **Error) *Error {
	t.Helper()
	if !errors.As(err, e) {
		t.Fatalf("not an *Error: %v", err)
	}
	return *e
}

func TestGivingUpWhileWaitingIsAnAbort(t *testing.T) {
	s, tr := scriptedSession(t, "v1", Response{Status: 503}, emptyList)
	ctx, cancel := context.WithCancel(t.Context())
	s.o.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	_, err := s.ListCredentials(ctx, ListOptions{})
	var e *Error
	errorOf(t, err, &e)
	if e.Code != Aborted || !errors.Is(err, context.Canceled) || e.Details[DetailSubmitted] != false || e.Details[DetailEndpoint] != "credentials/list" || len(tr.requests) != 1 {
		t.Errorf("%v %v after %d requests", err, e.Details, len(tr.requests))
	}
}

// Which refusals let a call leave a second time, with another token. A read
// may always; a call that carries a PIN only where the service blames the
// token; signHash never.
func TestAnotherTokenIsTriedOnlyWhereNothingWasDone(t *testing.T) {
	authorize := func(s *Session) error {
		_, err := s.Authorize(t.Context(), AuthorizationRequest{Credential: &Credential{ID: "c"}}, Factors{PIN: "1"}, AuthorizeOptions{})
		return err
	}
	sign := func(s *Session) error {
		_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
		return err
	}
	read := func(s *Session) error { return list(t, s) }
	for _, tc := range []struct {
		name   string
		call   func(*Session) error
		status int
		body   string
		times  int
	}{
		{"read, 401 without words", read, 401, ``, 2},
		{"read, 401 that blames the client", read, 401, `{"error":"unauthorized_client"}`, 2},
		{"read, 400 with invalid_token", read, 400, `{"error":"invalid_token"}`, 2},
		{"read, 403", read, 403, ``, 1},
		{"authorize, 401 without words", authorize, 401, ``, 2},
		{"authorize, invalid_token", authorize, 401, `{"error":"invalid_token"}`, 2},
		{"authorize, expired_token", authorize, 401, `{"error":"expired_token"}`, 2},
		{"authorize, 401 that blames something else", authorize, 401, `{"error":"wrong_pin"}`, 1},
		{"authorize, invalid_pin", authorize, 401, `{"error":"invalid_pin"}`, 1},
		{"signHash, 401 without words", sign, 401, ``, 1},
		{"signHash, invalid_token", sign, 401, `{"error":"invalid_token"}`, 1},
	} {
		s, tr := scriptedSession(t, "v1", Response{Status: tc.status, Body: []byte(tc.body)})
		given := 0
		s.o.Token = TokenFunc(func(_ context.Context, refresh bool) (string, error) {
			if refresh != (given > 0) {
				t.Errorf("%s: refresh is %v for token %d", tc.name, refresh, given)
			}
			given++
			return []string{"first", "second", "third"}[given-1], nil
		})
		err := tc.call(s)
		if err == nil || len(tr.requests) != tc.times || given != tc.times {
			t.Errorf("%s: %v, %d requests, %d tokens", tc.name, err, len(tr.requests), given)
		}
	}
}

func TestATokenSourceThatFailsIsBlamed(t *testing.T) {
	gone := errors.New("logged out")
	s, tr := scriptedSession(t, "v1", emptyList)
	s.o.Token = TokenFunc(func(context.Context, bool) (string, error) { return "", gone })
	err := list(t, s)
	var e *Error
	if errorOf(t, err, &e); e.Code != TokenExpired || e.Msg == "" || e.Details[DetailEndpoint] != "credentials/list" || !errors.Is(err, gone) || len(tr.requests) != 0 {
		t.Errorf("%v %v", err, e.Details)
	}
	// A caller that gave up meanwhile is told so, whatever the source says.
	ctx, cancel := context.WithCancel(t.Context())
	s.o.Token = TokenFunc(func(context.Context, bool) (string, error) { cancel(); return "", gone })
	_, err = s.ListCredentials(ctx, ListOptions{})
	if errorOf(t, err, &e); e.Code != Aborted || e.Details[DetailSubmitted] != false || len(tr.requests) != 0 {
		t.Errorf("%v %v", err, e.Details)
	}
}
