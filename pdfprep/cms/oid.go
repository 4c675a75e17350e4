package cms

import (
	"encoding/asn1"

	"hashout/csc/sigalg"
)

// Content types and attributes in dotted form.
const (
	OIDData       = "1.2.840.113549.1.7.1"       // RFC 5652 4
	OIDSignedData = "1.2.840.113549.1.7.2"       // RFC 5652 5.1
	OIDTSTInfo    = "1.2.840.113549.1.9.16.1.4"  // RFC 3161 2.4.2
	OIDContents   = "1.2.840.113549.1.9.3"       // RFC 5652 11.1, contentType
	OIDDigest     = "1.2.840.113549.1.9.4"       // RFC 5652 11.2, messageDigest
	OIDTime       = "1.2.840.113549.1.9.5"       // RFC 5652 11.3, signingTime
	OIDCertV1     = "1.2.840.113549.1.9.16.2.12" // RFC 2634 5.4, signingCertificate
	OIDCertV2     = "1.2.840.113549.1.9.16.2.47" // RFC 5035 3, signingCertificateV2
	OIDProtection = "1.2.840.113549.1.9.52"      // RFC 6211 2, cmsAlgorithmProtection
	OIDTimestamp  = "1.2.840.113549.1.9.16.2.14" // RFC 3161 A, signatureTimeStampToken
)

// oid turns a dotted constant into what a builder takes; a builder reports a bad one as its error.
func oid(dotted string) asn1.ObjectIdentifier {
	id, _ := sigalg.ParseOID(dotted)
	return id
}
