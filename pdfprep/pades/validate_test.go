package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"golang.org/x/crypto/ocsp"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// scene is a signature with everything that may be known about it. The TSA is a real service; the signer's authority is made here.
type scene struct {
	ca, leaf *holder
	document []byte
	contents []byte // with a timestamp over the signature value
	bare     []byte // without
	trust    pades.Trust
	stamped  time.Time
}

func newScene(t *testing.T, change func(*x509.Certificate)) *scene {
	t.Helper()
	s := service(t)
	now := time.Now()
	ca := issue("Signer CA", nil, func(c *x509.Certificate) { authority(c); c.NotAfter = now.AddDate(20, 0, 0) })
	leaf := issue("signer", ca, func(c *x509.Certificate) {
		c.KeyUsage, c.NotBefore, c.NotAfter = x509.KeyUsageContentCommitment, now.Add(-time.Hour), now.AddDate(1, 0, 0)
		if change != nil {
			change(c)
		}
	})
	p := must(pades.NewPlan(pades.BT, cms.Options{Certificate: leaf.cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}))
	document := []byte("the covered bytes")
	digest := sha256.Sum256(document)
	attrs := must(cms.NewSignedAttributes(p.CMS, digest[:]))
	value := must(ecdsa.SignASN1(rand.Reader, leaf.key, attrs.ToBeSigned()))
	der := must(p.Complete(context.Background(), attrs, value, []pades.Timestamper{pades.TSA(s.TSAURL(), &web{})}))
	e := must(collect(s, &web{}, nil, s.TSACertificate()))
	sc := &scene{ca: ca, leaf: leaf, document: document, contents: append(der, make([]byte, 50)...), bare: must(attrs.Assemble(value)), stamped: now}
	sc.trust = pades.Trust{Roots: []*x509.Certificate{ca.cert, s.Root()}, Now: time.Now(), Document: *e}
	sc.trust.Document.OCSPs = append(sc.trust.Document.OCSPs, sc.status(ocsp.Good, now, time.Time{}))
	return sc
}

// status is what the signer's authority says about the signer.
func (s *scene) status(status int, at, revoked time.Time) []byte {
	r := ocsp.Response{Status: status, SerialNumber: s.leaf.cert.SerialNumber, ThisUpdate: at.Add(-time.Minute), NextUpdate: at.AddDate(0, 0, 1), RevokedAt: revoked}
	return must(ocsp.CreateResponse(s.ca.cert, s.ca.cert, r, s.ca.key))
}

