package sigalg_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"testing"

	"hashout/csc/sigalg"
)

func TestPSSParametersMatchWhatServicesExpect(t *testing.T) {
	for h, want := range map[crypto.Hash]string{
		crypto.SHA256: "MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg",
		crypto.SHA384: "MDSgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEw",
		crypto.SHA512: "MDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgFA",
	} {
		der := sigalg.PSSParams(h)
		if got := base64.StdEncoding.EncodeToString(der); got != want {
			t.Errorf("%v: got %s, want %s", h, got, want)
		}
		if back, salt, err := sigalg.ParsePSSParams(der); err != nil || back != h || salt != h.Size() {
			t.Errorf("%v does not come back: %v, %d, %v", h, back, salt, err)
		}
	}
	if h, salt, err := sigalg.ParsePSSParams([]byte{0x30, 0}); err != nil || h != crypto.SHA1 || salt != 20 {
		t.Errorf("RFC 8017 defaults: got %v, %d, %v", h, salt, err)
	}
	if sigalg.PSSParams(crypto.MD5) != nil {
		t.Error("parameters for MD5")
	}
}

func TestIdentifiersHaveTheParametersTheRFCsDemand(t *testing.T) {
	for _, tc := range []struct {
		a    sigalg.Algorithm
		want string
	}{
		{sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}, "300d06092a864886f70d01010b0500"},
		{sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA512}, "300d06092a864886f70d01010d0500"},
		{sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, "300a06082a8648ce3d040302"},
		{sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA384}, "300a06082a8648ce3d040303"},
		{sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}, "300506032b6570"},
		{sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA256}, "304106092a864886f70d01010a" + hex.EncodeToString(sigalg.PSSParams(crypto.SHA256))},
	} {
		der := tc.a.Identifier()
		if got := hex.EncodeToString(der); got != tc.want {
			t.Errorf("%v: got %s, want %s", tc.a, got, tc.want)
		}
		back, salt, err := sigalg.FromIdentifier(der, tc.a.Hash)
		if err != nil || back != tc.a || (tc.a.Scheme == sigalg.PSS) != (salt == tc.a.Hash.Size()) {
			t.Errorf("%v comes back as %v, salt %d, %v", tc.a, back, salt, err)
		}
	}
	if got := hex.EncodeToString(sigalg.HashIdentifier(crypto.SHA256)); got != "300b0609608648016503040201" {
		t.Errorf("SHA-256 identifier is %s", got)
	}
	if (sigalg.Algorithm{Scheme: sigalg.PSS}).Identifier() != nil || (sigalg.Algorithm{}).Identifier() != nil {
		t.Error("an identifier for nothing")
	}
}

func TestAlgorithmIsNamedByItsIdentifierAndTheDigestBesideIt(t *testing.T) {
	for _, tc := range []struct {
		oid  string
		h    crypto.Hash
		want sigalg.Algorithm
		bad  bool
	}{
		{oid: sigalg.OIDRSAEncryption, h: crypto.SHA384, want: sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA384}},
		{oid: sigalg.OIDRSAEncryption, bad: true},
		{oid: sigalg.OIDSHA256WithRSA, want: sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
		{oid: sigalg.OIDSHA256WithRSA, h: crypto.SHA512, bad: true},
		{oid: sigalg.OIDECPublicKey, h: crypto.SHA256, want: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
		{oid: "0.4.0.127.0.7.1.1.4.1.3", want: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
		{oid: sigalg.OIDPSS, h: crypto.SHA512, want: sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA512}},
		{oid: sigalg.OIDEd25519, want: sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}},
		{oid: "1.3.101.113", bad: true}, // Ed448
		{oid: "1.3.101.110", bad: true}, // X25519: key agreement, listed by some as a signature algorithm
		{oid: sigalg.OIDRSAEncryption, h: crypto.MD5, bad: true},
		{oid: "", bad: true},
	} {
		got, err := sigalg.FromOID(tc.oid, tc.h)
		if (err != nil) != tc.bad || got != tc.want && !tc.bad {
			t.Errorf("%s with %v: got %v, %v", tc.oid, tc.h, got, err)
		}
		if err != nil && !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
			t.Errorf("%s: error is %v", tc.oid, err)
		}
		if err == nil && got.Scheme != sigalg.PSS {
			if again, err := sigalg.FromOID(got.OID(), 0); err != nil || again != got {
				t.Errorf("%v: its own identifier gives %v, %v", got, again, err)
			}
		}
	}
}

