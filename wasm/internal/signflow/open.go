package signflow

import (
	"context"

	"hashout/pdfprep"
	"hashout/pdfprep/repair"
)

func (d Document) options(limits pdfprep.Limits) pdfprep.OpenOptions {
	return pdfprep.OpenOptions{Password: d.Password, NFKC: d.NFKC, Limits: limits}
}

func (d Document) repaired(ctx context.Context, limits pdfprep.Limits) (*pdfprep.Document, error) {
	return repair.Open(ctx, d.Source, d.Source.Size(), repair.Options{Password: d.Password, NFKC: d.NFKC, Limits: limits})
}
