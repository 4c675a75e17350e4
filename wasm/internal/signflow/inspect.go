package signflow

import (
	"context"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/pdfprep/repair"
)

// Inspection is pdfprep's, with what the CMS of each signature says. Nothing is verified: this is what a document claims.
type Inspection struct {
	*pdfprep.Inspection
	Signatures []InspectedSignature `json:"signatures"`
}

// InspectedSignature describes one signature.
type InspectedSignature struct {
	pdfprep.SignatureInfo
	// Signer is nil when Contents holds no CMS that can be read, or names its signer by a key identifier alone.
	Signer *InspectedSigner `json:"signer"`
	// Digest is the signature's hash algorithm.
	Digest string `json:"digest,omitempty"`
	// LevelShape is the baseline level that the signature has the parts of; empty for what is no PAdES signature.
	LevelShape pades.Level `json:"levelShape,omitempty"`
}

// InspectedSigner is the certificate that a signature names. Times are milliseconds since 1970.
type InspectedSigner struct {
	Subject      string `json:"subject"`
	Issuer       string `json:"issuer"`
	SerialNumber string `json:"serialNumber"`
	NotBefore    int64  `json:"notBefore"`
	NotAfter     int64  `json:"notAfter"`
}

// Inspect reads a document's structure, by a scan for its objects if its cross-reference chain is broken.
func Inspect(ctx context.Context, document Document) (*Inspection, error) {
	found, err := inspectPDF(ctx, document)
	if err != nil {
		return nil, err
	}
	all := &Inspection{Inspection: found, Signatures: make([]InspectedSignature, len(found.Signatures))}
	for i, info := range found.Signatures {
		all.Signatures[i] = describe(info, found)
	}
	return all, nil
}

func inspectPDF(ctx context.Context, document Document) (*pdfprep.Inspection, error) {
	var limits pdfprep.Limits
	pdf, err := pdfprep.Open(ctx, document.Source, document.Source.Size(), document.options(limits))
	if err == nil {
		var found *pdfprep.Inspection
		if found, err = pdf.Inspect(ctx); err == nil {
			return found, nil
		}
	}
	if !repair.Helps(err) {
		return nil, err
	}
	if pdf, err = document.repaired(ctx, limits); err != nil {
		return nil, err
	}
	return pdf.Inspect(ctx)
}

func describe(info pdfprep.SignatureInfo, all *pdfprep.Inspection) InspectedSignature {
	s := InspectedSignature{SignatureInfo: info}
	der, err := cms.TrimPadding(info.Contents)
	if err != nil {
		return s
	}
	parsed, err := cms.Parse(der)
	if err != nil {
		return s
	}
	s.Digest = parsed.Signer.Digest.String()
	if c, err := parsed.SigningCertificate(); err == nil {
		s.Signer = &InspectedSigner{
			Subject: c.Subject.String(), Issuer: c.Issuer.String(), SerialNumber: c.SerialNumber.Text(16),
			NotBefore: c.NotBefore.UnixMilli(), NotAfter: c.NotAfter.UnixMilli(),
		}
	}
	if info.SubFilter == pades.SubFilterPAdES {
		s.LevelShape = levelShape(info, parsed, all)
	}
	return s
}

// levelShape looks for the parts that EN 319 142-1 §6.3 asks of each level.
func levelShape(info pdfprep.SignatureInfo, parsed *cms.SignedData, all *pdfprep.Inspection) pades.Level {
	stamped := false
	for _, a := range parsed.Signer.UnsignedAttributes {
		stamped = stamped || a.Type == cms.OIDTimestamp
	}
	archived := false
	for _, other := range all.Signatures {
		archived = archived || other.Timestamp && other.ByteRange[2]+other.ByteRange[3] > info.ByteRange[2]+info.ByteRange[3]
	}
	switch {
	case !stamped && !archived: // a document timestamp proves the time as well
		return pades.BB
	case !all.DSS:
		return pades.BT
	case !archived:
		return pades.BLT
	}
	return pades.BLTA
}
