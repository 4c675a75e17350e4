package csc

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

const pending = `{"responseID":"r1"}`

// notYet is what signPolling answers while the service is still signing.
var notYet = Response{Status: 202, Body: []byte(`{"error":"accepted_request"}`)}

func signV2(ctx context.Context, s *Session, o SignHashOptions) ([][]byte, error) {
	return s.SignHash(ctx, "c", &Authorization{SAD: "s3cr3t"}, [][]byte{testDigest}, Mechanism{}, o)
}

func TestPollingSlowsDownToFiveSeconds(t *testing.T) {
	answers := append([]any{pending}, slices.Repeat([]any{notYet}, 10)...)
	s, tr := scriptedSession(t, "v2", append(answers, `{"signatures":["AA=="]}`)...)
	waited := waits(s)
	if got, err := signV2(t.Context(), s, SignHashOptions{Async: true}); err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	want := []time.Duration{250 * time.Millisecond}
	for range 9 {
		want = append(want, min(want[len(want)-1]*3/2, 5*time.Second))
	}
	if !slices.Equal(*waited, want) || want[9] != 5*time.Second {
		t.Errorf("waited %v", *waited)
	}
	if last := tr.requests[len(tr.requests)-1]; !strings.HasSuffix(last.URL, "signatures/signPolling") || !strings.Contains(string(last.Body), `"r1"`) {
		t.Errorf("%v", last)
	}
}

// However the wait for an asynchronous signature ends without one, the service
// goes on signing: only its own word that it failed makes the outcome known.
func TestAnAsynchronousSignatureThatIsNotFetched(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer any
		code   Code
		words  string
	}{
		{"it failed", Response{Status: 400, Body: []byte(`{"error":"server_error"}`)}, ServiceError, "refused"},
		{"it failed, at the bound", Response{Status: 499}, ServiceError, "refused"},
		{"no answer", &TransportError{Kind: Network, Sent: true}, OutcomeUnknown, "could not be fetched"},
		{"a broken service", Response{Status: 500}, OutcomeUnknown, "could not be fetched"},
		{"a token that ended", Response{Status: 401}, OutcomeUnknown, "could not be fetched"},
		{"garbage", "<html>", OutcomeUnknown, "could not be fetched"},
		{"not in time", notYet, OutcomeUnknown, "did not finish signing in time"},
	} {
		s, _ := scriptedSession(t, "v2", pending, tc.answer)
		s.o.Retries = -1
		now := time.Now()
		s.o.Now = func() time.Time { return now }
		s.o.Sleep = func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
		start := now
		_, err := signV2(t.Context(), s, SignHashOptions{Async: true, Timeout: time.Minute})
		var e *Error
		errorOf(t, err, &e)
		if e.Code != tc.code || !strings.Contains(e.Msg, tc.words) || e.Details[DetailEndpoint] != "signatures/signPolling" || e.Details[DetailSubmitted] != true {
			t.Errorf("%s: %v (%s) %v", tc.name, err, e.Code, e.Details)
		}
		if _, told := e.Details[DetailResponseID]; told != (tc.code == OutcomeUnknown) {
			t.Errorf("%s: %v", tc.name, e.Details)
		}
		if took := now.Sub(start); took >= time.Minute || tc.words == "did not finish signing in time" && took < 50*time.Second {
			t.Errorf("%s: polled for %v", tc.name, took)
		}
	}
	s, tr := scriptedSession(t, "v2", pending, notYet)
	ctx, cancel := context.WithCancel(t.Context())
	s.o.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	_, err := signV2(ctx, s, SignHashOptions{Async: true})
	var e *Error
	if errorOf(t, err, &e); e.Code != OutcomeUnknown || !strings.Contains(e.Msg, "given up") || e.Details[DetailResponseID] != "r1" || !errors.Is(err, context.Canceled) || len(tr.requests) != 2 {
		t.Errorf("given up: %v %v", err, e.Details)
	}
}

