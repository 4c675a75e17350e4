package csc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// kind says what may be done again when an exchange fails.
type kind uint8

const (
	// read changes nothing at the service: repeated with back-off.
	read kind = iota
	// act changes something (spends an OTP, makes a token): not repeated, but
	// for one token refresh when the service refused the token.
	act
	// commit may use the key: leaves once, whatever happens.
	commit
)

// operation is one call of a method.
type operation struct {
	method string // CSC method or OAuth endpoint, for URL and messages
	url    string // instead of the method's URL under the session's base
	verb   string // instead of POST
	kind   kind
	body   []byte
	form   bool // body is a form, not JSON
	// secrets are in the body; errors are cleaned of them.
	secrets []Secret
	timeout time.Duration // 0 means the session's

	anonymous     bool   // without the session's token
	bearer        Secret // instead of the session's token
	authorization Secret // of an anonymous call: the whole value of Authorization, such as Basic …

	// then runs after the request was prepared and before it leaves. Its
	// error keeps the request from leaving.
	then func() error
}

// reply is a 2xx answer.
type reply struct {
	status int
	body   []byte
	sentAt time.Time
}

// do performs an operation with the retries and the token refresh it allows.
func (s *Session) do(ctx context.Context, op operation) (*reply, error) {
	for attempt := 0; ; attempt++ {
		r, err := s.authorized(ctx, op)
		if err == nil {
			return r, nil
		}
		wait, again := s.retryAfter(op, attempt, err)
		if !again {
			return nil, err
		}
		if s.o.Sleep(ctx, wait) != nil {
			return nil, s.interrupted(ctx, op, false)
		}
	}
}

// retryAfter decides whether and when a failed read is repeated.
func (s *Session) retryAfter(op operation, attempt int, err *Error) (time.Duration, bool) {
	if op.kind != read || attempt >= s.o.Retries {
		return 0, false
	}
	status, _ := err.Details[DetailStatus].(int)
	switch {
	case err.Code == NetworkFailure, err.Code == RateLimited:
	case err.Code == ServiceError && (status == 502 || status == 503 || status == 504):
	default:
		return 0, false
	}
	if asked, ok := err.Details[DetailRetryAfter].(int); ok {
		wait := time.Duration(asked) * time.Second
		return wait, wait <= maxRetryWait
	}
	return min(250*time.Millisecond<<attempt, maxRetryWait), true
}

// authorized adds the bearer token and refreshes it once if the service
// refuses it and certainly did nothing else.
func (s *Session) authorized(ctx context.Context, op operation) (*reply, *Error) {
	if op.anonymous || op.bearer != "" || s.o.Token == nil {
		token := op.authorization
		if op.bearer != "" {
			token = "Bearer " + op.bearer
		}
		return s.exchange(ctx, op, token, append([]Secret{op.bearer, op.authorization}, op.secrets...))
	}
	var refused string
	var refusal *Error
	for refresh := false; ; refresh = true {
		token, err := s.o.Token.Token(ctx, refresh)
		if err != nil {
			if ctx.Err() != nil {
				return nil, s.interrupted(ctx, op, false)
			}
			return nil, asError(err, TokenExpired, "no access token could be obtained").with(DetailEndpoint, op.method)
		}
		var header Secret
		if token != "" {
			header = Secret("Bearer " + token)
		}
		if refresh && token == refused {
			return nil, refusal // a source that has no other token
		}
		r, failure := s.exchange(ctx, op, header, append([]Secret{Secret(token)}, op.secrets...))
		if failure == nil || refresh || !refusedUnexecuted(op, failure) {
			return r, failure
		}
		refused, refusal = token, failure
	}
}

// refusedUnexecuted tells whether a call may be made again with another token.
// signHash may not: what leaves with a hash to sign leaves once. A call that
// carries a PIN may only if the service blames the token: some answer 401 to a
// wrong PIN, and a second wrong one locks the credential.
func refusedUnexecuted(op operation, e *Error) bool {
	switch {
	case e.Code != TokenExpired || op.kind == commit:
		return false
	case op.kind == read:
		return true
	}
	switch e.Details[DetailError] {
	case nil, "invalid_token", "expired_token":
		return true
	}
	return false
}

