package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"hashout/csc/csctest"
)

// control stands before the page, records what reaches it, and lets tests
// steer the service. It is served only with -test-control.
type control struct {
	page    http.Handler
	service *csctest.Server
	mux     *http.ServeMux

	mu  sync.Mutex
	log []loggedRequest
}

// loggedRequest is one request as it arrived at either server. Body is base64
// in JSON.
type loggedRequest struct {
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Endpoint string      `json:"endpoint,omitempty"`
	Header   http.Header `json:"header"`
	Body     []byte      `json:"body"`
	Status   int         `json:"status,omitempty"`
}

// faultOrder is one fault a test asks for.
type faultOrder struct {
	Endpoint string `json:"endpoint"`
	Action   string `json:"action"`
	Nth      int    `json:"nth"`
	Times    int    `json:"times"`
}

// actions are the misbehaviours by the names that tests use.
var actions = map[string]func() csctest.Action{
	"drop-before":   csctest.DropBefore,
	"drop-after":    csctest.DropAfter,
	"delay":         func() csctest.Action { return csctest.DelayBefore(20 * time.Second) },
	"delay-after":   func() csctest.Action { return csctest.DelayAfter(20 * time.Second) },
	"token-expires": csctest.TokenExpires,
	"sad-expires":   csctest.SADExpires,
	"redirect":      func() csctest.Action { return csctest.Redirect(http.StatusTemporaryRedirect, "") },
	"garbage":       csctest.Garbage,
	"html":          csctest.HTML,
	"too-few":       csctest.TooFew,
	"too-many":      csctest.TooMany,
	"permute":       csctest.Permute,
	"foreign-key":   csctest.ForeignKey,
	"flip-bit":      csctest.FlipBit,
	"no-cors":       csctest.HideCORS,
	"server-error": func() csctest.Action {
		return csctest.RefuseWith(http.StatusInternalServerError, "server_error", "The service had an accident")
	},
	"busy": func() csctest.Action { return csctest.Busy(http.StatusTooManyRequests, "60") },
}

const maxControlBytes = 1 << 20

func newControl(page http.Handler, service *csctest.Server) *control {
	c := &control{page: page, service: service, mux: http.NewServeMux()}
	c.mux.Handle("/", http.HandlerFunc(c.recordPage))
	if service != nil {
		c.mux.HandleFunc("POST /test-control/reset", c.reset)
		c.mux.HandleFunc("POST /test-control/faults", c.faults)
		c.mux.HandleFunc("GET /test-control/log", c.logs)
		c.mux.HandleFunc("GET /test-control/signed", c.signed)
	}
	return c
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

func (c *control) recordPage(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBytes))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	c.log = append(c.log, loggedRequest{Method: r.Method, URL: "http://" + r.Host + r.URL.String(), Header: r.Header.Clone(), Body: body})
	c.mu.Unlock()
	c.page.ServeHTTP(w, r)
}

// reset forgets faults, tokens and logs.
func (c *control) reset(w http.ResponseWriter, _ *http.Request) {
	c.service.Reset()
	c.mu.Lock()
	c.log = nil
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (c *control) faults(w http.ResponseWriter, r *http.Request) {
	var orders []faultOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBytes)).Decode(&orders); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var armed []csctest.Fault
	for _, o := range orders {
		action, known := actions[o.Action]
		if !known {
			http.Error(w, fmt.Sprintf("no action %q", o.Action), http.StatusBadRequest)
			return
		}
		armed = append(armed, csctest.Fault{Endpoint: o.Endpoint, Nth: o.Nth, Times: o.Times, Do: []csctest.Action{action()}})
	}
	c.service.Inject(armed...)
	w.WriteHeader(http.StatusNoContent)
}

// logs gives out what both servers received, secrets included.
func (c *control) logs(w http.ResponseWriter, _ *http.Request) {
	service := []loggedRequest{}
	for _, r := range c.service.Requests() {
		url := c.service.URL + r.Path
		if len(r.Query) > 0 {
			url += "?" + r.Query.Encode()
		}
		service = append(service, loggedRequest{Method: r.Method, URL: url, Endpoint: r.Endpoint, Header: r.Header, Body: r.Body, Status: r.Status})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	writeJSON(w, map[string][]loggedRequest{"page": append([]loggedRequest{}, c.log...), "service": service})
}

// signed tells how many signatures the keys made, and how often the most
// signed hash was signed.
func (c *control) signed(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]int{"total": c.service.SignedTotal(), "most": c.service.SignedMost()})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a reader that went away is its own affair
}
