package csctest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const maxRequestBytes = 32 << 20

// response is an answer before it is sent, so that a fault can change it.
type response struct {
	status int
	header http.Header
	body   []byte
	// cut sends only so many bytes of the body and then drops the connection;
	// negative means the whole body.
	cut int
}

// ServeHTTP serves one request: record, CORS, faults, the call itself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	entry := s.record(r, body)
	resp := &response{status: http.StatusOK, header: http.Header{}, cut: -1}
	s.setCORS(resp.header, r)
	x := &exchange{s: s, request: entry, http: r, response: resp}
	switch {
	case isPreflight(r):
		s.preflight(resp, r)
	case len(body) > maxRequestBytes:
		resp.problem(&problem{http.StatusRequestEntityTooLarge, invalidRequest, "Request is too large"}, Dialect{})
	default:
		x.run(s.takeFaults(entry))
	}
	s.mu.Lock()
	if !x.dropped {
		entry.Status = resp.status
	}
	s.mu.Unlock()
	if x.dropped {
		panic(http.ErrAbortHandler)
	}
	resp.send(w)
}

func (s *Server) record(r *http.Request, body []byte) *Request {
	path := strings.TrimPrefix(r.URL.Path, s.base)
	e := &Request{
		Time: s.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(),
		Header: r.Header.Clone(), Body: body, Endpoint: strings.TrimPrefix(path, "/"),
	}
	for _, api := range []string{"v1", "v2"} {
		if name, found := strings.CutPrefix(path, "/csc/"+api+"/"); found {
			e.API, e.Endpoint = api, name
		}
		if name, found := strings.CutPrefix(path, "/as/"+api+"/"); found && strings.HasPrefix(name, "oauth2/") {
			e.API, e.Endpoint = api, name
		}
	}
	if strings.HasPrefix(e.Endpoint, "ocsp/") { // GET carries the request in the path
		e.Endpoint = "ocsp"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	e.Seq = s.seq
	if len(s.log) >= maxLogged || s.logBytes+len(body) > maxLoggedBytes {
		s.log = slices.Clone(s.log[len(s.log)/2:])
		s.logBytes = 0
		for _, old := range s.log {
			s.logBytes += len(old.Body)
		}
	}
	s.log = append(s.log, e)
	s.logBytes += len(body)
	return e
}

// route answers a request for real.
func (s *Server) route(x *exchange) {
	e, resp := x.request, x.response
	oauth := strings.HasPrefix(e.Endpoint, "oauth2/")
	if e.API != "" && !oauth {
		s.serveAPI(x)
		return
	}
	if isPKI(e.Endpoint) && (len(e.Header["Authorization"]) > 0 || len(e.Header["Cookie"]) > 0) {
		resp.text(http.StatusBadRequest, "secrets do not belong here")
		return
	}
	switch {
	case e.Endpoint == "oauth2/authorize" && e.API != "":
		s.serveAuthorizePage(x)
	case e.Endpoint == "oauth2/token" && e.API != "":
		s.serveForm(x, s.oauthToken)
	case e.Endpoint == "oauth2/revoke" && e.API != "":
		s.serveForm(x, s.oauthRevoke)
	case e.Endpoint == "oauth2/pushed_authorize" && e.API == "v2":
		s.serveForm(x, s.pushedAuthorize)
	case e.Endpoint == "tsa":
		s.serveTSA(x)
	case e.Endpoint == "ocsp":
		s.serveOCSP(x)
	case strings.HasPrefix(e.Endpoint, "crl/"):
		s.serveCRL(x)
	case strings.HasPrefix(e.Endpoint, "aia/"):
		s.serveAIA(x)
	case e.Endpoint == "phone":
		s.servePhone(x)
	case s.metadataVersion(e.Path) != "":
		s.serveMetadata(x, s.metadataVersion(e.Path))
	case e.Endpoint == "logo.png" && e.Method == http.MethodGet:
		resp.bytes("image/png", logoPNG())
	default:
		resp.text(http.StatusNotFound, "not found")
	}
}

// isPKI tells whether an endpoint is one of those that anybody may ask, and
// that no client should therefore hand a token to.
func isPKI(endpoint string) bool {
	return endpoint == "tsa" || endpoint == "ocsp" || strings.HasPrefix(endpoint, "crl/") || strings.HasPrefix(endpoint, "aia/")
}

func (r *response) send(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if r.cut >= 0 {
		// Announce all, send a part, drop: the client must notice.
		w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body[:min(r.cut, len(r.body))])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(r.status)
	if len(r.body) > 0 {
		_, _ = w.Write(r.body) // a client that went away is its own affair
	}
}

func (r *response) bytes(contentType string, body []byte) {
	r.header.Set("Content-Type", contentType)
	r.header.Set("X-Content-Type-Options", "nosniff")
	r.body = body
}

func (r *response) text(status int, body string) {
	r.bytes("text/plain; charset=utf-8", []byte(body+"\n"))
	r.status = status
}

// json sends an object as CSC wants it; nothing of it may be cached.
func (r *response) json(status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		r.problem(internal(err), Dialect{})
		return
	}
	r.bytes("application/json; charset=UTF-8", bytes.TrimSpace(b.Bytes()))
	r.header.Set("Cache-Control", "no-store")
	r.status = status
}

func (r *response) problem(p *problem, d Dialect) {
	if p.status == http.StatusUnauthorized {
		r.header.Set("WWW-Authenticate", `Bearer error="`+p.code+`"`)
	}
	status := p.status
	if d.ErrorsWith200 {
		status = http.StatusOK
	}
	switch {
	case d.ErrorsAsText:
		r.text(status, p.text)
	case d.ErrorsAsMessage:
		r.json(status, map[string]any{"message": p.text})
	default:
		r.json(status, map[string]any{"error": p.code, "error_description": p.text})
	}
}
