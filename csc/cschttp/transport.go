package cschttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"hashout/csc"
)

// Transport is a csc.Transport on net/http. Make it with New.
type Transport struct{ client http.Client }

// New returns a transport on the given round tripper; nil means one of its
// own, with the proxy settings of the environment and TLS 1.2 or newer.
func New(rt http.RoundTripper) *Transport {
	if rt == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		rt = own
	}
	return &Transport{client: http.Client{
		Transport:     rt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// CloseIdleConnections closes connections that are kept for reuse.
func (t *Transport) CloseIdleConnections() { t.client.CloseIdleConnections() }

var _ csc.Transport = (*Transport)(nil)

// Do implements csc.Transport.
func (t *Transport) Do(ctx context.Context, r *csc.Request) (*csc.Response, error) {
	req, err := newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	// GotConn is the last moment at which nothing can have left. WroteHeaders
	// would be later: buffers may be flushed before it is told.
	var sent atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}))
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, failure(ctx, err, sent.Load())
	}
	defer func() { _ = resp.Body.Close() }() // the answer is read or given up
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, &csc.TransportError{Kind: csc.Redirect, Sent: true}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.MaxResponseBytes+1))
	if err != nil {
		return nil, failure(ctx, err, true)
	}
	if int64(len(body)) > r.MaxResponseBytes {
		return nil, &csc.TransportError{Kind: csc.TooLarge, Sent: true}
	}
	return &csc.Response{Status: resp.StatusCode, Header: resp.Header.Get, Body: body}, nil
}

func newRequest(ctx context.Context, r *csc.Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, &csc.TransportError{Kind: csc.Insecure, Err: errors.New("the URL is not valid")}
	}
	if req.URL.Scheme != "https" && !(req.URL.Scheme == "http" && loopback(req.URL.Hostname())) {
		return nil, &csc.TransportError{Kind: csc.Insecure, Err: errors.New("only https is allowed")}
	}
	// net/http repeats a request on a fresh connection when a kept one turns
	// out dead, if it can rewind the body. A signHash must not leave twice.
	req.GetBody = nil
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	return req, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// failure says what went wrong, without the URL that net/http adds.
func failure(ctx context.Context, err error, sent bool) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	e := &csc.TransportError{Kind: csc.Network, Sent: sent, Err: err}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled), errors.Is(ctx.Err(), context.Canceled):
		e.Kind = csc.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Kind = csc.Timeout
	}
	return e
}
