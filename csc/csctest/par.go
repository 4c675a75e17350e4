package csctest

import (
	"net/http"
	"net/url"
	"time"
)

// pushedRequest is an authorization request deposited by the client (RFC 9126).
type pushedRequest struct {
	grant   *grantRequest
	expires time.Time
}

const pushedLifetime = time.Minute

// pushedAuthorize is oauth2/pushed_authorize (v2 §8.4).
func (s *Server) pushedAuthorize(x *exchange, form url.Values) (*reply, *problem) {
	if _, p := s.authenticate(x, form); p != nil {
		return nil, p
	}
	if form.Has("request_uri") {
		return nil, refuse("Parameter request_uri does not belong here")
	}
	g := &grantRequest{v2: true}
	if p := s.readClient(g, form); p != nil {
		return nil, p
	}
	if p := s.readGrant(g, form); p != nil {
		return nil, p
	}
	uri := "urn:ietf:params:oauth:request_uri:" + random(18)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pushed[uri] = &pushedRequest{g, s.now().Add(pushedLifetime)}
	return &reply{http.StatusCreated, map[string]any{
		"request_uri": uri, "expires_in": int(pushedLifetime / time.Second),
	}}, nil
}

// takePushed finds a pushed request for the authorize page. It serves once.
func (s *Server) takePushed(q url.Values) (*grantRequest, *problem) {
	for name := range q {
		if name != "client_id" && name != "request_uri" || len(q[name]) > 1 {
			return nil, refuse("Only client_id may stand beside request_uri")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pushed[q.Get("request_uri")]
	delete(s.pushed, q.Get("request_uri"))
	if p == nil || p.grant.client.ID != q.Get("client_id") || !s.now().Before(p.expires) {
		return nil, refuse("Invalid parameter request_uri")
	}
	return p.grant, nil
}
