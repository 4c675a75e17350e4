package pades

import (
	"context"
	"net/url"
	"strings"
)

// Request is one exchange with a service that a certificate names, or with a timestamp authority.
type Request struct {
	Purpose     Purpose
	URL         string // http or https, from a certificate or from the host
	ContentType string // of Body
	Accept      string
	Body        []byte // nil: GET, otherwise POST
	MaxBytes    int64  // the answer may not be longer
}

// Purpose tells a host what a request is for, so that it can choose a proxy or refuse.
type Purpose string

const (
	ForTimestamp   Purpose = "timestamp"   // RFC 3161 3.4
	ForOCSP        Purpose = "ocsp"        // RFC 6960 appendix A
	ForCRL         Purpose = "crl"         // RFC 5280 4.2.1.13
	ForCertificate Purpose = "certificate" // RFC 5280 4.2.2.1, caIssuers
)

// Fetcher reaches the network for this package. Fetch returns the body of a successful answer. Any error means that this source has nothing;
// the caller tries the next and reports what is missing. It must not send cookies or tokens, and the addresses come from certificates that
// nobody has vouched for yet: a host that runs inside a protected network decides which of them it may reach.
type Fetcher interface {
	Fetch(ctx context.Context, r *Request) ([]byte, error)
}

// FetcherFunc is a function as [Fetcher].
type FetcherFunc func(ctx context.Context, r *Request) ([]byte, error)

// Fetch calls f.
func (f FetcherFunc) Fetch(ctx context.Context, r *Request) ([]byte, error) { return f(ctx, r) }

// fetch keeps addresses that are no web addresses (LDAP is common in certificates), and answers that are too long, away from the rest.
func fetch(ctx context.Context, f Fetcher, r *Request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, reason("there is no way to reach it")
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.User != nil || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return nil, reason("its address is not a web address")
	}
	body, err := f.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > r.MaxBytes {
		return nil, reason("the answer is too large")
	}
	return body, nil
}

// reason is why a source was of no use; reasons end in the details of an *Error.
type reason string

func (r reason) Error() string { return string(r) }
