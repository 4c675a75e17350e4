package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

// Verify checks the signature against the document digest, made with Signer.Digest: the digest is the signed one, the reference to the signing
// certificate holds where there is one, and the certificate's key verifies the value. It refuses weak algorithms. It says nothing about the
// certificate's chain. The error is ErrSignatureInvalid, ErrCertMismatch, sigalg.ErrSignatureInvalid or sigalg.ErrAlgorithmUnsupported.
func (s *SignedData) Verify(documentDigest []byte) error {
	return s.verify(documentDigest, sigalg.Check)
}

// VerifyWeak is [SignedData.Verify] without the demand for strong algorithms: for reports about signatures that exist already.
func (s *SignedData) VerifyWeak(documentDigest []byte) error {
	return s.verify(documentDigest, func(crypto.PublicKey, sigalg.Algorithm) error { return nil })
}

func (s *SignedData) verify(documentDigest []byte, strong func(crypto.PublicKey, sigalg.Algorithm) error) error {
	c, err := s.SigningCertificate()
	if err != nil {
		return err
	}
	pub, pssOnly, err := sigalg.PublicKey(c)
	if err != nil {
		return err
	}
	i := &s.Signer
	if err := strong(pub, i.Algorithm); err != nil {
		return err
	}
	if pssOnly && i.Algorithm.Scheme != sigalg.PSS { // RFC 4055 1.2
		return &sigalg.Error{Code: sigalg.AlgorithmUnsupported, Msg: "the certificate allows RSASSA-PSS only"}
	}
	if i.signedDER == nil {
		return s.verifyBare(pub, documentDigest)
	}
	if err := i.checkAttributes(s.ContentType, documentDigest); err != nil {
		return err
	}
	return i.verifyValue(pub, toBeSigned(i.Algorithm, i.signedDER))
}

// verifyBare is for a signature without signed attributes, which covers the content directly: RFC 5652 5.4 allows it for id-data only.
func (s *SignedData) verifyBare(pub any, documentDigest []byte) error {
	if s.ContentType != OIDData {
		return malformed("signed attributes are absent")
	}
	if s.Signer.Algorithm.Scheme == sigalg.Ed25519 {
		return &sigalg.Error{Code: sigalg.AlgorithmUnsupported, Msg: "Ed25519 without signed attributes covers the document, not its digest"}
	}
	return s.Signer.verifyValue(pub, documentDigest)
}

func (s *SignerInfo) verifyValue(pub any, toBeSigned []byte) error {
	if s.Algorithm.Scheme == sigalg.PSS {
		return sigalg.VerifyPSS(pub, s.Algorithm.Hash, s.SaltLength, toBeSigned, s.Signature)
	}
	return sigalg.VerifyWeak(pub, s.Algorithm, toBeSigned, s.Signature)
}

// checkAttributes compares the signed attributes with what they speak about. A value is one whole element, so nothing can stand behind it.
func (s *SignerInfo) checkAttributes(contentType string, documentDigest []byte) error {
	var signed string
	value, _ := s.Attribute(OIDContents) // RFC 5652 11.1: must be there and agree
	in := cryptobyte.String(value)
	if !readOID(&in, &signed) || signed != contentType {
		return malformed("contentType attribute")
	}
	var digest cryptobyte.String
	value, _ = s.Attribute(OIDDigest) // RFC 5652 11.2: must be there
	in = cryptobyte.String(value)
	if !in.ReadASN1(&digest, asn1.OCTET_STRING) {
		return malformed("messageDigest attribute")
	}
	if !bytes.Equal(digest, documentDigest) {
		return &Error{Code: SignatureInvalid, Msg: "the signed digest is not the document's", Details: map[string]any{"reason": "digest"}}
	}
	return s.checkProtection()
}

// checkProtection compares cmsAlgorithmProtection, where it is present, with the algorithms in use: RFC 6211 3.
func (s *SignerInfo) checkProtection() error {
	value, ok := s.Attribute(OIDProtection)
	if !ok {
		return nil
	}
	in := cryptobyte.String(value)
	var protection, signature cryptobyte.String
	if !in.ReadASN1(&protection, asn1.SEQUENCE) {
		return malformed("cmsAlgorithmProtection attribute")
	}
	digest, err := readHash(&protection)
	if err != nil {
		return err
	}
	if digest != s.Digest || !protection.ReadASN1(&signature, tag1) || !protection.Empty() || !bytes.Equal(signature, content(s.sigID)) {
		return &Error{Code: SignatureInvalid, Msg: "the algorithms are not the protected ones", Details: map[string]any{"reason": "algorithms"}}
	}
	return nil
}

// SigningCertificate is the embedded certificate that the SignerInfo names. Where a signed attribute refers to it, it has to match: the error
// is ErrCertMismatch when no certificate does both.
func (s *SignedData) SigningCertificate() (*x509.Certificate, error) {
	refs, err := s.Signer.certificateReferences()
	if err != nil {
		return nil, err
	}
	named := false
candidates:
	for _, c := range s.Certificates {
		if !s.Signer.names(c) {
			continue
		}
		named = true
		for _, r := range refs {
			if !r.matches(c) {
				continue candidates
			}
		}
		return c, nil
	}
	if named {
		return nil, &Error{Code: CertMismatch, Msg: "the signed reference does not match the signing certificate"}
	}
	return nil, &Error{Code: CertMismatch, Msg: "the signing certificate is not embedded"}
}

// names tells whether the signer identifier of RFC 5652 5.3 stands for c.
func (s *SignerInfo) names(c *x509.Certificate) bool {
	if s.KeyID != nil {
		return bytes.Equal(s.KeyID, c.SubjectKeyId)
	}
	return s.Serial.Cmp(c.SerialNumber) == 0 && bytes.Equal(s.Issuer, c.RawIssuer)
}

func (s *SignerInfo) certificateReferences() ([]*certificateReference, error) {
	var refs []*certificateReference
	for _, typ := range []string{OIDCertV1, OIDCertV2} {
		value, ok := s.Attribute(typ)
		if !ok {
			continue
		}
		r, err := parseCertificateReference(value, typ == OIDCertV2)
		if err != nil {
			return nil, err
		}
		refs = append(refs, r)
	}
	return refs, nil
}

func (s *SignerInfo) hasCertificateReference() bool {
	_, v1 := s.Attribute(OIDCertV1)
	_, v2 := s.Attribute(OIDCertV2)
	return v1 || v2
}
