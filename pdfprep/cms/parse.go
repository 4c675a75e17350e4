package cms

import (
	"crypto"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

const (
	// MaxBytes is the size of the largest SignedData that is read. Revocation lists inside a signature can take megabytes.
	MaxBytes = 16 << 20
	// maxElements bounds each list inside: certificates, attributes, values.
	maxElements = 1024
)

// SignedData is a SignedData that was read. Slices point into the bytes given to Parse.
type SignedData struct {
	Certificates []*x509.Certificate // in the order of the file; what crypto/x509 cannot read is left out
	CRLs         [][]byte            // CertificateLists in DER
	ContentType  string              // of the encapsulated content
	Content      []byte              // the encapsulated content, nil when the signature is detached
	Signer       SignerInfo
	BER          bool // the input was not DER, as ISO 32000-2 12.8.3.3 demands, but readable

	ocsps            [][]byte // OCSPResponses in DER, from among the revocation lists
	der              []byte   // the whole, in DER
	version          int
	digestAlgorithms []byte // inside of the SET; a hint for one-pass readers, nothing here relies on it
}

// SignerInfo is the one SignerInfo of a SignedData.
type SignerInfo struct {
	Issuer     []byte   // RDNSequence in DER; nil when the signer is named by key identifier
	Serial     *big.Int // nil with Issuer
	KeyID      []byte   // subjectKeyIdentifier, nil when the signer is named by issuer and serial number
	Digest     crypto.Hash
	Algorithm  sigalg.Algorithm
	SaltLength int // RSASSA-PSS only

	SignedAttributes   []Attribute // empty when the signature covers the content directly
	Signature          []byte
	UnsignedAttributes []Attribute

	signedDER []byte // the signed attributes as SET OF
	sigID     []byte // signatureAlgorithm in DER
}

// Attribute is the single value of a signed attribute; ok is false when it is absent. More than one value or instance does not get past Parse.
func (s *SignerInfo) Attribute(typ string) (value []byte, ok bool) {
	for _, a := range s.SignedAttributes {
		if a.Type == typ && len(a.Values) == 1 {
			return a.Values[0], true
		}
	}
	return nil, false
}

// Parse reads a SignedData with exactly one SignerInfo. Zero padding has to be cut off before: see [TrimPadding]. The error is
// ErrSignatureInvalid, or sigalg.ErrAlgorithmUnsupported for algorithms this product does not know.
func Parse(der []byte) (*SignedData, error) {
	s, err := parseDER(der)
	if err != nil && !isDER(der) {
		return parseBER(der, err)
	}
	return s, err
}

func parseDER(der []byte) (*SignedData, error) {
	s, set, err := parseContainer(der)
	if err != nil {
		return nil, err
	}
	var signer cryptobyte.String
	if !set.ReadASN1(&signer, asn1.SEQUENCE) {
		return nil, malformed("no SignerInfo")
	}
	if !set.Empty() { // EN 319 142-1 6.3; ISO 32000-2 12.8.3.3.1
		return nil, malformed("more than one SignerInfo")
	}
	if err := s.Signer.read(signer); err != nil {
		return nil, err
	}
	return s, nil
}

// parseContainer reads everything but the SignerInfos, which it returns unread.
func parseContainer(der []byte) (s *SignedData, signers cryptobyte.String, err error) {
	if len(der) > MaxBytes {
		return nil, nil, malformed("SignedData is too large")
	}
	in := cryptobyte.String(der)
	var info, wrapped, sd, digests, encap, set cryptobyte.String
	var contentType string
	// RFC 5652 3: ContentInfo
	if !in.ReadASN1(&info, asn1.SEQUENCE) {
		return nil, nil, malformed("not a SignedData")
	}
	if !in.Empty() {
		return nil, nil, malformed("bytes after the SignedData")
	}
	if !readOID(&info, &contentType) || contentType != OIDSignedData || !info.ReadASN1(&wrapped, tag0) || !info.Empty() ||
		!wrapped.ReadASN1(&sd, asn1.SEQUENCE) || !wrapped.Empty() {
		return nil, nil, malformed("not a SignedData")
	}
	// RFC 5652 5.1: SignedData
	s = &SignedData{der: der}
	if !sd.ReadASN1Integer(&s.version) || s.version < 1 || s.version > 5 || !sd.ReadASN1(&digests, asn1.SET) || !sd.ReadASN1(&encap, asn1.SEQUENCE) {
		return nil, nil, malformed("SignedData")
	}
	s.digestAlgorithms = digests
	if err := s.readContent(encap); err != nil {
		return nil, nil, err
	}
	if err := s.readCertificates(&sd); err != nil {
		return nil, nil, err
	}
	if !sd.ReadASN1(&set, asn1.SET) || !sd.Empty() {
		return nil, nil, malformed("SignedData")
	}
	return s, set, nil
}

// readContent reads EncapsulatedContentInfo of RFC 5652 5.2.
func (s *SignedData) readContent(encap cryptobyte.String) error {
	if !readOID(&encap, &s.ContentType) {
		return malformed("encapsulated content")
	}
	if encap.Empty() {
		return nil
	}
	var wrapped, inside cryptobyte.String
	if !encap.ReadASN1(&wrapped, tag0) || !encap.Empty() || !wrapped.ReadASN1(&inside, asn1.OCTET_STRING) || !wrapped.Empty() {
		return malformed("encapsulated content")
	}
	s.Content = inside // empty is not nil
	return nil
}

// readCertificates reads certificates [0] and crls [1] of RFC 5652 5.1.
func (s *SignedData) readCertificates(sd *cryptobyte.String) error {
	certificates, read := sequences(sd, tag0)
	if read {
		s.ocsps = otherOCSPs(*sd)
		s.CRLs, read = sequences(sd, tag1)
	}
	if !read {
		return malformed("certificates or revocation data")
	}
	for _, der := range certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			s.Certificates = append(s.Certificates, c)
		}
	}
	return nil
}

