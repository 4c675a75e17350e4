package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// OIDRevocationValues is revocation-values, an unsigned attribute (RFC 5126 6.3.4).
const OIDRevocationValues = "1.2.840.113549.1.9.16.2.24"

const (
	oidOCSPInfo  = "1.3.6.1.5.5.7.16.2"   // RFC 5940 2.1, an OCSPResponse among the revocation lists
	oidOCSPBasic = "1.3.6.1.5.5.7.48.1.1" // RFC 6960 4.2.1
)

// Revocation is the revocation data that travel with a signature or a timestamp, CertificateLists and OCSPResponses in DER: among its revocation
// lists, in revocation-values, or in adbe-revocationInfoArchival. What is not readable is left out: it is evidence, which may be missing.
func (s *SignedData) Revocation() (crls, ocsps [][]byte) {
	crls, ocsps = s.Signer.Archival()
	crls = append(crls, s.CRLs...)
	ocsps = append(ocsps, s.ocsps...)
	for _, a := range s.Signer.UnsignedAttributes {
		if a.Type != OIDRevocationValues {
			continue
		}
		for _, value := range a.Values {
			lists, basic := revocationValues(value)
			crls = append(crls, lists...)
			for _, one := range basic {
				ocsps = append(ocsps, ocspResponse(one))
			}
		}
	}
	return crls, ocsps
}

// otherOCSPs reads OtherRevocationInfoFormat of RFC 5652 10.2.1 where it is an OCSPResponse.
func otherOCSPs(in cryptobyte.String) (list [][]byte) {
	var set, one, response cryptobyte.String
	var present bool
	if !in.ReadOptionalASN1(&set, &present, tag1) {
		return nil
	}
	for !set.Empty() && len(list) < maxElements {
		var kind asn1.Tag
		var format string
		if !set.ReadAnyASN1(&one, &kind) {
			break
		}
		if kind == tag1 && readOID(&one, &format) && format == oidOCSPInfo && one.ReadASN1Element(&response, asn1.SEQUENCE) && one.Empty() {
			list = append(list, response)
		}
	}
	return list
}

// ocspResponse makes an OCSPResponse of its essence, a BasicOCSPResponse (RFC 6960 4.2.1).
func ocspResponse(basic []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0) // successful
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oid(oidOCSPBasic))
				b.AddASN1OctetString(basic)
			})
		})
	})
	der, _ := b.Bytes() // the identifier is well-formed
	return der
}
