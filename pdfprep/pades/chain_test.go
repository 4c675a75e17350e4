package pades_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"golang.org/x/crypto/ocsp"

	"hashout/pdfprep/pades"
)

// Each case signs with a leaf under an intermediate under a root, one of them changed. crypto/x509 is asked too: what it refuses may not pass.
func TestChainsThatBreakARuleDoNotPass(t *testing.T) {
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, 1}, Critical: true, Value: []byte{5, 0}}
	for name, tc := range map[string]struct {
		root, middle, leaf func(*x509.Certificate)
		want               pades.SubIndication
	}{
		"in order":                           {},
		"no authority":                       {middle: func(c *x509.Certificate) { c.IsCA = false }, want: pades.NoChain},
		"authority without basicConstraints": {middle: func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false }, want: pades.NoChain},
		"authority that may not issue":       {middle: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, want: pades.NoChain},
		"authority expired":                  {middle: func(c *x509.Certificate) { c.NotAfter = noon.AddDate(0, 0, -1) }, want: pades.ChainConstraints},
		"root expired":                       {root: func(c *x509.Certificate) { c.NotAfter = noon.AddDate(0, 0, -1) }, want: pades.ChainConstraints},
		"path too long":                      {root: func(c *x509.Certificate) { c.MaxPathLenZero = true }, want: pades.ChainConstraints},
		"path just long enough":              {root: func(c *x509.Certificate) { c.MaxPathLen = 1 }, middle: func(c *x509.Certificate) { c.MaxPathLenZero = true }},
		"unknown critical in the authority":  {middle: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{critical} }, want: pades.ChainConstraints},
		"unknown critical in the leaf":       {leaf: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{critical} }, want: pades.ChainConstraints},
		"names limited and present": {
			middle: func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"good.example"} },
			leaf:   func(c *x509.Certificate) { c.EmailAddresses = []string{"x@bad.example"} }, want: pades.ChainConstraints,
		},
		"names limited and absent": {middle: func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"good.example"} }},
	} {
		as := func(change func(*x509.Certificate), ca bool) func(*x509.Certificate) {
			return func(c *x509.Certificate) {
				if ca {
					authority(c)
				}
				if change != nil {
					change(c)
				}
			}
		}
		root := issue("Root", nil, as(tc.root, true))
		middle := issue("Middle", root, as(tc.middle, true))
		leaf := issue("signer", middle, as(tc.leaf, false))
		s := &scene{ca: middle, leaf: leaf, document: []byte("document")}
		good := func(by, of *holder) []byte {
			return must(ocsp.CreateResponse(by.cert, by.cert, ocsp.Response{Status: ocsp.Good, SerialNumber: of.cert.SerialNumber, ThisUpdate: noon, NextUpdate: noon.AddDate(0, 0, 1)}, by.key))
		}
		s.trust = pades.Trust{Roots: []*x509.Certificate{root.cert}, Now: noon, Other: pades.Evidence{
			Certificates: []*x509.Certificate{middle.cert}, OCSPs: [][]byte{good(middle, leaf), good(root, middle)},
		}}
		r := s.validate(t, s.sign(t), s.document, s.trust)
		if r.SubIndication != tc.want || r.OK() != (tc.want == "") {
			t.Errorf("%s: %v", name, r.Verdict)
		}
		roots, others := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(root.cert)
		others.AddCert(middle.cert)
		_, err := leaf.cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, CurrentTime: noon, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		if err != nil && r.OK() {
			t.Errorf("%s: passes, but crypto/x509 says %v", name, err)
		}
	}
}

func TestLoopsAndCrowdsOfAuthoritiesEnd(t *testing.T) {
	// Authorities of one name that certify one another in a ring, many times over.
	a, b := issue("A", nil, authority), issue("B", nil, authority)
	ring := []*x509.Certificate{}
	for range 60 {
		ring = append(ring, cross(a, b), cross(b, a))
	}
	leaf := issue("signer", a, nil)
	s := &scene{ca: a, leaf: leaf, document: []byte("document")}
	s.trust = pades.Trust{Roots: []*x509.Certificate{issue("Root", nil, authority).cert}, Now: noon, Other: pades.Evidence{Certificates: ring}}
	if r := s.validate(t, s.sign(t), s.document, s.trust); r.SubIndication != pades.NoChain {
		t.Errorf("%v", r.Verdict)
	}
}
