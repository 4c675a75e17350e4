package pades_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

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
		"authority not valid yet":            {middle: func(c *x509.Certificate) { c.NotBefore = noon.AddDate(0, 0, 1) }, want: pades.ChainConstraints},
		"root not valid yet":                 {root: func(c *x509.Certificate) { c.NotBefore = noon.AddDate(0, 0, 1) }, want: pades.ChainConstraints},
		"valid from this moment on":          {middle: func(c *x509.Certificate) { c.NotBefore = noon }, leaf: func(c *x509.Certificate) { c.NotBefore = noon }},
		"valid up to this moment":            {middle: func(c *x509.Certificate) { c.NotAfter = noon }, leaf: func(c *x509.Certificate) { c.NotAfter = noon }},
		"leaf not valid yet":                 {leaf: func(c *x509.Certificate) { c.NotBefore = noon.AddDate(0, 0, 1) }, want: pades.NotYetValid},
		"leaf expired":                       {leaf: func(c *x509.Certificate) { c.NotAfter = noon.AddDate(0, 0, -1) }, want: pades.OutOfBounds},
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

// Constraints on names are not read here, so that they are obeyed by refusing everyone who has such a name, whatever kind it is of.
func TestConstraintsOnNamesOfEveryKindAreObeyed(t *testing.T) {
	everything := []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}}
	limits := map[string]func(*x509.Certificate){
		"nothing":         func(*x509.Certificate) {},
		"hosts permitted": func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example"} },
		"hosts excluded":  func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"bad.example"} },
		"mail permitted":  func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"good.example"} },
		"mail excluded":   func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{"bad.example"} },
		"URIs permitted":  func(c *x509.Certificate) { c.PermittedURIDomains = []string{"good.example"} },
		"URIs excluded":   func(c *x509.Certificate) { c.ExcludedURIDomains = []string{"bad.example"} },
		"IPs permitted":   func(c *x509.Certificate) { c.PermittedIPRanges = everything },
		"IPs excluded":    func(c *x509.Certificate) { c.ExcludedIPRanges = everything },
	}
	names := map[string]func(*x509.Certificate){
		"no name":        func(*x509.Certificate) {},
		"a host":         func(c *x509.Certificate) { c.DNSNames = []string{"www.good.example"} },
		"a mail address": func(c *x509.Certificate) { c.EmailAddresses = []string{"x@good.example"} },
		"an IP address":  func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} },
		"a URI":          func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "https", Host: "good.example"}} },
	}
	for limit, middle := range limits {
		for name, leaf := range names {
			x := newTrial(shape{middle: middle, leaf: leaf})
			want := pades.SubIndication("")
			if limit != "nothing" && name != "no name" {
				want = pades.ChainConstraints
			}
			if r := x.validate(t, x.contents(), x.trust()); r.SubIndication != want {
				t.Errorf("%s, the signer has %s: %v", limit, name, r.Verdict)
			}
		}
	}
}

// The limit on the length of a path counts authorities between, but not those that only renew the issuer's own key (RFC 5280 4.2.1.9).
func TestThePathMayBeAsLongAsItsAuthoritiesSay(t *testing.T) {
	for _, tc := range []struct {
		limit, between int
		renewed        bool // one of those between has its issuer's name
		ok             bool
	}{
		{-1, 3, false, true}, {0, 0, false, true}, {0, 1, false, false}, {0, 1, true, true}, {1, 1, false, true}, {1, 2, false, false}, {1, 2, true, true}, {1, 3, true, false}, {2, 2, false, true},
	} {
		top := issue("top", nil, func(c *x509.Certificate) {
			authority(c)
			c.MaxPathLen, c.MaxPathLenZero = tc.limit, tc.limit == 0
		})
		known, evidence, above := []*x509.Certificate{}, [][]byte{}, top
		for i := range tc.between {
			name := "between " + strconv.Itoa(i)
			if i == 0 && tc.renewed {
				name = "top"
			}
			next := issue(name, above, authority)
			known, evidence, above = append(known, next.cert), append(evidence, says(above, next, noon, time.Time{})), next
		}
		x := &trial{leaf: issue("signer", above, nil)}
		x.sign(x.options())
		trust := pades.Trust{Roots: []*x509.Certificate{top.cert}, Now: noon, Document: pades.Evidence{Certificates: known, OCSPs: append(evidence, says(above, x.leaf, noon, time.Time{}))}}
		r := x.validate(t, x.contents(), trust)
		if r.OK() != tc.ok || !tc.ok && r.SubIndication != pades.ChainConstraints {
			t.Errorf("%+v: %v", tc, r.Verdict)
		}
		if tc.ok && len(r.Chain) != tc.between+2 {
			t.Errorf("%+v: a chain of %d", tc, len(r.Chain))
		}
	}
}

