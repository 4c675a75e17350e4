package csc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// The status decides what an answer is, at both ends of each class, and what
// the caller learns besides.
func TestAnswersAreJudgedByTheirStatus(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		code   Code // "" is success
		more   map[string]any
		words  string // in the message
	}{
		{200, emptyList, "", nil, ""},
		{299, emptyList, "", nil, ""},
		{199, emptyList, ResponseMalformed, nil, "HTTP status 199"},
		{0, emptyList, ResponseMalformed, nil, "HTTP status 0"},
		{600, emptyList, ResponseMalformed, nil, "HTTP status 600"},
		{300, emptyList, RedirectRefused, nil, "redirect"},
		{399, emptyList, RedirectRefused, nil, "redirect"},
		{400, "", ServiceError, nil, "refused credentials/list"},
		{599, "", ServiceError, nil, "failed at credentials/list"},
		{400, `{"error":"odd"}`, ServiceError, map[string]any{DetailError: "odd"}, "refused"},
		{400, `{"error_description":"why not"}`, ServiceError, map[string]any{DetailDescription: "why not"}, "why not"},
		{400, `{"error":"odd","error_description":"why not"}`, ServiceError, map[string]any{DetailError: "odd", DetailDescription: "why not"}, "why not"},
		{400, `{"error_description":"your token \"tok-CANARY\" is odd"}`, ServiceError, map[string]any{DetailDescription: `your token "[secret]" is odd`}, "[secret]"},
		{200, `{"error":"odd"}`, ServiceError, map[string]any{DetailError: "odd"}, "refused"},
		{200, `{"credentialIDs":[],"error":null}`, "", nil, ""},
	} {
		s, _ := scriptedSession(t, "v1", Response{Status: tc.status, Body: []byte(tc.body)})
		s.o.Token = StaticToken("tok-CANARY")
		err := list(t, s)
		name := fmt.Sprintf("%d %s", tc.status, tc.body)
		if tc.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var e *Error
		errorOf(t, err, &e)
		want := map[string]any{DetailEndpoint: "credentials/list", DetailStatus: tc.status, DetailSubmitted: true}
		maps.Copy(want, tc.more)
		if e.Code != tc.code || !maps.Equal(e.Details, want) || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("%s: %v (%s) %v", name, err, e.Code, e.Details)
		}
	}
}

func TestTheLongestAnswerIsReadAndNoLongerOne(t *testing.T) {
	for size, code := range map[int]Code{maxAnswerBytes: "", maxAnswerBytes + 1: ResponseTooLarge} {
		s, _ := scriptedSession(t, "v1", emptyList+strings.Repeat(" ", size-len(emptyList)))
		err := list(t, s)
		if CodeOf(err) != code {
			t.Errorf("%d bytes: %v", size, err)
		}
		var e *Error
		if errors.As(err, &e) && (e.Details[DetailSubmitted] != true || !strings.Contains(e.Msg, fmt.Sprint(maxAnswerBytes))) {
			t.Errorf("%v %v", err, e.Details)
		}
	}
}