func TestWeakKeysAndDigestsAreRefused(t *testing.T) {
	p256 := &must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)).PublicKey
	p224 := &must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)).PublicKey
	rsaOf := func(bits int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), bits-1, 1), E: 65537}
	}
	edPub, _, _ := ed25519.GenerateKey(rand.Reader)
	for name, tc := range map[string]struct {
		pub crypto.PublicKey
		a   sigalg.Algorithm
		ok  bool
	}{
		"P-256":               {p256, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, true},
		"P-256 with SHA-512":  {p256, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA512}, true},
		"P-256 with SHA-1":    {p256, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA1}, false},
		"P-256 as RSA":        {p256, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}, false},
		"P-224":               {p224, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, false},
		"RSA-2048":            {rsaOf(2048), sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA256}, true},
		"RSA-2047":            {rsaOf(2047), sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}, false},
		"RSA-32768":           {rsaOf(32768), sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}, false},
		"RSA with MD5":        {rsaOf(2048), sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.MD5}, false},
		"Ed25519":             {edPub, sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}, true},
		"Ed25519 and SHA-256": {edPub, sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA256}, false},
		"short Ed25519":       {edPub[:31], sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}, false},
		"no key":              {nil, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, false},
	} {
		err := sigalg.Check(tc.pub, tc.a)
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok && !errors.Is(sigalg.Verify(tc.pub, tc.a, make([]byte, 32), nil), sigalg.ErrAlgorithmUnsupported) {
			t.Errorf("%s: Verify does not refuse", name)
		}
	}
}

func TestBothECDSAEncodingsOfServicesAreUnderstood(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key := must(ecdsa.GenerateKey(curve, rand.Reader))
		h := sigalg.HashForKey(&key.PublicKey)
		digest := sum(h, []byte("document"))
		der := must(ecdsa.SignASN1(rand.Reader, key, digest))
		var v struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &v); err != nil {
			t.Fatal(err)
		}
		n := (curve.Params().BitSize + 7) / 8
		raw := append(v.R.FillBytes(make([]byte, n)), v.S.FillBytes(make([]byte, n))...)

		for name, in := range map[string][]byte{"DER": der, "raw": raw} {
			got, err := sigalg.CanonicalECDSA(&key.PublicKey, digest, in)
			if err != nil || !bytes.Equal(got, der) {
				t.Errorf("%s %s: %v", curve.Params().Name, name, err)
			}
		}
		flipped := bytes.Clone(raw)
		flipped[0] ^= 1
		for name, in := range map[string][]byte{
			"trailing byte":       append(bytes.Clone(der), 0),
			"truncated":           der[:len(der)-1],
			"raw, short":          raw[1:],
			"raw, other value":    flipped,
			"empty":               nil,
			"element too many":    must(asn1.Marshal(struct{ R, S, X *big.Int }{v.R, v.S, v.S})),
			"swapped":             must(asn1.Marshal(struct{ R, S *big.Int }{v.S, v.R})),
			"raw in little order": reversed(raw),
		} {
			if _, err := sigalg.CanonicalECDSA(&key.PublicKey, digest, in); !errors.Is(err, sigalg.ErrSignatureInvalid) {
				t.Errorf("%s %s: error is %v", curve.Params().Name, name, err)
			}
		}
	}
}

// A raw P-256 value may start like a SEQUENCE. No private key is needed: for given r and s any point solves the equation by recovery, so the
// test picks r, s that parse as DER of 64 bytes and looks for a key that verifies the raw reading.
func TestRawValueThatLooksLikeDERIsDecidedByTheKey(t *testing.T) {
	curve := elliptic.P256()
	r := make([]byte, 32)
	s := make([]byte, 32)
	// 30 3e 02 1d <29 bytes> | 02 1d <29 bytes>: the SEQUENCE spans both halves exactly.
	for k := byte(1); k < 255; k++ {
		copy(r, []byte{0x30, 0x3e, 0x02, 0x1d, 0x11})
		r[31] = k
		for i := range s {
			s[i] = 0x22
		}
		raw := append(bytes.Clone(r), s...)
		raw[4+29], raw[4+29+1] = 0x02, 0x1d
		copy(r, raw[:32])
		copy(s, raw[32:])
		pub, digest, ok := keyFor(curve, new(big.Int).SetBytes(r), new(big.Int).SetBytes(s))
		if !ok {
			continue // r is not the x of a point
		}
		var v struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(raw, &v); err != nil || len(rest) > 0 {
			t.Fatalf("the value does not look like DER: %v", err)
		}
		der, err := sigalg.CanonicalECDSA(pub, digest, raw)
		if err != nil {
			t.Fatal(err)
		}
		if !ecdsa.VerifyASN1(pub, digest, der) {
			t.Error("the result does not verify")
		}
		return
	}
	t.Fatal("no candidate was the x of a point")
}

