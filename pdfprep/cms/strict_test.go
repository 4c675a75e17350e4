package cms_test

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"
	"encoding/asn1"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// tlv is one DER element.
func tlv(tag byte, parts ...[]byte) []byte {
	inside := bytes.Join(parts, nil)
	switch n := len(inside); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, inside...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, inside...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, inside...)
	default:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, inside...)
	}
}

func sequence(parts ...[]byte) []byte { return tlv(0x30, parts...) }
func integer(n int64) []byte          { return must(asn1.Marshal(n)) }
func octets(b []byte) []byte          { return tlv(4, b) }
func dotted(s string) []byte          { return must(asn1.Marshal(must(sigalg.ParseOID(s)))) }
func times(n int, b []byte) []byte    { return bytes.Repeat(b, n) }

func attribute(typ string, values ...[]byte) []byte {
	return sequence(dotted(typ), tlv(0x31, values...))
}

var null = []byte{5, 0}

// handmade is a SignedData in pieces, each of which a test can spoil before the whole is signed. By itself it is a good PAdES signature.
type handmade struct {
	v                        variant
	tail, infoTail, wrapTail []byte // behind ContentInfo, in it, in its [0]
	infoType                 string
	version                  []byte
	digests, encap           []byte
	certificates, crls       []byte
	signers                  []byte // instead of the one signer, if not nil
	sdTail                   []byte

	signerVersion, sid, digestID []byte
	attributes                   [][]byte // nil: the signature covers the content directly
	unsorted                     bool
	sigID, signature             []byte // signature is made at the end, if nil
	unsigned, signerTail         []byte
}

func newHandmade(v variant) *handmade {
	h := v.algorithm.Hash
	reference := sequence(sequence(sequence(octets(digestOf(crypto.SHA256, v.cert.Raw)))))
	return &handmade{
		v: v, infoType: cms.OIDSignedData, version: integer(1),
		digests: tlv(0x31, sigalg.HashIdentifier(h)), encap: sequence(dotted(cms.OIDData)), certificates: tlv(0xa0, v.cert.Raw),
		signerVersion: integer(1), sid: sequence(v.cert.RawIssuer, must(asn1.Marshal(v.cert.SerialNumber))),
		digestID: sigalg.HashIdentifier(h), sigID: v.algorithm.Identifier(),
		attributes: [][]byte{
			attribute(cms.OIDContents, dotted(cms.OIDData)), attribute(cms.OIDDigest, octets(digestOf(h, document))), attribute(cms.OIDCertV2, reference),
		},
	}
}

// replace puts another attribute in the place of the one of the same type, or adds it.
func (m *handmade) replace(typ string, attribute ...[]byte) {
	m.attributes = slices.DeleteFunc(m.attributes, func(a []byte) bool { return bytes.Contains(a[:min(len(a), 20)], dotted(typ)) })
	m.attributes = append(m.attributes, attribute...)
}

// signer is the SignerInfo.
func (m *handmade) signer(t testing.TB) []byte {
	t.Helper()
	attributes := slices.Clone(m.attributes)
	if !m.unsorted {
		slices.SortFunc(attributes, bytes.Compare)
	}
	covered, signed := document, []byte(nil)
	if m.attributes != nil {
		covered, signed = tlv(0x31, attributes...), tlv(0xa0, attributes...)
	}
	signature := m.signature
	if signature == nil {
		toBeSigned := covered
		if m.v.algorithm.Scheme != sigalg.Ed25519 {
			toBeSigned = digestOf(m.v.algorithm.Hash, covered)
		}
		signature = octets(m.v.sign(t, m.v.algorithm, toBeSigned))
	}
	return sequence(m.signerVersion, m.sid, m.digestID, signed, m.sigID, signature, m.unsigned, m.signerTail)
}

