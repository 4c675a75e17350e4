package sigalg

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
)

const (
	minRSABits = 2048
	// maxRSABits bounds the work a hostile certificate can ask for.
	maxRSABits = 16384
)

// Check tells whether a may be used with pub for a new signature: the key fits the scheme, and key and digest are strong enough.
func Check(pub crypto.PublicKey, a Algorithm) error {
	if err := CheckKey(pub); err != nil {
		return err
	}
	if err := fits(pub, a.Scheme); err != nil {
		return err
	}
	if a.Scheme == Ed25519 && a.Hash != crypto.SHA512 { // RFC 8419 3.1
		return unsupported("Ed25519 goes with SHA-512 only", map[string]any{"digest": a.Hash.String()})
	}
	return CheckHash(a.Hash)
}

// CheckKey refuses RSA below 2048 bits, curves other than P-256, P-384 and P-521, and unknown kinds of keys.
func CheckKey(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		if bits < minRSABits {
			return unsupported("RSA key is too short", map[string]any{"bits": bits, "minimum": minRSABits})
		}
		if bits > maxRSABits {
			return unsupported("RSA key is too long", map[string]any{"bits": bits, "maximum": maxRSABits})
		}
		return nil
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
		return unsupported("curve is too weak or unknown", map[string]any{"bits": k.Curve.Params().BitSize})
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return nil
		}
	}
	return unsupported("unknown kind of public key", nil)
}

// CheckHash refuses every digest but SHA-256, SHA-384 and SHA-512.
func CheckHash(h crypto.Hash) error {
	switch h {
	case crypto.SHA256, crypto.SHA384, crypto.SHA512:
		return nil
	}
	return unsupported("digest is too weak or unknown", map[string]any{"digest": h.String()})
}

// fits tells whether the key can sign by the scheme at all.
func fits(pub crypto.PublicKey, s Scheme) error {
	ok := false
	switch pub.(type) {
	case *rsa.PublicKey:
		ok = s == PKCS1v15 || s == PSS
	case *ecdsa.PublicKey:
		ok = s == ECDSA
	case ed25519.PublicKey:
		ok = s == Ed25519
	}
	if !ok {
		return unsupported("the key cannot sign by "+s.String(), map[string]any{"scheme": s.String()})
	}
	return nil
}
