package csctest

import (
	"net/http"
	"time"
)

// approval is a question to the user outside the client: a push message.
type approval struct {
	id      string // for the page of the demo phone
	auth    *authorization
	done    chan struct{} // closed when the user has answered
	settled bool
	granted bool
}

// settle records the answer; only the first counts. Server.mu is held.
func (a *approval) settle(granted bool) {
	if a.settled {
		return
	}
	a.settled, a.granted = true, granted
	close(a.done)
}

// askUser waits for the user (v1: the call blocks) or hands out a handle to
// poll with (v2: 202).
func (s *Server) askUser(c *call, auth *authorization) (*reply, *problem) {
	a := &approval{id: random(12), auth: auth, done: make(chan struct{})}
	s.mu.Lock()
	s.approvals = append(s.approvals, a)
	s.mu.Unlock()
	if how := auth.credential.spec.Approval; !how.Manual {
		time.AfterFunc(how.After, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			a.settle(!how.Denied)
		})
	}
	if c.v2 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.handleLocked(a), nil
	}
	select {
	case <-a.done:
	case <-c.ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		a.settle(false)
		return nil, refuse("The client went away")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.granted {
		return nil, &problem{http.StatusBadRequest, accessDenied, "The user refused"}
	}
	return ok(s.issueSADLocked(auth, false)), nil
}

// handleLocked hands out a fresh handle; the one before it is dead.
func (s *Server) handleLocked(a *approval) *reply {
	h := random(18)
	s.handles[h] = a
	return &reply{http.StatusAccepted, map[string]any{"handle": h}}
}

// authorizeCheck is v2 §11.7.
func (s *Server) authorizeCheck(c *call) (*reply, *problem) {
	h := c.id("handle")
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.handles[h]
	if a == nil || c.token != nil && a.auth.user != c.token.user {
		return nil, refuse("Invalid parameter handle")
	}
	delete(s.handles, h)
	switch {
	case !a.settled:
		return s.handleLocked(a), nil
	case !a.granted:
		return nil, &problem{http.StatusBadRequest, invalidAuthData, "The user refused"}
	}
	return ok(s.issueSADLocked(a.auth, true)), nil
}

// Approve lets the user of every pending question about a credential agree;
// it returns how many there were. An empty ID means all credentials.
func (s *Server) Approve(credentialID string) int { return s.settle(credentialID, true) }

// Deny is the opposite of Approve.
func (s *Server) Deny(credentialID string) int { return s.settle(credentialID, false) }

func (s *Server) settle(credentialID string, granted bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.approvals {
		if !a.settled && (credentialID == "" || a.auth.credential.spec.ID == credentialID) {
			a.settle(granted)
			n++
		}
	}
	return n
}
