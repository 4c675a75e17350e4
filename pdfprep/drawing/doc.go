// Package drawing is where those who draw visible signatures and those who put them into documents meet: what is asked for, and what is
// given. It holds these three types and nothing else, so that neither side has to carry the other; pdfprep has them under the same names.
package drawing

import "context"

// Artist draws what a visible signature looks like. pdfprep/appearance has one; a host may have its own.
type Artist interface {
	// Draw is asked once for every size at which a signature shows. The same canvas must give the same drawing, or else preparing
	// a document again does not give the same bytes. Its errors are passed on as they are.
	Draw(ctx context.Context, c Canvas) (Drawing, error)
}

// Canvas is what is drawn upon: the rectangle of a field as a reader sees it, upright however the page is turned.
type Canvas struct {
	// Width and Height are in points; the page's /UserUnit is taken into account.
	Width, Height float64
	// Field is the field's fully qualified name.
	Field string
	// PDFA is the part and level that the document claims, as "1b" or "3u", or empty. Fonts of a drawing for such a document must be
	// embedded (ISO 19005-1 §6.3.4): pdfprep.Prepare refuses a drawing where it is not so.
	PDFA string
	// Opaque tells that nothing may be transparent.
	Opaque bool
}

// Drawing is one page of a PDF. It is shown as large as the canvas allows without being distorted.
type Drawing struct {
	PDF []byte
	// Page is counted from 1; 0 is the first.
	Page int
}