// What a failed exchange becomes: by the kind of failure, by whether the
// request may have arrived, by whether the key may have been used.
func TestFailedExchangesAreWorded(t *testing.T) {
	cause := errors.New("cable cut")
	read := func(ctx context.Context, s *Session) error {
		_, err := s.ListCredentials(ctx, ListOptions{})
		return err
	}
	sign := func(ctx context.Context, s *Session) error {
		_, err := s.SignHash(ctx, "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
		return err
	}
	for _, tc := range []struct {
		name     string
		call     func(context.Context, *Session) error
		endpoint string
		kind     TransportErrorKind
		sent     bool
		abort    bool // the caller gives up while the request is under way
		code     Code
		words    string
	}{
		{"read", read, "credentials/list", Network, true, false, NetworkFailure, "cannot be reached for credentials/list"},
		{"read", read, "credentials/list", Network, false, false, NetworkFailure, "cannot be reached"},
		{"read", read, "credentials/list", Timeout, true, false, TimedOut, "did not answer credentials/list in time"},
		{"read", read, "credentials/list", Canceled, true, false, Aborted, "aborted"},
		{"read", read, "credentials/list", Insecure, false, false, InsecureURL, "address of credentials/list"},
		{"read", read, "credentials/list", Redirect, true, false, RedirectRefused, "answered credentials/list with a redirect"},
		{"read", read, "credentials/list", TooLarge, true, false, ResponseTooLarge, "answer to credentials/list"},
		{"read, given up", read, "credentials/list", Network, true, true, Aborted, "aborted"},
		{"read, given up", read, "credentials/list", Redirect, true, true, RedirectRefused, "redirect"},
		{"read, given up", read, "credentials/list", TooLarge, true, true, ResponseTooLarge, "larger"},
		{"sign", sign, "signatures/signHash", Network, true, false, OutcomeUnknown, "connection was lost"},
		{"sign", sign, "signatures/signHash", Network, false, false, NetworkFailure, "cannot be reached"},
		{"sign", sign, "signatures/signHash", Timeout, true, false, OutcomeUnknown, "in time"},
		{"sign", sign, "signatures/signHash", Timeout, false, false, TimedOut, "in time"},
		{"sign", sign, "signatures/signHash", Canceled, true, false, OutcomeUnknown, "given up"},
		{"sign", sign, "signatures/signHash", Canceled, false, false, Aborted, "aborted"},
		{"sign, given up", sign, "signatures/signHash", Network, true, true, OutcomeUnknown, "given up"},
		{"sign, given up", sign, "signatures/signHash", Network, false, true, Aborted, "aborted"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s, _ := scriptedSession(t, "v1")
		s.o.Retries = -1
		s.o.Transport = transportFunc(func(context.Context, *Request) (*Response, error) {
			if tc.abort {
				cancel()
			}
			return nil, &TransportError{Kind: tc.kind, Sent: tc.sent, Err: cause}
		})
		err := tc.call(ctx, s)
		cancel()
		name := fmt.Sprintf("%s, kind %d, sent %v", tc.name, tc.kind, tc.sent)
		var e *Error
		errorOf(t, err, &e)
		if e.Code != tc.code || !strings.Contains(e.Msg, tc.words) || e.Details[DetailSubmitted] != tc.sent || e.Details[DetailEndpoint] != tc.endpoint {
			t.Errorf("%s: %v (%s) %v", name, err, e.Code, e.Details)
		}
		if unknown := strings.Contains(e.Msg, "not known whether the key was used"); unknown != (tc.code == OutcomeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if why := errors.Is(err, cause); why == (tc.abort && e.Code != RedirectRefused && e.Code != ResponseTooLarge) {
			t.Errorf("%s: the cause is %v", name, errors.Unwrap(err))
		}
	}
}

// A transport that does not say that the time was over does not make a
// timeout look like a lost connection.
func TestTheTimeOfACallIsItsOwn(t *testing.T) {
	s, _ := scriptedSession(t, "v1")
	s.o.Retries, s.o.Timeout = -1, time.Millisecond
	s.o.Transport = transportFunc(func(ctx context.Context, _ *Request) (*Response, error) {
		<-ctx.Done()
		return nil, errors.New("broken pipe")
	})
	if err := list(t, s); CodeOf(err) != TimedOut {
		t.Errorf("%v (%s)", err, CodeOf(err))
	}
	_, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, [][]byte{testDigest}, Mechanism{}, SignHashOptions{Timeout: time.Millisecond})
	if CodeOf(err) != OutcomeUnknown || !strings.Contains(err.Error(), "in time") {
		t.Errorf("%v (%s)", err, CodeOf(err))
	}
}

// A cause that quotes a secret is replaced, but a program can still tell a
// deadline from an abort by it.
func TestACauseWithoutItsSecretKeepsItsKind(t *testing.T) {
	for _, is := range []error{context.Canceled, context.DeadlineExceeded} {
		s, _ := scriptedSession(t, "v1", &TransportError{Kind: Timeout, Sent: true, Err: fmt.Errorf("tok-CANARY: %w", is)})
		s.o.Token = StaticToken("tok-CANARY")
		err := list(t, s)
		other := context.Canceled
		if is == other {
			other = context.DeadlineExceeded
		}
		if !errors.Is(err, is) || errors.Is(err, other) || strings.Contains(errors.Unwrap(err).Error(), "CANARY") {
			t.Errorf("%v: %v", is, errors.Unwrap(err))
		}
	}
	lost := errors.New("tok-CANARY")
	s, _ := scriptedSession(t, "v1", &TransportError{Kind: Timeout, Sent: true, Err: lost})
	s.o.Token = StaticToken("tok-CANARY")
	if err := list(t, s); errors.Is(err, lost) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", errors.Unwrap(err))
	}
}
