package cms

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

// SignedAttributes is a signature waiting for its value. It is immutable and safe to keep while a service works.
type SignedAttributes struct {
	signer *signer
	der    []byte
}

// NewSignedAttributes checks the options and makes the signed attributes over a document digest of o.Digest. The error is ErrInvalidArgument
// or sigalg.ErrAlgorithmUnsupported. The same arguments give the same bytes.
func NewSignedAttributes(o Options, documentDigest []byte) (*SignedAttributes, error) {
	s, err := o.check()
	if err != nil {
		return nil, err
	}
	if len(documentDigest) != s.Digest.Size() {
		return nil, argument("the document digest does not have the length of " + s.Digest.String())
	}
	list, err := s.attributes(documentDigest)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	addAttributes(&b, asn1.SET, list)
	der, err := built(&b, "signed attributes")
	return &SignedAttributes{signer: s, der: der}, err
}

// DER is the DER of the signed attributes as SET OF (tag 0x31), the form that is signed: RFC 5652 5.4.
func (a *SignedAttributes) DER() []byte { return a.der }

// ToBeSigned is what the key signs: the digest of DER; for Ed25519 DER itself, because pure Ed25519 signs messages (RFC 8419 3.1).
func (a *SignedAttributes) ToBeSigned() []byte {
	return toBeSigned(a.signer.Algorithm, a.der)
}

func toBeSigned(a sigalg.Algorithm, der []byte) []byte {
	if a.Scheme == sigalg.Ed25519 {
		return der
	}
	h := a.Hash.New()
	h.Write(der)
	return h.Sum(nil)
}

func (s *signer) attributes(documentDigest []byte) ([]Attribute, error) {
	var err error
	value := func(build func(b *cryptobyte.Builder)) []byte {
		var b cryptobyte.Builder
		build(&b)
		der, e := built(&b, "signed attributes")
		if e != nil {
			err = e
		}
		return der
	}
	list := []Attribute{
		// RFC 5652 11.1
		NewAttribute(OIDContents, value(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid(OIDData)) })),
		// RFC 5652 11.2
		NewAttribute(OIDDigest, value(func(b *cryptobyte.Builder) { b.AddASN1OctetString(documentDigest) })),
		// EN 319 122-1 5.2.2.3: the reference that keeps the certificate from being exchanged
		NewAttribute(OIDCertV2, value(s.addSigningCertificate)),
	}
	if !s.SigningTime.IsZero() {
		list = append(list, NewAttribute(OIDTime, value(func(b *cryptobyte.Builder) { addTime(b, s.SigningTime) })))
	}
	if s.AlgorithmProtection {
		list = append(list, NewAttribute(OIDProtection, value(s.addAlgorithmProtection)))
	}
	if err != nil {
		return nil, err
	}
	more, err := s.qualifying(documentDigest)
	return append(list, more...), err
}

// addTime writes a Time by RFC 5652 11.3: UTCTime from 1950 through 2049, GeneralizedTime outside, both in UTC with seconds.
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC()
	if year := t.Year(); year >= 1950 && year < 2050 {
		b.AddASN1UTCTime(t)
	} else {
		b.AddASN1GeneralizedTime(t)
	}
}

// addAlgorithmProtection writes CMSAlgorithmProtection of RFC 6211 2: digestAlgorithm, then signatureAlgorithm as [1] IMPLICIT.
func (s *signer) addAlgorithmProtection(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(sigalg.HashIdentifier(s.Digest))
		b.AddASN1(asn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddBytes(content(s.Algorithm.Identifier()))
		})
	})
}

// content is the inside of a DER element.
func content(der []byte) []byte {
	s, inside := cryptobyte.String(der), cryptobyte.String(nil)
	var tag asn1.Tag
	s.ReadAnyASN1(&inside, &tag)
	return inside
}
