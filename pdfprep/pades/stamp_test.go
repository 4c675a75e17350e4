package pades_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"hashout/csc/csctest"
	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

func TestTimestampedSignatureFitsItsPlan(t *testing.T) {
	s := service(t)
	key, cert := selfSigned(t)
	p, err := pades.NewPlan(pades.BT, cms.Options{Certificate: cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("document"))
	attrs := must(cms.NewSignedAttributes(p.CMS, digest[:]))
	signature := must(ecdsa.SignASN1(rand.Reader, key, attrs.ToBeSigned()))
	der, err := p.Complete(context.Background(), attrs, signature, []pades.Timestamper{pades.TSA(s.TSAURL(), &web{})})
	if err != nil {
		t.Fatal(err)
	}
	if len(der) > p.ReservedBytes {
		t.Errorf("reserved %d, is %d", p.ReservedBytes, len(der))
	}
	if err := p.Check(der, digest[:]); err != nil {
		t.Error(err)
	}
	if err := p.Check(must(attrs.Assemble(signature)), digest[:]); !errors.Is(err, pades.ErrTSAFailed) {
		t.Errorf("a signature without the timestamp passes for B-T: %v", err)
	}
	stamps := must(must(cms.Parse(der)).Signer.Timestamps())
	if err := p.ReserveTimestamp(len(stamps[0].Token)); err != nil || p.ReservedBytes < len(der) || p.ReservedBytes > len(der)+12 {
		t.Errorf("measured room is %d for %d, %v", p.ReservedBytes, len(der), err)
	}
}

func TestNextAuthorityIsAskedWhenOneFails(t *testing.T) {
	s := service(t)
	good := pades.TSA(s.TSAURL(), &web{})
	down := pades.TimestamperFunc(func(context.Context, *cms.TimestampRequest) ([]byte, error) {
		return nil, errors.New("connection refused")
	})
	request := func() *cms.TimestampRequest { return must(cms.NewTimestampRequest(crypto.SHA256, make([]byte, 32))) }
	if _, err := pades.Stamp(context.Background(), []pades.Timestamper{down, good}, request()); err != nil {
		t.Error(err)
	}
	s.SetTSA(csctest.TSA{WrongNonce: true})
	_, err := pades.Stamp(context.Background(), []pades.Timestamper{down, good}, request())
	var e *pades.Error
	if !errors.As(err, &e) || e.Code != pades.TSAFailed || !e.Retryable() || len(e.Details["causes"].([]string)) != 2 {
		t.Errorf("%v", err)
	}
	if _, err := pades.Stamp(context.Background(), nil, request()); !errors.Is(err, pades.ErrTSAFailed) {
		t.Errorf("no authority: %v", err)
	}
}

func TestMisbehavingAuthoritiesAreFoundOut(t *testing.T) {
	s := service(t)
	for i, tsa := range []csctest.TSA{{WrongNonce: true}, {NoNonce: true}, {WrongImprint: true}, {NoCertificates: true}, {ForeignSigner: true}, {Status: 2}} {
		s.SetTSA(tsa)
		r := must(cms.NewTimestampRequest(crypto.SHA384, make([]byte, 48)))
		if _, err := pades.Stamp(context.Background(), []pades.Timestamper{pades.TSA(s.TSAURL(), &web{})}, r); !errors.Is(err, pades.ErrTSAFailed) {
			t.Errorf("behaviour %d: %v", i, err)
		}
	}
	s.SetTSA(csctest.TSA{Status: 1}) // grantedWithMods
	r := must(cms.NewTimestampRequest(crypto.SHA512, make([]byte, 64)))
	if _, err := pades.Stamp(context.Background(), []pades.Timestamper{pades.TSA(s.TSAURL(), &web{})}, r); err != nil {
		t.Error(err)
	}
}

func TestWrongSignatureValueIsNotStamped(t *testing.T) {
	_, cert := selfSigned(t)
	p := must(pades.NewPlan(pades.BT, cms.Options{Certificate: cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}))
	attrs := must(cms.NewSignedAttributes(p.CMS, make([]byte, 32)))
	asked := pades.TimestamperFunc(func(context.Context, *cms.TimestampRequest) ([]byte, error) {
		t.Error("the authority was asked")
		return nil, fmt.Errorf("no")
	})
	if _, err := p.Complete(context.Background(), attrs, []byte{1, 2, 3}, []pades.Timestamper{asked}); !errors.Is(err, sigalg.ErrSignatureInvalid) {
		t.Error(err)
	}
}
