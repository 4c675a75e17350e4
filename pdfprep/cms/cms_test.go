package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

func TestWhatIsBuiltReadsBackAndHolds(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) {
			o := v.options()
			der := build(t, v, o)
			s, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if s.BER || s.Content != nil || s.ContentType != cms.OIDData || s.Signer.Algorithm != v.algorithm || s.Signer.Digest != v.algorithm.Hash {
				t.Errorf("read back: %+v", s.Signer.Algorithm)
			}
			if err := s.Verify(digestOf(v.algorithm.Hash, document)); err != nil {
				t.Error(err)
			}
			if err := s.CheckProfile(cms.PAdES); err != nil {
				t.Error(err)
			}
			if c, err := s.SigningCertificate(); err != nil || !c.Equal(v.cert) {
				t.Errorf("signing certificate: %v", err)
			}
			other := digestOf(v.algorithm.Hash, []byte("another document"))
			if err := s.Verify(other); !errors.Is(err, cms.ErrSignatureInvalid) {
				t.Errorf("another document: %v", err)
			}
		})
	}
}

func TestSizeEstimateIsAnUpperBoundCloseToTheTruth(t *testing.T) {
	for _, v := range variants() {
		for _, roots := range []bool{false, true} {
			o := v.options()
			o.EmbedRoots = roots
			unsigned := cms.NewAttribute(cms.OIDTimestamp, []byte{0x30, 0})
			size, err := cms.EstimateSize(o, unsigned)
			if err != nil {
				t.Fatal(err)
			}
			got := len(build(t, v, o, unsigned))
			slack := 0
			if v.algorithm.Scheme == sigalg.ECDSA {
				slack = 12 // r and s lose leading zeros, and with them lengths get shorter
			}
			if got > size || size-got > slack {
				t.Errorf("%v: estimated %d, is %d", v, size, got)
			}
		}
	}
}

func TestSignedAttributesAreDERAndWhatTheKeySigns(t *testing.T) {
	for _, v := range []variant{p256(), {signerOf("Ed25519"), sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}}} {
		attrs, err := cms.NewSignedAttributes(v.options(), digestOf(v.algorithm.Hash, document))
		if err != nil {
			t.Fatal(err)
		}
		der := attrs.DER()
		var set []asn1.RawValue
		if rest, err := asn1.UnmarshalWithParams(der, &set, "set"); err != nil || len(rest) > 0 || len(set) != 3 {
			t.Fatalf("%v: %d attributes, %v", v, len(set), err)
		}
		for i := 1; i < len(set); i++ {
			if bytes.Compare(set[i-1].FullBytes, set[i].FullBytes) >= 0 {
				t.Errorf("%v: attributes are not in the order of DER", v)
			}
		}
		want := der // RFC 8419 3.1
		if v.algorithm.Scheme != sigalg.Ed25519 {
			want = digestOf(v.algorithm.Hash, der)
		}
		if !bytes.Equal(attrs.ToBeSigned(), want) {
			t.Errorf("%v: to be signed is not the signed attributes", v)
		}
		again, _ := cms.NewSignedAttributes(v.options(), digestOf(v.algorithm.Hash, document))
		if !bytes.Equal(again.DER(), der) {
			t.Errorf("%v: the same arguments give other bytes", v)
		}
	}
}

