package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

func TestHostileInputIsRefusedQuickly(t *testing.T) {
	v := p256()
	der := build(t, v, v.options())
	twoSigners := bytes.Clone(der)
	for name, in := range map[string][]byte{
		"empty":              nil,
		"one byte":           {0x30},
		"null":               {5, 0},
		"indefinite, open":   {0x30, 0x80},
		"nested indefinite":  bytes.Repeat([]byte{0x30, 0x80}, 500_000),
		"nested definite":    nested(100_000),
		"many elements":      append([]byte{0x30, 0x80}, bytes.Repeat([]byte{2, 1, 1}, 300_000)...),
		"length lies":        {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 1},
		"too large":          make([]byte, cms.MaxBytes+1),
		"cut":                der[:len(der)/2],
		"wrong content type": bytes.Replace(twoSigners, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}, 1),
	} {
		start := time.Now()
		_, err := cms.Parse(in)
		if !errors.Is(err, cms.ErrSignatureInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func nested(depth int) []byte {
	var b []byte
	for range depth {
		n := len(b)
		switch {
		case n < 128:
			b = append([]byte{0x30, byte(n)}, b...)
		default:
			return append([]byte{0x30, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, b...)
		}
	}
	return b
}

func FuzzParse(f *testing.F) {
	v := p256()
	der := build(f, v, v.options())
	f.Add(der)
	f.Add(append([]byte{0x30, 0x80}, append(bytes.Clone(der[4:]), 0, 0)...))
	o := rsa2048().options()
	o.Profile, o.SigningTime, o.AlgorithmProtection = cms.PKCS7, noon, true
	f.Add(build(f, rsa2048(), o, cms.NewAttribute(cms.OIDTimestamp, []byte{0x30, 0})))
	digest, other := digestOf(crypto.SHA256, document), digestOf(crypto.SHA256, nil)
	f.Fuzz(func(t *testing.T, in []byte) {
		if cut, err := cms.TrimPadding(in); err == nil && len(cut) > len(in) {
			t.Error("grew")
		}
		s, err := cms.Parse(in)
		if err != nil {
			if !errors.Is(err, cms.ErrSignatureInvalid) && !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
				t.Errorf("error is %v", err)
			}
			return
		}
		_ = s.CheckProfile(cms.PAdES)
		if s.VerifyWeak(digest) == nil && s.VerifyWeak(other) == nil {
			t.Error("holds for two documents")
		}
	})
}
