package csc

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Defaults of SessionOptions.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultSignTimeout = 300 * time.Second
	DefaultRetries     = 3
	maxRetryWait       = 30 * time.Second
)

// SessionOptions describe a service and how to reach it.
type SessionOptions struct {
	// ServiceURL is where the service lives, with or without /csc/v1 or
	// /csc/v2 at its end, with or without slashes. It must be https, except
	// on a loopback host.
	ServiceURL string
	// ExactURL takes ServiceURL as the base to which method names are
	// appended, whatever it looks like: for proxies and unusual paths.
	ExactURL bool
	// API is the version on the wire. Auto takes it from ServiceURL.
	API       APIVersion
	Transport Transport
	// Token supplies the access token; nil means that the service needs none.
	Token TokenSource
	// Header is sent with every request to the service, besides the fields
	// that the package sets itself.
	Header  map[string]string
	Dialect Dialect

	// RewriteURL maps each URL to the one that is really asked, for instance
	// to a same-origin proxy. The authorize URLs that a user visits are not
	// rewritten. Nil changes nothing.
	RewriteURL func(url string) string

	// Timeout bounds each call but those that wait for a signature or for the
	// user; 0 means DefaultTimeout.
	Timeout time.Duration
	// Retries is how often a read is repeated after a failure that may pass;
	// 0 means DefaultRetries, negative means never. Nothing else is ever
	// repeated, but for one token refresh where the call was not executed.
	Retries int

	// Now, Sleep and Rand replace the clock, the waits and the source of
	// PKCE verifiers and states; nil means the real ones.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	Rand  io.Reader
}

// Session is one service seen by one user. It is safe for concurrent use.
type Session struct {
	base    string // without trailing slash, ends in /csc/vN unless ExactURL or api is Auto
	o       SessionOptions
	headers map[string]string

	mu   sync.Mutex // guards what follows
	api  APIVersion // Auto until the service was asked
	info *Info      // nil until asked for
	// missing holds methods that the service answered with 404 or 501.
	missing map[string]bool
}

// NewSession checks the options. It does not call the service.
func NewSession(o SessionOptions) (*Session, error) {
	if o.Transport == nil {
		return nil, invalid("a session needs a transport")
	}
	base, api, err := serviceBase(o.ServiceURL, o.API, o.ExactURL)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	for name, value := range o.Header {
		if !validHeader(name) || !validHeader(value) {
			return nil, invalid("a request header is not valid")
		}
	}
	return &Session{base: base, o: o, api: api, headers: maps.Clone(o.Header), missing: map[string]bool{}}, nil
}

// Format keeps the token source and header values out of every fmt verb.
func (s *Session) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "csc.Session("+s.base+")")
}

// API returns the version on the wire; Auto means not known yet.
func (s *Session) API() APIVersion {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.api
}

// Dialect returns the dialect of the session.
func (s *Session) Dialect() Dialect { return s.o.Dialect }

// EndpointURL returns the URL of a method such as "credentials/info".
func (s *Session) EndpointURL(method string) string {
	base := s.base
	if api := s.API(); api != Auto && !s.o.ExactURL && !hasVersion(base) {
		base += "/csc/" + api.String()
	}
	if renamed, ok := s.o.Dialect.Paths[method]; ok {
		method = renamed
	}
	return base + "/" + method
}

// serviceBase normalises the service URL.
func serviceBase(raw string, api APIVersion, exact bool) (string, APIVersion, error) {
	u, err := checkURL(raw)
	if err != nil {
		return "", Auto, err
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return "", Auto, invalid("the service URL must have no query and no fragment")
	}
	base := u.Scheme + "://" + u.Host + strings.TrimRight(squeezeSlashes(u.EscapedPath()), "/")
	fromURL := versionIn(base)
	if api == Auto {
		api = fromURL
	}
	if api == Auto && exact {
		api = V1
	}
	if exact || fromURL != Auto {
		return base, api, nil
	}
	base = strings.TrimSuffix(base, "/csc")
	if api != Auto {
		base += "/csc/" + api.String()
	}
	return base, api, nil
}

func squeezeSlashes(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}

// versionIn finds the API version in a URL: a segment v0, v1 or v2 directly
// after a segment csc, wherever it stands (services insert prefixes and
// suffixes). v0 services speak the v1 wire format.
func versionIn(base string) APIVersion {
	segments := strings.Split(base, "/")
	for i := 1; i < len(segments); i++ {
		if !strings.EqualFold(segments[i-1], "csc") {
			continue
		}
		switch v := strings.ToLower(segments[i]); {
		case strings.HasPrefix(v, "v0"), strings.HasPrefix(v, "v1"):
			return V1
		case strings.HasPrefix(v, "v2"):
			return V2
		}
	}
	return Auto
}

func hasVersion(base string) bool { return versionIn(base) != Auto }

// checkURL admits https anywhere and http on loopback hosts.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, invalid("%s is not an absolute URL", quote(withoutQuery(raw)))
	}
	if u.User != nil {
		return nil, invalid("the URL must not contain a user name or password")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	default:
		return nil, fail(InsecureURL, "%s is not https", quote(u.Scheme+"://"+u.Host))
	}
	return u, nil
}

func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// withoutQuery cuts a URL down to what may appear in a message.
func withoutQuery(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	raw, _, _ = strings.Cut(raw, "#")
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		host, path, _ := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			return scheme + "://" + host[at+1:] + "/" + path
		}
	}
	return raw
}

func validHeader(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return s != ""
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
