package csctest

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"
)

// page is a consent page shown to a user; its id is in the form and protects
// it against forgery, as nobody else can know it.
type page struct {
	grant   *grantRequest
	expires time.Time
	wrong   int
}

// code is an authorization code. Used ones are kept to detect a second use.
type code struct {
	grant   *grantRequest
	user    string
	expires time.Time
	used    bool
	id      string // grant id of the tokens made from it
}

const pageLifetime = 10 * time.Minute

// serveAuthorizePage is oauth2/authorize: GET shows the page, POST is its form.
func (s *Server) serveAuthorizePage(x *exchange) {
	switch r := x.http; r.Method {
	case http.MethodGet:
		s.showPage(x)
	case http.MethodPost:
		s.submitPage(x)
	default:
		x.response.header.Set("Allow", "GET, POST")
		s.errorPage(x, http.StatusMethodNotAllowed, "This address is for browsers.")
	}
}

func (s *Server) showPage(x *exchange) {
	q, err := url.ParseQuery(x.http.URL.RawQuery)
	if err != nil {
		s.errorPage(x, http.StatusBadRequest, "The address is malformed.")
		return
	}
	g := &grantRequest{v2: x.request.API == "v2"}
	var p *problem
	if q.Has("request_uri") && g.v2 {
		if g, p = s.takePushed(q); p != nil {
			s.errorPage(x, http.StatusBadRequest, p.text)
			return
		}
	} else {
		if p := s.readClient(g, q); p != nil {
			s.errorPage(x, http.StatusBadRequest, p.text)
			return
		}
		if p := s.readGrant(g, q); p != nil {
			s.redirectBack(x, g, url.Values{"error": {p.code}, "error_description": {p.text}})
			return
		}
	}
	if s.opts.AutoApprove {
		user := ""
		if len(s.opts.Users) > 0 {
			user = s.opts.Users[0].Name
		}
		s.grantCode(x, g, user)
		return
	}
	id := random(24)
	s.mu.Lock()
	s.pages[id] = &page{grant: g, expires: s.now().Add(pageLifetime)}
	s.mu.Unlock()
	s.consentPage(x, http.StatusOK, id, g, "")
}

func (s *Server) submitPage(x *exchange) {
	form, p := readForm(x)
	if p != nil {
		s.errorPage(x, http.StatusBadRequest, p.text)
		return
	}
	id := form.Get("request")
	s.mu.Lock()
	pg := s.pages[id]
	if pg != nil && !s.now().Before(pg.expires) {
		delete(s.pages, id)
		pg = nil
	}
	s.mu.Unlock()
	if pg == nil {
		s.errorPage(x, http.StatusBadRequest, "This page has expired. Please go back to the application and start again.")
		return
	}
	if form.Get("decision") != "allow" {
		s.dropPage(id)
		s.redirectBack(x, pg.grant, url.Values{"error": {accessDenied}, "error_description": {"The user refused"}})
		return
	}
	user := form.Get("user")
	if !s.knowsUser(user, form.Get("password")) || !pg.grant.reaches(user) {
		s.mu.Lock()
		pg.wrong++
		locked := pg.wrong >= s.opts.MaxWrongFactors
		s.mu.Unlock()
		if locked {
			s.dropPage(id)
			s.redirectBack(x, pg.grant, url.Values{"error": {accessDenied}, "error_description": {"Too many wrong passwords"}})
			return
		}
		s.consentPage(x, http.StatusUnauthorized, id, pg.grant, "User name or password is wrong. Please try again.")
		return
	}
	s.dropPage(id)
	s.grantCode(x, pg.grant, user)
}

func (s *Server) dropPage(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pages, id)
}

func (s *Server) knowsUser(name, password string) bool {
	for _, u := range s.opts.Users {
		if u.Name == name && u.Password == password && name != "" {
			return true
		}
	}
	return false
}

// reaches tells whether a user may authorize the credential asked for.
func (g *grantRequest) reaches(user string) bool {
	return g.credential == nil || g.credential.spec.Owner == "" || g.credential.spec.Owner == user
}

func (s *Server) grantCode(x *exchange, g *grantRequest, user string) {
	value := random(24)
	s.mu.Lock()
	s.codes[value] = &code{grant: g, user: user, expires: s.now().Add(s.opts.CodeLifetime), id: random(16)}
	s.mu.Unlock()
	s.redirectBack(x, g, url.Values{"code": {value}})
}

// redirectBack keeps the query of the registered URI (RFC 6749 §3.1.2) and
// adds the issuer (RFC 9207) in v2, where there is metadata to compare with.
func (s *Server) redirectBack(x *exchange, g *grantRequest, add url.Values) {
	u, err := url.Parse(g.redirect)
	if err != nil {
		s.errorPage(x, http.StatusBadRequest, "The application's address is malformed.")
		return
	}
	q := u.Query()
	for name, values := range add {
		q[name] = values
	}
	if g.state != "" {
		q.Set("state", g.state)
	}
	if g.v2 {
		q.Set("iss", s.OAuthURL("v2"))
	}
	u.RawQuery = q.Encode()
	x.response.header.Set("Location", u.String())
	x.response.header.Set("Cache-Control", "no-store")
	x.response.header.Set("Referrer-Policy", "no-referrer")
	x.response.status = http.StatusFound
	if x.request.Method == http.MethodPost {
		x.response.status = http.StatusSeeOther // the form must not be sent on
	}
}

type pageData struct {
	Title, Nonce, Action, Request, Wrong, Message   string
	Client, Credential, Description, DemoUser, Hint string
	Signatures                                      int
	Hashes                                          []pageHash
	Codes, Questions                                []phoneEntry // the demo phone
}

type pageHash struct{ Label, Hex string }

func (s *Server) consentPage(x *exchange, status int, id string, g *grantRequest, wrong string) {
	d := pageData{
		Title: "Sign in", Action: x.http.URL.Path, Request: id, Wrong: wrong, Client: g.client.ID, Description: g.description,
	}
	if len(s.opts.Users) > 0 {
		d.DemoUser, d.Hint = s.opts.Users[0].Name, s.opts.Users[0].Password
	}
	if g.credential != nil {
		d.Title = "Authorize signatures"
		d.Credential, d.Signatures = g.credential.spec.Name, g.n
		for i, h := range g.hashes.hashes {
			label := ""
			if i < len(g.labels) {
				label = g.labels[i]
			}
			d.Hashes = append(d.Hashes, pageHash{label, hex.EncodeToString(h)})
		}
	}
	s.render(x, status, consentTemplate, d)
}

func (s *Server) errorPage(x *exchange, status int, message string) {
	s.render(x, status, messageTemplate, pageData{Title: "This did not work", Message: message})
}

func (s *Server) render(x *exchange, status int, name string, d pageData) {
	d.Nonce = random(12)
	var b bytes.Buffer
	if err := pageTemplates().ExecuteTemplate(&b, name, d); err != nil {
		x.response.text(http.StatusInternalServerError, "internal error")
		return
	}
	x.response.bytes("text/html; charset=utf-8", b.Bytes())
	x.response.header.Set("Cache-Control", "no-store")
	x.response.header.Set("Referrer-Policy", "no-referrer")
	x.response.header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+d.Nonce+"'; frame-ancestors 'none'; base-uri 'none'")
	x.response.status = status
}
