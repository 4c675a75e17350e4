package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
)

// VerifyOptions say what a verification relies on.
type VerifyOptions struct {
	Roots []*x509.Certificate // who is believed; none: what can be said is whether the signatures hold, not whose they are
	Time  time.Time           // of the verification
	Other Evidence            // beside what the document carries
	// Digest hashes the bytes that a ByteRange covers, where something faster than Document.Digest is at hand. It is asked once for each
	// hash of a signature without a defect, no two of which cover the same, and never for SHA-1.
	Digest func(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error)
}

// Verification is what the signatures of a file are worth.
type Verification struct {
	// Verdict is that of the signature with the worst one; document timestamps count where there is nothing else. Its Indication is "" for
	// a file without signatures.
	Verdict
	Signatures []VerifiedSignature
}

// VerifiedSignature is one signature, or document timestamp, of a file.
type VerifiedSignature struct {
	pdfprep.Signature
	Report
	// Changes are those after the signature; nil with a Defect.
	Changes        *pdfprep.Changes
	ChangesAllowed bool
}

// maxChecks bounds the signatures over certificates and evidence that one verification checks. A file that was renewed for decades by a
// dozen signers takes some hundreds.
const maxChecks = 10_000

// Verify judges every signature of a document: that its bytes are whole, that it holds, whose it is and since when, by the roots and the
// evidence, and that what happened to the file afterwards is allowed. Document timestamps come first, the latest before the others: each
// proves that what it covers is older (EN 319 102-1 5.6.3).
//
// The error is that of Digest or of reading the document; whatever is wrong with a signature is in its verdict.
func Verify(ctx context.Context, d *pdfprep.Document, o VerifyOptions) (*Verification, error) {
	if o.Time.IsZero() {
		return nil, &Error{Code: InvalidArgument, Msg: "a verification needs a time"}
	}
	found, err := d.Signatures(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := d.Changes(ctx, found)
	if err != nil {
		return nil, err
	}
	out := &Verification{Signatures: make([]VerifiedSignature, len(found))}
	if len(found) == 0 {
		return out, nil
	}
	v := &verifier{ctx: ctx, document: d, options: o}
	if v.trust, err = newTrust(ctx, d, o); err != nil {
		return nil, err
	}
	for i := range found {
		out.Signatures[i] = VerifiedSignature{Signature: found[i], Changes: changes[i]}
	}
	for i := len(found) - 1; i >= 0; i-- {
		if found[i].Timestamp {
			if err := v.documentTimestamp(out.Signatures, i); err != nil {
				return nil, err
			}
		}
	}
	for i := range found {
		if !found[i].Timestamp {
			if err := v.signature(out.Signatures, i); err != nil {
				return nil, err
			}
		}
	}
	out.Verdict = worst(out.Signatures)
	return out, nil
}

func newTrust(ctx context.Context, d *pdfprep.Document, o VerifyOptions) (Trust, error) {
	checks := maxChecks
	t := Trust{Roots: o.Roots, Now: o.Time, Other: o.Other, work: &checks}
	store, err := d.SecurityStore(ctx)
	if err != nil {
		return t, err
	}
	t.Document = Evidence{OCSPs: store.OCSPs, CRLs: store.CRLs}
	for _, der := range store.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			t.Document.Certificates = append(t.Document.Certificates, c)
		}
	}
	return t, nil
}

// worst is the verdict of the whole.
func worst(list []VerifiedSignature) Verdict {
	var all Verdict
	rank := map[Indication]int{"": 0, Passed: 1, Indeterminate: 2, Failed: 3}
	for _, timestamps := range []bool{false, true} {
		for i := range list {
			if s := &list[i]; s.Timestamp == timestamps && rank[s.Indication] > rank[all.Indication] {
				all = s.Verdict
			}
		}
		if all.Indication != "" {
			break
		}
	}
	return all
}

type verifier struct {
	ctx      context.Context
	document *pdfprep.Document
	options  VerifyOptions
	trust    Trust
	proofs   []provenUntil
	hashed   int64
}

// provenUntil is a good document timestamp and how much of the file it covers.
type provenUntil struct {
	Proof
	end int64
}

func (v *verifier) digester(s *pdfprep.Signature) Digester {
	have := make(map[crypto.Hash][]byte) // a timestamp over the document asks for what its signature asked for
	return func(h crypto.Hash) ([]byte, error) {
		if digest := have[h]; digest != nil {
			return digest, nil
		}
		// Each signature covers almost the whole file again.
		if v.hashed += s.End; v.hashed > maxHashed+maxHashedTimes*v.document.Size() {
			return nil, &Error{Code: Unsupported, Msg: "the signatures together cover too much to be hashed"}
		}
		digest, err := v.hash(h, s.ByteRange)
		have[h] = digest
		return digest, err
	}
}

const (
	maxHashed      = 1 << 30
	maxHashedTimes = 16
)

func (v *verifier) hash(h crypto.Hash, byteRange [4]int64) ([]byte, error) {
	if v.options.Digest == nil || h == crypto.SHA1 {
		return v.document.Digest(v.ctx, h, byteRange)
	}
	return v.options.Digest(v.ctx, h, byteRange)
}

// provenBefore are the proofs that what ends at end is old.
func (v *verifier) provenBefore(end int64) (proofs []Proof, at time.Time) {
	at = v.options.Time
	for _, p := range v.proofs {
		if p.end > end {
			proofs = append(proofs, p.Proof)
			if p.Time.Before(at) {
				at = p.Time
			}
		}
	}
	return proofs, at
}

