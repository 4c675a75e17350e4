package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"time"

	"hashout/csc/sigalg"
)

// Profile is the set of rules that the signed attributes follow.
type Profile uint8

const (
	PAdES Profile = iota // SubFilter ETSI.CAdES.detached, EN 319 142-1 6
	PKCS7                // SubFilter adbe.pkcs7.detached, ISO 32000-2 12.8.3.3
)

// maxCertificates bounds the chain a caller may embed; real chains have two to five.
const maxCertificates = 32

// Options say who signs and by which rules. The zero Profile is PAdES.
type Options struct {
	Certificate *x509.Certificate   // the signer's; required
	Chain       []*x509.Certificate // without the signer's, any order; duplicates are dropped
	EmbedRoots  bool                // embed self-signed certificates of Chain too; a validator has its own anyway
	Algorithm   sigalg.Algorithm    // required
	Digest      crypto.Hash         // of the document; 0 means Algorithm.Hash, and nothing else is allowed (RFC 8933)
	Profile     Profile
	SigningTime time.Time // PKCS7 only, zero for none: under PAdES the time stands in the signature dictionary

	// AlgorithmProtection adds cmsAlgorithmProtection (RFC 6211), which binds the algorithms into the signed bytes.
	AlgorithmProtection bool

	// Optional statements of the signer, EN 319 122-1 5.2. Under PAdES a Commitment excludes /Reason in the signature dictionary, and a
	// Location excludes /Location there (EN 319 142-1 6.3).
	Commitment       string // ProofOfOrigin and so on, or another identifier in dotted form
	Policy           *SignaturePolicy
	Location         *SignerLocation
	ContentTimestamp *Timestamp // over the document digest, made before signing
}

// signer is what the checked options come down to.
type signer struct {
	Options
	pub          crypto.PublicKey
	certificates [][]byte // DER, in the order of DER
}

func (o Options) check() (*signer, error) {
	if o.Certificate == nil || len(o.Certificate.Raw) == 0 {
		return nil, argument("no signing certificate")
	}
	if len(o.Chain) > maxCertificates {
		return nil, argument("too many certificates in the chain")
	}
	pub, pssOnly, err := sigalg.PublicKey(o.Certificate)
	if err != nil {
		return nil, err
	}
	if err := sigalg.Check(pub, o.Algorithm); err != nil {
		return nil, err
	}
	if pssOnly && o.Algorithm.Scheme != sigalg.PSS { // RFC 4055 1.2
		return nil, &sigalg.Error{Code: sigalg.AlgorithmUnsupported, Msg: "the certificate allows RSASSA-PSS only"}
	}
	if o.Digest == 0 {
		o.Digest = o.Algorithm.Hash
	}
	if o.Digest != o.Algorithm.Hash { // RFC 8933 3: attributes and content are hashed alike
		return nil, argument("the digest of the document is not the digest of the signature algorithm")
	}
	switch o.Profile {
	case PAdES:
		if !o.SigningTime.IsZero() { // EN 319 142-1 6.3
			return nil, argument("PAdES forbids the signing time attribute")
		}
	case PKCS7:
	default:
		return nil, argument("unknown profile")
	}
	s := &signer{Options: o, pub: pub}
	s.certificates, err = o.embedded()
	return s, err
}

// embedded is the DER of the certificates that travel along: the signer's, then the chain's.
func (o Options) embedded() ([][]byte, error) {
	list := [][]byte{o.Certificate.Raw}
	for _, c := range o.Chain {
		if c == nil || len(c.Raw) == 0 {
			return nil, argument("an empty certificate in the chain")
		}
		if !o.EmbedRoots && selfSigned(c) || contains(list, c.Raw) {
			continue
		}
		list = append(list, c.Raw)
	}
	return sorted(list), nil
}

// selfSigned is about the signature, not the names: a certificate for a key's successor bears the same names and belongs to the chain.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func contains(list [][]byte, der []byte) bool {
	for _, have := range list {
		if bytes.Equal(have, der) {
			return true
		}
	}
	return false
}