func TestAssembleRefusesASignatureThatIsNotTheSigners(t *testing.T) {
	v, other := p256(), variant{signerOf("P-384"), p256().algorithm}
	attrs, err := cms.NewSignedAttributes(v.options(), digestOf(crypto.SHA256, document))
	if err != nil {
		t.Fatal(err)
	}
	good := v.sign(t, v.algorithm, attrs.ToBeSigned())
	for name, sig := range map[string][]byte{
		"none":                 nil,
		"of another key":       other.sign(t, other.algorithm, attrs.ToBeSigned()),
		"over another hash":    v.sign(t, v.algorithm, digestOf(crypto.SHA256, document)),
		"with a byte too many": append(bytes.Clone(good), 0),
	} {
		if _, err := attrs.Assemble(sig); !errors.Is(err, sigalg.ErrSignatureInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnUnsignedAttributeWithoutATypeIsRefused(t *testing.T) {
	v, bad := p256(), cms.NewAttribute("timestamp", []byte{0x30, 0})
	attrs := must(cms.NewSignedAttributes(v.options(), digestOf(crypto.SHA256, document)))
	if der, err := attrs.Assemble(v.sign(t, v.algorithm, attrs.ToBeSigned()), bad); !errors.Is(err, cms.ErrInvalidArgument) || der != nil || !strings.Contains(err.Error(), "attribute timestamp") {
		t.Errorf("assembled: %v", err)
	}
	if _, err := cms.EstimateSize(v.options(), bad); !errors.Is(err, cms.ErrInvalidArgument) {
		t.Errorf("estimated: %v", err)
	}
}

func TestCertificatesTravelOnceAndRootsOnDemand(t *testing.T) {
	v := p256()
	o := v.options()
	o.Chain = []*x509.Certificate{pki().root, pki().intermediate, v.cert, pki().intermediate}
	for roots, want := range map[bool]int{false: 2, true: 3} {
		o.EmbedRoots = roots
		s, err := cms.Parse(build(t, v, o))
		if err != nil || len(s.Certificates) != want {
			t.Errorf("roots %v: %d certificates, %v", roots, len(s.Certificates), err)
		}
	}
}

func TestPKCS7ProfileCarriesTheSigningTime(t *testing.T) {
	for _, at := range []time.Time{noon, time.Date(2051, 1, 2, 3, 4, 5, 6, time.UTC)} {
		v := rsa2048()
		o := v.options()
		o.Profile, o.SigningTime = cms.PKCS7, at
		s, err := cms.Parse(build(t, v, o))
		if err != nil {
			t.Fatal(err)
		}
		value, ok := s.Signer.Attribute(cms.OIDTime)
		var got time.Time
		if _, err := asn1.Unmarshal(value, &got); !ok || err != nil || !got.Equal(at.Truncate(time.Second)) {
			t.Errorf("signing time %v, %v", got, err)
		}
		if err := s.Verify(digestOf(crypto.SHA256, document)); err != nil {
			t.Error(err)
		}
		if s.CheckProfile(cms.PKCS7) != nil || s.CheckProfile(cms.PAdES) == nil {
			t.Error("signing time is for PKCS7 and not for PAdES")
		}
	}
}

// RFC 5652 11.3: UTCTime from 1950 through 2049 and GeneralizedTime outside, in UTC and without fractions of a second.
func TestTheSigningTimeHasTheFormOfItsYear(t *testing.T) {
	v := rsa2048()
	vienna := time.FixedZone("", 2*60*60)
	for at, want := range map[time.Time]string{
		time.Date(1949, 12, 31, 23, 59, 59, 0, time.UTC): "\x18\x0f19491231235959Z",
		time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC):      "\x17\x0d500101000000Z",
		time.Date(2049, 12, 31, 23, 59, 59, 9, time.UTC): "\x17\x0d491231235959Z",
		time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC):      "\x18\x0f20500101000000Z",
		time.Date(2050, 1, 1, 1, 59, 59, 0, vienna):      "\x17\x0d491231235959Z",
	} {
		o := v.options()
		o.Profile, o.SigningTime = cms.PKCS7, at
		attrs := must(cms.NewSignedAttributes(o, digestOf(crypto.SHA256, document)))
		if !bytes.Contains(attrs.DER(), attribute(cms.OIDTime, []byte(want))) {
			t.Errorf("%v: % x", at, attrs.DER())
		}
	}
	o := v.options()
	o.Profile, o.SigningTime = cms.PKCS7, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if attrs, err := cms.NewSignedAttributes(o, digestOf(crypto.SHA256, document)); !errors.Is(err, cms.ErrInvalidArgument) || attrs != nil {
		t.Errorf("the year 10,000: %v", err)
	}
}

// Every byte is as the clauses have it: nothing is left out, nothing is there that need not be.
func TestWhatIsBuiltIsWhatAHandWouldWrite(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
		v := variant{signerOf("RSA-2048"), sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: h}}
		m := newHandmade(v)
		reference := [][]byte{octets(digestOf(h, v.cert.Raw)), sequence(sequence(tlv(0xa4, v.cert.RawIssuer)), must(asn1.Marshal(v.cert.SerialNumber)))}
		if h != crypto.SHA256 {
			reference = append([][]byte{sigalg.HashIdentifier(h)}, reference...)
		}
		m.replace(cms.OIDCertV2, attribute(cms.OIDCertV2, sequence(sequence(sequence(reference...)))))
		o := v.options()
		o.Chain = nil
		if got := build(t, v, o); !bytes.Equal(got, m.bytes(t)) {
			t.Errorf("%v:\n% x\n% x", h, got, m.bytes(t))
		}
		m.unsigned = tlv(0xa1, attribute("1.2.3", null), attribute("1.2.4", null))
		if got := build(t, v, o, cms.NewAttribute("1.2.4", null), cms.NewAttribute("1.2.3", null)); !bytes.Equal(got, m.bytes(t)) {
			t.Errorf("%v, with unsigned attributes:\n% x\n% x", h, got, m.bytes(t))
		}
	}
}

func TestAlgorithmProtectionIsWrittenAndJudged(t *testing.T) {
	for _, v := range variants() {
		o := v.options()
		o.AlgorithmProtection = true
		der := build(t, v, o)
		s, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Signer.Attribute(cms.OIDProtection); !ok {
			t.Errorf("%v: attribute is absent", v)
		}
		if err := s.Verify(digestOf(v.algorithm.Hash, document)); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
	// rsaEncryption instead of sha256WithRSAEncryption: the value still verifies, the protected algorithm is another.
	v := rsa2048()
	o := v.options()
	o.AlgorithmProtection = true
	der := build(t, v, o)
	at := bytes.LastIndex(der, v.algorithm.Identifier())
	der[at+2+10] = 0x01
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(digestOf(crypto.SHA256, document)); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("exchanged algorithm: %v", err)
	}
}

