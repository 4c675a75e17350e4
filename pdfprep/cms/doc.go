// Package cms builds and reads the Cryptographic Message Syntax (RFC 5652) inside a PDF signature: a detached SignedData with one signer.
//
// Building takes two steps, because the key is elsewhere. The first makes the signed attributes from the document digest and gives out what
// the key has to sign; the second takes the signature value, verifies it, and gives out the SignedData:
//
//	size, err := cms.EstimateSize(o)                       // how much room the placeholder needs
//	attrs, err := cms.NewSignedAttributes(o, documentDigest)
//	hash := attrs.ToBeSigned()                             // this goes to signHash
//	der, err := attrs.Assemble(signature)                  // this goes into Contents
//
// Reading is strict: [Parse] wants DER of a bounded size with exactly one SignerInfo, and [SignedData.Verify] checks document digest, signing
// certificate reference and signature value. Signatures of others may be BER; they are read too, and marked.
//
// Clauses obeyed: RFC 5652 (CMS), RFC 5035 (signing certificate reference), RFC 6211 (algorithm protection), RFC 8933 (one digest algorithm),
// RFC 4056, 5753, 8419 (RSASSA-PSS, ECDSA, Ed25519 in CMS), ETSI EN 319 122-1 and EN 319 142-1 clause 6 (what PAdES demands and forbids).
//
// It never sees a PDF, a network, a clock or a private key. Errors are [*Error] or *sigalg.Error, both with a stable code.
package cms
