package csctest

import (
	"net/http"
	"time"
)

// job is the result of an asynchronous signHash or signDoc, kept until it is
// fetched or its validity ends.
type job struct {
	user    string
	body    map[string]any
	polls   int // how many more polls find it unfinished
	expires time.Time
}

const defaultValidity = 5 * time.Minute

// deliver answers a signature at once or, in mode A, hands out a responseID.
func (s *Server) deliver(c *call, r signRequest, body map[string]any) *reply {
	if !r.async {
		return ok(body)
	}
	keep := defaultValidity
	if r.validity > 0 {
		keep = time.Duration(r.validity) * time.Millisecond
	}
	j := &job{body: body, polls: s.opts.AsyncPolls, expires: s.now().Add(keep)}
	if c.token != nil {
		j.user = c.token.user
	}
	id := random(18)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[id] = j
	return ok(map[string]any{"responseID": id})
}

// signPolling is v2 §11.12.
func (s *Server) signPolling(c *call) (*reply, *problem) {
	id := c.id("requestID")
	user := c.text("userID", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	if specific := c.token != nil && c.token.user != ""; specific && c.has("userID") {
		return nil, refuse("Invalid parameter userID: the token implies the user")
	} else if specific {
		user = c.token.user
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j == nil || j.user != "" && j.user != user || !s.now().Before(j.expires) {
		return nil, refuse("Invalid parameter requestID")
	}
	if j.polls > 0 {
		j.polls--
		return nil, &problem{http.StatusAccepted, acceptedRequest, "Not finished yet"}
	}
	return ok(j.body), nil
}
