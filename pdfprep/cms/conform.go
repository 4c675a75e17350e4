package cms

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// CheckProfile tells whether the SignedData obeys the rules of a profile beyond being readable: detached, DER, and the attributes that PAdES
// demands and forbids. [SignedData.Verify] does not ask this; a signature can hold and still not be PAdES.
func (s *SignedData) CheckProfile(p Profile) error {
	if s.BER {
		return nonconforming("SignedData is not DER") // ISO 32000-2 12.8.3.3.1
	}
	if s.ContentType != OIDData || s.Content != nil {
		return nonconforming("SignedData is not detached") // ISO 32000-2 12.8.3.3.1
	}
	digests := cryptobyte.String(s.digestAlgorithms)
	if h, _ := readHash(&digests); h != s.Signer.Digest || !digests.Empty() || s.version != 1 && s.Signer.KeyID == nil {
		return nonconforming("SignedData announces another version or digest than it has") // RFC 5652 5.1
	}
	if p != PAdES {
		return nil
	}
	if !ascending(content(s.Signer.signedDER)) {
		return nonconforming("signed attributes are not in the order of DER") // X.690 11.6
	}
	_, v1 := s.Signer.Attribute(OIDCertV1)
	_, v2 := s.Signer.Attribute(OIDCertV2)
	if v1 == v2 { // EN 319 142-1 6.3
		return nonconforming("not exactly one reference to the signing certificate")
	}
	for _, list := range [][]Attribute{s.Signer.SignedAttributes, s.Signer.UnsignedAttributes} {
		for _, a := range list {
			if forbidden(a.Type) {
				return nonconforming("attribute " + a.Type + " is forbidden")
			}
		}
	}
	return nil
}

// forbidden lists the attributes that EN 319 142-1 6.3 excludes.
func forbidden(typ string) bool {
	switch typ {
	case OIDTime, // the time stands in the signature dictionary
		"1.2.840.113549.1.9.6",       // counterSignature, RFC 5652 11.4
		"1.2.840.113549.1.9.16.2.10", // contentReference, RFC 2634 2.11
		"1.2.840.113549.1.9.16.2.7",  // contentIdentifier, RFC 2634 2.7
		"1.2.840.113549.1.9.16.2.4":  // contentHints, RFC 2634 2.9
		return true
	}
	return false
}

// ascending tells whether the elements of a set are in the order of DER.
func ascending(set cryptobyte.String) bool {
	var last cryptobyte.String
	for !set.Empty() {
		var e cryptobyte.String
		var tag asn1.Tag
		if !set.ReadAnyASN1Element(&e, &tag) || bytes.Compare(last, e) > 0 {
			return false
		}
		last = e
	}
	return true
}

func nonconforming(msg string) error {
	return &Error{Code: SignatureInvalid, Msg: msg, Details: map[string]any{"reason": "profile"}}
}
