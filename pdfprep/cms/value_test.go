package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// The signature value, whose key a certificate names, and the bytes it covers.

func TestAValueOverSomethingElseDoesNotHold(t *testing.T) {
	for _, v := range variants() {
		m := newHandmade(v)
		wrong := digestOf(v.algorithm.Hash, []byte("other attributes"))
		m.signature = octets(v.sign(t, v.algorithm, wrong))
		for _, bare := range []bool{false, true} {
			if bare {
				m.attributes = nil
			}
			s, err := cms.Parse(m.bytes(t))
			if err != nil {
				t.Fatal(v, err)
			}
			want := sigalg.ErrSignatureInvalid
			if bare && v.algorithm.Scheme == sigalg.Ed25519 {
				want = sigalg.ErrAlgorithmUnsupported
			}
			for _, verify := range []func([]byte) error{s.Verify, s.VerifyWeak} {
				if err := verify(digestOf(v.algorithm.Hash, document)); !errors.Is(err, want) {
					t.Errorf("%v, without signed attributes %v: %v", v, bare, err)
				}
			}
		}
	}
}

// pssOnly is the RSA-2048 signer with a certificate that allows RSASSA-PSS only (RFC 4055 1.2).
func pssOnly(t *testing.T) *signer {
	t.Helper()
	plain := signerOf("RSA-2048")
	rsaEncryption := sequence(dotted(sigalg.OIDRSAEncryption), null)
	rsassaPSS := sequence(dotted(sigalg.OIDPSS), null)
	raw := bytes.Replace(plain.cert.Raw, rsaEncryption, rsassaPSS, 1)
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, only, err := sigalg.PublicKey(c); !only || err != nil {
		t.Fatalf("the certificate allows more than PSS: %v", err)
	}
	return &signer{plain.name, plain.key, c}
}

func TestACertificateForPSSVerifiesPSSOnly(t *testing.T) {
	s := pssOnly(t)
	for scheme, want := range map[sigalg.Scheme]error{sigalg.PSS: nil, sigalg.PKCS1v15: sigalg.ErrAlgorithmUnsupported} {
		v := variant{s, sigalg.Algorithm{Scheme: scheme, Hash: crypto.SHA256}}
		parsed := must(cms.Parse(newHandmade(v).bytes(t)))
		for _, verify := range []func([]byte) error{parsed.Verify, parsed.VerifyWeak} {
			if err := verify(digestOf(crypto.SHA256, document)); !errors.Is(err, want) {
				t.Errorf("%v: %v", v, err)
			}
		}
		if _, err := cms.NewSignedAttributes(cms.Options{Certificate: s.cert, Algorithm: v.algorithm}, digestOf(crypto.SHA256, document)); !errors.Is(err, want) {
			t.Errorf("%v: to be signed: %v", v, err)
		}
	}
}

func TestACertificateWhoseKeySignsNothing(t *testing.T) {
	for name, oid := range map[string]string{"X25519": "1.3.101.110", "a key that nobody knows": "1.3.101.127"} {
		raw := bytes.Replace(signerOf("Ed25519").cert.Raw, dotted(sigalg.OIDEd25519), dotted(oid), 1)
		v := p256()
		v.signer = &signer{name, v.key, must(x509.ParseCertificate(raw))}
		s := must(cms.Parse(newHandmade(v).bytes(t)))
		for _, verify := range []func([]byte) error{s.Verify, s.VerifyWeak} {
			if err := verify(digestOf(crypto.SHA256, document)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What is not DER can hold, and is no signature of a PDF for that (ISO 32000-2 12.8.3.3.1).
func TestBERHoldsAndObeysNoProfile(t *testing.T) {
	m := newHandmade(p256())
	der := m.bytes(t)
	ber := append([]byte{0x30, 0x80}, der[4:]...) // ContentInfo without a length, its end marked instead
	s, err := cms.Parse(append(ber, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(digestOf(crypto.SHA256, document)); err != nil || !s.BER {
		t.Errorf("BER %v: %v", s.BER, err)
	}
	for _, profile := range []cms.Profile{cms.PAdES, cms.PKCS7} {
		if err := s.CheckProfile(profile); !errors.Is(err, cms.ErrSignatureInvalid) || !strings.Contains(err.Error(), "not DER") {
			t.Errorf("profile %d: %v", profile, err)
		}
	}
}

func TestTheLargestSignedDataIsReadAndNoLargerOne(t *testing.T) {
	m := newHandmade(p256())
	size := func(content int) int {
		m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(make([]byte, content))))
		return len(m.bytes(t))
	}
	m.signature = octets(make([]byte, 70)) // of one length
	content := cms.MaxBytes - 1<<12
	content += cms.MaxBytes - size(content)
	if n := size(content); n != cms.MaxBytes {
		t.Fatalf("%d bytes", n)
	}
	if s, err := cms.Parse(m.bytes(t)); err != nil || len(s.Content) != content {
		t.Errorf("the largest: %v", err)
	}
	size(content + 1)
	if _, err := cms.Parse(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("one byte more: %v", err)
	}
}
