package csctest

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// detail is what a caller wants to know about a credential.
type detail struct {
	certificates       string
	certInfo, authInfo bool
}

func (c *call) detail() detail {
	d := detail{c.text("certificates", false), c.boolean("certInfo"), c.boolean("authInfo")}
	if !c.has("certificates") {
		d.certificates = "single"
	}
	if !slices.Contains([]string{"none", "single", "chain"}, d.certificates) {
		c.fail(refuse("Invalid parameter certificates"))
	}
	return d
}

// credentialsList is v1 §11.4 and v2 §11.4.
func (s *Server) credentialsList(c *call) (*reply, *problem) {
	userID := c.text("userID", false)
	from, count := 0, len(s.order)
	full, onlyValid := false, false
	var d detail
	if c.v2 {
		full, onlyValid = c.boolean("credentialInfo"), c.boolean("onlyValid")
		c.text("lang", false)
		if d = c.detail(); !full && (c.has("certificates") || c.has("certInfo") || c.has("authInfo")) {
			c.fail(refuse("Parameters certificates, certInfo and authInfo need credentialInfo"))
		}
	} else {
		from, count = s.pageOf(c)
	}
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	// userID names the owner where the token does not, and is forbidden where
	// it does.
	switch specific := c.token != nil && c.token.user != ""; {
	case specific && c.has("userID"):
		return nil, refuse("Invalid parameter userID: the token implies the user")
	case !specific && !c.has("userID"):
		return nil, refuse("Missing (or invalid type) string parameter userID")
	case !specific && !slices.ContainsFunc(s.opts.Users, func(u User) bool { return u.Name == userID }):
		return nil, refuse("Invalid parameter userID")
	case specific:
		userID = c.token.user
	}
	ids, infos := []string{}, []any{}
	more := false
	for i, k := range s.order {
		if k.spec.Owner != "" && k.spec.Owner != userID || i < from {
			continue
		}
		if onlyValid && !s.isUsable(k) {
			continue
		}
		if len(ids) == count {
			more, from = true, i
			break
		}
		ids = append(ids, k.spec.ID)
		if full {
			info, p := s.describe(c, k, d)
			if p != nil {
				return nil, p
			}
			info["credentialID"] = k.spec.ID
			infos = append(infos, info)
		}
	}
	body := map[string]any{"credentialIDs": ids}
	if more {
		body["nextPageToken"] = "page " + strconv.Itoa(from)
	} else if s.opts.Dialect.NullsForAbsent && !c.v2 {
		body["nextPageToken"] = nil
	}
	if full && !s.opts.Dialect.NoListInfo {
		body["credentialInfos"] = infos
	}
	if onlyValid {
		body["onlyValid"] = true
	}
	return ok(body), nil
}

// pageOf reads the paging parameters of v1: where to start, how many.
func (s *Server) pageOf(c *call) (from, count int) {
	count = s.opts.PageSize
	if c.has("maxResults") {
		n := c.integer("maxResults", false)
		if n < 1 {
			c.fail(refuse("Invalid parameter maxResults"))
		}
		count = min(n, count)
	}
	if token := c.text("pageToken", false); c.has("pageToken") {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "page "))
		if err != nil || n < 1 || n >= len(s.order) || token != "page "+strconv.Itoa(n) {
			c.fail(refuse("Invalid parameter pageToken"))
		}
		from = n
	}
	return from, count
}

// credentialsInfo is v1 §11.5 and v2 §11.5.
func (s *Server) credentialsInfo(c *call) (*reply, *problem) {
	k := c.credential()
	d := c.detail()
	c.text("lang", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	body, p := s.describe(c, k, d)
	if p != nil {
		return nil, p
	}
	return ok(body), nil
}

func (s *Server) isUsable(k *credential) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usable(k)
}

// describe is the body of credentials/info.
func (s *Server) describe(c *call, k *credential, d detail) (map[string]any, *problem) {
	if err := s.load(k); err != nil {
		return nil, internal(err)
	}
	dial := s.opts.Dialect
	description := k.spec.Description
	if description == "" {
		description = k.spec.Name
	}
	body := map[string]any{
		"description": description,
		"key":         s.keyInfo(k),
		"cert":        s.certInfo(k, d),
		"lang":        "en",
	}
	switch scal := k.spec.SCAL; {
	case dial.SCALAsNumber:
		body["SCAL"] = scal
	case dial.SCALWithPrefix:
		body["SCAL"] = fmt.Sprintf("SCAL%d", scal)
	default:
		body["SCAL"] = strconv.Itoa(scal)
	}
	switch m := k.spec.Multisign; {
	case dial.MultisignAsBool:
		body["multisign"] = m > 1
	case dial.MultisignAsText:
		body["multisign"] = strconv.Itoa(m)
	default:
		body["multisign"] = m
	}
	if c.v2 {
		s.authInfoV2(body, k, d.authInfo)
	} else {
		s.authInfoV1(body, k, d.authInfo)
	}
	return body, nil
}

func (s *Server) keyInfo(k *credential) map[string]any {
	dial := s.opts.Dialect
	bits, curve := keyShape(k.spec.Key)
	status := "enabled"
	if k.spec.KeyDisabled {
		status = "disabled"
	}
	algos := s.algorithms(k)
	key := map[string]any{"status": status, "algo": algos}
	if dial.AlgoAsString && len(algos) > 0 {
		key["algo"] = algos[0]
	}
	if !dial.NoKeyLen {
		key["len"] = bits
	}
	switch {
	case curve != "" && k.spec.Key != Ed25519:
		key["curve"] = curve
		if dial.CurveAsName {
			key["curve"] = string(k.spec.Key)
		}
	case dial.NullsForAbsent:
		key["curve"] = nil
	}
	return key
}