// A chain goes from the signer up to a root, by the shortest way, and through no certificate twice.
func TestChainsGoStraightUp(t *testing.T) {
	x := newTrial(shape{})
	again := issue("middle", nil, authority)
	selfSigned := cross(x.middle, x.middle)
	for name, tc := range map[string]struct {
		roots, known []*x509.Certificate
		want         []*x509.Certificate
	}{
		"the signer is trusted itself":            {[]*x509.Certificate{x.leaf.cert}, nil, []*x509.Certificate{x.leaf.cert}},
		"its authority is trusted":                {[]*x509.Certificate{x.middle.cert, x.root.cert}, []*x509.Certificate{x.middle.cert}, []*x509.Certificate{x.leaf.cert, x.middle.cert}},
		"its authority is trusted, named last":    {[]*x509.Certificate{x.root.cert, x.middle.cert}, []*x509.Certificate{x.middle.cert}, []*x509.Certificate{x.leaf.cert, x.middle.cert}},
		"the root is trusted":                     {[]*x509.Certificate{x.root.cert}, []*x509.Certificate{x.middle.cert}, []*x509.Certificate{x.leaf.cert, x.middle.cert, x.root.cert}},
		"another of the authority's name":         {[]*x509.Certificate{x.root.cert}, []*x509.Certificate{again.cert, x.middle.cert}, []*x509.Certificate{x.leaf.cert, x.middle.cert, x.root.cert}},
		"everything twice":                        {[]*x509.Certificate{x.root.cert, x.root.cert}, []*x509.Certificate{x.middle.cert, x.middle.cert, x.root.cert}, []*x509.Certificate{x.leaf.cert, x.middle.cert, x.root.cert}},
		"the authority has certified itself, too": {[]*x509.Certificate{x.root.cert}, []*x509.Certificate{selfSigned, x.middle.cert}, []*x509.Certificate{x.leaf.cert, selfSigned, x.middle.cert, x.root.cert}},
	} {
		trust := x.trust()
		trust.Roots, trust.Document.Certificates = tc.roots, tc.known
		trust.Document.OCSPs = append(trust.Document.OCSPs, says(x.middle, &holder{cert: selfSigned}, noon, time.Time{}))
		r := x.validate(t, x.contents(), trust)
		if !r.OK() || !slices.EqualFunc(r.Chain, tc.want, (*x509.Certificate).Equal) {
			t.Errorf("%s: %s: %v", name, subjects(r.Chain), r.Verdict)
		}
	}
}

// However many strangers stand in a document, the way to the root is found.
func TestACrowdOfStrangersHidesNoChain(t *testing.T) {
	x := newTrial(shape{})
	trust := x.trust()
	stranger := issue("stranger", nil, authority).cert
	crowd := slices.Repeat([]*x509.Certificate{stranger}, 1000)
	trust.Document.Certificates = append(crowd, trust.Document.Certificates...)
	if r := x.validate(t, x.contents(), trust); !r.OK() {
		t.Errorf("%v", r.Verdict)
	}
}
