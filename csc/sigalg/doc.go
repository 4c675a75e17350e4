// Package sigalg knows the signature algorithms that hashout speaks: their object identifiers, parameters, sizes and strength, and how to
// verify a signature value with a public key. It is the shared vocabulary of the rooms that ask for a signature (csc) and the rooms that
// store one (pdfprep/cms); it imports the standard library only.
//
// The common path:
//
//	if err := sigalg.Check(pub, a); err != nil { … }            // strong enough, and the key fits the scheme
//	sig, err := sigalg.CanonicalECDSA(pub, digest, answer)      // ECDSA only: services disagree about the encoding
//	err = sigalg.Verify(pub, a, digest, sig)
//
// Schemes: RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017), ECDSA on P-256, P-384 and P-521 (FIPS 186-5), Ed25519 (RFC 8032). Digests: SHA-256,
// SHA-384, SHA-512. SHA-1, SHA-224 and smaller keys are recognised, so that a report can name them, and refused by [Check].
//
// It never signs, holds no private key and does no input or output. Errors are [*Error].
package sigalg
