package sigalg

import (
	"crypto"
	"encoding/asn1"
	"strconv"
	"strings"
)

// Object identifiers in dotted form, as they travel in CSC messages.
const (
	OIDRSAEncryption = "1.2.840.113549.1.1.1"  // RFC 8017 A.1: a key; as a signature algorithm PKCS#1 v1.5 with a digest named apart
	OIDMGF1          = "1.2.840.113549.1.1.8"  // RFC 8017 A.2.1
	OIDPSS           = "1.2.840.113549.1.1.10" // RFC 8017 A.2.3
	OIDSHA1WithRSA   = "1.2.840.113549.1.1.5"  // RFC 8017 A.2.4
	OIDSHA256WithRSA = "1.2.840.113549.1.1.11" // RFC 8017 A.2.4
	OIDSHA384WithRSA = "1.2.840.113549.1.1.12" // RFC 8017 A.2.4
	OIDSHA512WithRSA = "1.2.840.113549.1.1.13" // RFC 8017 A.2.4

	OIDECPublicKey     = "1.2.840.10045.2.1"   // RFC 5480 2.1.1: a key; met as a signature algorithm with a digest named apart
	OIDECDSAWithSHA1   = "1.2.840.10045.4.1"   // RFC 3279 2.2.3
	OIDECDSAWithSHA256 = "1.2.840.10045.4.3.2" // RFC 5758 3.2
	OIDECDSAWithSHA384 = "1.2.840.10045.4.3.3" // RFC 5758 3.2
	OIDECDSAWithSHA512 = "1.2.840.10045.4.3.4" // RFC 5758 3.2

	OIDPlainECDSAWithSHA1   = "0.4.0.127.0.7.1.1.4.1.1" // BSI TR-03111 5.2.1.1: the value is r‖s
	OIDPlainECDSAWithSHA256 = "0.4.0.127.0.7.1.1.4.1.3" // BSI TR-03111 5.2.1.1
	OIDPlainECDSAWithSHA384 = "0.4.0.127.0.7.1.1.4.1.4" // BSI TR-03111 5.2.1.1
	OIDPlainECDSAWithSHA512 = "0.4.0.127.0.7.1.1.4.1.5" // BSI TR-03111 5.2.1.1

	OIDEd25519 = "1.3.101.112" // RFC 8410 3

	OIDSHA1   = "1.3.14.3.2.26"          // RFC 8017 B.1
	OIDSHA256 = "2.16.840.1.101.3.4.2.1" // RFC 5754 2.2
	OIDSHA384 = "2.16.840.1.101.3.4.2.2" // RFC 5754 2.3
	OIDSHA512 = "2.16.840.1.101.3.4.2.3" // RFC 5754 2.4

	OIDP256 = "1.2.840.10045.3.1.7" // RFC 5480 2.1.1.1
	OIDP384 = "1.3.132.0.34"        // RFC 5480 2.1.1.1
	OIDP521 = "1.3.132.0.35"        // RFC 5480 2.1.1.1

	oidSHA1WithRSAOIW = "1.3.14.3.2.29" // OIW Security SIG: an older name of sha1WithRSAEncryption
)

// HashOID is the identifier of a digest, "" for one that has none here.
func HashOID(h crypto.Hash) string {
	switch h {
	case crypto.SHA1:
		return OIDSHA1
	case crypto.SHA256:
		return OIDSHA256
	case crypto.SHA384:
		return OIDSHA384
	case crypto.SHA512:
		return OIDSHA512
	}
	return ""
}

// HashFromOID names the digest of an identifier. SHA-1 is named, not refused: see [CheckHash].
func HashFromOID(oid string) (crypto.Hash, error) {
	switch oid {
	case OIDSHA1:
		return crypto.SHA1, nil
	case OIDSHA256:
		return crypto.SHA256, nil
	case OIDSHA384:
		return crypto.SHA384, nil
	case OIDSHA512:
		return crypto.SHA512, nil
	}
	return 0, unsupported("unknown digest algorithm "+oid, map[string]any{"oid": oid})
}

