package sigalg

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// Scheme is how a key signs.
type Scheme uint8

const (
	PKCS1v15 Scheme = iota + 1 // RSASSA-PKCS1-v1_5, RFC 8017 8.2
	PSS                        // RSASSA-PSS with MGF1 over the same digest and a salt of the digest's length, RFC 8017 8.1
	ECDSA                      // FIPS 186-5 6
	Ed25519                    // RFC 8032 5.1, pure
)

func (s Scheme) String() string {
	switch s {
	case PKCS1v15:
		return "RSA"
	case PSS:
		return "RSA-PSS"
	case ECDSA:
		return "ECDSA"
	case Ed25519:
		return "Ed25519"
	}
	return "unknown"
}

// Algorithm is a scheme with its digest. Two algorithms are the same when they are ==.
//
// Ed25519 always has Hash SHA-512: pure Ed25519 signs the message itself, but CMS binds it to SHA-512 (RFC 8419 3.1).
type Algorithm struct {
	Scheme Scheme
	Hash   crypto.Hash
}

func (a Algorithm) String() string {
	if a.Scheme == Ed25519 {
		return a.Scheme.String()
	}
	return a.Scheme.String() + " with " + a.Hash.String()
}

// HashForKey is the digest that fits a key: by curve for ECDSA, SHA-512 for Ed25519, SHA-256 otherwise.
func HashForKey(pub crypto.PublicKey) crypto.Hash {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch bits := k.Curve.Params().BitSize; {
		case bits > 384:
			return crypto.SHA512
		case bits > 256:
			return crypto.SHA384
		}
	case ed25519.PublicKey:
		return crypto.SHA512
	}
	return crypto.SHA256
}

// MaxSignatureBytes is the size of the longest signature the key can make, in CMS form.
func MaxSignatureBytes(pub crypto.PublicKey) (int, error) {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return k.Size(), nil
	case *ecdsa.PublicKey:
		// SEQUENCE of two INTEGERs, each with a leading zero when the order's top bit can be set; the order has as many bits as the field.
		bits := k.Curve.Params().N.BitLen()
		return tlv(2 * tlv(bits/8+1)), nil
	case ed25519.PublicKey:
		return ed25519.SignatureSize, nil
	}
	return 0, unsupported("unknown kind of public key", nil)
}

// tlv is the size of a DER value of n content bytes, n < 65536.
func tlv(n int) int {
	switch {
	case n < 128:
		return n + 2
	case n < 256:
		return n + 3
	}
	return n + 4
}