func TestSizeBoundIsReachedAndNeverPassed(t *testing.T) {
	for _, tc := range []struct {
		curve elliptic.Curve
		want  int
	}{{elliptic.P256(), 72}, {elliptic.P384(), 104}, {elliptic.P521(), 139}} {
		got, err := sigalg.MaxSignatureBytes(&ecdsa.PublicKey{Curve: tc.curve})
		if err != nil || got != tc.want {
			t.Errorf("%s: %d, %v", tc.curve.Params().Name, got, err)
		}
		largest := new(big.Int).Sub(tc.curve.Params().N, big.NewInt(1))
		if der := must(asn1.Marshal(struct{ R, S *big.Int }{largest, largest})); len(der) != tc.want {
			t.Errorf("%s: the largest value has %d bytes", tc.curve.Params().Name, len(der))
		}
	}
	if got, err := sigalg.MaxSignatureBytes(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 3071, 1)}); err != nil || got != 384 {
		t.Errorf("RSA-3072: %d, %v", got, err)
	}
	if got, err := sigalg.MaxSignatureBytes(ed25519.PublicKey{}); err != nil || got != 64 {
		t.Errorf("Ed25519: %d, %v", got, err)
	}
	if _, err := sigalg.MaxSignatureBytes("key"); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
		t.Errorf("unknown key: %v", err)
	}
}

func TestDottedIdentifiersAreReadStrictly(t *testing.T) {
	for in, ok := range map[string]bool{
		sigalg.OIDSHA256: true, "2.999.1": true, "": false, "1": false, "1.": false, ".1": false, "1.40": false, "3.1": false, "1.2.03": false,
		"1.2.-3": false, "1.2. 3": false, "1.2.99999999999": false, string(bytes.Repeat([]byte("1."), 200)): false,
	} {
		oid, err := sigalg.ParseOID(in)
		if (err == nil) != ok || ok && oid.String() != in {
			t.Errorf("%q: %v, %v", in, oid, err)
		}
	}
}

func TestErrorsCarryCodeAndJSONDetails(t *testing.T) {
	err := sigalg.CheckHash(crypto.SHA1)
	var coded interface {
		ErrorCode() string
		ErrorDetails() map[string]any
		Retryable() bool
	}
	if !errors.As(err, &coded) || coded.ErrorCode() != "ALGORITHM_UNSUPPORTED" || coded.Retryable() {
		t.Errorf("%v", err)
	}
	if _, err := json.Marshal(coded.ErrorDetails()); err != nil {
		t.Error(err)
	}
}

func FuzzIdentifiers(f *testing.F) {
	f.Add((sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA256}).Identifier())
	f.Add((sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}).Identifier())
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		a, salt, err := sigalg.FromIdentifier(der, 0)
		if err == nil && a.Identifier() == nil {
			t.Errorf("%v (salt %d) has no identifier of its own", a, salt)
		}
		_, _, _ = sigalg.ParsePSSParams(der)
	})
}

func FuzzCanonicalECDSA(f *testing.F) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	digest := sum(crypto.SHA256, []byte("document"))
	f.Add(must(ecdsa.SignASN1(rand.Reader, key, digest)))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, sig []byte) {
		der, err := sigalg.CanonicalECDSA(&key.PublicKey, digest, sig)
		if err == nil && !ecdsa.VerifyASN1(&key.PublicKey, digest, der) {
			t.Error("accepted, but does not verify")
		}
	})
}

func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, v := range b {
		out[len(b)-1-i] = v
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func sum(h crypto.Hash, data []byte) []byte {
	w := h.New()
	w.Write(data)
	return w.Sum(nil)
}