func (m *handmade) bytes(t testing.TB) []byte {
	t.Helper()
	signers := m.signers
	if signers == nil {
		signers = tlv(0x31, m.signer(t))
	}
	sd := sequence(m.version, m.digests, m.encap, m.certificates, m.crls, signers, m.sdTail)
	return append(sequence(dotted(m.infoType), tlv(0xa0, sd, m.wrapTail), m.infoTail), m.tail...)
}

func TestASignatureMadeByHandHolds(t *testing.T) {
	for _, v := range []variant{p256(), rsa2048(), {signerOf("P-256"), sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA512}}} {
		s, err := cms.Parse(newHandmade(v).bytes(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(digestOf(v.algorithm.Hash, document)); err != nil {
			t.Error(err)
		}
		if err := s.CheckProfile(cms.PAdES); err != nil {
			t.Error(err)
		}
	}
}

// spoiledContainers is everything around the signer, one piece wrong in each.
func spoiledContainers() map[string]func(m *handmade) {
	return map[string]func(m *handmade){
		"bytes behind it":                        func(m *handmade) { m.tail = null },
		"another type of content":                func(m *handmade) { m.infoType = cms.OIDData },
		"an element too many in ContentInfo":     func(m *handmade) { m.infoTail = null },
		"an element too many in its [0]":         func(m *handmade) { m.wrapTail = null },
		"version 0":                              func(m *handmade) { m.version = integer(0) },
		"version 6":                              func(m *handmade) { m.version = integer(6) },
		"a version that is no number":            func(m *handmade) { m.version = null },
		"digests that are no set":                func(m *handmade) { m.digests = sequence(sigalg.HashIdentifier(crypto.SHA256)) },
		"content that is no sequence":            func(m *handmade) { m.encap = tlv(0x31, dotted(cms.OIDData)) },
		"content without a type":                 func(m *handmade) { m.encap = sequence(null) },
		"content in another tag":                 func(m *handmade) { m.encap = sequence(dotted(cms.OIDData), tlv(0xa1, octets(document))) },
		"content that is no octet string":        func(m *handmade) { m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, sequence())) },
		"two contents":                           func(m *handmade) { m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(nil), octets(nil))) },
		"an element too many behind the content": func(m *handmade) { m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(nil)), null) },
		"1,025 certificates":                     func(m *handmade) { m.certificates = tlv(0xa0, m.v.cert.Raw, times(1024, sequence())) },
		"a certificate cut short":                func(m *handmade) { m.certificates = tlv(0xa0, []byte{0x30, 5, 1}) },
		"1,025 revocation lists":                 func(m *handmade) { m.crls = tlv(0xa1, times(1025, sequence())) },
		"a revocation list cut short":            func(m *handmade) { m.crls = tlv(0xa1, []byte{0x30, 5, 1}) },
		"signers that are no set":                func(m *handmade) { m.signers = sequence() },
		"an element behind the signers":          func(m *handmade) { m.sdTail = null },
	}
}

