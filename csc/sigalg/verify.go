package sigalg

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1"   // linked for reports about old signatures; Check refuses it
	_ "crypto/sha256" // linked for PSS, whose digest is computed by name
	_ "crypto/sha512" // idem, SHA-384 and SHA-512
)

// Verify checks a signature in CMS form (for ECDSA: DER) over a digest, and refuses what [Check] refuses. For Ed25519 digest is the message
// itself. The error is ErrAlgorithmUnsupported or ErrSignatureInvalid.
func Verify(pub crypto.PublicKey, a Algorithm, digest, signature []byte) error {
	if err := Check(pub, a); err != nil {
		return err
	}
	return VerifyWeak(pub, a, digest, signature)
}

// VerifyWeak is [Verify] without the demand for strength: for reports about signatures that exist already. Who calls it says in the report
// what Check thinks of the algorithm.
func VerifyWeak(pub crypto.PublicKey, a Algorithm, digest, signature []byte) error {
	if a.Scheme == PSS {
		return VerifyPSS(pub, a.Hash, a.Hash.Size(), digest, signature)
	}
	if err := sizes(pub, a, digest); err != nil {
		return err
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if err := rsa.VerifyPKCS1v15(k, a.Hash, digest, signature); err != nil {
			return invalid("the key does not verify the signature", err)
		}
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, signature) {
			return invalid("the key does not verify the signature", nil)
		}
	case ed25519.PublicKey:
		if !ed25519.Verify(k, digest, signature) {
			return invalid("the key does not verify the signature", nil)
		}
	}
	return nil
}

// VerifyPSS checks an RSASSA-PSS signature whose salt has exactly saltLength bytes, as [ParsePSSParams] tells it.
func VerifyPSS(pub crypto.PublicKey, h crypto.Hash, saltLength int, digest, signature []byte) error {
	if err := sizes(pub, Algorithm{PSS, h}, digest); err != nil {
		return err
	}
	k := pub.(*rsa.PublicKey) // sizes made sure
	// rsa takes 0 for "any salt length", so an empty salt cannot be asked for; nobody should use one.
	if saltLength <= 0 || saltLength > k.Size() {
		return unsupported("PSS salt length is out of range", map[string]any{"saltLength": saltLength})
	}
	if err := rsa.VerifyPSS(k, h, digest, signature, &rsa.PSSOptions{SaltLength: saltLength, Hash: h}); err != nil {
		return invalid("the key does not verify the signature", err)
	}
	return nil
}

// sizes keeps arguments away from the standard library that would make it panic or run long.
func sizes(pub crypto.PublicKey, a Algorithm, digest []byte) error {
	if err := fits(pub, a.Scheme); err != nil {
		return err
	}
	if k, ok := pub.(*rsa.PublicKey); ok && k.N.BitLen() > maxRSABits {
		return unsupported("RSA key is too long", map[string]any{"bits": k.N.BitLen(), "maximum": maxRSABits})
	}
	if k, ok := pub.(ed25519.PublicKey); ok {
		if len(k) != ed25519.PublicKeySize {
			return unsupported("unknown kind of public key", nil)
		}
		return nil
	}
	if HashOID(a.Hash) == "" || !a.Hash.Available() {
		return unsupported("unknown digest", nil)
	}
	if len(digest) != a.Hash.Size() {
		return invalid("the digest does not have the length of "+a.Hash.String(), nil)
	}
	return nil
}