// exchange sends one request and judges the answer.
func (s *Session) exchange(ctx context.Context, op operation, authorization Secret, secrets []Secret) (*reply, *Error) {
	if ctx.Err() != nil {
		return nil, s.interrupted(ctx, op, false)
	}
	req, failure := s.request(op, authorization)
	if failure != nil {
		return nil, failure.with(DetailEndpoint, op.method)
	}
	if op.then != nil {
		if err := op.then(); err != nil {
			return nil, asError(err, Aborted, "stopped before the request left").with(DetailEndpoint, op.method).with(DetailSubmitted, false)
		}
	}
	timeout := op.timeout
	if timeout <= 0 {
		timeout = s.o.Timeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sentAt := s.o.Now()
	resp, err := s.o.Transport.Do(limited, req)
	if err != nil {
		return nil, s.transportFailure(ctx, limited, op, err, secrets)
	}
	if int64(len(resp.Body)) > req.MaxResponseBytes {
		return nil, s.transportFailure(ctx, limited, op, &TransportError{Kind: TooLarge, Sent: true}, secrets)
	}
	if failure := judge(op, resp, secrets, s.o.Now()); failure != nil {
		return nil, failure
	}
	return &reply{status: resp.Status, body: resp.Body, sentAt: sentAt}, nil
}

func (s *Session) request(op operation, authorization Secret) (*Request, *Error) {
	target := op.url
	if target == "" {
		target = s.EndpointURL(op.method)
	}
	if s.o.RewriteURL != nil {
		target = s.o.RewriteURL(target)
	}
	if _, err := checkURL(target); err != nil {
		return nil, asError(err, InsecureURL, "")
	}
	r := &Request{Method: methodPOST, URL: target, Header: map[string]string{"Accept": "application/json"}, Body: op.body, MaxResponseBytes: maxAnswerBytes}
	if op.verb != "" {
		r.Method = op.verb
	}
	if op.url == "" || strings.HasPrefix(op.url, s.base+"/") { // the page's own header fields are for the service alone
		for name, value := range s.headers {
			r.Header[name] = value
		}
	}
	switch {
	case op.form:
		r.Header["Content-Type"] = "application/x-www-form-urlencoded"
	case op.body != nil:
		r.Header["Content-Type"] = "application/json"
	}
	if authorization != "" {
		if !validHeader(string(authorization)) {
			return nil, invalid("the access token has characters that cannot be sent")
		}
		r.Header["Authorization"] = string(authorization)
	}
	return r, nil
}

// methodPOST stands here because net/http must not be linked.
const methodPOST = "POST"

// interrupted words the end of the caller's context.
func (s *Session) interrupted(ctx context.Context, op operation, sent bool) *Error {
	e := fail(Aborted, "aborted")
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e = fail(TimedOut, "the time allowed is over")
	}
	if sent && op.kind == commit {
		e = unknownOutcome("the call was given up while the service was signing")
	}
	return e.because(ctx.Err()).with(DetailEndpoint, op.method).with(DetailSubmitted, sent)
}

func unknownOutcome(msg string) *Error {
	return fail(OutcomeUnknown, "%s; it is not known whether the key was used", msg)
}

// transportFailure turns a failed exchange into an error.
func (s *Session) transportFailure(ctx, limited context.Context, op operation, err error, secrets []Secret) *Error {
	var te *TransportError
	if !errors.As(err, &te) {
		te = &TransportError{Kind: Network, Sent: true} // see Transport
	}
	if ctx.Err() != nil && te.Kind != Redirect && te.Kind != TooLarge {
		return s.interrupted(ctx, op, te.Sent)
	}
	var e *Error
	lost := op.kind == commit && te.Sent
	switch {
	case te.Kind == Redirect:
		e = fail(RedirectRefused, "the service answered %s with a redirect, which is not followed", op.method)
	case te.Kind == TooLarge:
		e = fail(ResponseTooLarge, "the answer to %s is larger than %d bytes", op.method, maxAnswerBytes)
	case te.Kind == Insecure:
		e = fail(InsecureURL, "the address of %s must not be used", op.method)
	case limited.Err() != nil || te.Kind == Timeout:
		e = fail(TimedOut, "the service did not answer %s in time", op.method)
		if lost {
			e = unknownOutcome("the service did not answer in time")
		}
	case te.Kind == Canceled:
		e = fail(Aborted, "aborted")
		if lost {
			e = unknownOutcome("the call was given up while the service was signing")
		}
	default:
		e = fail(NetworkFailure, "the service cannot be reached for %s (a network failure, or a browser's CORS rule)", op.method)
		if lost {
			e = unknownOutcome("the connection was lost while the service was signing")
		}
	}
	return e.because(scrubCause(err, secrets)).with(DetailEndpoint, op.method).with(DetailSubmitted, te.Sent)
}

func scrubCause(err error, secrets []Secret) error {
	text := err.Error()
	clean := scrub(text, secrets)
	if clean == text {
		return err
	}
	var is error
	for _, c := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, c) {
			is = c
		}
	}
	return &scrubbedError{text: clean, is: is}
}

// judge turns an answer that is not a success into an error.
func judge(op operation, resp *Response, secrets []Secret, now time.Time) *Error {
	var said complaint
	switch {
	case resp.Status < 200 || resp.Status > 599:
		return fail(ResponseMalformed, "the answer to %s has the HTTP status %d", op.method, resp.Status).
			with(DetailEndpoint, op.method).with(DetailStatus, resp.Status).with(DetailSubmitted, true)
	case resp.Status < 300:
		var failed bool
		if said, failed = complaintIn200(resp); !failed {
			return nil
		}
	case resp.Status < 400:
		return fail(RedirectRefused, "the service answered %s with a redirect, which is not followed", op.method).
			with(DetailEndpoint, op.method).with(DetailStatus, resp.Status).with(DetailSubmitted, true)
	default:
		said = complaintOf(resp)
	}
	said = said.presentable(secrets)
	e := classify(op, resp.Status, said).with(DetailEndpoint, op.method).with(DetailStatus, resp.Status).with(DetailSubmitted, true)
	if said.code != "" {
		e = e.with(DetailError, said.code)
	}
	if said.text != "" {
		e = e.with(DetailDescription, said.text)
	}
	if seconds, ok := retryAfter(resp.header("Retry-After"), now); ok {
		e = e.with(DetailRetryAfter, seconds)
	}
	return e
}

// retryAfter reads RFC 9110 §10.2.3: seconds or an HTTP date.
func retryAfter(value string, now time.Time) (int, bool) {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return int(n), true
	}
	at, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", value)
	if err != nil {
		return 0, false
	}
	return max(0, int(at.Sub(now).Round(time.Second).Seconds())), true
}

// marshal encodes a request body. HTML escaping is off: "+" and "/" of base64
// are safe anyway, "<" in a description need not become an escape.
func marshal(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // our own wire types always encode
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

func basic(user, password string) Secret {
	return Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}