func (s *scene) validate(t *testing.T, contents, document []byte, trust pades.Trust, proofs ...pades.Proof) *pades.Report {
	t.Helper()
	r, err := pades.Validate(contents, func(h crypto.Hash) ([]byte, error) {
		w := h.New()
		w.Write(document)
		return w.Sum(nil), nil
	}, trust, proofs...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Explanation == "" {
		t.Error("a verdict without words")
	}
	return r
}

func TestGoodSignatureReachesItsLevel(t *testing.T) {
	s := newScene(t, nil)
	r := s.validate(t, s.contents, s.document, s.trust)
	if !r.OK() || r.Level != pades.BLT || len(r.Chain) != 2 || len(r.Timestamps) != 1 || !r.Timestamps[0].OK() || !r.Certificate.Equal(s.leaf.cert) {
		t.Errorf("%+v", r)
	}
	if r.Time.After(s.stamped.Add(time.Minute)) || r.Time.Before(s.stamped.Add(-time.Minute)) {
		t.Errorf("proven time is %v", r.Time)
	}
	r = s.validate(t, s.contents, s.document, s.trust, pades.Proof{Time: s.trust.Now, Long: true})
	if !r.OK() || r.Level != pades.BLTA {
		t.Errorf("with a document timestamp: %s, %v", r.Level, r.Verdict)
	}
	elsewhere := s.trust
	elsewhere.Document, elsewhere.Other = pades.Evidence{}, s.trust.Document
	if r = s.validate(t, s.contents, s.document, elsewhere); !r.OK() || r.Level != pades.BT {
		t.Errorf("evidence from elsewhere: %s, %v", r.Level, r.Verdict)
	}
	if r = s.validate(t, s.bare, s.document, s.trust); !r.OK() || r.Level != pades.BB {
		t.Errorf("without timestamp: %s, %v", r.Level, r.Verdict)
	}
}

func TestWhatIsWrongIsNamedInTheWordsOfTheStandard(t *testing.T) {
	s := newScene(t, nil)
	without := func(change func(*pades.Trust)) pades.Trust { trust := s.trust; change(&trust); return trust }
	revoked := func(at time.Time) pades.Trust {
		return without(func(t *pades.Trust) {
			t.Document.OCSPs = append([][]byte{s.status(ocsp.Revoked, t.Now.Add(time.Hour), at)}, t.Document.OCSPs...)
			t.Now = t.Now.Add(2 * time.Hour)
		})
	}
	broken := bytes.Clone(s.bare)
	broken[len(broken)-1] ^= 1
	for name, tc := range map[string]struct {
		contents, document []byte
		trust              pades.Trust
		want               pades.Indication
		why                pades.SubIndication
	}{
		"document changed":               {s.contents, []byte("other bytes"), s.trust, pades.Failed, pades.HashFailure},
		"value changed":                  {broken, s.document, s.trust, pades.Failed, pades.SigCryptoFailure},
		"empty placeholder":              {make([]byte, 100), s.document, s.trust, pades.Failed, pades.FormatFailure},
		"junk behind":                    {append(bytes.Clone(s.contents), 1), s.document, s.trust, pades.Failed, pades.FormatFailure},
		"no trust":                       {s.contents, s.document, without(func(t *pades.Trust) { t.Roots = nil }), pades.Indeterminate, pades.NoChain},
		"status unknown":                 {s.contents, s.document, without(func(t *pades.Trust) { t.Document.OCSPs = nil }), pades.Indeterminate, pades.TryLater},
		"revoked before the timestamp":   {s.contents, s.document, revoked(s.stamped.Add(-time.Hour)), pades.Indeterminate, pades.Revoked},
		"revoked after the timestamp":    {s.contents, s.document, revoked(s.stamped.Add(time.Hour)), pades.Passed, ""},
		"revoked, nothing proves a time": {s.bare, s.document, revoked(s.stamped.Add(time.Hour)), pades.Indeterminate, pades.Revoked},
		"expired, nothing proves a time": {s.bare, s.document, without(func(t *pades.Trust) { t.Now = t.Now.AddDate(2, 0, 0) }), pades.Indeterminate, pades.OutOfBounds},
		"not valid yet":                  {s.bare, s.document, without(func(t *pades.Trust) { t.Now = t.Now.AddDate(0, 0, -1) }), pades.Indeterminate, pades.NotYetValid},
	} {
		r := s.validate(t, tc.contents, tc.document, tc.trust)
		if r.Indication != tc.want || r.SubIndication != tc.why {
			t.Errorf("%s: %v", name, r.Verdict)
		}
	}
}

// Years later the signer's certificate has expired and the timestamp authority's status is old: only a proof from then still helps.
func TestOldSignatureLivesByTheProofOverIt(t *testing.T) {
	s := newScene(t, nil)
	then := s.trust.Now
	s.trust.Now = then.AddDate(8, 0, 0)
	if r := s.validate(t, s.contents, s.document, s.trust); r.OK() {
		t.Errorf("without proof: %v", r.Verdict)
	}
	r := s.validate(t, s.contents, s.document, s.trust, pades.Proof{Time: then, Long: true})
	if !r.OK() || r.Level != pades.BLTA {
		t.Errorf("with proof: %s, %v", r.Level, r.Verdict)
	}
}

// What a B-LT signature needs is in the document, and stays good after the revocation data have gone out of date.
func TestEvidenceOfThenIsEnoughLater(t *testing.T) {
	s := newScene(t, nil)
	s.trust.Now = s.trust.Now.AddDate(0, 2, 0)
	if r := s.validate(t, s.contents, s.document, s.trust); !r.OK() || r.Level != pades.BLT || !r.Proven {
		t.Errorf("two months later: %s, %v", r.Level, r.Verdict)
	}
	if r := s.validate(t, s.bare, s.document, s.trust); r.OK() {
		t.Errorf("two months later, without timestamp: %v", r.Verdict)
	}
}

func TestCertificateThatIsNotForSigningDoesNotPass(t *testing.T) {
	s := newScene(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
	if r := s.validate(t, s.contents, s.document, s.trust); r.OK() || r.SubIndication != pades.ChainConstraints {
		t.Errorf("%v", r.Verdict)
	}
}

func TestDigestersErrorComesBack(t *testing.T) {
	s := newScene(t, nil)
	cause := errors.New("the file is gone")
	if _, err := pades.Validate(s.contents, func(crypto.Hash) ([]byte, error) { return nil, cause }, s.trust); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}

// sign makes a B-B signature of the scene's signer over its document.
func (s *scene) sign(t *testing.T) []byte {
	t.Helper()
	digest := sha256.Sum256(s.document)
	attrs := must(cms.NewSignedAttributes(cms.Options{Certificate: s.leaf.cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}, digest[:]))
	return must(attrs.Assemble(must(ecdsa.SignASN1(rand.Reader, s.leaf.key, attrs.ToBeSigned()))))
}

// What is wrong with a signature by itself, whoever made it.
func TestSignaturesThatAreWrongInThemselves(t *testing.T) {
	x := newTrial(shape{})
	good := x.contents()
	data := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}
	patched := func(at int) []byte { // another content type, of which the last is the signed one
		der := bytes.Clone(good)
		der[at+len(data)-1] = 2
		return der
	}
	first, last := bytes.Index(good, data), bytes.LastIndex(good, data)
	// The same other type in both places; Detach leaves the signed one alone.
	agreed := x.parallel(func(s *pkcs7.SignedData) { s.SetContentType(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 5}) }, pkcs7.SignerInfoConfig{}, true)
	agreed[bytes.Index(agreed, data)+len(data)-1] = 5
	unfit := newTrial(shape{leaf: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }})
	unknown := bytes.Clone(good)
	ecdsaWithSHA256 := []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}
	unknown[bytes.LastIndex(unknown, ecdsaWithSHA256)+len(ecdsaWithSHA256)-1] = 0x7f
	sha1 := func(s *pkcs7.SignedData) { s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA1) }
	nobody := pades.Trust{Now: noon}
	for name, tc := range map[string]struct {
		x        *trial
		contents []byte
		trust    pades.Trust
		want     pades.Indication
		why      pades.SubIndication
		intact   bool
	}{
		"good":                          {x, good, x.trust(), pades.Passed, "", true},
		"good by other software":        {x, x.parallel(nil, pkcs7.SignerInfoConfig{}, true), x.trust(), pades.Passed, "", true},
		"content of its own":            {x, x.parallel(nil, pkcs7.SignerInfoConfig{}, false), x.trust(), pades.Failed, pades.FormatFailure, false},
		"a timestamp":                   {x, x.token(noon, nil), x.trust(), pades.Failed, pades.FormatFailure, false},
		"not about data":                {x, patched(first), x.trust(), pades.Failed, pades.FormatFailure, false},
		"signed as not about data":      {x, patched(last), x.trust(), pades.Failed, pades.FormatFailure, false},
		"not about data in both places": {x, agreed, x.trust(), pades.Failed, pades.FormatFailure, false},
		"an unknown algorithm":          {x, unknown, x.trust(), pades.Indeterminate, pades.CryptoConstraints, false},
		"SHA-1":                         {x, x.parallel(sha1, pkcs7.SignerInfoConfig{}, true), x.trust(), pades.Indeterminate, pades.CryptoConstraints, true},
		"SHA-1 by nobody known":         {x, x.parallel(sha1, pkcs7.SignerInfoConfig{}, true), nobody, pades.Indeterminate, pades.NoChain, true},
		"a key for something else":      {unfit, unfit.contents(), unfit.trust(), pades.Indeterminate, pades.ChainConstraints, true},
		"such a key of nobody known":    {unfit, unfit.contents(), nobody, pades.Indeterminate, pades.NoChain, true},
		"such a key with SHA-1":         {unfit, unfit.parallel(sha1, pkcs7.SignerInfoConfig{}, true), unfit.trust(), pades.Indeterminate, pades.ChainConstraints, true},
	} {
		r := tc.x.validate(t, tc.contents, tc.trust)
		if r.Indication != tc.want || r.SubIndication != tc.why || r.Intact != tc.intact {
			t.Errorf("%s: %v, intact %v", name, r.Verdict, r.Intact)
		}
	}
}
