package csctest

import (
	"slices"
)

// signRequest is what signHash and signDoc say about authorization and mode.
type signRequest struct {
	sad      string
	hasSAD   bool
	async    bool
	validity int // milliseconds
}

const hashNotAuthorized = "Hash is not authorized by the SAD"

// signHash is v1 §11.9 and v2 §11.10.
func (s *Server) signHash(c *call) (*reply, *problem) {
	k := c.credential()
	r := c.signRequest()
	hashes := c.hashes(c.member("hash", "hashes"), true)
	hashAlgo := c.text(c.member("hashAlgo", "hashAlgorithmOID"), false)
	signAlgo := c.id("signAlgo")
	params := c.text("signAlgoParams", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	m, p := s.mechanism(k, signAlgo, hashAlgo, params)
	if p != nil {
		return nil, p
	}
	if p := m.checkLength(hashes); p != nil {
		return nil, p
	}
	if p := s.spend(c, k, r, m, hashes); p != nil {
		return nil, p
	}
	list := make([]string, len(hashes))
	for i, h := range hashes {
		sig, err := m.sign(k.key, h, k.spec.RawECDSA || s.opts.Dialect.RawECDSA)
		if err != nil {
			return nil, internal(err)
		}
		list[i] = s.encode(sig)
	}
	s.countSigned(hashes)
	body := map[string]any{"signatures": list}
	if s.opts.Dialect.OneSignatureBare && len(list) == 1 {
		body["signatures"] = list[0]
	}
	return s.deliver(c, r, body), nil
}

// mechanism judges the algorithm against the credential's key.algo.
func (s *Server) mechanism(k *credential, signAlgo, hashAlgo, params string) (mechanism, *problem) {
	if !slices.Contains(s.algorithms(k), signAlgo) {
		return mechanism{}, refuse("Invalid parameter signAlgo")
	}
	return newMechanism(signAlgo, hashAlgo, params)
}

func (c *call) signRequest() signRequest {
	r := signRequest{sad: c.text("SAD", !c.v2), hasSAD: c.has("SAD")}
	if !c.v2 {
		return r
	}
	mode := c.text("operationMode", false)
	switch {
	case mode == "A" && c.s.implements("signatures/signPolling"):
		r.async = true
	case c.has("operationMode") && mode != "S":
		c.fail(refuse("Invalid parameter operationMode"))
	}
	r.validity = c.integer("validity_period", false)
	if c.has("validity_period") && (!r.async || r.validity < 1 || r.validity > 24*3600*1000) {
		c.fail(refuse("Invalid parameter validity_period"))
	}
	if uri := c.text("response_uri", false); c.has("response_uri") && (!r.async || !isAbsoluteURL(uri)) {
		c.fail(refuse("Invalid parameter response_uri"))
	}
	return r
}

// spend takes hashes out of the authorization, or says why it does not cover
// them.
func (s *Server) spend(c *call, k *credential, r signRequest, m mechanism, hashes [][]byte) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a *authorization
	var p *problem
	credentialBearer := c.token != nil && c.token.auth != nil
	switch {
	case credentialBearer && r.hasSAD:
		return refuse("A credential-scope token and a SAD exclude each other")
	case credentialBearer:
		a = c.token.auth
	case s.opts.Dialect.CredentialBearer && c.v2:
		return refuse("Only a credential-scope token authorizes this call")
	case !r.hasSAD:
		return refuse("Missing (or invalid type) string parameter SAD")
	default:
		if a, p = s.findSADLocked(r.sad, c.token, k); p != nil {
			return p
		}
	}
	switch {
	case k.spec.KeyDisabled:
		return refuse("Invalid parameter credentialID: the key is disabled")
	case !s.usable(k) || s.now().After(k.cert.NotAfter):
		return refuse("Invalid parameter credentialID: the certificate is %s", certProblem(k))
	case a.hash != 0 && m.hash != 0 && a.hash != m.hash:
		return refuse("The hash algorithm is not the authorized one")
	case len(hashes) > a.left:
		return refuse("More hashes than the SAD authorizes signatures")
	case !a.covers(hashes):
		return refuse(hashNotAuthorized)
	case a.calls == 0:
		return refuse("Invalid parameter SAD: it was used, extend the transaction")
	}
	a.spend(hashes)
	return nil
}

func certProblem(k *credential) string {
	if k.status == CertValid {
		return string(CertExpired)
	}
	return string(k.status)
}
