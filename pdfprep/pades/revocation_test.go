package pades_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"hashout/pdfprep/pades"
)

// Responses and lists of these tests come from golang.org/x/crypto/ocsp and crypto/x509, which the package does not use for reading them.

type holder struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

var serial int64 = 100

func issue(name string, by *holder, change func(*x509.Certificate)) *holder {
	serial++
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Throw-away " + name}, NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(5, 0, 0),
		BasicConstraintsValid: true}
	if change != nil {
		change(c)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	return &holder{key, must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer))))}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
}

func responder(c *x509.Certificate) {
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
}

func TestOCSPResponsesAreBelievedFromTheIssuerOnly(t *testing.T) {
	ca, other := issue("CA", nil, authority), issue("Other CA", nil, authority)
	twin := issue("CA", nil, authority) // the same name, another key
	leaf, sibling := issue("leaf", ca, nil), issue("sibling", ca, nil)
	delegate, stranger := issue("responder", ca, responder), issue("stranger", other, responder)
	expired := issue("expired responder", ca, func(c *x509.Certificate) { responder(c); c.NotAfter = noon.AddDate(0, 0, -1) })
	good := ocsp.Response{Status: ocsp.Good, SerialNumber: leaf.cert.SerialNumber, ThisUpdate: noon, NextUpdate: noon.Add(time.Hour), IssuerHash: crypto.SHA1}
	with := func(change func(*ocsp.Response)) ocsp.Response { r := good; change(&r); return r }
	embed := func(h *holder) func(*ocsp.Response) { return func(r *ocsp.Response) { r.Certificate = h.cert } }
	response := func(issuer, signer *holder, r ocsp.Response) []byte {
		return must(ocsp.CreateResponse(issuer.cert, signer.cert, r, signer.key))
	}
	for name, tc := range map[string]struct {
		der []byte
		ok  bool
	}{
		"by the issuer":                      {response(ca, ca, good), true},
		"by its responder":                   {response(ca, delegate, with(embed(delegate))), true},
		"certificate named by SHA-256":       {response(ca, ca, with(func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 })), true},
		"by a sibling without the purpose":   {response(ca, sibling, with(embed(sibling))), false},
		"by another authority":               {response(ca, other, with(embed(other))), false},
		"by another authority's responder":   {response(ca, stranger, with(embed(stranger))), false},
		"by a responder that had expired":    {response(ca, expired, with(embed(expired))), false},
		"by a twin with the issuer's name":   {response(ca, twin, good), false},
		"about the twin's certificate":       {response(twin, ca, good), false},
		"about another certificate":          {response(ca, ca, with(func(r *ocsp.Response) { r.SerialNumber = sibling.cert.SerialNumber })), false},
		"unknown":                            {response(ca, ca, with(func(r *ocsp.Response) { r.Status = ocsp.Unknown })), false},
		"responder's certificate left out":   {response(ca, delegate, good), false},
		"an error of the responder":          {ocsp.TryLaterErrorResponse, false},
		"bytes after the response":           {append(response(ca, ca, good), 0), false},
		"nothing":                            {nil, false},
		"another certificate's key embedded": {response(ca, delegate, with(embed(sibling))), false},
	} {
		s, err := pades.JudgeOCSP(tc.der, leaf.cert, ca.cert)
		if (err == nil) != tc.ok || tc.ok && s.Revoked {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	s, err := pades.JudgeOCSP(response(ca, ca, with(func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, noon.Add(-time.Hour) })), leaf.cert, ca.cert)
	if err != nil || !s.Revoked || !s.RevokedAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("revoked: %+v, %v", s, err)
	}
}

