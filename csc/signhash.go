package csc

import (
	"context"
	"time"
)

// SignHashOptions go with Session.SignHash.
type SignHashOptions struct {
	ClientData string
	// Timeout bounds the call, and the polling when Async; 0 means
	// DefaultSignTimeout.
	Timeout time.Duration
	// Async asks a v2 service to sign in the background; ResultLifetime and
	// ResponseURI go with it and may be zero.
	Async          bool
	ResultLifetime time.Duration
	ResponseURI    string

	// before runs when the request is about to leave; its error stops it.
	before func() error
}

// SignHash calls signatures/signHash (CSC §11.9) once and returns the
// signatures as the service sent them: not counted, not verified, ECDSA in
// whatever form. Signer does the rest; use it unless you do it yourself.
func (s *Session) SignHash(ctx context.Context, credentialID string, a *Authorization, hashes [][]byte, m Mechanism, o SignHashOptions) ([][]byte, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if len(hashes) == 0 {
		return nil, invalid("there is no hash to sign")
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultSignTimeout
	}
	deadline := s.o.Now().Add(o.Timeout)
	r, err := s.do(ctx, operation{
		method: "signatures/signHash", kind: commit, timeout: o.Timeout, then: o.before,
		body: s.wire().signHash(credentialID, a.SAD, hashes, m, o), bearer: a.Bearer, secrets: []Secret{a.SAD, a.Bearer},
	})
	if err != nil {
		return nil, err
	}
	obj, err := parseObject(r.body, "the answer to signatures/signHash")
	if err != nil {
		return nil, executed(err)
	}
	if id := obj.text("responseID"); id != "" && !obj.has("signatures") && obj.done() == nil {
		if obj, err = s.poll(ctx, id, a.Bearer, o.ClientData, deadline); err != nil {
			return nil, err
		}
	}
	signatures := parseSignatures(obj)
	if err := obj.done(); err != nil {
		return nil, executed(err)
	}
	return signatures, nil
}

// executed marks an error of a call that the service did answer with success.
func executed(err error) error { return executedBy("signatures/signHash", err) }

func executedBy(method string, err error) error {
	e := asError(err, ResponseMalformed, "the answer cannot be read")
	return e.with(DetailEndpoint, method).with(DetailSubmitted, true)
}

// parseSignatures reads the list; one signature may come as a bare string. An
// entry that is not base64 text fails alone and is nil: its neighbours are
// signatures that were made and may be billed.
func parseSignatures(obj *reader) [][]byte {
	v, ok := obj.get("signatures")
	if !ok {
		obj.fail("lacks %q", "signatures")
		return nil
	}
	if s, isText := v.(string); isText {
		v = []any{s}
	}
	list, isList := v.([]any)
	if !isList {
		obj.fail("has a member %q that is not an array", "signatures")
		return nil
	}
	if len(list) > maxListLength {
		obj.fail("has a member %q with more than %d entries", "signatures", maxListLength)
		return nil
	}
	out := make([][]byte, len(list))
	for i, v := range list {
		s, _ := v.(string)
		if b, ok := decodeBase64(s); ok && len(b) <= maxSignatureBytes {
			out[i] = b
		}
	}
	return out
}

// maxSignatureBytes is above RSA-16384, the longest key that is accepted.
const maxSignatureBytes = 4096

// Result is what signPolling (CSC 2.0 §11.12) brings.
type Result struct {
	Signatures [][]byte // of signHash
	Document   *SignDocResult
}

// SignPolling asks once for the result of an asynchronous signature. It
// returns nil while the service is still signing. It may be asked again after
// an OUTCOME_UNKNOWN that carries a responseID.
func (s *Session) SignPolling(ctx context.Context, responseID string) (*Result, error) {
	obj, err := s.pollOnce(ctx, responseID, "", "")
	if obj == nil || err != nil {
		return nil, err
	}
	result := &Result{}
	if obj.has("signatures") {
		result.Signatures = parseSignatures(obj)
	} else {
		result.Document = parseSignDoc(obj)
	}
	return result, obj.done()
}

func (s *Session) pollOnce(ctx context.Context, id string, bearer Secret, clientData string) (*reader, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	r, err := s.do(ctx, operation{method: "signatures/signPolling", kind: read, body: s.wire().signPolling(id, "", clientData), bearer: bearer})
	if err != nil || r.status == 202 {
		return nil, err
	}
	return parseObject(r.body, "the answer to signatures/signPolling")
}

// poll waits for an asynchronous result. Whatever ends the wait, the service
// goes on signing: the outcome is not known.
func (s *Session) poll(ctx context.Context, id string, bearer Secret, clientData string, deadline time.Time) (*reader, error) {
	unknown := func(msg string, err error) error {
		return unknownOutcome(msg).because(err).with(DetailResponseID, id).with(DetailSubmitted, true).with(DetailEndpoint, "signatures/signPolling")
	}
	for wait := firstPoll / 4; ; wait = min(wait*3/2, longPoll) {
		obj, err := s.pollOnce(ctx, id, bearer, clientData)
		switch {
		case err != nil && CodeOf(err) == ServiceError && statusOf(err) < 500:
			return nil, err // the service says that it failed
		case err != nil:
			return nil, unknown("the result of the signature could not be fetched", err)
		case obj != nil:
			return obj, nil
		case !s.o.Now().Add(wait).Before(deadline):
			return nil, unknown("the service did not finish signing in time", nil)
		}
		if err := s.o.Sleep(ctx, wait); err != nil {
			return nil, unknown("the wait for the signature was given up", err)
		}
	}
}
