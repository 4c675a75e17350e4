package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

var (
	tag0 = asn1.Tag(0).ContextSpecific().Constructed()
	tag1 = asn1.Tag(1).ContextSpecific().Constructed()
)

// Assemble verifies the signature value over ToBeSigned with the signer's key and gives out the SignedData in DER. The value is in CMS form
// (ECDSA: DER); unsigned are unsigned attributes, such as a timestamp over the value. The error is sigalg.ErrSignatureInvalid for a value that
// does not verify.
func (a *SignedAttributes) Assemble(signature []byte, unsigned ...Attribute) ([]byte, error) {
	if err := sigalg.Verify(a.signer.pub, a.signer.Algorithm, a.ToBeSigned(), signature); err != nil {
		return nil, err
	}
	return a.assemble(signature, unsigned)
}

// EstimateSize is the number of bytes that Assemble returns at most for these options and unsigned attributes. RSA and Ed25519 reach it
// exactly; an ECDSA value may be a few bytes shorter.
func EstimateSize(o Options, unsigned ...Attribute) (int, error) {
	s, err := o.check()
	if err != nil {
		return 0, err
	}
	n, err := sigalg.MaxSignatureBytes(s.pub)
	if err != nil {
		return 0, err
	}
	digest := make([]byte, s.Digest.Size())
	if o.ContentTimestamp != nil {
		digest = o.ContentTimestamp.Imprint
	}
	a, err := NewSignedAttributes(o, digest)
	if err != nil {
		return 0, err
	}
	der, err := a.assemble(make([]byte, n), unsigned)
	return len(der), err
}

// assemble writes ContentInfo { id-signedData, SignedData } of RFC 5652 3 and 5.1.
func (a *SignedAttributes) assemble(signature []byte, unsigned []Attribute) ([]byte, error) {
	s := a.signer
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(OIDSignedData))
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)                                              // version: RFC 5652 5.1, X.509 certificates, id-data, SignerInfo of version 1
				addSet(b, asn1.SET, [][]byte{sigalg.HashIdentifier(s.Digest)}) // digestAlgorithms: parameters absent, RFC 5754 2
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {         // encapContentInfo: detached, RFC 5652 5.2
					b.AddASN1ObjectIdentifier(oid(OIDData))
				})
				addSet(b, tag0, s.certificates)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { // EN 319 142-1 6.3: exactly one SignerInfo
					a.addSignerInfo(b, signature, unsigned)
				})
			})
		})
	})
	return built(&b, "SignedData")
}

// addSignerInfo writes a SignerInfo of RFC 5652 5.3.
func (a *SignedAttributes) addSignerInfo(b *cryptobyte.Builder, signature []byte, unsigned []Attribute) {
	s := a.signer
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1) // version: the signer is named by issuer and serial number
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(s.Certificate.RawIssuer)
			b.AddASN1BigInt(s.Certificate.SerialNumber)
		})
		b.AddBytes(sigalg.HashIdentifier(s.Digest))
		b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddBytes(content(a.der)) }) // signedAttrs: [0] IMPLICIT instead of the SET that was signed
		b.AddBytes(s.Algorithm.Identifier())
		b.AddASN1OctetString(signature)
		if len(unsigned) > 0 {
			addAttributes(b, tag1, unsigned)
		}
	})
}
