package csctest

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"net/http"
	"slices"
	"strings"
)

// docEntry is one element of documentDigests, judged.
type docEntry struct {
	hashes     [][]byte
	mechanism  mechanism
	level      string
	attributes []attribute
}

// signDoc is v2 §11.11 for documentDigests with PAdES: the answer is the CMS
// for the Contents of each signature dictionary.
func (s *Server) signDoc(c *call) (*reply, *problem) {
	k := c.credentialOrQualifier()
	r := c.signRequest()
	validation := c.boolean("returnValidationInfo")
	top := ""
	if s.opts.V2 == V21 {
		top = c.text("hashAlgorithmOID", false)
	}
	list := c.list("documentDigests", false)
	if c.list("documents", false); c.has("documents") == c.has("documentDigests") {
		c.fail(refuse("Exactly one of documents and documentDigests is needed"))
	} else if c.has("documents") {
		c.fail(refuse("Invalid parameter documents: only documentDigests are served"))
	}
	c.clientData()
	if c.err == nil && len(list) == 0 {
		c.fail(refuse("Empty documentDigests array"))
	}
	if p := c.finish(); p != nil {
		return nil, p
	}
	var entries []docEntry
	var all [][]byte
	for _, v := range list {
		e, p := s.readEntry(k, v, top)
		if p != nil {
			return nil, p
		}
		if len(entries) > 0 && e.mechanism.hash != entries[0].mechanism.hash {
			return nil, refuse("All documentDigests need the same hash algorithm")
		}
		entries = append(entries, e)
		all = append(all, e.hashes...)
	}
	if p := s.spend(c, k, r, mechanism{hash: entries[0].mechanism.hash}, all); p != nil {
		if p.text == hashNotAuthorized { // v2 has a code of its own for it here
			p = &problem{http.StatusForbidden, invalidHash, p.text}
		}
		return nil, p
	}
	var objects []string
	long := false
	for _, e := range entries {
		for _, h := range e.hashes {
			der, err := s.padesCMS(k, e, h)
			if err != nil {
				return nil, internal(err)
			}
			objects = append(objects, s.encode(der))
		}
		long = long || e.level == "ades-b-lt"
	}
	s.countSigned(all)
	body := map[string]any{"SignatureObject": objects}
	if validation || long {
		info, p := s.validationInfo(k)
		if p != nil {
			return nil, p
		}
		body["validationInfo"] = info
	}
	return s.deliver(c, r, body), nil
}

func (c *call) credentialOrQualifier() *credential {
	q := c.text("signatureQualifier", false)
	if c.has("credentialID") || q == "" {
		k := c.credential()
		if k != nil && q != "" && k.spec.Qualifier != q {
			c.fail(refuse("Invalid parameter signatureQualifier"))
		}
		return k
	}
	i := slices.IndexFunc(c.s.order, func(k *credential) bool { return k.spec.Qualifier == q && c.mayUse(k) })
	if i < 0 {
		c.fail(refuse("Invalid parameter signatureQualifier"))
		return nil
	}
	if err := c.s.load(c.s.order[i]); err != nil {
		c.fail(internal(err))
	}
	return c.s.order[i]
}

func (s *Server) readEntry(k *credential, v any, topHash string) (docEntry, *problem) {
	m, isObject := v.(map[string]any)
	if !isObject {
		return docEntry{}, refuse("Invalid parameter documentDigests: not an object")
	}
	p := newParams(m)
	e := docEntry{hashes: p.hashes("hashes", true), level: "ades-b-b"}
	format := p.id("signature_format")
	if level := p.text("conformance_level", false); p.has("conformance_level") {
		e.level = strings.ToLower(level) // the texts disagree about the case
	}
	hashOID := p.text("hashAlgorithmOID", false)
	signAlgo, params := p.id("signAlgo"), p.text("signAlgoParams", false)
	envelope := p.text("signed_envelope_property", false)
	if p.has("signed_envelope_property") && envelope != "Certification" && envelope != "Revision" {
		p.fail(refuse("Invalid parameter signed_envelope_property"))
	}
	for _, prop := range p.list("signed_props", false) {
		if a := p.signedProp(prop); a != nil {
			e.attributes = append(e.attributes, *a)
		}
	}
	if pr := p.finish(); pr != nil {
		return e, pr
	}
	switch {
	case format != "P":
		return e, refuse("Invalid parameter signature_format")
	case !slices.Contains([]string{"ades-b-b", "ades-b-t", "ades-b-lt"}, e.level):
		return e, refuse("Invalid parameter conformance_level")
	case hashOID != "" && topHash != "" && hashOID != topHash:
		return e, refuse("Parameter hashAlgorithmOID contradicts itself")
	case hashOID == "":
		hashOID = topHash
	}
	h, known := hashByOID(hashOID)
	if !known {
		return e, refuse("Missing (or invalid type) string parameter hashAlgorithmOID")
	}
	var pr *problem
	if signAlgo == oidEd25519 {
		if hashOID != oidSHA512 { // RFC 8419 §3.1
			return e, refuse("Invalid parameter hashAlgorithmOID")
		}
		hashOID = ""
	}
	if e.mechanism, pr = s.mechanism(k, signAlgo, hashOID, params); pr != nil {
		return e, pr
	}
	return e, mechanism{hash: h}.checkLength(e.hashes)
}

