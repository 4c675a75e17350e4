package csc

import (
	"context"
	"fmt"
	"io"
)

// Transport performs one HTTP exchange. It follows no redirects, retries
// nothing, keeps no cookies, and stops reading at Request.MaxResponseBytes.
//
// A response of any status is not an error. Errors are *TransportError; any
// other error is taken as a network failure after the request left.
type Transport interface {
	Do(ctx context.Context, r *Request) (*Response, error)
}

// Request is one HTTP request. Header and Body hold secrets.
type Request struct {
	Method, URL      string
	Header           map[string]string
	Body             []byte
	MaxResponseBytes int64
}

// Format names the request without header, body and query, for every fmt verb.
func (r Request) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, r.Method+" "+withoutQuery(r.URL))
}

// MarshalText is what every encoder prints: the same as Format.
func (r Request) MarshalText() ([]byte, error) {
	return []byte(r.Method + " " + withoutQuery(r.URL)), nil
}

// Response is one HTTP response. Header returns "" for an absent field; a nil
// Header means that no field can be read.
type Response struct {
	Status int
	Header func(name string) string
	Body   []byte
}

func (r *Response) header(name string) string {
	if r.Header == nil {
		return ""
	}
	return r.Header(name)
}

// TransportErrorKind says what went wrong in an exchange.
type TransportErrorKind uint8

// The kinds. A browser cannot tell a network failure from a service that CORS
// hides; both are Network.
const (
	Network  TransportErrorKind = iota
	Redirect                    // the service answered with a redirect
	TooLarge                    // the answer is longer than MaxResponseBytes
	Insecure                    // the URL must not be used
	Timeout
	Canceled // the context was cancelled
)

// TransportError is a failed exchange.
type TransportError struct {
	Kind TransportErrorKind
	Sent bool // the request may have reached the service
	Err  error
}

// Error describes the failure.
func (e *TransportError) Error() string {
	text := [...]string{"network failure", "redirect", "answer too large", "insecure URL", "timeout", "aborted"}
	s := "transport error"
	if int(e.Kind) < len(text) {
		s = text[e.Kind]
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// TokenSource supplies the access token of the service authorization. It is
// asked at each call; refresh is true when the service has just refused the
// token given before. An empty token means that the service needs none.
type TokenSource interface {
	Token(ctx context.Context, refresh bool) (string, error)
}

// TokenFunc is a function as a TokenSource.
type TokenFunc func(ctx context.Context, refresh bool) (string, error)

// Token calls f.
func (f TokenFunc) Token(ctx context.Context, refresh bool) (string, error) { return f(ctx, refresh) }

// StaticToken is a token that cannot be refreshed.
func StaticToken(token string) TokenSource {
	return TokenFunc(func(context.Context, bool) (string, error) { return token, nil })
}
