package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

// Timestamp is a TimeStampToken of RFC 3161 2.4.2 that was read.
type Timestamp struct {
	Token    []byte // DER
	Time     time.Time
	Accuracy time.Duration // 0 when the TSA does not tell
	Policy   string
	Serial   *big.Int
	Hash     crypto.Hash
	Imprint  []byte
	Nonce    *big.Int // nil for none
	// SignedData holds the TSA's signature. Tokens may come without certificates; a caller that has them adds them to its list before Verify.
	SignedData *SignedData
}

// ParseTimestamp reads a TimeStampToken without judging its signature. The error is ErrTSAFailed.
func ParseTimestamp(token []byte) (*Timestamp, error) {
	s, err := Parse(token)
	if err != nil {
		return nil, &Error{Code: TSAFailed, Msg: "the timestamp is not readable", Details: map[string]any{"reason": "malformed"}, Err: err}
	}
	if s.ContentType != OIDTSTInfo || s.Content == nil {
		return nil, tsaFailed("the answer is signed, but no timestamp", "malformed")
	}
	t := &Timestamp{Token: s.der, SignedData: s}
	if !t.readInfo(s.Content) {
		return nil, tsaFailed("the timestamp is not readable", "malformed")
	}
	return t, nil
}

// readInfo reads TSTInfo of RFC 3161 2.4.2.
func (t *Timestamp) readInfo(der cryptobyte.String) bool {
	var in, imprint, digest, when cryptobyte.String
	var version int
	t.Serial = new(big.Int)
	if !der.ReadASN1(&in, cbasn1.SEQUENCE) || !der.Empty() || !in.ReadASN1Integer(&version) || version != 1 || !readOID(&in, &t.Policy) ||
		!in.ReadASN1(&imprint, cbasn1.SEQUENCE) {
		return false
	}
	var err error
	if t.Hash, err = readHash(&imprint); err != nil || !imprint.ReadASN1(&digest, cbasn1.OCTET_STRING) || len(digest) != t.Hash.Size() {
		return false
	}
	t.Imprint = digest
	if !in.ReadASN1Integer(t.Serial) || !in.ReadASN1(&when, cbasn1.GeneralizedTime) {
		return false
	}
	// Fractions of a second are allowed here, which cryptobyte does not read; time.Parse takes them after the seconds.
	if t.Time, err = time.Parse("20060102150405Z", string(when)); err != nil {
		return false
	}
	if in.PeekASN1Tag(cbasn1.SEQUENCE) && !t.readAccuracy(&in) {
		return false
	}
	var ordering bool
	if in.PeekASN1Tag(cbasn1.BOOLEAN) && !in.ReadASN1Boolean(&ordering) {
		return false
	}
	if in.PeekASN1Tag(cbasn1.INTEGER) {
		t.Nonce = new(big.Int)
		if !in.ReadASN1Integer(t.Nonce) {
			return false
		}
	}
	return in.SkipOptionalASN1(tag0) && in.SkipOptionalASN1(tag1) && in.Empty() // tsa, extensions
}

func (t *Timestamp) readAccuracy(in *cryptobyte.String) bool {
	var accuracy cryptobyte.String
	if !in.ReadASN1(&accuracy, cbasn1.SEQUENCE) {
		return false
	}
	units := []struct {
		tag  cbasn1.Tag
		unit time.Duration
	}{
		{cbasn1.INTEGER, time.Second},
		{cbasn1.Tag(0).ContextSpecific(), time.Millisecond},
		{cbasn1.Tag(1).ContextSpecific(), time.Microsecond},
	}
	for _, u := range units {
		var n int64
		if !accuracy.PeekASN1Tag(u.tag) {
			continue
		}
		if !accuracy.ReadASN1Int64WithTag(&n, u.tag) || n < 0 || n > 1e6 {
			return false
		}
		t.Accuracy += time.Duration(n) * u.unit
	}
	return accuracy.Empty()
}

// Covers tells whether the timestamp is over a digest of Hash.
func (t *Timestamp) Covers(digest []byte) bool { return bytes.Equal(t.Imprint, digest) }

// Verify checks the TSA's signature over the token with a certificate that is meant for timestamping. It refuses weak algorithms. The
// certificate's chain is judged elsewhere. The error is ErrTSAFailed.
func (t *Timestamp) Verify() error { return t.verify((*SignedData).Verify) }

// VerifyWeak is [Timestamp.Verify] without the demand for strong algorithms.
func (t *Timestamp) VerifyWeak() error { return t.verify((*SignedData).VerifyWeak) }

func (t *Timestamp) verify(signature func(*SignedData, []byte) error) error {
	s := t.SignedData
	if s.Signer.signedDER == nil || !s.Signer.hasCertificateReference() { // RFC 3161 2.4.2: ESSCertID must be there
		return tsaFailed("the timestamp does not refer to its certificate", "certificate")
	}
	h := s.Signer.Digest.New()
	h.Write(s.Content)
	if err := signature(s, h.Sum(nil)); err != nil {
		return &Error{Code: TSAFailed, Msg: "the timestamp does not hold", Details: map[string]any{"reason": "signature"}, Err: err}
	}
	c, err := s.SigningCertificate()
	if err != nil {
		return err
	}
	if !forTimestamping(c) {
		return tsaFailed("the certificate is not meant for timestamping", "certificate")
	}
	return nil
}

// forTimestamping is RFC 3161 2.3: id-kp-timeStamping is the only purpose, and critical.
func forTimestamping(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) {
			return e.Critical
		}
	}
	return false
}

// Signature timestamp: RFC 3161 appendix A.

// SignatureTimestampRequest asks for a timestamp over a signature value.
func SignatureTimestampRequest(h crypto.Hash, signature []byte) (*TimestampRequest, error) {
	if err := sigalg.CheckHash(h); err != nil {
		return nil, err
	}
	w := h.New()
	w.Write(signature)
	return NewTimestampRequest(h, w.Sum(nil))
}

// TimestampAttribute is the unsigned attribute that carries a timestamp over the signature value.
func TimestampAttribute(t *Timestamp) Attribute { return NewAttribute(OIDTimestamp, t.Token) }

// ContentTimestamps reads the timestamps over the content, which are signed (EN 319 122-1 5.2.8). Whether they cover it, by their own hash, and
// their signatures are left to the caller. The error is ErrTSAFailed.
func (s *SignerInfo) ContentTimestamps() ([]*Timestamp, error) {
	return timestampsOf(s.SignedAttributes, OIDContentTimestamp)
}

// Timestamps reads the timestamps over the signature value and checks that they cover it. Their signatures are left to the caller. The
// error is ErrTSAFailed.
func (s *SignerInfo) Timestamps() ([]*Timestamp, error) {
	list, err := timestampsOf(s.UnsignedAttributes, OIDTimestamp)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		h := t.Hash.New()
		h.Write(s.Signature)
		if !t.Covers(h.Sum(nil)) {
			return nil, tsaFailed("the timestamp is over something else", "imprint")
		}
	}
	return list, nil
}

func timestampsOf(attributes []Attribute, oid string) (list []*Timestamp, err error) {
	for _, a := range attributes {
		if a.Type != oid {
			continue
		}
		for _, token := range a.Values {
			t, err := ParseTimestamp(token)
			if err != nil {
				return nil, err
			}
			list = append(list, t)
		}
	}
	return list, nil
}