// Each piece is spoiled by itself, the rest is right and signed, so that only the check of that piece can tell.
func TestEveryPieceIsReadStrictly(t *testing.T) {
	spoiled := map[string]func(m *handmade){
		"no signer":                            func(m *handmade) { m.signers = tlv(0x31) },
		"a signer that is no sequence":         func(m *handmade) { m.signers = tlv(0x31, null) },
		"a signer of version 2":                func(m *handmade) { m.signerVersion = integer(2) },
		"a signer without version":             func(m *handmade) { m.signerVersion = nil },
		"a key identifier under version 1":     func(m *handmade) { m.sid = tlv(0x80, m.v.cert.SubjectKeyId) },
		"a key identifier under version 2":     func(m *handmade) { m.signerVersion, m.sid = integer(2), tlv(0x80, m.v.cert.SubjectKeyId) },
		"issuer and serial under version 3":    func(m *handmade) { m.signerVersion = integer(3) },
		"a serial number that is no number":    func(m *handmade) { m.sid = sequence(m.v.cert.RawIssuer, null) },
		"an issuer that is no sequence":        func(m *handmade) { m.sid = sequence(tlv(0x31), integer(1)) },
		"an element behind the serial number":  func(m *handmade) { m.sid = sequence(m.v.cert.RawIssuer, integer(1), null) },
		"a digest with parameters":             func(m *handmade) { m.digestID = sequence(sigalg.HashIdentifier(crypto.SHA256)[2:], integer(1)) },
		"a digest with a filled NULL":          func(m *handmade) { m.digestID = sequence(sigalg.HashIdentifier(crypto.SHA256)[2:], []byte{5, 1, 0}) },
		"a digest without identifier":          func(m *handmade) { m.digestID = sequence(null) },
		"a digest that is no sequence":         func(m *handmade) { m.digestID = null },
		"an attribute that is no sequence":     func(m *handmade) { m.attributes = append(m.attributes, tlv(0x31)) },
		"an attribute without type":            func(m *handmade) { m.attributes = append(m.attributes, sequence(tlv(0x31))) },
		"an attribute whose values are no set": func(m *handmade) { m.attributes = append(m.attributes, sequence(dotted("1.2.3"), sequence())) },
		"an attribute with an element too many": func(m *handmade) {
			m.attributes = append(m.attributes, sequence(dotted("1.2.3"), tlv(0x31, null), null))
		},
		"a value cut short": func(m *handmade) { m.attributes = append(m.attributes, attribute("1.2.3", []byte{0x30, 5, 1})) },
		"1,025 values":      func(m *handmade) { m.attributes = append(m.attributes, attribute("1.2.3", times(1025, null))) },
		"an attribute twice": func(m *handmade) {
			m.attributes = append(m.attributes, attribute("1.2.3", null), attribute("1.2.3", null))
		},
		"two digests in messageDigest": func(m *handmade) {
			m.replace(cms.OIDDigest, attribute(cms.OIDDigest, octets(digestOf(crypto.SHA256, document)), octets(nil)))
		},
		"none in messageDigest": func(m *handmade) { m.replace(cms.OIDDigest, attribute(cms.OIDDigest)) },
		"two types in contentType": func(m *handmade) {
			m.replace(cms.OIDContents, attribute(cms.OIDContents, dotted(cms.OIDData), dotted(cms.OIDData)))
		},
		"two signing times":           func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDTime, null, null)) },
		"two algorithm protections":   func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDProtection, null, null)) },
		"two references of version 1": func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDCertV1, null, null)) },
		"two references of version 2": func(m *handmade) { m.replace(cms.OIDCertV2, attribute(cms.OIDCertV2, null, null)) },
		"two policies":                func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDPolicy, null, null)) },
		"two locations":               func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDLocation, null, null)) },
		"signed attributes cut short": func(m *handmade) {
			m.attributes, m.sigID, m.signature = nil, []byte{0xa0, 9, 0}, []byte{}
		},
		"an algorithm that is no sequence":    func(m *handmade) { m.sigID = null },
		"a value that is no octet string":     func(m *handmade) { m.signature = tlv(3, []byte{0}) },
		"unsigned attributes that are none":   func(m *handmade) { m.unsigned = tlv(0xa1, null) },
		"unsigned attributes cut short":       func(m *handmade) { m.unsigned = []byte{0xa1, 9, 0} },
		"an element behind the signer's last": func(m *handmade) { m.signerTail = null },
	}
	maps.Copy(spoiled, spoiledContainers())
	for name, spoil := range spoiled {
		m := newHandmade(p256())
		spoil(m)
		if s, err := cms.Parse(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) || s != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := newHandmade(p256())
	for i := range 1022 {
		m.attributes = append(m.attributes, attribute("1.2."+big.NewInt(int64(i)).String(), null))
	}
	if _, err := cms.Parse(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("1,025 attributes: %v", err)
	}
	if _, err := cms.Parse(append(newHandmade(p256()).bytes(t), make([]byte, cms.MaxBytes)...)); !errors.Is(err, cms.ErrSignatureInvalid) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("too large: %v", err)
	}
	m = newHandmade(p256())
	m.signers = tlv(0x31, m.signer(t), m.signer(t))
	if _, err := cms.Parse(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) || !strings.Contains(err.Error(), "more than one") {
		t.Errorf("two signers: %v", err)
	}
}