// OID is the identifier that names scheme and digest together: sha256WithRSAEncryption, ecdsa-with-SHA384, RSASSA-PSS, Ed25519. It is "" for
// a combination that has none.
func (a Algorithm) OID() string {
	switch a.Scheme {
	case PSS:
		return OIDPSS
	case Ed25519:
		return OIDEd25519
	case PKCS1v15:
		switch a.Hash {
		case crypto.SHA1:
			return OIDSHA1WithRSA
		case crypto.SHA256:
			return OIDSHA256WithRSA
		case crypto.SHA384:
			return OIDSHA384WithRSA
		case crypto.SHA512:
			return OIDSHA512WithRSA
		}
	case ECDSA:
		switch a.Hash {
		case crypto.SHA1:
			return OIDECDSAWithSHA1
		case crypto.SHA256:
			return OIDECDSAWithSHA256
		case crypto.SHA384:
			return OIDECDSAWithSHA384
		case crypto.SHA512:
			return OIDECDSAWithSHA512
		}
	}
	return ""
}

// KeyOID is the identifier of the algorithm's key type, which some services use as signature algorithm beside a digest OID. PSS has its own.
func (a Algorithm) KeyOID() string {
	switch a.Scheme {
	case PKCS1v15:
		return OIDRSAEncryption
	case PSS:
		return OIDPSS
	case ECDSA:
		return OIDECPublicKey
	case Ed25519:
		return OIDEd25519
	}
	return ""
}

// FromOID names the algorithm behind a signature algorithm identifier. h is the digest named beside it, 0 for none; it is required where the
// identifier leaves it open (rsaEncryption, ecPublicKey, RSASSA-PSS) and must agree where the identifier fixes it. For Ed25519 h is ignored.
// Weak algorithms are named, not refused: see [Check].
func FromOID(oid string, h crypto.Hash) (Algorithm, error) {
	var a Algorithm
	switch oid {
	case OIDRSAEncryption:
		a = Algorithm{PKCS1v15, 0}
	case OIDSHA1WithRSA, oidSHA1WithRSAOIW:
		a = Algorithm{PKCS1v15, crypto.SHA1}
	case OIDSHA256WithRSA:
		a = Algorithm{PKCS1v15, crypto.SHA256}
	case OIDSHA384WithRSA:
		a = Algorithm{PKCS1v15, crypto.SHA384}
	case OIDSHA512WithRSA:
		a = Algorithm{PKCS1v15, crypto.SHA512}
	case OIDPSS:
		a = Algorithm{PSS, 0}
	case OIDECPublicKey:
		a = Algorithm{ECDSA, 0}
	case OIDECDSAWithSHA1, OIDPlainECDSAWithSHA1:
		a = Algorithm{ECDSA, crypto.SHA1}
	case OIDECDSAWithSHA256, OIDPlainECDSAWithSHA256:
		a = Algorithm{ECDSA, crypto.SHA256}
	case OIDECDSAWithSHA384, OIDPlainECDSAWithSHA384:
		a = Algorithm{ECDSA, crypto.SHA384}
	case OIDECDSAWithSHA512, OIDPlainECDSAWithSHA512:
		a = Algorithm{ECDSA, crypto.SHA512}
	case OIDEd25519:
		return Algorithm{Ed25519, crypto.SHA512}, nil
	default:
		return a, unsupported("unknown signature algorithm "+oid, map[string]any{"oid": oid})
	}
	switch {
	case a.Hash == 0 && h == 0:
		return a, unsupported("signature algorithm "+oid+" needs a digest named beside it", map[string]any{"oid": oid})
	case a.Hash == 0 && HashOID(h) == "":
		return a, unsupported("unknown digest", map[string]any{"oid": oid})
	case a.Hash == 0:
		a.Hash = h
	case h != 0 && h != a.Hash:
		return a, unsupported("signature algorithm "+oid+" does not go with "+h.String(), map[string]any{"oid": oid, "digest": h.String()})
	}
	return a, nil
}

// ParseOID reads an identifier in dotted form.
func ParseOID(dotted string) (asn1.ObjectIdentifier, error) {
	bad := func() (asn1.ObjectIdentifier, error) {
		return nil, unsupported("not an object identifier", nil)
	}
	if len(dotted) > 128 {
		return bad()
	}
	arcs := strings.Split(dotted, ".")
	oid := make(asn1.ObjectIdentifier, len(arcs))
	for i, arc := range arcs {
		n, err := strconv.ParseUint(arc, 10, 31)
		if err != nil || (len(arc) > 1 && arc[0] == '0') {
			return bad()
		}
		oid[i] = int(n)
	}
	if len(oid) < 2 || oid[0] > 2 || (oid[0] < 2 && oid[1] > 39) {
		return bad()
	}
	return oid, nil
}
