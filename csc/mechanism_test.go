package csc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"hashout/csc/sigalg"
)

func TestMechanismFollowsTheKey(t *testing.T) {
	ec := func(c elliptic.Curve) crypto.PublicKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return &k.PublicKey
	}
	p256, p384, p224 := ec(elliptic.P256()), ec(elliptic.P384()), ec(elliptic.P224())
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537}
	key := testRSAKey()
	for _, tc := range []struct {
		name    string
		pub     crypto.PublicKey
		listed  []string
		pssOnly bool
		o       MechanismOptions
		want    string // signAlgo, "" for ALGORITHM_UNSUPPORTED
		hash    crypto.Hash
	}{
		{"RSA, nothing listed", key, nil, false, MechanismOptions{}, sigalg.OIDSHA256WithRSA, crypto.SHA256},
		{"RSA, only SHA-512 listed", key, []string{sigalg.OIDSHA512WithRSA}, false, MechanismOptions{}, sigalg.OIDSHA512WithRSA, crypto.SHA512},
		{"RSA, SHA-256 wanted, SHA-512 listed", key, []string{sigalg.OIDSHA512WithRSA}, false, MechanismOptions{Digest: crypto.SHA256}, "", 0},
		{"RSA, random order", key, []string{sigalg.OIDPSS, sigalg.OIDSHA384WithRSA, sigalg.OIDRSAEncryption, sigalg.OIDSHA256WithRSA}, false, MechanismOptions{}, sigalg.OIDSHA256WithRSA, crypto.SHA256},
		{"RSA, combined form before key type", key, []string{sigalg.OIDRSAEncryption, sigalg.OIDSHA512WithRSA}, false, MechanismOptions{}, sigalg.OIDSHA512WithRSA, crypto.SHA512},
		{"RSA, only PSS listed", key, []string{sigalg.OIDPSS}, false, MechanismOptions{}, sigalg.OIDPSS, crypto.SHA256},
		{"RSA key for PSS only", key, nil, true, MechanismOptions{}, sigalg.OIDPSS, crypto.SHA256},
		{"RSA, SHA-1 and unknown listed", key, []string{sigalg.OIDSHA1WithRSA, "1.2.3"}, false, MechanismOptions{}, "", 0},
		{"RSA, override with SHA-1", key, nil, false, MechanismOptions{SignAlgo: sigalg.OIDSHA1WithRSA}, "", 0},
		{"RSA, override for another key", key, nil, false, MechanismOptions{SignAlgo: sigalg.OIDECDSAWithSHA256}, "", 0},
		{"RSA, override against the digest", key, nil, false, MechanismOptions{SignAlgo: sigalg.OIDSHA256WithRSA, Digest: crypto.SHA512}, "", 0},
		{"RSA, override beyond the list", key, []string{sigalg.OIDRSAEncryption}, false, MechanismOptions{SignAlgo: sigalg.OIDPSS}, sigalg.OIDPSS, crypto.SHA256},
		{"RSA with SHA-1", key, nil, false, MechanismOptions{Digest: crypto.SHA1}, "", 0},
		{"RSA too short", weak, nil, false, MechanismOptions{}, "", 0},
		{"P-384, nothing listed", p384, nil, false, MechanismOptions{}, sigalg.OIDECDSAWithSHA384, crypto.SHA384},
		{"P-384, only SHA-256 listed", p384, []string{sigalg.OIDECDSAWithSHA256}, false, MechanismOptions{}, sigalg.OIDECDSAWithSHA256, crypto.SHA256},
		{"P-256, only the key type", p256, []string{sigalg.OIDECPublicKey}, false, MechanismOptions{}, sigalg.OIDECPublicKey, crypto.SHA256},
		{"P-256, plain format", p256, []string{sigalg.OIDPlainECDSAWithSHA256}, false, MechanismOptions{}, sigalg.OIDPlainECDSAWithSHA256, crypto.SHA256},
		{"P-224", p224, nil, false, MechanismOptions{}, "", 0},
		{"Ed25519, listed", ed, []string{sigalg.OIDEd25519}, false, MechanismOptions{}, sigalg.OIDEd25519, crypto.SHA512},
		{"Ed25519, not listed", ed, nil, false, MechanismOptions{}, "", 0},
		{"Ed25519 with SHA-256", ed, []string{sigalg.OIDEd25519}, false, MechanismOptions{Digest: crypto.SHA256}, sigalg.OIDEd25519, crypto.SHA512},
		{"unknown key", nil, nil, false, MechanismOptions{}, "", 0},
	} {
		c := &Credential{Certificate: &x509.Certificate{PublicKey: tc.pub}, KeyAlgorithms: tc.listed, pssOnly: tc.pssOnly}
		m, err := c.Mechanism(tc.o)
		if tc.want == "" {
			if CodeOf(err) != AlgorithmUnsupported {
				t.Errorf("%s: %+v %v", tc.name, m, err)
			}
			continue
		}
		if err != nil || m.SignAlgo != tc.want || m.Algorithm.Hash != tc.hash || (m.SignAlgoParams != nil) != (tc.want == sigalg.OIDPSS) {
			t.Errorf("%s: %+v %v", tc.name, m, err)
		}
	}
	if _, err := (&Credential{}).Mechanism(MechanismOptions{}); CodeOf(err) != CredentialUnusable {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestUsableNamesTheReason(t *testing.T) {
	now := time.Now()
	good := func() *Credential {
		c, err := ParseCredential("c", []byte(infoBody(nil)), Dialect{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := good().Usable(now); err != nil {
		t.Fatal(err)
	}
	for reason, edit := range map[string]func(*Credential){
		"key":         func(c *Credential) { c.KeyStatus = KeyDisabled },
		"revoked":     func(c *Credential) { c.CertStatus = CertRevoked },
		"suspended":   func(c *Credential) { c.CertStatus = CertSuspended },
		"expired":     func(c *Credential) { c.Certificate.NotAfter = now.Add(-time.Second) },
		"notYetValid": func(c *Credential) { c.Certificate.NotBefore = now.Add(time.Hour) },
		"keyUsage":    func(c *Credential) { c.Certificate.KeyUsage = x509.KeyUsageKeyEncipherment },
		"keyStrength": func(c *Credential) { c.Certificate.PublicKey = &rsa.PublicKey{N: c.Certificate.SerialNumber, E: 3} },
		"unreadable":  func(c *Credential) { c.Problem = fail(ResponseMalformed, "x") },
		"certificate": func(c *Credential) { c.Certificate = nil },
	} {
		c := good()
		edit(c)
		err := c.Usable(now)
		e, ok := err.(*Error)
		if !ok || e.Code != CredentialUnusable || e.Details["reason"] != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
