package pades_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func selfSigned(t *testing.T) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Throw-away Signer"}, NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}
	return key, must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key))))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func sign(t *testing.T, key *ecdsa.PrivateKey, o cms.Options, digest []byte) []byte {
	t.Helper()
	attrs := must(cms.NewSignedAttributes(o, digest))
	return must(attrs.Assemble(must(ecdsa.SignASN1(rand.Reader, key, attrs.ToBeSigned()))))
}

func TestPlanPutsTheSigningTimeWhereTheProfileWantsIt(t *testing.T) {
	_, cert := selfSigned(t)
	o := cms.Options{Certificate: cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, SigningTime: noon}
	p, err := pades.NewPlan("", o)
	if err != nil || p.Level != pades.BB || p.SubFilter != "ETSI.CAdES.detached" || !p.CMS.SigningTime.IsZero() || !p.SigningTime.Equal(noon) {
		t.Errorf("PAdES: %+v, %v", p, err)
	}
	if len(p.Extensions) != 2 || p.Extensions[0].Prefix != "ESIC" || p.Extensions[1].Level != 32002 {
		t.Errorf("PAdES with ECDSA extends PDF by %+v", p.Extensions)
	}
	o.Profile = cms.PKCS7
	p, err = pades.NewPlan(pades.BB, o)
	if err != nil || p.SubFilter != "adbe.pkcs7.detached" || !p.CMS.SigningTime.Equal(noon) || !p.SigningTime.Equal(noon) {
		t.Errorf("PKCS7: %+v, %v", p, err)
	}
}

func TestPlanReservesEnoughAndChecksWhatCameOfIt(t *testing.T) {
	key, cert := selfSigned(t)
	_, otherCert := selfSigned(t)
	digest := sha256.Sum256([]byte("document"))
	other := sha256.Sum256([]byte("another document"))
	p, err := pades.NewPlan(pades.BB, cms.Options{Certificate: cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}})
	if err != nil {
		t.Fatal(err)
	}
	der := sign(t, key, p.CMS, digest[:])
	if len(der) > p.ReservedBytes {
		t.Fatalf("reserved %d, is %d", p.ReservedBytes, len(der))
	}
	contents := append(bytes.Clone(der), make([]byte, p.ReservedBytes-len(der)+9)...)
	if err := p.Check(contents, digest[:]); err != nil {
		t.Error(err)
	}
	if err := p.Check(contents, other[:]); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("another document: %v", err)
	}
	if err := p.Check(make([]byte, 100), digest[:]); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("an empty placeholder: %v", err)
	}
	foreign := *p
	foreign.CMS.Certificate = otherCert
	if err := foreign.Check(contents, digest[:]); !errors.Is(err, cms.ErrCertMismatch) {
		t.Errorf("another certificate: %v", err)
	}
}

func TestLevelsThatDoNotExistAreRefused(t *testing.T) {
	_, cert := selfSigned(t)
	o := cms.Options{Certificate: cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}
	if _, err := pades.NewPlan("B-X", o); !errors.Is(err, pades.ErrInvalidArgument) {
		t.Errorf("B-X: %v", err)
	}
	o.Profile = cms.PKCS7
	for _, level := range []pades.Level{pades.BT, pades.BLT, pades.BLTA} {
		if _, err := pades.NewPlan(level, o); !errors.Is(err, pades.ErrInvalidArgument) {
			t.Errorf("%s of PKCS7: %v", level, err)
		}
	}
}

func TestSubFiltersAreThoseOfPdfprep(t *testing.T) {
	if pades.SubFilterPAdES != pdfprep.ETSICAdESDetached || pades.SubFilterPKCS7 != pdfprep.AdbePKCS7Detached {
		t.Error("two names for one encoding")
	}
}
