package pades_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"hashout/pdfprep/pades"
)

// Lists of authorities with every kind of key, which crypto/x509 signs: they are believed as they are, and with no bit changed.
func TestSignaturesOfAuthoritiesWithEveryKindOfKey(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long := must(rsa.GenerateKey(rand.Reader, 2048))
	curve := func(c elliptic.Curve) crypto.Signer { return must(ecdsa.GenerateKey(c, rand.Reader)) }
	for name, tc := range map[string]struct {
		key       crypto.Signer
		algorithm x509.SignatureAlgorithm
		ok        bool
	}{
		"RSA, SHA-256":         {long, x509.SHA256WithRSA, true},
		"RSA, SHA-512":         {long, x509.SHA512WithRSA, true},
		"RSASSA-PSS, SHA-256":  {long, x509.SHA256WithRSAPSS, true},
		"RSASSA-PSS, SHA-384":  {long, x509.SHA384WithRSAPSS, true},
		"P-256":                {curve(elliptic.P256()), x509.ECDSAWithSHA256, true},
		"P-384":                {curve(elliptic.P384()), x509.ECDSAWithSHA384, true},
		"P-521":                {curve(elliptic.P521()), x509.ECDSAWithSHA512, true},
		"Ed25519":              {edwards, x509.PureEd25519, true},
		"P-224":                {curve(elliptic.P224()), x509.ECDSAWithSHA256, false},
		"RSA of 1024 bits":     {must(rsa.GenerateKey(rand.Reader, 1024)), x509.SHA256WithRSA, false},
		"RSA of 1024 bits PSS": {must(rsa.GenerateKey(rand.Reader, 1024)), x509.SHA256WithRSAPSS, false},
	} {
		c := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "Throw-away CA"}, NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0), BasicConstraintsValid: true}
		authority(c)
		issuer := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, c, tc.key.Public(), tc.key))))
		l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: noon, NextUpdate: noon.Add(time.Hour), SignatureAlgorithm: tc.algorithm}
		list := must(x509.CreateRevocationList(rand.Reader, l, issuer, tc.key))
		subject := &x509.Certificate{RawIssuer: issuer.RawSubject, SerialNumber: big.NewInt(10)}
		if _, err := pades.JudgeCRL(list, subject, issuer); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		forged := bytes.Clone(list)
		forged[len(forged)-1] ^= 1
		if _, err := pades.JudgeCRL(forged, subject, issuer); err == nil {
			t.Errorf("%s: a changed value is believed", name)
		}
	}
}

// What cannot be verified is not believed: an algorithm or a key that nobody knows, and SHA-1.
func TestUnknownAndWeakAlgorithmsAreNotBelieved(t *testing.T) {
	ca := issue("CA", nil, authority)
	leaf := issue("leaf", ca, nil)
	good := says(ca, leaf, noon, time.Time{})
	if _, err := pades.JudgeOCSP(good, leaf.cert, ca.cert); err != nil {
		t.Fatal(err)
	}
	patched := func(der, old []byte) []byte {
		at := bytes.LastIndex(der, old)
		out := bytes.Clone(der)
		out[at+len(old)-1] = 0x7f
		return out
	}
	ecdsaWithSHA256, ecPublicKey := []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}, []byte{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}
	if _, err := pades.JudgeOCSP(patched(good, ecdsaWithSHA256), leaf.cert, ca.cert); err == nil {
		t.Error("an algorithm that nobody knows is believed")
	}
	strange := must(x509.ParseCertificate(patched(ca.cert.Raw, ecPublicKey)))
	if strange.PublicKey != nil {
		t.Fatal("the key is known")
	}
	if _, err := pades.JudgeOCSP(good, leaf.cert, strange); err == nil {
		t.Error("a key that nobody knows is believed")
	}
	old := must(ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{Status: ocsp.Good, SerialNumber: leaf.cert.SerialNumber, ThisUpdate: noon, SignatureAlgorithm: x509.ECDSAWithSHA1}, ca.key))
	if _, err := pades.JudgeOCSP(old, leaf.cert, ca.cert); err == nil {
		t.Error("SHA-1 is believed")
	}
}
