package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// OIDArchival is adbe-revocationInfoArchival, a signed attribute (ISO 32000-2 12.8.3.3.2).
const OIDArchival = "1.2.840.113583.1.1.8"

// Archival reads the revocation data that an adbe.pkcs7.detached signature carries: CertificateLists and OCSPResponses in DER. What is not
// readable is left out: it is evidence, which may be missing.
func (s *SignerInfo) Archival() (crls, ocsps [][]byte) {
	value, _ := s.Attribute(OIDArchival)
	return revocationValues(value)
}

// revocationValues reads SEQUENCE { [0] EXPLICIT SEQUENCE OF, [1] EXPLICIT SEQUENCE OF }, the form that revocation data have in both attributes.
func revocationValues(value []byte) (crls, ocsps [][]byte) {
	in := cryptobyte.String(value)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) {
		return nil, nil
	}
	read := func(tag asn1.Tag) (list [][]byte) {
		var wrapped, items, one cryptobyte.String
		var present bool
		if !seq.ReadOptionalASN1(&wrapped, &present, tag) || !present || !wrapped.ReadASN1(&items, asn1.SEQUENCE) {
			return nil
		}
		for len(list) < maxElements && items.ReadASN1Element(&one, asn1.SEQUENCE) {
			list = append(list, one)
		}
		return list
	}
	return read(tag0), read(tag1)
}
