package pades

import (
	"crypto"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// Digester gives the digest of the bytes that a ByteRange covers.
type Digester func(h crypto.Hash) ([]byte, error)

// Proof is a moment by which a signature existed, from a document timestamp that covers it and was judged before.
type Proof struct {
	Time time.Time
	Long bool // the timestamp covers the security store too, as B-LTA wants
}

// Report is what can be said about one signature from its CMS and the evidence.
type Report struct {
	Verdict
	Intact      bool  // digest and signature value hold, whatever is thought of the signer
	Level       Level // reached, "" when not even B-B
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // leaf first; nil when there is none to a trusted root
	Algorithm   sigalg.Algorithm
	Time        time.Time // by which the signature existed for sure: the earliest good proof, or the time of the validation
	Proven      bool      // Time comes from a timestamp
	Timestamps  []TimestampReport

	// ContentTimestamps are those over the document that are signed themselves (EN 319 122-1 5.2.8): the signature is younger than each good one.
	ContentTimestamps []TimestampReport
}

// TimestampReport is what can be said about one timestamp.
type TimestampReport struct {
	Verdict
	Intact      bool // the authority's signature holds
	Time        time.Time
	Certificate *x509.Certificate
	Chain       []*x509.Certificate

	inDocument bool // see path
}

// Validate judges the Contents of a signature dictionary, padding included, against the digest of its ByteRange: EN 319 102-1 5.6 with the
// trust given. The ByteRange itself is judged elsewhere. The error is the digester's; whatever is wrong with the signature is in the report.
func Validate(contents []byte, digester Digester, t Trust, proofs ...Proof) (*Report, error) {
	r := &Report{Time: t.Now}
	s, v := read(contents)
	if !v.OK() {
		r.Verdict = v
		return r, nil
	}
	r.Algorithm = s.Signer.Algorithm
	digest, err := digester(s.Signer.Digest)
	if err != nil {
		return nil, err
	}
	s.Certificates = t.certificates(s.Certificates)
	if r.Certificate, err = s.SigningCertificate(); err == nil {
		err = s.VerifyWeak(digest)
	}
	if err != nil {
		r.Verdict = integrity(err)
		return r, nil
	}
	r.Intact = true
	own := s.Certificates
	t.addOther(s)

	for _, p := range proofs {
		if p.Time.Before(r.Time) {
			r.Time, r.Proven = p.Time, true
		}
	}
	r.readTimestamps(s, t, own)
	path, v := t.judge(r.Certificate, own, r.Time, r.Time, x509.ExtKeyUsageAny)
	r.Chain, r.Verdict = path.chain, v
	switch {
	case !r.OK():
	case !maySign(r.Certificate):
		r.Verdict = undecided(ChainConstraints, "The certificate of "+name(r.Certificate)+" is not meant for signing documents.")
	case weak(r.Certificate, r.Algorithm):
		r.Verdict = undecided(CryptoConstraints, "The signature was made with an algorithm that is too weak today: "+r.Algorithm.String()+".")
	}
	if err := r.readContentTimestamps(s, digester, t, own); err != nil {
		return nil, err
	}
	r.Level = r.level(s, t, path, proofs)
	return r, nil
}

// read takes the SignedData out of Contents.
func read(contents []byte) (*cms.SignedData, Verdict) {
	der, err := cms.TrimPadding(contents)
	if err != nil {
		return nil, failed(FormatFailure, "The signature is not readable.")
	}
	s, err := cms.Parse(der)
	switch {
	case errors.Is(err, sigalg.ErrAlgorithmUnsupported):
		return nil, undecided(CryptoConstraints, "The signature was made with an algorithm that is not known here.")
	case err != nil:
		return nil, failed(FormatFailure, "The signature is not readable.")
	case s.ContentType != cms.OIDData || s.Content != nil:
		return nil, failed(FormatFailure, "The signature carries content of its own instead of covering the document.")
	}
	return s, pass()
}

// integrity translates why a signature does not hold.
func integrity(err error) Verdict {
	var e *cms.Error
	switch {
	case errors.Is(err, cms.ErrCertMismatch):
		return undecided(NoSigningCert, "The signer's certificate is absent, or not the one that was signed.")
	case errors.As(err, &e) && e.Details["reason"] == "digest":
		return failed(HashFailure, "The document was changed after it was signed.")
	case errors.As(err, &e):
		return failed(FormatFailure, "The signature contradicts itself.")
	case errors.Is(err, sigalg.ErrAlgorithmUnsupported):
		return undecided(CryptoConstraints, "The signature was made with an algorithm that is not known here.")
	}
	return failed(SigCryptoFailure, "The signature was not made with the key of the certificate.")
}

// maySign is EN 319 102-1 5.2.6 with the usual constraint: a key usage, where given, allows signatures.
func maySign(c *x509.Certificate) bool {
	return c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
}

// weak tells whether a signature that holds was made in a way that proves nothing today.
func weak(c *x509.Certificate, a sigalg.Algorithm) bool {
	pub, _, _ := sigalg.PublicKey(c) // what cannot be read is no strong key
	return sigalg.Check(pub, a) != nil
}

// maxTimestamps are judged of one signature; signers ask one authority, or two.
const maxTimestamps = 8

// readTimestamps judges the timestamps over the signature value at the time that is proven so far, and takes the earliest good one for the
// signature's time.
func (r *Report) readTimestamps(s *cms.SignedData, t Trust, own []*x509.Certificate) {
	list, err := s.Signer.Timestamps()
	if err != nil {
		r.Timestamps = append(r.Timestamps, TimestampReport{Verdict: failed(HashFailure, "A timestamp does not belong to this signature.")})
		return
	}
	proven := r.Time
	for _, stamp := range list[:min(len(list), maxTimestamps)] {
		one := ValidateTimestamp(stamp, t, proven, own...)
		if one.OK() && one.Time.Before(r.Time) {
			r.Time, r.Proven = one.Time, true
		}
		r.Timestamps = append(r.Timestamps, one)
	}
}

// ValidateTimestamp judges a timestamp whose imprint the caller has compared. at is when it is known to have existed: now, or the time of a
// good timestamp over it. extra are certificates that may serve in its chain.
func ValidateTimestamp(stamp *cms.Timestamp, t Trust, at time.Time, extra ...*x509.Certificate) TimestampReport {
	r := TimestampReport{Time: stamp.Time}
	s := stamp.SignedData
	s.Certificates = append(t.certificates(s.Certificates), extra...)
	t.addOther(s)
	var err error
	if r.Certificate, err = s.SigningCertificate(); err != nil {
		r.Verdict = undecided(NoSigningCert, "The certificate of the timestamp authority is absent.")
		return r
	}
	if err := stamp.VerifyWeak(); err != nil {
		r.Verdict = failed(SigCryptoFailure, "The timestamp does not hold.")
		if e := (*cms.Error)(nil); errors.As(err, &e) && e.Details["reason"] == "certificate" {
			r.Verdict = undecided(ChainConstraints, "The certificate of the timestamp is not meant for timestamping.")
		}
		return r
	}
	r.Intact = true
	if stamp.Time.After(at.Add(clockSkew)) {
		r.Verdict = undecided(TimestampOrder, "The timestamp is younger than it can be.")
		return r
	}
	// Judged at the proven time, not at its own: a timestamp cannot vouch for itself. But what was learned of its authority afterwards need not be
	// of today, or nothing would last longer than its revocation data (EN 319 102-1 5.2.5 leaves freshness to the policy).
	used := at
	if stamp.Time.Before(used) {
		used = stamp.Time
	}
	path, v := t.judge(r.Certificate, s.Certificates, at, used, x509.ExtKeyUsageTimeStamping)
	r.Chain, r.Verdict, r.inDocument = path.chain, v, path.inDocument
	if v.OK() && weak(r.Certificate, s.Signer.Algorithm) {
		r.Verdict = undecided(CryptoConstraints, "The timestamp was made with an algorithm that is too weak today.")
	}
	return r
}

// level is the highest baseline level whose elements are present and good (EN 319 142-1 6.3).
func (r *Report) level(s *cms.SignedData, t Trust, p path, proofs []Proof) Level {
	if s.CheckProfile(cms.PAdES) != nil {
		return ""
	}
	stamped, complete := len(proofs) > 0, p.inDocument
	for _, stamp := range slices.Concat(r.ContentTimestamps, r.Timestamps) {
		complete = complete && stamp.OK() && stamp.inDocument
	}
	for _, stamp := range r.Timestamps {
		stamped = stamped || stamp.Intact // whose it is, the verdicts say
	}
	switch {
	case !stamped:
		return BB
	case !complete:
		return BT
	case !slices.ContainsFunc(proofs, func(p Proof) bool { return p.Long }):
		return BLT
	}
	return BLTA
}
