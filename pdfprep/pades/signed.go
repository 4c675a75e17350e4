package pades

import (
	"crypto/x509"

	"hashout/csc/sigalg"
)

// verifySigned checks the signature of c's key over a signed structure of X.509 or OCSP: the bytes, and the DER of algorithm and value beside
// them. It refuses weak algorithms.
func verifySigned(c *x509.Certificate, signed, algorithm, signature []byte) error {
	pub, _, err := sigalg.PublicKey(c)
	if err != nil {
		return err
	}
	a, salt, err := sigalg.FromIdentifier(algorithm, 0)
	if err != nil {
		return err
	}
	if err := sigalg.Check(pub, a); err != nil {
		return err
	}
	if a.Scheme != sigalg.Ed25519 {
		h := a.Hash.New()
		h.Write(signed)
		signed = h.Sum(nil)
	}
	if a.Scheme == sigalg.PSS {
		return sigalg.VerifyPSS(pub, a.Hash, salt, signed, signature)
	}
	return sigalg.Verify(pub, a, signed, signature)
}