// documentTimestamp judges a timestamp over the file up to it (ISO 32000-2 12.8.5).
func (v *verifier) documentTimestamp(all []VerifiedSignature, i int) error {
	s := &all[i]
	r := &s.Report
	_, r.Time = v.provenBefore(s.End)
	switch {
	case s.Defect != "":
		r.Verdict = failed(FormatFailure, s.Defect)
		return nil
	case s.SubFilter != SubFilterTimestamp:
		r.Verdict = failed(FormatFailure, "The document timestamp is in a form that is not known here.")
		return nil
	}
	der, err := cms.TrimPadding(s.Contents)
	if err != nil {
		r.Verdict = failed(FormatFailure, "The timestamp is not readable.")
		return nil
	}
	stamp, err := cms.ParseTimestamp(der)
	if err != nil {
		r.Verdict = failed(FormatFailure, "The timestamp is not readable.")
		return nil
	}
	digest, err := v.digester(&s.Signature)(stamp.Hash)
	if err != nil {
		return err
	}
	r.Algorithm = stamp.SignedData.Signer.Algorithm
	if !stamp.Covers(digest) {
		r.Verdict = failed(HashFailure, "The document was changed after it was stamped.")
		return nil
	}
	one := ValidateTimestamp(stamp, v.trust, r.Time)
	r.Verdict, r.Certificate, r.Chain, r.Intact = one.Verdict, one.Certificate, one.Chain, one.Intact
	r.Timestamps = []TimestampReport{one}
	v.judgeChanges(all, i)
	if r.OK() {
		r.Time, r.Proven = stamp.Time, true
		v.proofs = append(v.proofs, provenUntil{Proof{Time: stamp.Time, Long: s.Store}, s.End})
	}
	return nil
}

func (v *verifier) signature(all []VerifiedSignature, i int) error {
	s := &all[i]
	proofs, at := v.provenBefore(s.End)
	s.Report.Time = at
	switch s.SubFilter {
	case SubFilterPAdES, SubFilterPKCS7:
	case "adbe.pkcs7.sha1", "adbe.x509.rsa_sha1":
		s.Verdict = undecided(CryptoConstraints, "The signature is of an old kind that relies on SHA-1.")
		if s.Defect != "" {
			s.Verdict = failed(FormatFailure, s.Defect)
		}
		return nil
	default:
		s.Verdict = failed(FormatFailure, "The signature is in a form that is not known here.")
		return nil
	}
	if s.Defect != "" {
		s.Verdict = failed(FormatFailure, s.Defect)
		return nil
	}
	r, err := Validate(s.Contents, v.digester(&s.Signature), v.trust, proofs...)
	if err != nil {
		return err
	}
	s.Report = *r
	if s.SubFilter != SubFilterPAdES { // EN 319 142-1 6.3
		s.Level = ""
	}
	v.judgeChanges(all, i)
	return nil
}

// judgeChanges asks whether what happened after a signature is what it, its locks and the certification before it permit (ISO 32000-2
// 12.8.2). What is not permitted makes the file another one than was signed.
func (v *verifier) judgeChanges(all []VerifiedSignature, i int) {
	s := &all[i]
	permission := s.Certifies
	locked := ""
	for _, lock := range s.Locks {
		permission = strictest(permission, lock.Permissions)
		if locked == "" {
			locked = s.Changes.Violates(&lock)
		}
	}
	for _, earlier := range all[:i] {
		if earlier.Defect == "" {
			permission = strictest(permission, earlier.Certifies)
		}
	}
	s.ChangesAllowed = s.Changes.Allowed(permission) && locked == ""
	if s.ChangesAllowed || s.Indication == Failed {
		return
	}
	switch {
	case locked != "":
		s.Verdict = failed(FormatFailure, "The field "+locked+", which the signature locks, was changed afterwards.")
	case s.Changes.Kind == pdfprep.ChangedContent:
		s.Verdict = failed(FormatFailure, "The document was changed after it was signed. "+s.Changes.Reasons[0])
	default:
		s.Verdict = failed(FormatFailure, "The document was changed after it was signed in a way that its certification does not permit.")
	}
}

// strictest of two permissions, where none at all is the mildest.
func strictest(a, b pdfprep.DocMDP) pdfprep.DocMDP {
	switch pdfprep.NotCertified {
	case a:
		return b
	case b:
		return a
	}
	return min(a, b)
}

// RootsOf reads trusted certificates from DER or PEM; several may stand in one PEM text.
func RootsOf(list ...[]byte) ([]*x509.Certificate, error) {
	var roots []*x509.Certificate
	for _, one := range list {
		found := certificatesOf(one)
		if len(found) == 0 {
			return nil, &Error{Code: InvalidArgument, Msg: "a trusted certificate is not readable"}
		}
		roots = append(roots, found...)
	}
	return roots, nil
}

func certificatesOf(b []byte) (list []*x509.Certificate) {
	if !bytes.Contains(b, []byte("-----BEGIN")) {
		return certificatesIn(b)
	}
	for {
		at := bytes.Index(b, []byte("-----BEGIN CERTIFICATE-----"))
		if at < 0 {
			return list
		}
		list = append(list, certificatesIn(b[at:])...)
		b = b[at+1:]
	}
}
