package pades_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"hashout/pdfprep/pades"
)

// What counts of revocation is when it happened, and of data about it, who says so and how lately. The signature was stamped at eleven.
func TestRevocationIsJudgedAtTheProvenTime(t *testing.T) {
	x := newTrial(shape{})
	stamped := noon.Add(-time.Hour)
	contents := x.contents(x.token(stamped, nil))
	before, after, never := stamped.Add(-time.Minute), stamped.Add(time.Minute), time.Time{}
	leaf := func(at, revoked time.Time) []byte { return says(x.middle, x.leaf, at, revoked) }
	middle := func(at, revoked time.Time) []byte { return says(x.root, x.middle, at, revoked) }
	for name, tc := range map[string]struct {
		leaf, middle, leafLists, middleLists [][]byte
		want                                 pades.SubIndication
	}{
		"nothing is revoked":                          {leaf: [][]byte{leaf(noon, never)}, middle: [][]byte{middle(noon, never)}},
		"the signer, before":                          {leaf: [][]byte{leaf(noon, before)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"the signer, at that very moment":             {leaf: [][]byte{leaf(noon, stamped)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"the signer, afterwards":                      {leaf: [][]byte{leaf(noon, after)}, middle: [][]byte{middle(noon, never)}},
		"the authority, before":                       {leaf: [][]byte{leaf(noon, never)}, middle: [][]byte{middle(noon, before)}, want: pades.RevokedCA},
		"the authority, at that very moment":          {leaf: [][]byte{leaf(noon, never)}, middle: [][]byte{middle(noon, stamped)}, want: pades.RevokedCA},
		"the authority, afterwards":                   {leaf: [][]byte{leaf(noon, never)}, middle: [][]byte{middle(noon, after)}},
		"nothing known of the signer":                 {middle: [][]byte{middle(noon, never)}, want: pades.TryLater},
		"nothing known of the authority":              {leaf: [][]byte{leaf(noon, never)}, want: pades.TryLater},
		"the younger of two says revoked":             {leaf: [][]byte{leaf(stamped, never), leaf(noon, before)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"the younger of two, first, says revoked":     {leaf: [][]byte{leaf(noon, before), leaf(stamped, never)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"the younger of two says good again":          {leaf: [][]byte{leaf(stamped, before), leaf(noon, never)}, middle: [][]byte{middle(noon, never)}},
		"the younger of two, first, says good again":  {leaf: [][]byte{leaf(noon, never), leaf(stamped, before)}, middle: [][]byte{middle(noon, never)}},
		"data that were current then":                 {leaf: [][]byte{leaf(stamped.Add(-30*time.Minute), never)}, middle: [][]byte{middle(noon, never)}},
		"data that were old then":                     {leaf: [][]byte{leaf(stamped.Add(-2*time.Hour), never)}, middle: [][]byte{middle(noon, never)}, want: pades.TryLater},
		"data from the future":                        {leaf: [][]byte{leaf(noon.Add(time.Hour), never)}, middle: [][]byte{middle(noon, never)}, want: pades.TryLater},
		"data of another authority":                   {leaf: [][]byte{says(x.stamper, x.leaf, noon, never)}, middle: [][]byte{middle(noon, never)}, want: pades.TryLater},
		"data that are none, then good ones":          {leaf: [][]byte{nil, {1}, leaf(noon, never)}, middle: [][]byte{middle(noon, never)}},
		"lists without them":                          {leafLists: [][]byte{lists(x.middle, noon, never)}, middleLists: [][]byte{lists(x.root, noon, never)}},
		"a list with the signer":                      {leafLists: [][]byte{lists(x.middle, noon, before, x.leaf)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"a list with the authority":                   {leaf: [][]byte{leaf(noon, never)}, middleLists: [][]byte{lists(x.root, noon, before, x.middle)}, want: pades.RevokedCA},
		"a younger list against an older response":    {leaf: [][]byte{leaf(stamped, never)}, leafLists: [][]byte{lists(x.middle, noon, before, x.leaf)}, middle: [][]byte{middle(noon, never)}, want: pades.Revoked},
		"an older list against a younger response":    {leaf: [][]byte{leaf(noon, never)}, leafLists: [][]byte{lists(x.middle, stamped, before, x.leaf)}, middle: [][]byte{middle(noon, never)}},
		"a list of another authority with the number": {leaf: [][]byte{leaf(noon, never)}, leafLists: [][]byte{lists(x.root, noon, before, x.leaf)}, middle: [][]byte{middle(noon, never)}},
	} {
		for _, document := range []bool{true, false} {
			trust := x.trust()
			e := pades.Evidence{Certificates: trust.Document.Certificates, OCSPs: slices.Concat(tc.leaf, tc.middle, trust.Document.OCSPs[2:]), CRLs: slices.Concat(tc.leafLists, tc.middleLists)}
			if trust.Document = e; !document {
				trust.Document, trust.Other = pades.Evidence{}, e
			}
			r := x.validate(t, contents, trust)
			if !r.Intact || !r.Proven || !r.Time.Equal(stamped) || !r.Timestamps[0].OK() {
				t.Fatalf("%s: not stamped at eleven: %+v", name, r)
			}
			if r.SubIndication != tc.want || r.OK() != (tc.want == "") {
				t.Errorf("%s, in the document %v: %v", name, document, r.Verdict)
			}
		}
	}
}

// The words name who is meant, by the common name or, where there is none, by the whole name.
func TestVerdictsNameTheCertificate(t *testing.T) {
	for want, change := range map[string]func(*x509.Certificate){
		"The certificate of Throw-away signer has expired": nil,
		"The certificate of O=Throw-away Ltd has expired":  func(c *x509.Certificate) { c.Subject = pkix.Name{Organization: []string{"Throw-away Ltd"}} },
	} {
		x := newTrial(shape{leaf: change})
		trust := x.trust()
		trust.Now = noon.AddDate(6, 0, 0)
		if r := x.validate(t, x.contents(), trust); r.SubIndication != pades.OutOfBounds || !strings.HasPrefix(r.Explanation, want) {
			t.Errorf("%v, want %q", r.Verdict, want)
		}
	}
}

// A chain may be put together from the signature, the document and elsewhere; nobody is believed for standing in one of them.
func TestCertificatesMayComeFromAnywhere(t *testing.T) {
	x := newTrial(shape{})
	bare := x.parallel(nil, pkcs7.SignerInfoConfig{SkipCertificates: true}, true)
	silent := x.token(noon, func(s *timestamp.Timestamp) { s.AddTSACertificate = false })
	inSignature := x.options()
	inSignature.Chain = []*x509.Certificate{x.middle.cert, x.stamper.cert, x.tsa.cert}
	full := *x
	full.sign(inSignature)
	ofFull := full.token(noon, func(s *timestamp.Timestamp) { s.AddTSACertificate = false })
	all := []*x509.Certificate{x.middle.cert, x.stamper.cert, x.leaf.cert, x.tsa.cert}
	none := []*x509.Certificate{}
	for name, tc := range map[string]struct {
		contents        []byte
		document, other []*x509.Certificate
		want, stamp     pades.SubIndication
	}{
		"authorities in the document":                 {x.contents(x.token(noon, nil)), all[:2], none, "", ""},
		"authorities elsewhere":                       {x.contents(x.token(noon, nil)), none, all[:2], "", ""},
		"authorities in the signature":                {full.contents(ofFull), none, none, "", ""},
		"the signer's authority nowhere":              {x.contents(x.token(noon, nil)), all[1:2], none, pades.NoChain, ""},
		"the timestamp's authority nowhere":           {x.contents(x.token(noon, nil)), all[:1], none, "", pades.NoChain},
		"the signer in the document":                  {bare, all, none, "", ""},
		"the signer elsewhere":                        {bare, none, all, "", ""},
		"the signer nowhere":                          {bare, all[:2], none, pades.NoSigningCert, ""},
		"the timestamp's certificate in the document": {x.contents(silent), all, none, "", ""},
		"the timestamp's certificate elsewhere":       {x.contents(silent), all[:3], all[3:], "", ""},
		"the timestamp's certificate nowhere":         {x.contents(silent), all[:3], none, "", pades.NoSigningCert},
	} {
		trust := x.trust()
		trust.Document.Certificates, trust.Other.Certificates = tc.document, tc.other
		r := x.validate(t, tc.contents, trust)
		if r.SubIndication != tc.want || r.OK() != (tc.want == "") {
			t.Errorf("%s: %v", name, r.Verdict)
		}
		for _, s := range r.Timestamps {
			if s.SubIndication != tc.stamp || s.OK() != (tc.stamp == "") {
				t.Errorf("%s: the timestamp: %v", name, s.Verdict)
			}
		}
	}
}

// Revocation data inside the signature count as those from elsewhere do: in a list of CMS and in Adobe's signed attribute.
func TestEvidenceInsideTheSignatureCounts(t *testing.T) {
	x := newTrial(shape{})
	raw := func(der []byte) asn1.RawValue { return asn1.RawValue{FullBytes: der} }
	archival := func(crls, ocsps []asn1.RawValue) pkcs7.SignerInfoConfig {
		value := struct {
			CRLs  []asn1.RawValue `asn1:"optional,explicit,tag:0"`
			OCSPs []asn1.RawValue `asn1:"optional,explicit,tag:1"`
		}{crls, ocsps}
		return pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{{Type: asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}, Value: value}}}
	}
	good, listed := x.evidence().OCSPs[0], lists(x.middle, noon, time.Time{})
	for name, contents := range map[string][]byte{
		"a list of the CMS":           withCRL(x.contents(), listed),
		"a list of Adobe's attribute": x.parallel(nil, archival([]asn1.RawValue{raw(listed)}, nil), true),
		"a response of the attribute": x.parallel(nil, archival(nil, []asn1.RawValue{raw(good)}), true),
		"both of the attribute":       x.parallel(nil, archival([]asn1.RawValue{raw(listed)}, []asn1.RawValue{raw(good)}), true),
	} {
		trust := x.trust()
		trust.Document = without(trust.Document, 0)
		if r := x.validate(t, contents, trust); !r.OK() {
			t.Errorf("%s: %v", name, r.Verdict)
		}
	}
	trust := x.trust()
	trust.Document = without(trust.Document, 0)
	if r := x.validate(t, x.contents(), trust); r.SubIndication != pades.TryLater {
		t.Errorf("none: %v", r.Verdict)
	}
}
