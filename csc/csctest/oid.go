package csctest

import (
	"crypto"
	_ "crypto/sha256" // SHA-256 must be linked for crypto.SHA256.New
	_ "crypto/sha512" // idem for SHA-384 and SHA-512
	"encoding/asn1"
)

// Dotted OIDs as they travel in CSC messages (RFC 8017, 5480, 5758, 8410).
const (
	oidRSA       = "1.2.840.113549.1.1.1"
	oidRSASHA256 = "1.2.840.113549.1.1.11"
	oidRSASHA384 = "1.2.840.113549.1.1.12"
	oidRSASHA512 = "1.2.840.113549.1.1.13"
	oidPSS       = "1.2.840.113549.1.1.10"
	oidEC        = "1.2.840.10045.2.1"
	oidECSHA256  = "1.2.840.10045.4.3.2"
	oidECSHA384  = "1.2.840.10045.4.3.3"
	oidECSHA512  = "1.2.840.10045.4.3.4"
	oidEd25519   = "1.3.101.112"
	oidSHA256    = "2.16.840.1.101.3.4.2.1"
	oidSHA384    = "2.16.840.1.101.3.4.2.2"
	oidSHA512    = "2.16.840.1.101.3.4.2.3"
	oidP256      = "1.2.840.10045.3.1.7"
	oidP384      = "1.3.132.0.34"
	oidP521      = "1.3.132.0.35"
)

// hashByOID knows the digests that are strong enough to be served; anything
// else, SHA-1 included, is an invalid parameter.
func hashByOID(oid string) (crypto.Hash, bool) {
	switch oid {
	case oidSHA256:
		return crypto.SHA256, true
	case oidSHA384:
		return crypto.SHA384, true
	case oidSHA512:
		return crypto.SHA512, true
	}
	return 0, false
}

func oidOfHash(h crypto.Hash) asn1.ObjectIdentifier {
	last := map[crypto.Hash]int{crypto.SHA256: 1, crypto.SHA384: 2, crypto.SHA512: 3}[h]
	return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, last}
}

// impliedHash is the digest that a signature algorithm fixes, 0 when it leaves
// the choice to hashAlgo.
func impliedHash(signAlgo string) crypto.Hash {
	switch signAlgo {
	case oidRSASHA256, oidECSHA256:
		return crypto.SHA256
	case oidRSASHA384, oidECSHA384:
		return crypto.SHA384
	case oidRSASHA512, oidECSHA512:
		return crypto.SHA512
	}
	return 0
}

// algorithmsOf lists what key.algo shows for a key type.
func algorithmsOf(t KeyType) []string {
	switch t {
	case RSA2048, RSA3072, RSA4096:
		return []string{oidRSA, oidRSASHA256, oidRSASHA384, oidRSASHA512, oidPSS}
	case P256, P384, P521:
		return []string{oidECSHA256, oidECSHA384, oidECSHA512}
	case Ed25519:
		return []string{oidEd25519}
	}
	return nil
}

// keyShape is key.len and key.curve; curve is empty for keys without one.
func keyShape(t KeyType) (bits int, curve string) {
	switch t {
	case RSA2048:
		return 2048, ""
	case RSA3072:
		return 3072, ""
	case RSA4096:
		return 4096, ""
	case P256:
		return 256, oidP256
	case P384:
		return 384, oidP384
	case P521:
		return 521, oidP521
	case Ed25519:
		return 256, oidEd25519
	}
	return 0, ""
}
