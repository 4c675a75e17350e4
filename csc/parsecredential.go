package csc

import (
	"slices"
	"strings"
)

// ParseCredential reads the JSON of a credential again, such as Credential.Raw
// that was kept or passed on.
func ParseCredential(id string, raw []byte, d Dialect) (*Credential, error) {
	obj, err := parseObject(raw, "the description of the credential")
	if err != nil {
		return nil, err
	}
	return parseCredential(obj, id, d)
}

// parseCredential reads a description of a credential in either version
// (CSC §11.5). The shape of the members decides, not the version: services
// mix them.
func parseCredential(r *reader, id string, d Dialect) (*Credential, error) {
	c := &Credential{ID: id, Description: r.text("description"), Lang: r.text("lang"), Qualifier: r.text("signatureQualifier"), Raw: r.raw()}
	if told := r.text("credentialID"); told != "" && told != id {
		r.fail("describes another credential than the one asked for")
	}
	c.parseKey(r)
	c.parseCert(r)
	c.SCAL = scal(r)
	c.MaxBatch = multisign(r, d)
	c.parseAuth(r)
	if err := r.done(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Credential) parseKey(r *reader) {
	key := r.child("key")
	if key == nil {
		r.fail("lacks %q", "key")
		return
	}
	c.KeyStatus = strings.ToLower(key.text("status"))
	if c.KeyStatus == "" {
		key.fail("lacks %q", "status")
	}
	for _, oid := range key.texts("algo") {
		if oid = strings.TrimSpace(oid); oid != "" && !slices.Contains(c.KeyAlgorithms, oid) {
			c.KeyAlgorithms = append(c.KeyAlgorithms, oid)
		}
	}
	c.KeyBits, _ = key.integer("len")
	c.KeyCurve = key.text("curve")
}

func (c *Credential) parseCert(r *reader) {
	cert := r.child("cert")
	if cert == nil {
		r.fail("lacks %q", "cert")
		return
	}
	c.CertStatus = strings.ToLower(cert.text("status"))
	if !cert.has("certificates") {
		cert.fail("lacks %q", "certificates")
		return
	}
	certs := certificates(cert, "certificates")
	if len(certs) == 0 {
		cert.fail("has no certificate")
		return
	}
	c.Certificate, c.Chain = arrange(certs)
	c.pssOnly = adopt(c.Certificate)
}

// scal reads SCAL, default "1": a string, a number, or "SCAL2". Its absence
// and its misspelling differ: one is level 1, the other must not pass for it.
func scal(r *reader) int {
	v, ok := r.get("SCAL", "scal")
	if !ok {
		return 1
	}
	if s, isText := v.(string); isText {
		v = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "SCAL")
	}
	n, ok := wholeNumber(v)
	if !ok || n != 1 && n != 2 {
		r.fail("has a SCAL that is neither \"1\" nor \"2\"")
		return 1
	}
	return n
}

// multisign reads how many signatures an authorization may cover. Drafts had
// a boolean, of which true sets no bound that could be used; some services do
// not tell. One signature is allowed everywhere.
func multisign(r *reader, d Dialect) int {
	unknown := max(d.Multisign, 1)
	v, ok := r.get("multisign", "multiSign")
	if !ok {
		return unknown
	}
	switch v {
	case true, "true":
		return unknown
	case false, "false":
		return 1
	}
	n, ok := wholeNumber(v)
	if !ok || n < 1 {
		r.fail("has a %q that is not a whole number above 0", "multisign")
		return 1
	}
	return n
}

func (c *Credential) parseAuth(r *reader) {
	c.AuthMode = AuthMode(strings.ToLower(r.text("authMode")))
	c.PIN, c.OTP = factor(r.child("PIN")), factor(r.child("OTP"))
	if auth := r.child("auth"); auth != nil {
		c.AuthMode = AuthMode(strings.ToLower(auth.text("mode")))
		c.AuthExpression = auth.text("expression")
		for _, o := range auth.children("objects") {
			c.AuthObjects = append(c.AuthObjects, AuthObject{
				Type: o.text("type"), ID: o.need("id"), Label: o.text("label"), Description: o.text("description"),
				Format: o.text("format"), Generator: o.text("generator"),
			})
		}
		if c.AuthMode == AuthExplicit && len(c.AuthObjects) == 0 {
			c.AuthMode = AuthImplicit // CSC 2.0: explicit without objects is v1's implicit
		}
		c.castFactors()
	}
	switch c.AuthMode {
	case AuthImplicit, AuthExplicit, AuthOAuth2Code:
	case "":
		// Not all services tell. Explicit asks for nothing that is not described.
		c.AuthMode = AuthExplicit
		if c.PIN == nil && c.OTP == nil && len(c.AuthObjects) == 0 {
			c.AuthMode = AuthImplicit
		}
	default:
		r.fail("has an authorization mode %s that is not known", quote(string(c.AuthMode)))
	}
}

// factor reads PIN or OTP of v1.
func factor(r *reader) *Factor {
	if r == nil {
		return nil
	}
	f := &Factor{Presence: Required, Numeric: r.text("format") == "N", Label: r.text("label"), Description: r.text("description"),
		Online: strings.EqualFold(r.text("type"), "online"), ID: r.text("ID", "id"), Provider: r.text("provider")}
	v, _ := r.get("presence")
	switch v {
	case false, "false":
		return nil
	case "optional":
		f.Presence = Optional
	case true, "true":
	default:
		r.fail("has a %q that is not \"true\", \"false\" or \"optional\"", "presence")
	}
	return f
}

// castFactors finds the v2 auth objects that play the parts of PIN and OTP, so
// that a page which knows these two can serve both versions.
func (c *Credential) castFactors() {
	c.PIN, c.OTP = nil, nil
	for _, o := range c.AuthObjects {
		f := &Factor{Presence: Required, Numeric: o.Format == "N", Label: o.Label, Description: o.Description, ID: o.ID, Provider: o.Generator}
		challenge := o.Type == "ChallengeResponse"
		switch {
		case o.outOfBand():
		case c.OTP == nil && (challenge || o.Generator != "" || strings.EqualFold(o.ID, "OTP")):
			f.Online = challenge
			c.OTP = f
		case c.PIN == nil:
			c.PIN = f
		}
	}
	if c.AuthExpression != "" { // which ones are needed is the expression's affair
		for _, f := range []*Factor{c.PIN, c.OTP} {
			if f != nil && !strings.Contains(strings.ToUpper(c.AuthExpression), "AND") {
				f.Presence = Optional
			}
		}
	}
}