func TestRevocationDataAgeAsTheyPromise(t *testing.T) {
	for name, tc := range map[string]struct {
		this, next time.Duration
		ok         bool
	}{
		"fresh":                 {-time.Hour, time.Hour, true},
		"over":                  {-2 * time.Hour, -time.Hour, false},
		"just over, slow clock": {-2 * time.Hour, -time.Minute, true},
		"from the future":       {time.Hour, 2 * time.Hour, false},
		"fast clock":            {time.Minute, 2 * time.Hour, true},
	} {
		s := &pades.Status{ThisUpdate: noon.Add(tc.this), NextUpdate: noon.Add(tc.next)}
		if err := s.Current(noon); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (&pades.Status{ThisUpdate: noon.Add(-time.Hour)}).Current(noon) != nil || (&pades.Status{ThisUpdate: noon.AddDate(0, 0, -2)}).Current(noon) == nil {
		t.Error("without a promise data last a day")
	}
}

func TestRevocationListsAreBelievedFromTheIssuerAndInFullOnly(t *testing.T) {
	ca, twin := issue("CA", nil, authority), issue("CA", nil, authority)
	mute := issue("mute CA", nil, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign })
	mute.cert.KeyUsage |= x509.KeyUsageCRLSign // so that crypto/x509 makes a list for it
	leaf, revoked := issue("leaf", ca, nil), issue("revoked", ca, nil)
	muted := issue("leaf", mute, nil)
	list := func(by *holder, extensions ...pkix.Extension) []byte {
		return must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: noon, NextUpdate: noon.Add(time.Hour), ExtraExtensions: extensions,
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: revoked.cert.SerialNumber, RevocationTime: noon.Add(-time.Hour)}},
		}, by.cert, by.key))
	}
	silent := list(mute)
	mute.cert.KeyUsage = x509.KeyUsageCertSign
	point := func(body ...byte) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: append([]byte{0x30, byte(len(body))}, body...)}
	}
	for name, tc := range map[string]struct {
		der     []byte
		c, i    *holder
		ok, bad bool
	}{
		"good":                           {list(ca), leaf, ca, true, false},
		"revoked":                        {list(ca), revoked, ca, true, true},
		"of a twin with the same name":   {list(twin), leaf, ca, false, false},
		"of an issuer without the right": {silent, muted, mute, false, false},
		"for end certificates":           {list(ca, point(0x81, 1, 0xff)), leaf, ca, true, false},
		"for authorities":                {list(ca, point(0x82, 1, 0xff)), leaf, ca, false, false},
		"indirect":                       {list(ca, point(0x84, 1, 0xff)), leaf, ca, false, false},
		"of some reasons":                {list(ca, point(0x83, 2, 1, 0x40)), leaf, ca, false, false},
		"of changes":                     {list(ca, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}), leaf, ca, false, false},
		"with an unknown extension":      {list(ca, pkix.Extension{Id: asn1.ObjectIdentifier{2, 999}, Critical: true, Value: []byte{5, 0}}), leaf, ca, false, false},
		"nothing":                        {nil, leaf, ca, false, false},
	} {
		s, err := pades.JudgeCRL(tc.der, tc.c.cert, tc.i.cert)
		if (err == nil) != tc.ok || tc.ok && s.Revoked != tc.bad {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func FuzzRevocationData(f *testing.F) {
	ca := issue("CA", nil, authority)
	leaf := issue("leaf", ca, nil)
	f.Add(must(ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{Status: ocsp.Revoked, SerialNumber: leaf.cert.SerialNumber, ThisUpdate: noon, NextUpdate: noon, RevokedAt: noon}, ca.key)))
	f.Add(must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: noon, NextUpdate: noon}, ca.cert, ca.key)))
	stranger := issue("CA", nil, authority)
	f.Fuzz(func(t *testing.T, der []byte) {
		_, _ = pades.JudgeOCSP(der, leaf.cert, ca.cert)
		_, _ = pades.JudgeCRL(der, leaf.cert, ca.cert)
		if s, err := pades.JudgeOCSP(der, leaf.cert, stranger.cert); err == nil {
			t.Errorf("believed without a signature: %+v", s)
		}
	})
}

// cross certifies the key and name of one authority by another.
func cross(of, by *holder) *x509.Certificate {
	serial++
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: of.cert.Subject, NotBefore: of.cert.NotBefore, NotAfter: of.cert.NotAfter, BasicConstraintsValid: true}
	authority(c)
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, by.cert, of.key.Public(), by.key))))
}
