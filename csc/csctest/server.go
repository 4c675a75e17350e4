package csctest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server is a running service. All methods may be used from any goroutine.
type Server struct {
	// URL is the root, without a trailing slash. The API lies below it (see
	// ServiceURL), as do /oauth2, /tsa, /ocsp, /crl, /aia and /phone.
	URL string

	opts    Options
	base    string // path part of URL
	pki     *pki
	creds   map[string]*credential
	order   []*credential
	methods map[string]method
	http    *http.Server

	mu      sync.Mutex
	serials map[string]*credential // by serial number, once issued
	state
}

// state is what Reset clears; it is guarded by Server.mu.
type state struct {
	log       []*Request
	logBytes  int
	seq       int
	signed    map[[sha256.Size]byte]int
	faults    []*armedFault
	tokens    map[string]*token
	sads      map[string]*authorization
	pages     map[string]*page
	pushed    map[string]*pushedRequest
	codes     map[string]*code
	approvals []*approval
	handles   map[string]*approval
	jobs      map[string]*job
	tsa       TSA
}

// New starts a service on a loopback address. Close stops it.
func New(o Options) (*Server, error) {
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("csctest: %w", err)
	}
	if tcp, isTCP := l.Addr().(*net.TCPAddr); isTCP && !tcp.IP.IsLoopback() {
		_ = l.Close()
		return nil, errors.New("csctest: refusing to listen beyond loopback: the keys and secrets are public")
	}
	if o.URL == "" {
		o.URL = "http://" + l.Addr().String()
	}
	s, err := NewHandler(o)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(l) }() // returns when Close closes l
	return s, nil
}

// NewHandler makes a service without a listener, to be mounted at Options.URL
// in a server of the caller. A dropped connection (see Drop) shows as a panic
// with http.ErrAbortHandler, which net/http understands.
func NewHandler(o Options) (*Server, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("csctest: Options.URL %q is not an absolute URL", o.URL)
	}
	withDefaults(&o)
	root := strings.TrimRight(o.URL, "/")
	s := &Server{URL: root, opts: o, base: strings.TrimRight(u.Path, "/"), creds: map[string]*credential{}, serials: map[string]*credential{}}
	if s.pki, err = newPKI(root, o.Clock(), o.Keys); err != nil {
		return nil, err
	}
	for _, spec := range o.Credentials {
		if spec.AuthMode == "" {
			spec.AuthMode = Explicit
		}
		spec.SCAL, spec.Multisign = max(spec.SCAL, 1), max(spec.Multisign, 1)
		if s.creds[spec.ID] != nil || spec.ID == "" {
			return nil, fmt.Errorf("csctest: credential ID %q is empty or used twice", spec.ID)
		}
		c := &credential{spec: spec}
		s.creds[spec.ID] = c
		s.order = append(s.order, c)
	}
	s.methods = s.methodTable()
	s.resetLocked()
	return s, nil
}

func withDefaults(o *Options) {
	if o.Credentials == nil {
		o.Credentials = DemoCredentials()
	}
	if o.Users == nil {
		o.Users = []User{DemoUser()}
	}
	if o.Clients == nil {
		o.Clients = []Client{DemoClient(), DemoBackend()}
	}
	if o.Keys == nil {
		o.Keys = NewKeyRing()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	setDefault(&o.PageSize, 10)
	setDefault(&o.MaxWrongFactors, 3)
	setDefault(&o.TokenLifetime, time.Hour)
	setDefault(&o.CodeLifetime, time.Minute)
	setDefault(&o.SADLifetime, 5*time.Minute)
	if o.OmitExpiry { // CSC: absent means 3600 s
		o.TokenLifetime, o.SADLifetime = time.Hour, time.Hour
	}
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// TB is the part of testing.TB that NewServer needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// NewServer starts a service for one test and stops it with the test.
func NewServer(t TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(s.Close)
	return s
}

// Close stops listening and drops open connections. A second call does nothing.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
}

// Handler is the service itself, for mounting.
func (s *Server) Handler() http.Handler { return s }

// ServiceURL is the base URI of the API: version is "v1" or "v2".
func (s *Server) ServiceURL(version string) string { return s.URL + "/csc/" + version }

// Warm makes the keys and certificates of all credentials, two at a time, so
// that the first user does not wait for RSA-4096.
func (s *Server) Warm() error {
	errs := make([]error, len(s.order))
	gate := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for i, c := range s.order {
		wg.Go(func() {
			gate <- struct{}{}
			errs[i] = s.load(c)
			<-gate
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *Server) now() time.Time { return s.opts.Clock() }

func (s *Server) resetLocked() {
	for _, a := range s.approvals {
		a.settle(false)
	}
	for _, c := range s.order {
		c.wrongPIN, c.wrongOTP, c.otp, c.status = 0, 0, "", c.spec.Status
	}
	s.state = state{
		signed:  map[[sha256.Size]byte]int{},
		tokens:  map[string]*token{},
		sads:    map[string]*authorization{},
		pages:   map[string]*page{},
		pushed:  map[string]*pushedRequest{},
		codes:   map[string]*code{},
		handles: map[string]*approval{},
		jobs:    map[string]*job{},
		tsa:     s.opts.TSA,
	}
}

// SetStatus changes what the service says about a credential's certificate
// from now on; the certificate itself, and its dates, stay.
func (s *Server) SetStatus(credentialID string, status CertStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.creds[credentialID]; c != nil {
		c.status = status
	}
}

func (s *Server) implements(name string) bool { return !slices.Contains(s.opts.Unimplemented, name) }
