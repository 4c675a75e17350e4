package csctest

import (
	"net/http"
	"strings"
)

// Fault makes the service misbehave for chosen calls.
type Fault struct {
	// Endpoint is a method name such as "signatures/signHash" or
	// "oauth2/token", or a path below the root such as "tsa"; empty means every
	// API method, OAuth left out.
	Endpoint string
	// When narrows the choice; nil means every call to Endpoint.
	When func(*Request) bool
	// Nth is the first matching call that suffers, counted from 1 since
	// Inject; 0 means the first.
	Nth int
	// Times is how many calls suffer from there on; 0 means one, negative
	// means all.
	Times int
	// Do is what happens, in this order.
	Do []Action
}

// Action is one kind of misbehaviour. The constructors below make them.
type Action struct {
	// Name identifies the action in test names.
	Name string
	// Executes tells whether the service does what was asked before it
	// misbehaves: if so, a signature was made even if the client never sees it.
	Executes bool

	before func(*exchange) // may answer or drop
	after  func(*exchange) // sees the true answer
}

// String returns the name.
func (a Action) String() string { return a.Name }

type armedFault struct {
	Fault
	calls int
}

// Inject arms faults. They stay until they are used up or Reset.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &armedFault{Fault: f})
	}
}

// takeFaults returns the actions due for a request.
func (s *Server) takeFaults(r *Request) []Action {
	s.mu.Lock()
	armed := append([]*armedFault(nil), s.faults...)
	s.mu.Unlock()
	var due []Action
	for _, f := range armed {
		if f.Endpoint == "" && (r.API == "" || strings.HasPrefix(r.Endpoint, "oauth2/")) || f.Endpoint != "" && f.Endpoint != r.Endpoint {
			continue
		}
		if f.When != nil && !f.When(r) { // outside the lock: it may ask the Server
			continue
		}
		s.mu.Lock()
		f.calls++
		n := f.calls
		s.mu.Unlock()
		first, times := max(f.Nth, 1), f.Times
		if times == 0 {
			times = 1
		}
		if n >= first && (times < 0 || n < first+times) {
			due = append(due, f.Do...)
		}
	}
	return due
}

// exchange is one request on its way to an answer.
type exchange struct {
	s        *Server
	request  *Request
	http     *http.Request
	response *response
	answered bool // a fault answered instead of the service
	dropped  bool // the connection goes down without an answer
}

func (x *exchange) run(actions []Action) {
	for _, a := range actions {
		if a.before != nil {
			a.before(x)
		}
		if x.answered || x.dropped {
			return
		}
	}
	x.s.route(x)
	x.s.mu.Lock()
	x.request.Executed = x.response.status < 400
	x.s.mu.Unlock()
	for _, a := range actions {
		if a.after != nil {
			a.after(x)
		}
	}
}

// answer replaces the true answer, whether it exists yet or not.
func (x *exchange) answer(status int, contentType, body string) {
	x.answered = true
	x.response.status = status
	x.response.header.Del("Content-Type")
	if contentType != "" {
		x.response.header.Set("Content-Type", contentType)
	}
	x.response.body = []byte(body)
}
