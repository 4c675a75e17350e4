package signflow

import (
	"context"

	"hashout/pdfprep"
	"hashout/pdfprep/repair"
)

// Inspect reads a document's structure, by a scan for its objects if its cross-reference chain is broken.
func Inspect(ctx context.Context, document Document) (*pdfprep.Inspection, error) {
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

func (d Document) options(limits pdfprep.Limits) pdfprep.OpenOptions {
	return pdfprep.OpenOptions{Password: d.Password, NFKC: d.NFKC, Limits: limits}
}

func (d Document) repaired(ctx context.Context, limits pdfprep.Limits) (*pdfprep.Document, error) {
	return repair.Open(ctx, d.Source, d.Source.Size(), repair.Options{Password: d.Password, NFKC: d.NFKC, Limits: limits})
}
