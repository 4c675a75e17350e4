package signflow

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// VerifyOptions say what a verification relies on.
type VerifyOptions struct {
	Trust [][]byte  // trusted roots, each in DER or PEM
	Time  time.Time // of the verification
	// Digest hashes the bytes of the document that a ByteRange covers; nil reads them through the Source.
	Digest func(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error)
}

// Verification is what the signatures of a document are worth, in the words of the JavaScript API.
type Verification struct {
	Verdict    *Verdict            `json:"verdict"` // of all signatures together; nil without any
	Signatures []VerifiedSignature `json:"signatures"`
}

// Verdict is an outcome in the words of EN 319 102-1 and in plain ones.
type Verdict struct {
	Indication    pades.Indication    `json:"indication"`
	SubIndication pades.SubIndication `json:"subIndication,omitempty"`
	Explanation   string              `json:"explanation"`
}

// VerifiedSignature is one signature or document timestamp. Times are milliseconds since 1970.
type VerifiedSignature struct {
	Verdict
	FieldName   string              `json:"fieldName"`
	Kind        string              `json:"kind"` // "signature", "certification" or "timestamp"
	SubFilter   string              `json:"subFilter"`
	ByteRange   [4]int64            `json:"byteRange"`
	Coverage    string              `json:"coverage"` // "whole-file", "revision" or "broken"
	Intact      bool                `json:"intact"`
	Level       pades.Level         `json:"level,omitempty"`
	Algorithm   string              `json:"algorithm,omitempty"`
	Signer      *Certificate        `json:"signer"`
	Chain       []Certificate       `json:"chain"`
	ProvenAt    *int64              `json:"provenAt"`
	ClaimedTime string              `json:"claimedTime,omitempty"`
	Timestamps  []VerifiedTimestamp `json:"timestamps"`
	// ContentTimestamps are over the document and part of the signature.
	ContentTimestamps []VerifiedTimestamp `json:"contentTimestamps"`
	Changes           *VerifiedChanges    `json:"changes"`
	Permits           string              `json:"permits,omitempty"`
	Name              string              `json:"name,omitempty"`
	Reason            string              `json:"reason,omitempty"`
	Location          string              `json:"location,omitempty"`
}

// VerifiedChanges are what happened to the document after a signature.
type VerifiedChanges struct {
	Kind    pdfprep.ChangeKind `json:"kind"`
	Allowed bool               `json:"allowed"`
	Fields  []string           `json:"fields"`
	Reasons []string           `json:"reasons"`
}

// VerifiedTimestamp is a timestamp that a signature carries.
type VerifiedTimestamp struct {
	Verdict
	Time   int64        `json:"time"`
	Signer *Certificate `json:"signer"`
}

// Certificate describes a certificate. Times are milliseconds since 1970.
type Certificate struct {
	InspectedSigner
	DER []byte `json:"der"`
}

// Verify judges the signatures of a document. A broken cross-reference chain is not repaired first: readers would not agree on what is
// signed.
func Verify(ctx context.Context, document Document, o VerifyOptions) (*Verification, error) {
	roots, err := pades.RootsOf(o.Trust...)
	if err != nil {
		return nil, err
	}
	pdf, err := pdfprep.Open(ctx, document.Source, document.Source.Size(), document.options(pdfprep.Limits{}))
	if err != nil {
		return nil, err
	}
	v, err := pades.Verify(ctx, pdf, pades.VerifyOptions{Roots: roots, Time: o.Time, Digest: o.Digest})
	if err != nil {
		return nil, err
	}
	out := &Verification{Signatures: make([]VerifiedSignature, len(v.Signatures))}
	if len(v.Signatures) > 0 {
		out.Verdict = verdict(v.Verdict)
	}
	for i := range v.Signatures {
		out.Signatures[i] = verified(&v.Signatures[i], pdf.Size())
	}
	return out, nil
}

func verdict(v pades.Verdict) *Verdict {
	return &Verdict{Indication: v.Indication, SubIndication: v.SubIndication, Explanation: v.Explanation}
}

func verified(s *pades.VerifiedSignature, size int64) VerifiedSignature {
	out := VerifiedSignature{
		Verdict: *verdict(s.Verdict), FieldName: s.FieldName, Kind: "signature", SubFilter: s.SubFilter, ByteRange: s.ByteRange, Coverage: "revision",
		Intact: s.Intact, Level: s.Level, Signer: certificate(s.Certificate), Chain: []Certificate{}, ClaimedTime: s.Signature.Time,
		Timestamps: stamps(s.Timestamps), ContentTimestamps: stamps(s.ContentTimestamps), Name: s.Name, Reason: s.Reason, Location: s.Location,
	}
	switch {
	case s.Timestamp:
		out.Kind = "timestamp"
	case s.Certifies != pdfprep.NotCertified:
		out.Kind = "certification"
		out.Permits = permits(s.Certifies)
	}
	switch {
	case s.Defect != "":
		out.Coverage = "broken"
	case s.End == size:
		out.Coverage = "whole-file"
	}
	if s.Intact {
		out.Algorithm = s.Algorithm.String()
	}
	for _, c := range s.Chain {
		out.Chain = append(out.Chain, *certificate(c))
	}
	if proven := s.Report.Time.UnixMilli(); s.Proven {
		out.ProvenAt = &proven
	}
	if c := s.Changes; c != nil {
		out.Changes = &VerifiedChanges{Kind: c.Kind, Allowed: s.ChangesAllowed, Fields: append([]string{}, c.Fields...), Reasons: append([]string{}, c.Reasons...)}
	}
	return out
}

func stamps(list []pades.TimestampReport) []VerifiedTimestamp {
	out := make([]VerifiedTimestamp, len(list))
	for i, t := range list {
		out[i] = VerifiedTimestamp{Verdict: *verdict(t.Verdict), Time: t.Time.UnixMilli(), Signer: certificate(t.Certificate)}
	}
	return out
}

func permits(p pdfprep.DocMDP) string {
	switch p {
	case pdfprep.NoChanges:
		return "no-changes"
	case pdfprep.FormFilling:
		return "form-filling"
	}
	return "annotations"
}

func certificate(c *x509.Certificate) *Certificate {
	if c == nil {
		return nil
	}
	return &Certificate{InspectedSigner{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), SerialNumber: c.SerialNumber.Text(16),
		NotBefore: c.NotBefore.UnixMilli(), NotAfter: c.NotAfter.UnixMilli(),
	}, c.Raw}
}