// signedProp reads one element of signed_props. Names of the CMS group become
// attributes; those of the PDF group live in the signature dictionary, which
// the client writes.
func (p *params) signedProp(v any) *attribute {
	m, _ := v.(map[string]any)
	one := newParams(m)
	name, value := one.id("attribute_name"), one.text("attribute_value", false)
	oid, isCMS := map[string]asn1.ObjectIdentifier{
		"commitment-type-indication":  {1, 2, 840, 113549, 1, 9, 16, 2, 16},
		"content-hints":               {1, 2, 840, 113549, 1, 9, 16, 2, 4},
		"content-reference":           {1, 2, 840, 113549, 1, 9, 16, 2, 10},
		"content-identifier":          {1, 2, 840, 113549, 1, 9, 16, 2, 7},
		"content-time-stamp":          {1, 2, 840, 113549, 1, 9, 16, 2, 20},
		"signature-policy-identifier": {1, 2, 840, 113549, 1, 9, 16, 2, 15},
		"signer-location":             {1, 2, 840, 113549, 1, 9, 16, 2, 17},
		"signer-attributes-v2":        {0, 4, 0, 19122, 1, 1},
		"mime-type":                   {0, 4, 0, 1733, 2, 1},
	}[name]
	isPDF := slices.Contains([]string{"Location", "Reason", "Name", "ContactInfo"}, name)
	der, err := strictBase64(value)
	var any asn1.RawValue
	rest, errDER := asn1.Unmarshal(der, &any)
	switch {
	case m == nil || one.finish() != nil || !isCMS && !isPDF,
		isCMS && (err != nil || errDER != nil || len(rest) > 0):
		p.fail(refuse("Invalid parameter signed_props"))
		return nil
	case isPDF:
		return nil
	}
	a := newAttribute(oid, der)
	return &a
}

// padesCMS signs the digest of a ByteRange (EN 319 142-1 §6).
func (s *Server) padesCMS(k *credential, e docEntry, digest []byte) ([]byte, error) {
	j := cmsJob{
		contentType: idData, digest: digest, attributes: e.attributes, cert: k.cert, key: k.key, mechanism: e.mechanism,
		embedded: []*x509.Certificate{k.cert, s.pki.inter.cert},
	}
	if e.level != "ades-b-b" {
		j.unsigned = func(sig []byte) ([]attribute, error) {
			d := crypto.SHA256.New()
			d.Write(sig)
			token, err := s.timestampToken(d.Sum(nil), crypto.SHA256, nil, true)
			if err != nil {
				return nil, err
			}
			return []attribute{newAttribute(idTimeStamp, token)}, nil
		}
	}
	return j.build()
}

// validationInfo is what a DSS needs beyond the signature itself.
func (s *Server) validationInfo(k *credential) (map[string]any, *problem) {
	var ocsps []string
	for _, pair := range []struct {
		cert   *x509.Certificate
		issuer *authority
	}{{k.cert, s.pki.inter}, {s.pki.tsaCert, s.pki.inter}, {s.pki.inter.cert, s.pki.root}} {
		der := s.answerOCSP(ocspRequestFor(pair.cert, pair.issuer.cert))
		ocsps = append(ocsps, s.encode(der))
	}
	certs := []string{s.encode(s.pki.root.cert.Raw)}
	return map[string]any{"ocsp": ocsps, "crl": []string{}, "certificates": certs}, nil
}
