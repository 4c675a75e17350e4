package csctest

import "net/http"

// hashRequest is what authorize and extendTransaction say about the hashes.
type hashRequest struct {
	hashes [][]byte
	algo   string
}

// hashRequest reads hash (v1) or hashes and hashAlgorithmOID (v2).
func (c *call) hashRequest() hashRequest {
	h := hashRequest{hashes: c.hashes(c.member("hash", "hashes"), false)}
	if c.v2 {
		h.algo = c.text("hashAlgorithmOID", false)
	}
	return h
}

// mechanism judges the hashes against the credential. The result is the digest
// algorithm, 0 when v1 leaves it open.
func (h hashRequest) mechanism(c *call, k *credential) (mechanism, *problem) {
	var m mechanism
	name := c.member("hash", "hashes")
	switch {
	case k.spec.SCAL == 2 && len(h.hashes) == 0:
		return m, refuse("Missing (or invalid type) array parameter %s", name)
	case len(h.hashes) == 0 && h.algo != "":
		return m, refuse("Parameter hashAlgorithmOID without hashes")
	case len(h.hashes) == 0:
		return m, nil
	case k.spec.Key == Ed25519: // what is signed is a message of any length
		if _, known := hashByOID(h.algo); h.algo != "" && !known {
			return m, refuse("Invalid parameter hashAlgorithmOID")
		}
		return m, nil
	case c.v2 && h.algo == "":
		return m, refuse("Missing (or invalid type) string parameter hashAlgorithmOID")
	}
	if c.v2 {
		var known bool
		if m.hash, known = hashByOID(h.algo); !known {
			return m, refuse("Invalid parameter hashAlgorithmOID")
		}
		return m, m.checkLength(h.hashes)
	}
	for _, b := range h.hashes { // v1 does not say which digest it is
		if n := len(b); n != 32 && n != 48 && n != 64 {
			return m, refuse("Invalid digest value length")
		}
	}
	return m, nil
}

// credentialsAuthorize is v1 §11.6 and v2 §11.6.
func (s *Server) credentialsAuthorize(c *call) (*reply, *problem) {
	k := c.credential()
	n := c.integer("numSignatures", true)
	hashes := c.hashRequest()
	f := c.factors()
	c.limited("description", 500)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	if k.spec.KeyDisabled {
		return nil, refuse("Invalid parameter credentialID: the key is disabled")
	}
	if k.spec.AuthMode == OAuth2Code {
		return nil, refuse("Invalid parameter credentialID: this credential is authorized by OAuth")
	}
	a, p := s.newAuthorization(c, k, n, hashes)
	if p != nil {
		return nil, p
	}
	if p := s.checkFactors(c, k, f); p != nil {
		return nil, p
	}
	if k.spec.AuthMode == Implicit {
		return s.askUser(c, a)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok(s.issueSADLocked(a, c.v2)), nil
}

// newAuthorization judges how much is asked for, before any factor is looked
// at: a malformed request must not cost the user a try.
func (s *Server) newAuthorization(c *call, k *credential, n int, h hashRequest) (*authorization, *problem) {
	switch {
	case n < 1:
		return nil, refuse("Invalid value for parameter numSignatures")
	case n > k.spec.Multisign:
		return nil, refuse("Number of signatures is too high")
	case len(h.hashes) > n:
		return nil, refuse("More hashes than numSignatures")
	}
	m, p := h.mechanism(c, k)
	if p != nil {
		return nil, p
	}
	if s.opts.HashCountMustMatch && k.spec.SCAL == 2 && len(h.hashes) != n {
		return nil, refuse("The number of hashes is not numSignatures")
	}
	a := &authorization{credential: k, left: n, hash: m.hash}
	if c.token != nil {
		a.user = c.token.user
	}
	a.bind(h.hashes)
	return a, nil
}

// factors are the secrets of a request, as sent.
type factors struct {
	given  map[string]string // by "PIN", "OTP"
	inData bool              // v2 authData is there
}

func (c *call) factors() factors {
	f := factors{given: map[string]string{}}
	if !c.v2 {
		for _, name := range []string{"PIN", "OTP"} {
			if v := c.text(name, false); c.has(name) {
				f.given[name] = v
			}
		}
		return f
	}
	for _, v := range c.list("authData", false) {
		m, _ := v.(map[string]any)
		entry := newParams(m)
		id, value := entry.id("id"), entry.text("value", false)
		if m == nil || entry.finish() != nil {
			c.fail(refuse("Invalid parameter authData"))
			return f
		}
		if _, twice := f.given[id]; twice {
			c.fail(refuse("Invalid parameter authData: id %s appears twice", id))
		}
		f.given[id] = value
	}
	f.inData = c.has("authData")
	return f
}

// checkFactors compares PIN and OTP and counts wrong ones. A locked factor
// stays locked until Reset.
func (s *Server) checkFactors(c *call, k *credential, f factors) *problem {
	needed := map[string]bool{}
	if k.spec.AuthMode == Explicit {
		needed["PIN"], needed["OTP"] = k.spec.PIN != "", k.spec.OTP != NoOTP
	}
	for id := range f.given {
		if !needed[id] {
			return refuse("Invalid parameter %s: the credential has no such factor", id)
		}
	}
	if c.v2 && !f.inData {
		return refuse("Missing (or invalid type) array parameter authData")
	}
	present := func(id string) bool { _, has := f.given[id]; return has }
	enough, err := evaluate(k.expression(), present)
	if k.spec.AuthMode != Explicit {
		enough, err = true, nil
	}
	if err != nil {
		return internal(err)
	}
	if !enough {
		if c.v2 {
			return refuse("Parameter authData does not satisfy %s", k.expression())
		}
		for _, id := range []string{"PIN", "OTP"} {
			if needed[id] && !present(id) {
				return refuse("Missing (or invalid type) string parameter %s", id)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.opts.MaxWrongFactors
	if k.wrongPIN >= most {
		return refuse("PIN locked")
	}
	if k.wrongOTP >= most {
		return refuse("OTP locked")
	}
	wrong := func(v1code, text string) *problem {
		if c.v2 {
			return &problem{http.StatusBadRequest, invalidAuthData, text}
		}
		return &problem{http.StatusBadRequest, v1code, text}
	}
	if pin, given := f.given["PIN"]; given {
		if pin != k.spec.PIN {
			k.wrongPIN++
			return wrong(invalidPIN, "The PIN is invalid")
		}
		k.wrongPIN = 0
	}
	if otp, given := f.given["OTP"]; given {
		want := k.otp
		if k.spec.OTP == OTPOffline {
			want = k.spec.OTPValue
		}
		if want == "" || otp != want {
			k.wrongOTP++
			return wrong(invalidOTP, "The OTP is invalid")
		}
		k.wrongOTP, k.otp = 0, ""
	}
	return nil
}
