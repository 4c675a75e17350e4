package cms

import (
	"bytes"
	"crypto"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

// Signed attributes that a signer may add by EN 319 122-1 5.2.
const (
	OIDPolicy           = "1.2.840.113549.1.9.16.2.15" // 5.2.9.1, signature-policy-identifier
	OIDCommitment       = "1.2.840.113549.1.9.16.2.16" // 5.2.3, commitment-type-indication
	OIDLocation         = "1.2.840.113549.1.9.16.2.17" // 5.2.5, signer-location
	OIDContentTimestamp = "1.2.840.113549.1.9.16.2.20" // 5.2.8, content-time-stamp

	oidPolicyURI = "1.2.840.113549.1.9.16.5.1" // 5.2.9.1, the qualifier with the policy's address
)

// Commitments of EN 319 122-1 annex D (RFC 5126 5.11.1): what the signature is meant to say.
const (
	ProofOfOrigin   = "1.2.840.113549.1.9.16.6.1"
	ProofOfReceipt  = "1.2.840.113549.1.9.16.6.2"
	ProofOfDelivery = "1.2.840.113549.1.9.16.6.3"
	ProofOfSender   = "1.2.840.113549.1.9.16.6.4"
	ProofOfApproval = "1.2.840.113549.1.9.16.6.5"
	ProofOfCreation = "1.2.840.113549.1.9.16.6.6"
)

// SignaturePolicy names the policy a signature follows; Digest is over the policy document.
type SignaturePolicy struct {
	OID    string
	Hash   crypto.Hash
	Digest []byte
	URI    string // where the document is, "" for nowhere
}

// SignerLocation is where the signer says to be. At least one field is set.
type SignerLocation struct {
	Country, Locality string
	PostalAddress     []string // one to six lines
}

// maxText bounds each text that a caller may have signed.
const maxText = 1000

// qualifying makes the optional attributes of the options.
func (s *signer) qualifying(documentDigest []byte) ([]Attribute, error) {
	var list []Attribute
	var err error
	add := func(typ string, build func(b *cryptobyte.Builder)) {
		var b cryptobyte.Builder
		build(&b)
		der, e := b.Bytes()
		if e != nil && err == nil {
			err = &Error{Code: InvalidArgument, Msg: "attribute " + typ, Err: e}
		}
		list = append(list, NewAttribute(typ, der))
	}
	if s.Commitment != "" {
		add(OIDCommitment, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid(s.Commitment)) })
		})
	}
	if s.Policy != nil {
		if err := s.Policy.check(); err != nil {
			return nil, err
		}
		add(OIDPolicy, s.Policy.add)
	}
	if s.Location != nil {
		if err := s.Location.check(); err != nil {
			return nil, err
		}
		add(OIDLocation, s.Location.add)
	}
	if t := s.ContentTimestamp; t != nil {
		if t.Hash != s.Digest || !t.Covers(documentDigest) {
			return nil, argument("the content timestamp is not over this document")
		}
		list = append(list, NewAttribute(OIDContentTimestamp, t.Token))
	}
	return list, err
}

func (p *SignaturePolicy) check() error {
	if err := sigalg.CheckHash(p.Hash); err != nil {
		return err
	}
	if len(p.Digest) != p.Hash.Size() {
		return argument("the digest of the signature policy does not have the length of " + p.Hash.String())
	}
	if len(p.URI) > maxText || bytes.ContainsFunc([]byte(p.URI), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return argument("the address of the signature policy is not a URI")
	}
	return nil
}

// add writes SignaturePolicyId of EN 319 122-1 5.2.9.1.
func (p *SignaturePolicy) add(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(p.OID))
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(sigalg.HashIdentifier(p.Hash))
			b.AddASN1OctetString(p.Digest)
		})
		if p.URI == "" {
			return
		}
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oid(oidPolicyURI))
				b.AddASN1(asn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(p.URI)) })
			})
		})
	})
}

func (l *SignerLocation) check() error {
	if l.Country == "" && l.Locality == "" && len(l.PostalAddress) == 0 {
		return argument("the signer's location is empty")
	}
	if len(l.PostalAddress) > 6 { // X.520 PostalAddress
		return argument("a postal address has at most six lines")
	}
	for _, text := range append([]string{l.Country, l.Locality}, l.PostalAddress...) {
		if len(text) > maxText || !utf8.ValidString(text) {
			return argument("the signer's location is too long or not UTF-8")
		}
	}
	return nil
}

// add writes SignerLocation of EN 319 122-1 5.2.5; its module has explicit tags.
func (l *SignerLocation) add(b *cryptobyte.Builder) {
	text := func(s string) func(b *cryptobyte.Builder) { // DirectoryString
		return func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
		}
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if l.Country != "" {
			b.AddASN1(tag0, text(l.Country))
		}
		if l.Locality != "" {
			b.AddASN1(tag1, text(l.Locality))
		}
		if len(l.PostalAddress) > 0 {
			b.AddASN1(asn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, line := range l.PostalAddress {
						text(line)(b)
					}
				})
			})
		}
	})
}
