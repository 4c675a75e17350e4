package csctest

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// need says what authorization a method asks for.
type need uint8

const (
	needNothing   need = iota
	needService        // a bearer token of scope service
	needSigning        // scope service, in v2 also scope credential
	needPolling        // as needSigning, even when the token is used up
	needOwnScheme      // the method reads the Authorization header itself
)

// method is one API method.
type method struct {
	versions []string
	need     need
	run      func(*call) (*reply, *problem)
}

// call is one API call under way.
type call struct {
	*params
	s     *Server
	v2    bool
	http  *http.Request
	ctx   context.Context
	token *token // nil where none is needed
}

func (s *Server) methodTable() map[string]method {
	both, one, two := []string{"v1", "v2"}, []string{"v1"}, []string{"v2"}
	return map[string]method{
		"info":                          {both, needNothing, s.info},
		"auth/login":                    {both, needOwnScheme, s.login},
		"auth/revoke":                   {both, needService, s.revoke},
		"credentials/list":              {both, needService, s.credentialsList},
		"credentials/info":              {both, needSigning, s.credentialsInfo},
		"credentials/authorize":         {both, needService, s.credentialsAuthorize},
		"credentials/authorizeCheck":    {two, needService, s.authorizeCheck},
		"credentials/getChallenge":      {two, needService, s.getChallenge},
		"credentials/sendOTP":           {one, needService, s.sendOTP},
		"credentials/extendTransaction": {both, needService, s.extendTransaction},
		"signatures/signHash":           {both, needSigning, s.signHash},
		"signatures/signDoc":            {two, needSigning, s.signDoc},
		"signatures/signPolling":        {two, needPolling, s.signPolling},
		"signatures/timestamp":          {both, needService, s.timestamp},
	}
}

// methodNames is info.methods.
func (s *Server) methodNames(api string) []string {
	var names []string
	for name, m := range s.methods {
		if slices.Contains(m.versions, api) && s.implements(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// serveAPI judges the HTTP side of a call, then its authorization, then hands
// the parameters to the method.
func (s *Server) serveAPI(x *exchange) {
	r, e, d := x.http, x.request, s.opts.Dialect
	m, known := s.methods[e.Endpoint]
	if !known || !slices.Contains(m.versions, e.API) {
		x.response.problem(&problem{http.StatusNotFound, invalidRequest, "No such method"}, d)
		return
	}
	infoByGET := e.Endpoint == "info" && d.InfoByGETOnly
	if want := map[bool]string{true: http.MethodGet, false: http.MethodPost}[infoByGET]; r.Method != want {
		x.response.header.Set("Allow", want)
		x.response.problem(&problem{http.StatusMethodNotAllowed, invalidRequest, "Only " + want + " is allowed"}, d)
		return
	}
	if !s.implements(e.Endpoint) {
		x.response.problem(&problem{http.StatusNotImplemented, notImplemented, "Method not implemented"}, d)
		return
	}
	c := &call{s: s, v2: e.API == "v2", http: r, ctx: r.Context()}
	rep, p := s.judge(c, m, e, infoByGET)
	if p != nil {
		x.response.problem(p, d)
		return
	}
	if rep.body == nil {
		x.response.status = rep.status
		return
	}
	x.response.json(rep.status, rep.body)
}

func (s *Server) judge(c *call, m method, e *Request, byGET bool) (*reply, *problem) {
	if r := c.http; r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, refuse("Parameters belong in the body")
	}
	if p := s.checkAuthorization(c, m.need); p != nil {
		return nil, p
	}
	members := map[string]any{}
	if !byGET {
		if !isJSON(c.http.Header.Values("Content-Type")) {
			return nil, refuse("Content-Type is not application/json")
		}
		var err error
		if members, err = parseStrict(e.Body); err != nil {
			return nil, refuse("Malformed request: %v", err)
		}
	}
	if c.v2 { // v2 §7: null means absent
		for name, v := range members {
			if v == nil {
				delete(members, name)
			}
		}
	}
	c.params = newParams(members)
	return m.run(c)
}

func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	kind, par, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return false
	}
	charset, has := par["charset"]
	return !has || strings.EqualFold(charset, "utf-8")
}

// checkAuthorization reads the bearer token. The text wants 400 for a header
// that is missing or is not "Bearer …", and 401 for a token that is not good.
func (s *Server) checkAuthorization(c *call, n need) *problem {
	headers := c.http.Header.Values("Authorization")
	switch {
	case n == needOwnScheme:
		return nil
	case n == needNothing || s.opts.NoServiceAuthorization:
		return nil
	case len(headers) != 1:
		return refuse("Malformed authorization header")
	}
	value, isBearer := strings.CutPrefix(headers[0], "Bearer ")
	if !isBearer || value == "" || strings.ContainsAny(value, " \t,") {
		return refuse("Malformed authorization header")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[value]
	switch {
	case t == nil || t.kind != accessToken:
		return &problem{http.StatusUnauthorized, invalidToken, "The access token is not valid"}
	case t.revoked || t.spent() && n != needPolling || !s.now().Before(t.expires):
		return &problem{http.StatusUnauthorized, expiredToken, "The access token has expired or was revoked"}
	case t.scope == "credential" && (n != needSigning && n != needPolling || !c.v2):
		return &problem{http.StatusUnauthorized, accessDenied, "The access token has no service scope"}
	}
	c.token = t
	return nil
}

// credential finds the credential that the caller may use.
func (c *call) credential() *credential {
	id := c.id("credentialID")
	if c.err != nil {
		return nil
	}
	k := c.s.creds[id]
	if k == nil || !c.mayUse(k) {
		c.fail(refuse("Invalid parameter credentialID"))
		return nil
	}
	if err := c.s.load(k); err != nil {
		c.fail(internal(err))
		return nil
	}
	return k
}

// mayUse tells whether the caller's token reaches a credential. Tokens without
// a user (client credentials) reach all.
func (c *call) mayUse(k *credential) bool {
	t := c.token
	if t == nil {
		return true
	}
	if t.auth != nil && t.auth.credential != k {
		return false
	}
	return t.user == "" || k.spec.Owner == "" || k.spec.Owner == t.user
}

// member is the name of a parameter that v2 renamed.
func (c *call) member(v1, v2 string) string {
	if c.v2 {
		return v2
	}
	return v1
}