func (s *Server) certInfo(k *credential, d detail) map[string]any {
	dial := s.opts.Dialect
	cert := map[string]any{}
	s.mu.Lock()
	status := k.status
	s.mu.Unlock()
	switch status {
	case CertValid:
		cert["status"] = "valid"
	case CertExpired, CertRevoked, CertSuspended:
		cert["status"] = string(status)
	default: // the text wants the status only if it is accurate
	}
	chain := []*x509.Certificate{k.cert}
	if d.certificates == "chain" && !dial.LeafOnlyChain {
		chain = append(chain, s.pki.inter.cert, s.pki.root.cert)
	}
	if d.certificates != "none" {
		if dial.ReversedChain {
			slices.Reverse(chain)
		}
		list := make([]string, len(chain))
		for i, x := range chain {
			if list[i] = s.encode(x.Raw); dial.PEMCertificates {
				list[i] = string(certPEM(x))
			}
		}
		cert["certificates"] = list
	}
	names := []string{"issuerDN", "subjectDN", "serialNumber", "validFrom", "validTo"}
	const generalized = "20060102150405Z"
	for i, v := range []string{
		k.cert.Issuer.String(), k.cert.Subject.String(), hexSerial(k.cert.SerialNumber),
		k.cert.NotBefore.UTC().Format(generalized), k.cert.NotAfter.UTC().Format(generalized),
	} {
		if d.certInfo {
			cert[names[i]] = v
		} else if dial.NullsForAbsent {
			cert[names[i]] = nil
		}
	}
	return cert
}

// encode is base64 as the dialect writes it.
func (s *Server) encode(b []byte) string {
	t := base64.StdEncoding.EncodeToString(b)
	if s.opts.Dialect.LooseBase64 {
		t = strings.TrimRight(t, "=")
	}
	if s.opts.Dialect.WrappedBase64 {
		var lines []string
		for chunk := range slices.Chunk([]byte(t), 64) {
			lines = append(lines, string(chunk))
		}
		t = strings.Join(lines, "\r\n")
	}
	return t
}

func (s *Server) authInfoV1(body map[string]any, k *credential, wanted bool) {
	body["authMode"] = string(k.spec.AuthMode)
	if !wanted || k.spec.AuthMode != Explicit {
		if s.opts.Dialect.NullsForAbsent {
			body["PIN"], body["OTP"] = nil, nil
		}
		return
	}
	presence := func(id string, there bool) any {
		if s.opts.Dialect.PresenceAsBool {
			return there
		}
		others, err := evaluate(k.expression(), func(other string) bool { return other != id })
		if there && err == nil && others {
			return "optional"
		}
		return strconv.FormatBool(there)
	}
	pin := map[string]any{"presence": presence("PIN", k.spec.PIN != "")}
	if k.spec.PIN != "" {
		pin["format"], pin["label"] = formatOf(k.spec.PIN), "PIN"
		pin["description"] = "The PIN of this credential"
	}
	otp := map[string]any{"presence": presence("OTP", k.spec.OTP != NoOTP)}
	if k.spec.OTP != NoOTP {
		otp["format"], otp["label"] = "N", "One-time code"
		otp["type"], otp["ID"] = string(k.spec.OTP), "phone-1"
		otp["description"] = "A code of six digits"
		if k.spec.OTP == OTPOffline {
			otp["provider"] = "totp"
		}
	}
	body["PIN"], body["OTP"] = pin, otp
}

func (s *Server) authInfoV2(body map[string]any, k *credential, wanted bool) {
	mode := map[AuthMode]string{Explicit: "explicit", Implicit: "explicit", OAuth2Code: "oauth2code"}[k.spec.AuthMode]
	auth := map[string]any{"mode": mode}
	body["auth"] = auth
	if q := k.spec.Qualifier; q != "" {
		body["signatureQualifier"] = q
	}
	if !wanted || mode != "explicit" {
		return
	}
	objects := []any{}
	if k.spec.PIN != "" {
		objects = append(objects, map[string]any{
			"type": "Password", "id": "PIN", "format": formatOf(k.spec.PIN), "label": "PIN",
			"description": "The PIN of this credential",
		})
	}
	switch k.spec.OTP {
	case OTPOnline:
		objects = append(objects, map[string]any{
			"type": "ChallengeResponse", "id": "OTP", "format": "N", "label": "One-time code",
			"description": "A code sent to the phone",
		})
	case OTPOffline:
		objects = append(objects, map[string]any{
			"type": "Password", "id": "OTP", "format": "N", "label": "One-time code",
			"description": "A code made by the phone", "generator": "totp",
		})
	}
	auth["objects"] = objects
	if len(objects) > 1 {
		auth["expression"] = k.expression()
	}
}

// expression is auth.expression: all objects unless the spec says otherwise.
func (k *credential) expression() string {
	switch {
	case k.spec.Expression != "":
		return k.spec.Expression
	case k.spec.PIN != "" && k.spec.OTP != NoOTP:
		return "PIN AND OTP"
	case k.spec.PIN != "":
		return "PIN"
	case k.spec.OTP != NoOTP:
		return "OTP"
	}
	return ""
}

// formatOf is N for digits and A for anything else.
func formatOf(pin string) string {
	if strings.Trim(pin, "0123456789") == "" {
		return "N"
	}
	return "A"
}