func TestOptionsThatContradictTheClausesAreRefused(t *testing.T) {
	good := p256().options()
	for name, tc := range map[string]struct {
		change func(o *cms.Options)
		want   error
	}{
		"no certificate":        {func(o *cms.Options) { o.Certificate = nil }, cms.ErrInvalidArgument},
		"empty certificate":     {func(o *cms.Options) { o.Certificate = &x509.Certificate{} }, cms.ErrInvalidArgument},
		"nil in the chain":      {func(o *cms.Options) { o.Chain = []*x509.Certificate{nil} }, cms.ErrInvalidArgument},
		"endless chain":         {func(o *cms.Options) { o.Chain = make([]*x509.Certificate, 99) }, cms.ErrInvalidArgument},
		"time under PAdES":      {func(o *cms.Options) { o.SigningTime = noon }, cms.ErrInvalidArgument},
		"unknown profile":       {func(o *cms.Options) { o.Profile = 9 }, cms.ErrInvalidArgument},
		"two digests":           {func(o *cms.Options) { o.Digest = crypto.SHA512 }, cms.ErrInvalidArgument},
		"SHA-1":                 {func(o *cms.Options) { o.Algorithm.Hash = crypto.SHA1 }, sigalg.ErrAlgorithmUnsupported},
		"scheme of another key": {func(o *cms.Options) { o.Algorithm.Scheme = sigalg.PSS }, sigalg.ErrAlgorithmUnsupported},
		"no algorithm":          {func(o *cms.Options) { o.Algorithm = sigalg.Algorithm{} }, sigalg.ErrAlgorithmUnsupported},
	} {
		o := good
		tc.change(&o)
		if _, err := cms.NewSignedAttributes(o, make([]byte, 32)); !errors.Is(err, tc.want) {
			t.Errorf("%s: attributes say %v", name, err)
		}
		if _, err := cms.EstimateSize(o); !errors.Is(err, tc.want) {
			t.Errorf("%s: estimate says %v", name, err)
		}
	}
	if _, err := cms.NewSignedAttributes(good, make([]byte, 20)); !errors.Is(err, cms.ErrInvalidArgument) {
		t.Errorf("short digest: %v", err)
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	v := p256()
	der := build(t, v, v.options())
	digest := digestOf(crypto.SHA256, document)
	intermediate := bytes.Index(der, pki().intermediate.Raw)
	for i := range der {
		if i >= intermediate && i < intermediate+len(pki().intermediate.Raw) {
			continue // not part of what the signer signed
		}
		changed := bytes.Clone(der)
		changed[i] ^= 0x04
		s, err := cms.Parse(changed)
		if err == nil {
			err = s.CheckProfile(cms.PAdES)
		}
		if err == nil {
			err = s.Verify(digest)
		}
		if err == nil {
			t.Errorf("byte %d of %d changed unseen", i, len(der))
		}
	}
}

func TestExchangedCertificateIsNoticed(t *testing.T) {
	v := p256()
	o := v.options()
	o.Chain = nil
	der := build(t, v, o)
	// A second certificate for the same key, issuer and serial number: only the signed reference tells them apart.
	twin := *v.cert
	twin.Subject.CommonName = "Throw-away Twinner P-256"
	cert := v.cert
	for cert == v.cert || len(cert.Raw) != len(v.cert.Raw) { // until the issuer's ECDSA value has the same length
		cert = issue(&twin, pki().intermediate, v.key.Public(), pki().intermediateKey)
	}
	exchanged := bytes.Replace(der, v.cert.Raw, cert.Raw, 1)
	s, err := cms.Parse(exchanged)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(digestOf(crypto.SHA256, document)); !errors.Is(err, cms.ErrCertMismatch) {
		t.Errorf("exchanged certificate: %v", err)
	}
}

func TestZeroPaddingIsCutAndNothingElse(t *testing.T) {
	v := p256()
	der := build(t, v, v.options())
	padded := append(bytes.Clone(der), make([]byte, 100)...)
	if got, err := cms.TrimPadding(padded); err != nil || !bytes.Equal(got, der) {
		t.Errorf("padding: %v", err)
	}
	padded[len(padded)-1] = 1
	for name, in := range map[string][]byte{"byte in the padding": padded, "empty": nil, "zeros": make([]byte, 64), "cut": der[:len(der)-1]} {
		if _, err := cms.TrimPadding(in); !errors.Is(err, cms.ErrSignatureInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cms.Parse(append(bytes.Clone(der), 0)); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("Parse takes padding: %v", err)
	}
}

func TestErrorsCarryCodeAndJSONDetails(t *testing.T) {
	_, err := cms.Parse(nil)
	var coded interface {
		ErrorCode() string
		ErrorDetails() map[string]any
		Retryable() bool
	}
	if !errors.As(err, &coded) || coded.ErrorCode() != "SIGNATURE_INVALID" || coded.Retryable() {
		t.Errorf("%v", err)
	}
	if _, err := json.Marshal(coded.ErrorDetails()); err != nil {
		t.Error(err)
	}
}