func TestSignaturesThatAreThereAreNotPolledFor(t *testing.T) {
	s, tr := scriptedSession(t, "v2", `{"responseID":"r1","signatures":["AA=="]}`)
	if got, err := signV2(t.Context(), s, SignHashOptions{}); err != nil || len(got) != 1 || len(tr.requests) != 1 {
		t.Errorf("%v %v, %d requests", got, err, len(tr.requests))
	}
	s, tr = scriptedSession(t, "v2", `{"responseID":5}`)
	if _, err := signV2(t.Context(), s, SignHashOptions{}); CodeOf(err) != ResponseMalformed || len(tr.requests) != 1 {
		t.Errorf("a handle that is none: %v, %d requests", err, len(tr.requests))
	}
}

func TestNothingIsSentThatCannotBeSigned(t *testing.T) {
	s, tr := scriptedSession(t, "v2", `{"signatures":[]}`)
	if _, err := s.SignHash(t.Context(), "c", &Authorization{SAD: "s"}, nil, Mechanism{}, SignHashOptions{}); CodeOf(err) != InvalidArgument || len(tr.requests) != 0 {
		t.Errorf("no hash: %v, %d requests", err, len(tr.requests))
	}
	unknown, err := NewSession(SessionOptions{ServiceURL: "https://rssp.example", Transport: &scripted{answers: []any{&TransportError{Kind: Network}}}, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signV2(t.Context(), unknown, SignHashOptions{}); CodeOf(err) != NetworkFailure {
		t.Errorf("a service of no known version: %v", err)
	}
	if _, err := unknown.SignPolling(t.Context(), "r1"); CodeOf(err) != NetworkFailure {
		t.Errorf("a service of no known version: %v", err)
	}
}

func TestListsOfSignaturesHaveBounds(t *testing.T) {
	answer := func(n int) string { return `{"signatures":[` + strings.Repeat(`"AA==",`, n-1) + `"AA=="]}` }
	for n, code := range map[int]Code{maxListLength: "", maxListLength + 1: ResponseMalformed} {
		s, _ := scriptedSession(t, "v1", answer(n))
		if got, err := signV2(t.Context(), s, SignHashOptions{}); CodeOf(err) != code || err == nil && len(got) != n {
			t.Errorf("%d: %d signatures, %v", n, len(got), err)
		}
	}
	long := make([]byte, maxSignatureBytes)
	s, _ := scriptedSession(t, "v1", `{"signatures":["`+signatureText(long)+`","`+signatureText(append(long, 0))+`","***",5,"AA=="]}`)
	got, err := signV2(t.Context(), s, SignHashOptions{})
	if err != nil || len(got) != 5 || len(got[0]) != maxSignatureBytes || got[1] != nil || got[2] != nil || got[3] != nil || len(got[4]) != 1 {
		t.Errorf("%d, %v", len(got), err)
	}
}

func TestAResultIsFetchedWhatItMayBe(t *testing.T) {
	for name, tc := range map[string]struct {
		answer     any
		signatures int
		document   bool
		code       Code
	}{
		"not yet":       {notYet, 0, false, ""},
		"signatures":    {`{"signatures":["AA==","AQ=="]}`, 2, false, ""},
		"documents":     {`{"DocumentWithSignature":["AA=="]}`, 0, true, ""},
		"neither":       {`{"signatures":5}`, 0, false, ResponseMalformed},
		"text":          {"signed", 0, false, ResponseMalformed},
		"a lost handle": {Response{Status: 400}, 0, false, ServiceError},
	} {
		s, _ := scriptedSession(t, "v2", tc.answer)
		r, err := s.SignPolling(t.Context(), "r1")
		if CodeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
		if tc.signatures == 0 && !tc.document {
			if err == nil && r != nil {
				t.Errorf("%s: %v", name, r)
			}
			continue
		}
		if r == nil || len(r.Signatures) != tc.signatures || (r.Document != nil) != tc.document {
			t.Errorf("%s: %v", name, r)
		}
	}
}
