package csctest

// extendTransaction is v1 §11.7 and v2 §11.9: a living SAD becomes a new one,
// for further hashes, a further call, or more time.
func (s *Server) extendTransaction(c *call) (*reply, *problem) {
	k := c.credential()
	h := c.hashRequest()
	sad := c.text("SAD", true)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	m, p := h.mechanism(c, k)
	if p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, p := s.findSADLocked(sad, c.token, k)
	if p != nil {
		return nil, p
	}
	if a.hash != 0 && m.hash != 0 && a.hash != m.hash {
		return nil, refuse("The hash algorithm is not the authorized one")
	}
	next := a.clone()
	next.bind(h.hashes)
	if next.open() > next.left {
		return nil, refuse("More hashes than signatures left")
	}
	*a = *next // a credential-scope token may stand on it too
	delete(s.sads, sad)
	return ok(s.issueSADLocked(a, c.v2)), nil
}