// What the clauses allow must not be refused: a strict reader that refuses more is of no use.
func TestWhatTheClausesAllowIsRead(t *testing.T) {
	for name, change := range map[string]func(m *handmade){
		"a digest with NULL":                   func(m *handmade) { m.digestID = sequence(sigalg.HashIdentifier(crypto.SHA256)[2:], null) },
		"no certificate list":                  func(m *handmade) { m.crls = nil },
		"1,024 certificates":                   func(m *handmade) { m.certificates = tlv(0xa0, m.v.cert.Raw, times(1023, sequence())) },
		"another kind of certificate":          func(m *handmade) { m.certificates = tlv(0xa0, m.v.cert.Raw, tlv(0xa2)) },
		"1,024 revocation lists":               func(m *handmade) { m.crls = tlv(0xa1, times(1024, sequence())) },
		"another kind of revocation data":      func(m *handmade) { m.crls = tlv(0xa1, tlv(0xa1)) },
		"1,024 values":                         func(m *handmade) { m.attributes = append(m.attributes, attribute("1.2.3", times(1024, null))) },
		"two values of an unknown attribute":   func(m *handmade) { m.attributes = append(m.attributes, attribute("1.2.3", null, null)) },
		"an unsigned attribute twice":          func(m *handmade) { m.unsigned = tlv(0xa1, attribute("1.2.3", null), attribute("1.2.3", null)) },
		"an unsigned time with two values":     func(m *handmade) { m.unsigned = tlv(0xa1, attribute(cms.OIDTime, null, null)) },
		"version 5":                            func(m *handmade) { m.version = integer(5) },
		"attributes in another order than DER": func(m *handmade) { m.unsorted = true; slices.Reverse(m.attributes) },
	} {
		m := newHandmade(p256())
		change(m)
		s, err := cms.Parse(m.bytes(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := s.Verify(digestOf(crypto.SHA256, document)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := newHandmade(p256())
	for i := range 1021 {
		m.attributes = append(m.attributes, attribute("1.2."+big.NewInt(int64(i)).String(), null))
	}
	if s, err := cms.Parse(m.bytes(t)); err != nil || len(s.Signer.SignedAttributes) != 1024 {
		t.Errorf("1,024 attributes: %v", err)
	}
}

func TestCertificatesRevocationListsAndContentAreHandedOut(t *testing.T) {
	m := newHandmade(p256())
	list := sequence(integer(7))
	m.certificates = tlv(0xa0, sequence(), m.v.cert.Raw, tlv(0xa2), pki().root.Raw)
	m.crls = tlv(0xa1, tlv(0xa1), list)
	m.unsigned = tlv(0xa1, attribute("1.2.3", null, list))
	m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(document)))
	m.attributes = append(m.attributes, attribute("1.2.4"), attribute("1.2.5", null, list))
	s, err := cms.Parse(m.bytes(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Certificates) != 2 || !s.Certificates[0].Equal(m.v.cert) || !s.Certificates[1].Equal(pki().root) {
		t.Errorf("%d certificates", len(s.Certificates))
	}
	if len(s.CRLs) != 1 || !bytes.Equal(s.CRLs[0], list) {
		t.Errorf("revocation lists: %x", s.CRLs)
	}
	if !bytes.Equal(s.Content, document) {
		t.Errorf("content: %q", s.Content)
	}
	if u := s.Signer.UnsignedAttributes; len(u) != 1 || u[0].Type != "1.2.3" || len(u[0].Values) != 2 || !bytes.Equal(u[0].Values[1], list) {
		t.Errorf("unsigned attributes: %v", u)
	}
	if s.Signer.KeyID != nil || !bytes.Equal(s.Signer.Issuer, m.v.cert.RawIssuer) || s.Signer.Serial.Cmp(m.v.cert.SerialNumber) != 0 {
		t.Errorf("signer: %v", s.Signer)
	}
	if _, ok := s.Signer.Attribute("1.2.3"); ok {
		t.Error("an unsigned attribute counts as signed")
	}
	if _, ok := s.Signer.Attribute("1.2.4"); ok {
		t.Error("an attribute without a value has one")
	}
	if _, ok := s.Signer.Attribute("1.2.5"); ok {
		t.Error("one of two values is the attribute's")
	}
	m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(nil)))
	if s, err := cms.Parse(m.bytes(t)); err != nil || s.Content == nil || len(s.Content) != 0 {
		t.Errorf("empty content is not the same as none: %v", err)
	}
}

func TestAlgorithmsOutsideTheProductAreNamedAsSuch(t *testing.T) {
	for name, change := range map[string]func(m *handmade){
		"digest":    func(m *handmade) { m.digestID = sequence(dotted("1.2.3.4")) },
		"signature": func(m *handmade) { m.sigID = sequence(dotted("1.2.3.4")) },
	} {
		m := newHandmade(p256())
		change(m)
		if s, err := cms.Parse(m.bytes(t)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) || s != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Signed by the key and yet wrong: the attributes say something else than the document, the certificate or the algorithms.
func TestSignedStatementsAreHeldAgainstTheFacts(t *testing.T) {
	digest := digestOf(crypto.SHA256, document)
	p256ID := sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}.Identifier()[2:]
	sha256ID := sigalg.HashIdentifier(crypto.SHA256)
	protection := func(parts ...[]byte) func(m *handmade) {
		return func(m *handmade) {
			m.attributes = append(m.attributes, attribute(cms.OIDProtection, sequence(parts...)))
		}
	}
	reference := func(parts ...[]byte) func(m *handmade) {
		return func(m *handmade) {
			m.replace(cms.OIDCertV2, attribute(cms.OIDCertV2, sequence(sequence(sequence(parts...)))))
		}
	}
	raw := func(value []byte) func(m *handmade) {
		return func(m *handmade) { m.replace(cms.OIDCertV2, attribute(cms.OIDCertV2, value)) }
	}
	cert := p256().cert
	certDigest := digestOf(crypto.SHA256, cert.Raw)
	name := sequence(tlv(0xa4, cert.RawIssuer))
	serial := must(asn1.Marshal(cert.SerialNumber))
	for what, tc := range map[string]struct {
		change func(m *handmade)
		want   error // nil: it holds
	}{
		"no contentType":                        {func(m *handmade) { m.replace(cms.OIDContents) }, cms.ErrSignatureInvalid},
		"contentType of something else":         {func(m *handmade) { m.replace(cms.OIDContents, attribute(cms.OIDContents, dotted(cms.OIDTSTInfo))) }, cms.ErrSignatureInvalid},
		"contentType that is no type":           {func(m *handmade) { m.replace(cms.OIDContents, attribute(cms.OIDContents, null)) }, cms.ErrSignatureInvalid},
		"content of another type":               {func(m *handmade) { m.encap = sequence(dotted(cms.OIDTSTInfo)) }, cms.ErrSignatureInvalid},
		"no messageDigest":                      {func(m *handmade) { m.replace(cms.OIDDigest) }, cms.ErrSignatureInvalid},
		"messageDigest that is no octet string": {func(m *handmade) { m.replace(cms.OIDDigest, attribute(cms.OIDDigest, tlv(3, digest))) }, cms.ErrSignatureInvalid},
		"the digest of something else":          {func(m *handmade) { m.replace(cms.OIDDigest, attribute(cms.OIDDigest, octets(make([]byte, 32)))) }, cms.ErrSignatureInvalid},

		"protected algorithms":               {protection(sha256ID, tlv(0xa1, p256ID)), nil},
		"protection that is no sequence":     {func(m *handmade) { m.attributes = append(m.attributes, attribute(cms.OIDProtection, null)) }, cms.ErrSignatureInvalid},
		"protection without digest":          {protection(null), cms.ErrSignatureInvalid},
		"protection of another digest":       {protection(sigalg.HashIdentifier(crypto.SHA512), tlv(0xa1, p256ID)), cms.ErrSignatureInvalid},
		"protection without signature":       {protection(sha256ID), cms.ErrSignatureInvalid},
		"protection of a MAC":                {protection(sha256ID, tlv(0xa2, p256ID)), cms.ErrSignatureInvalid},
		"protection of another algorithm":    {protection(sha256ID, tlv(0xa1, dotted("1.2.3"))), cms.ErrSignatureInvalid},
		"protection with an element to many": {protection(sha256ID, tlv(0xa1, p256ID), null), cms.ErrSignatureInvalid},

		"a reference with issuer and serial":    {reference(octets(certDigest), sequence(name, serial)), nil},
		"a reference by SHA-512":                {reference(sigalg.HashIdentifier(crypto.SHA512), octets(digestOf(crypto.SHA512, cert.Raw))), nil},
		"a reference to another certificate":    {reference(octets(digestOf(crypto.SHA256, pki().root.Raw))), cms.ErrCertMismatch},
		"a reference with another serial":       {reference(octets(certDigest), sequence(name, integer(1))), cms.ErrCertMismatch},
		"a reference with another issuer":       {reference(octets(certDigest), sequence(sequence(tlv(0xa4, sequence())), serial)), cms.ErrCertMismatch},
		"a reference that is no sequence":       {raw(null), cms.ErrSignatureInvalid},
		"a reference without list":              {raw(sequence(null)), cms.ErrSignatureInvalid},
		"a reference to nothing":                {raw(sequence(sequence())), cms.ErrSignatureInvalid},
		"a reference without digest":            {reference(null), cms.ErrSignatureInvalid},
		"a reference by no digest":              {reference(sequence(null), octets(certDigest)), cms.ErrSignatureInvalid},
		"a reference with half a serial":        {reference(octets(certDigest), sequence(name)), cms.ErrSignatureInvalid},
		"a reference with no sequence at last":  {reference(octets(certDigest), null), cms.ErrSignatureInvalid},
		"a reference with names of no sequence": {reference(octets(certDigest), sequence(null, serial)), cms.ErrSignatureInvalid},
		"a reference with another kind of name": {reference(octets(certDigest), sequence(sequence(tlv(0xa5, cert.RawIssuer)), serial)), cms.ErrSignatureInvalid},
		"a reference with an element too many":  {reference(octets(certDigest), sequence(name, serial), null), cms.ErrSignatureInvalid},
		"no reference":                          {func(m *handmade) { m.replace(cms.OIDCertV2) }, nil},
		"a reference of version 1": {func(m *handmade) {
			m.replace(cms.OIDCertV2, attribute(cms.OIDCertV1, sequence(sequence(sequence(octets(digestOf(crypto.SHA1, cert.Raw)))))))
		}, nil},
		"a wrong reference of version 1 beside a right one": {func(m *handmade) {
			m.attributes = append(m.attributes, attribute(cms.OIDCertV1, sequence(sequence(sequence(octets(digestOf(crypto.SHA1, pki().root.Raw)))))))
		}, cms.ErrCertMismatch},

		"a certificate of the same issuer":  {func(m *handmade) { m.sid = sequence(cert.RawIssuer, integer(5)) }, cms.ErrCertMismatch},
		"a certificate of the same serial":  {func(m *handmade) { m.sid = sequence(pki().root.RawIssuer, serial) }, cms.ErrCertMismatch},
		"no certificate":                    {func(m *handmade) { m.certificates = nil }, cms.ErrCertMismatch},
		"a key identifier":                  {func(m *handmade) { m.signerVersion, m.sid = integer(3), tlv(0x80, cert.SubjectKeyId) }, nil},
		"the key identifier of another key": {func(m *handmade) { m.signerVersion, m.sid = integer(3), tlv(0x80, []byte{9}) }, cms.ErrCertMismatch},
		"a value over something else": {func(m *handmade) {
			m.signature = octets(m.v.sign(t, m.v.algorithm, digestOf(crypto.SHA256, nil)))
		}, sigalg.ErrSignatureInvalid},

		"no signed attributes over data":           {func(m *handmade) { m.attributes = nil }, nil},
		"no signed attributes over something else": {func(m *handmade) { m.attributes, m.encap = nil, sequence(dotted(cms.OIDTSTInfo)) }, cms.ErrSignatureInvalid},
	} {
		t.Run(what, func(t *testing.T) {
			m := newHandmade(p256())
			tc.change(m)
			s, err := cms.Parse(m.bytes(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, verify := range []func([]byte) error{s.Verify, s.VerifyWeak} {
				if err := verify(digest); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					t.Errorf("%v, want %v", err, tc.want)
				}
			}
			if err := s.Verify(digestOf(crypto.SHA256, nil)); err == nil {
				t.Error("another document")
			}
		})
	}
}

func TestWhoseCertificateIsMissingIsSaid(t *testing.T) {
	m := newHandmade(p256())
	m.certificates = tlv(0xa0, pki().root.Raw)
	_, absent := must(cms.Parse(m.bytes(t))).SigningCertificate()
	m = newHandmade(p256())
	m.replace(cms.OIDCertV2, attribute(cms.OIDCertV2, sequence(sequence(sequence(octets(make([]byte, 32)))))))
	_, mismatch := must(cms.Parse(m.bytes(t))).SigningCertificate()
	if absent == nil || mismatch == nil || !strings.Contains(absent.Error(), "not embedded") || strings.Contains(mismatch.Error(), "not embedded") {
		t.Errorf("%v; %v", absent, mismatch)
	}
}

func TestWeakAlgorithmsHoldForReportsOnly(t *testing.T) {
	v := variant{signerOf("P-256"), sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA1}}
	m := newHandmade(variant{v.signer, p256().algorithm})
	m.v = v
	sha1ID := sequence(dotted("1.3.14.3.2.26"))
	m.digests, m.digestID, m.sigID = tlv(0x31, sha1ID), sha1ID, sequence(dotted("1.2.840.10045.4.1"))
	m.replace(cms.OIDDigest, attribute(cms.OIDDigest, octets(digestOf(crypto.SHA1, document))))
	s, err := cms.Parse(m.bytes(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.VerifyWeak(digestOf(crypto.SHA1, document)); err != nil {
		t.Error(err)
	}
	if err := s.Verify(digestOf(crypto.SHA1, document)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
		t.Errorf("SHA-1: %v", err)
	}
}

func TestEd25519WithoutSignedAttributesIsRefused(t *testing.T) {
	m := newHandmade(variant{signerOf("Ed25519"), sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}})
	m.attributes = nil
	s, err := cms.Parse(m.bytes(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(digestOf(crypto.SHA512, document)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
		t.Error(err)
	}
}

// A signature that holds and is not PAdES.
func TestTheProfileSeesWhatVerificationDoesNot(t *testing.T) {
	sha256ID, sha512ID := sigalg.HashIdentifier(crypto.SHA256), sigalg.HashIdentifier(crypto.SHA512)
	unsigned := func(typ string) func(m *handmade) {
		return func(m *handmade) { m.unsigned = tlv(0xa1, attribute(typ, null)) }
	}
	signed := func(typ string) func(m *handmade) {
		return func(m *handmade) { m.attributes = append(m.attributes, attribute(typ, null)) }
	}
	for what, tc := range map[string]struct {
		change       func(m *handmade)
		pades, pkcs7 bool
	}{
		"nothing wrong":            {func(m *handmade) {}, true, true},
		"a timestamp":              {unsigned(cms.OIDTimestamp), true, true},
		"content inside":           {func(m *handmade) { m.encap = sequence(dotted(cms.OIDData), tlv(0xa0, octets(nil))) }, false, false},
		"another type of content":  {func(m *handmade) { m.encap = sequence(dotted(cms.OIDTSTInfo)) }, false, false},
		"no digest announced":      {func(m *handmade) { m.digests = tlv(0x31) }, false, false},
		"another digest announced": {func(m *handmade) { m.digests = tlv(0x31, sha512ID) }, false, false},
		"two digests announced":    {func(m *handmade) { m.digests = tlv(0x31, sha256ID, sha512ID) }, false, false},
		"version 3 without reason": {func(m *handmade) { m.version = integer(3) }, false, false},
		"version 3 by key identifier": {func(m *handmade) {
			m.version, m.signerVersion, m.sid = integer(3), integer(3), tlv(0x80, m.v.cert.SubjectKeyId)
		}, true, true},
		"attributes in another order": {func(m *handmade) {
			m.unsorted = true
			slices.SortFunc(m.attributes, func(a, b []byte) int { return bytes.Compare(b, a) })
		}, false, true},
		"no reference":                  {func(m *handmade) { m.replace(cms.OIDCertV2) }, false, true},
		"both references":               {signed(cms.OIDCertV1), false, true},
		"a reference of version 1 only": {func(m *handmade) { m.replace(cms.OIDCertV2, attribute(cms.OIDCertV1, null)) }, true, true},
		"a signing time":                {signed(cms.OIDTime), false, true},
		"an unsigned signing time":      {unsigned(cms.OIDTime), false, true},
		"a counter-signature":           {unsigned("1.2.840.113549.1.9.6"), false, true},
		"a content reference":           {signed("1.2.840.113549.1.9.16.2.10"), false, true},
		"a content identifier":          {signed("1.2.840.113549.1.9.16.2.7"), false, true},
		"content hints":                 {signed("1.2.840.113549.1.9.16.2.4"), false, true},
	} {
		m := newHandmade(p256())
		tc.change(m)
		s, err := cms.Parse(m.bytes(t))
		if err != nil {
			t.Fatal(what, err)
		}
		for profile, want := range map[cms.Profile]bool{cms.PAdES: tc.pades, cms.PKCS7: tc.pkcs7} {
			if err := s.CheckProfile(profile); err == nil != want || err != nil && !errors.Is(err, cms.ErrSignatureInvalid) {
				t.Errorf("%s: profile %d: %v", what, profile, err)
			}
		}
	}
}

func TestCertificateBundlesHaveNoSigners(t *testing.T) {
	m := newHandmade(p256())
	if _, err := cms.ParseCertificates(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("with a signer: %v", err)
	}
	m.signers = tlv(0x31)
	if list, err := cms.ParseCertificates(m.bytes(t)); err != nil || len(list) != 1 || !list[0].Equal(m.v.cert) {
		t.Errorf("%d certificates, %v", len(list), err)
	}
	for name, spoil := range spoiledContainers() {
		m := newHandmade(p256())
		m.signers = tlv(0x31)
		spoil(m)
		if list, err := cms.ParseCertificates(m.bytes(t)); !errors.Is(err, cms.ErrSignatureInvalid) || list != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cms.ParseCertificates(null); !errors.Is(err, cms.ErrSignatureInvalid) {
		t.Errorf("no bundle: %v", err)
	}
}
