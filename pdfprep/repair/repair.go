package repair

import (
	"context"
	"errors"
	"io"

	"hashout/pdfprep"
)

// Options say how a broken file is opened.
type Options struct {
	Password   string
	NFKC       func(string) string // see pdfprep.OpenOptions
	Limits     pdfprep.Limits
	MaxBytes   int64 // largest file that is read; default 128 MiB
	MaxObjects int   // default 2,000,000
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 128 << 20
	}
	if o.MaxObjects <= 0 {
		o.MaxObjects = 2_000_000
	}
	return o
}

// Helps reports whether err, from opening or preparing a document, is of the kind that a scan may overcome.
func Helps(err error) bool {
	var e *pdfprep.Error
	if !errors.As(err, &e) {
		return false
	}
	repairable, _ := e.Details["repairable"].(bool)
	return repairable
}

// Open opens a document by its objects. Errors are [*pdfprep.Error], those of r, and ctx's.
func Open(ctx context.Context, r io.ReaderAt, size int64, o Options) (*pdfprep.Document, error) {
	table, err := Find(ctx, r, size, o)
	if err != nil {
		return nil, err
	}
	document, err := pdfprep.OpenTable(r, size, *table, pdfprep.OpenOptions{Password: o.Password, NFKC: o.NFKC, Limits: o.Limits})
	if Helps(err) {
		return nil, refuse("the damage is beyond repair", err)
	}
	return document, err
}

// Find reads the whole file and says where its objects stand.
func Find(ctx context.Context, r io.ReaderAt, size int64, o Options) (*pdfprep.Table, error) {
	o = o.withDefaults()
	if size > o.MaxBytes {
		return nil, refuse("the PDF is damaged and too large to be repaired", nil)
	}
	b, err := readAll(ctx, r, size)
	if err != nil {
		return nil, err
	}
	s, err := scan(ctx, b, o.MaxObjects)
	if errors.Is(err, errTooMany) || errors.Is(err, errWaste) {
		return nil, refuse("the PDF is damaged beyond repair", err)
	}
	if err != nil {
		return nil, err
	}
	return s.table(ctx, o)
}

// chunk is how much is read between two looks at the context.
const chunk = 4 << 20

// readAll leaves room behind the bytes for the scanner's mark.
func readAll(ctx context.Context, r io.ReaderAt, size int64) ([]byte, error) {
	b := make([]byte, size, size+1)
	for at := int64(0); at < size; at += chunk {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := b[at:min(at+chunk, size)]
		if n, err := r.ReadAt(part, at); n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}

func refuse(msg string, cause error) error {
	return &pdfprep.Error{Code: pdfprep.Malformed, Msg: msg, Details: map[string]any{"repairable": false}, Err: cause}
}