// sequences reads an optional set and gives out its elements that are SEQUENCEs: X.509 certificates and CRLs. Other kinds have other tags.
func sequences(in *cryptobyte.String, tag asn1.Tag) (list [][]byte, ok bool) {
	var set cryptobyte.String
	var present bool
	if !in.ReadOptionalASN1(&set, &present, tag) {
		return nil, false
	}
	for n := 0; !set.Empty(); n++ {
		var der cryptobyte.String
		var kind asn1.Tag
		if n == maxElements || !set.ReadAnyASN1Element(&der, &kind) {
			return nil, false
		}
		if kind == asn1.SEQUENCE {
			list = append(list, der)
		}
	}
	return list, true
}

// read reads a SignerInfo of RFC 5652 5.3.
func (s *SignerInfo) read(in cryptobyte.String) error {
	var version int
	if !in.ReadASN1Integer(&version) {
		return malformed("SignerInfo")
	}
	var sid, element cryptobyte.String
	switch {
	case version == 1 && in.ReadASN1(&sid, asn1.SEQUENCE):
		s.Serial = new(big.Int)
		if !sid.ReadASN1Element(&element, asn1.SEQUENCE) || !sid.ReadASN1Integer(s.Serial) || !sid.Empty() {
			return malformed("signer identifier")
		}
		s.Issuer = element
	case version == 3 && in.ReadASN1(&sid, asn1.Tag(0).ContextSpecific()):
		s.KeyID = sid
	default:
		return malformed("signer identifier")
	}
	var err error
	if s.Digest, err = readHash(&in); err != nil {
		return err
	}
	if in.PeekASN1Tag(tag0) {
		if !in.ReadASN1Element(&element, tag0) {
			return malformed("signed attributes")
		}
		s.signedDER = append([]byte{byte(asn1.SET)}, element[1:]...) // RFC 5652 5.4: signed as SET OF, stored as [0] IMPLICIT
		if s.SignedAttributes, err = parseAttributes(content(element), true); err != nil {
			return err
		}
	}
	var signature cryptobyte.String
	if !in.ReadASN1Element(&element, asn1.SEQUENCE) || !in.ReadASN1(&signature, asn1.OCTET_STRING) {
		return malformed("SignerInfo")
	}
	s.sigID, s.Signature = element, signature
	if s.Algorithm, s.SaltLength, err = sigalg.FromIdentifier(element, s.Digest); err != nil {
		return err
	}
	if in.PeekASN1Tag(tag1) {
		if !in.ReadASN1(&element, tag1) {
			return malformed("unsigned attributes")
		}
		if s.UnsignedAttributes, err = parseAttributes(element, false); err != nil {
			return err
		}
	}
	if !in.Empty() {
		return malformed("bytes at the end of the SignerInfo")
	}
	return nil
}

// parseAttributes reads the inside of a SET OF Attribute. Signed attributes come once each and, of those read here, with one value:
// RFC 5652 5.3 and 11, RFC 5035 3.
func parseAttributes(set cryptobyte.String, signed bool) ([]Attribute, error) {
	var list []Attribute
	seen := map[string]bool{}
	for !set.Empty() {
		var in, values cryptobyte.String
		var a Attribute
		if len(list) == maxElements || !set.ReadASN1(&in, asn1.SEQUENCE) || !readOID(&in, &a.Type) || !in.ReadASN1(&values, asn1.SET) || !in.Empty() {
			return nil, malformed("attributes")
		}
		for !values.Empty() {
			var value cryptobyte.String
			var tag asn1.Tag
			if len(a.Values) == maxElements || !values.ReadAnyASN1Element(&value, &tag) {
				return nil, malformed("values of attribute " + a.Type)
			}
			a.Values = append(a.Values, value)
		}
		if signed && seen[a.Type] {
			return nil, malformed("signed attribute " + a.Type + " comes twice")
		}
		if signed && len(a.Values) != 1 && singleValued(a.Type) {
			return nil, malformed("signed attribute " + a.Type + " does not have one value")
		}
		seen[a.Type] = true
		list = append(list, a)
	}
	return list, nil
}

func singleValued(typ string) bool {
	switch typ {
	case OIDContents, OIDDigest, OIDTime, OIDCertV1, OIDCertV2, OIDProtection, OIDPolicy, OIDLocation:
		return true
	}
	return false
}

// readHash reads the AlgorithmIdentifier of a digest; parameters are absent or NULL (RFC 5754 2).
func readHash(in *cryptobyte.String) (crypto.Hash, error) {
	var id, null cryptobyte.String
	var dotted string
	var present bool
	if !in.ReadASN1(&id, asn1.SEQUENCE) || !readOID(&id, &dotted) || !id.ReadOptionalASN1(&null, &present, asn1.NULL) || !id.Empty() || !null.Empty() {
		return 0, malformed("digest algorithm")
	}
	return sigalg.HashFromOID(dotted)
}

// ParseCertificates reads the certificates of a SignedData that has no signers, the form in which authorities publish theirs (RFC 5652 5.1,
// RFC 5280 4.2.2.1). The error is ErrSignatureInvalid.
func ParseCertificates(der []byte) ([]*x509.Certificate, error) {
	s, rest, err := parseContainer(der)
	if err != nil {
		return nil, err
	}
	if rest.Empty() {
		return s.Certificates, nil
	}
	return nil, malformed("there are signers where only certificates should be")
}
