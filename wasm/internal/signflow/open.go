package signflow

import (
	"context"
	"io"

	"hashout/pdfprep"
	"hashout/pdfprep/repair"
)

func (d Document) options(limits pdfprep.Limits) pdfprep.OpenOptions {
	return pdfprep.OpenOptions{Password: d.Password, NFKC: d.NFKC, Limits: limits}
}

func (d Document) repaired(ctx context.Context, limits pdfprep.Limits) (*pdfprep.Document, error) {
	return repair.Open(ctx, d.Source, d.Source.Size(), repair.Options{Password: d.Password, NFKC: d.NFKC, Limits: limits})
}

// open opens the document, by a scan for its objects if its own tables lead nowhere.
func (d Document) open(limits pdfprep.Limits) func(ctx context.Context, r io.ReaderAt, size int64) (*pdfprep.Document, error) {
	return func(ctx context.Context, r io.ReaderAt, size int64) (*pdfprep.Document, error) {
		pdf, err := pdfprep.Open(ctx, r, size, d.options(limits))
		if !repair.Helps(err) {
			return pdf, err
		}
		return d.repaired(ctx, limits)
	}
}
