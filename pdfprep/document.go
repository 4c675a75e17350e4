package pdfprep

import (
	"context"
	"errors"
	"io"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// Limits bound what a document may cost. Zero fields mean the defaults, which suit a browser tab.
type Limits struct {
	MaxObjectBytes  int   // one object; default 16 MiB
	MaxDecodedBytes int   // one decoded object stream or cross-reference stream; default 64 MiB
	MaxSections     int   // cross-reference sections, about one a revision; default 20,000
	MaxCacheBytes   int64 // of the file kept in memory; default 8 MiB
	MaxWork         int64 // what one operation may cost, in about the bytes it looks at; default 64 Mi + 8 times the size
	MaxFields       int   // form fields that are walked; default 100,000
	MaxPages        int   // page tree nodes that are walked; default 1,000,000
}

func (l Limits) file() file.Limits {
	return file.Limits{MaxObjectBytes: l.MaxObjectBytes, MaxDecodedBytes: l.MaxDecodedBytes, MaxSections: l.MaxSections, MaxCacheBytes: l.MaxCacheBytes, MaxWork: l.MaxWork}
}

func (l Limits) withDefaults() Limits {
	if l.MaxFields <= 0 {
		l.MaxFields = 100_000
	}
	if l.MaxPages <= 0 {
		l.MaxPages = 1_000_000
	}
	return l
}

// OpenOptions say how a document is opened.
type OpenOptions struct {
	// Password is the user's or the owner's. The empty one is tried anyway.
	Password string
	// NFKC is Unicode's normalization form KC (RFC 4013 §2.2), for AES-256 files whose password is not ASCII: norm.NFKC.String of
	// golang.org/x/text natively, String.prototype.normalize in a browser. Nil takes passwords as they are.
	NFKC   func(string) string
	Limits Limits
}

// Document is an opened PDF. It keeps reading from its io.ReaderAt and is not safe for concurrent use.
type Document struct {
	f       *file.File
	r       io.ReaderAt
	root    *file.Object
	limits  Limits
	handler *stdsec.Handler
	// encryption names the cipher of streams, for Inspect.
	encryption string
	options    OpenOptions
	// past is what looking at earlier revisions has cost.
	past int64
}

// Open reads what it takes to find objects: the tail, the heads of the cross-reference sections, the catalog. Errors are [*Error], those
// of r, and ctx's.
func Open(ctx context.Context, r io.ReaderAt, size int64, o OpenOptions) (*Document, error) {
	f, err := file.Open(ctx, r, size, o.Limits.file())
	if err != nil {
		return nil, explain(err)
	}
	return open(f, r, o)
}

// Place says where an object stands in a file whose cross-reference was found by a scan.
type Place struct {
	Gen    int
	Offset int64 // of the object's number, from the file's first byte; or
	Stream int   // the number of the object stream that holds it, if not 0, and
	Index  int   // its index there
}

// Table is the outcome of a scan for objects.
type Table struct {
	Objects map[int]Place
	// Trailer is the text of a trailer dictionary, from << to >>. /Prev and /XRefStm are ignored.
	Trailer []byte
}

// OpenTable opens a document whose own cross-reference chain is broken by the objects that a scan found (pdfprep/repair). Prepare then
// appends a full cross-reference section of all of them, with no /Prev, so that readers need the broken chain no more.
func OpenTable(r io.ReaderAt, size int64, t Table, o OpenOptions) (*Document, error) {
	v, _, err := object.Parse(append(append([]byte(nil), t.Trailer...), '\n'), 0)
	trailer, ok := v.Object.(*object.Dict)
	if err != nil || !ok {
		return nil, refuse(InvalidArgument, "the trailer is not a dictionary")
	}
	entries := make(map[int]file.Entry, len(t.Objects))
	for num, p := range t.Objects {
		if num <= 0 || num > maxObjectNumber || p.Gen < 0 || p.Gen > 65535 {
			return nil, refuse(InvalidArgument, "an object number or generation is out of range")
		}
		entries[num] = file.Entry{Kind: file.InFile, Offset: p.Offset, Gen: p.Gen}
		if p.Stream != 0 {
			entries[num] = file.Entry{Kind: file.InStream, Stream: p.Stream, Index: p.Index}
		}
	}
	f, err := file.OpenTable(r, size, o.Limits.file(), entries, trailer.Without("Prev").Without("XRefStm"))
	if err != nil {
		return nil, explain(err)
	}
	return open(f, r, o)
}

// maxObjectNumber is the largest object number of ISO 32000-1 Annex C.
const maxObjectNumber = 8_388_607

func open(f *file.File, r io.ReaderAt, o OpenOptions) (*Document, error) {
	d := &Document{f: f, r: r, limits: o.Limits.withDefaults(), options: o}
	if err := d.decrypt(o); err != nil {
		return nil, explain(err)
	}
	root, err := f.Object(f.TrailerEntry("Root").(object.Ref))
	if err != nil {
		return nil, explain(err)
	}
	if root.Dict() == nil {
		return nil, explain(file.ErrBroken)
	}
	d.root = root
	return d, nil
}

// Size is the length of the file in bytes.
func (d *Document) Size() int64 { return d.f.Size() }

// decrypt sets the file's cipher if the trailer has /Encrypt (ISO 32000-2 §7.6.2).
func (d *Document) decrypt(options OpenOptions) error {
	entry := d.f.TrailerEntry("Encrypt")
	if entry == nil {
		return nil
	}
	o, err := d.f.Resolve(entry)
	if err != nil {
		return err
	}
	dict, ok := o.(*object.Dict)
	if !ok {
		return refuse(Malformed, "the encryption dictionary is not there").with(detailRepairable, false)
	}
	params, err := d.securityParams(dict)
	if err != nil {
		return err
	}
	d.handler, err = stdsec.Open(params, options.Password, options.NFKC)
	if errors.Is(err, stdsec.ErrPassword) {
		if options.Password == "" {
			return refuse(Encrypted, "the PDF is encrypted and needs a password")
		}
		return refuse(PasswordWrong, "the password does not open the PDF")
	}
	if err != nil {
		return err
	}
	if d.encryption, err = encryptionName(d.handler, params); err != nil {
		return err
	}
	ref, _ := entry.(object.Ref)
	d.f.Cipher = &fileCipher{handler: d.handler, except: ref.Num}
	d.f.Forget()
	return nil
}

// dict resolves to a dictionary, or nil.
func (d *Document) dict(o object.Object) (*object.Dict, error) {
	o, err := d.f.Resolve(o)
	if err != nil {
		return nil, err
	}
	dict, _ := o.(*object.Dict)
	return dict, nil
}

// array resolves to an array, or nil.
func (d *Document) array(o object.Object) (object.Array, error) {
	o, err := d.f.Resolve(o)
	if err != nil {
		return nil, err
	}
	list, _ := o.(object.Array)
	return list, d.f.Spend(costItem * len(list))
}

// What work costs beyond reading, in the units of file.Spend: an item of an array that is walked, a character that is decoded.
const (
	costItem = 16
	costText = 4
	costName = 64 // of a text, however short
)

// text resolves to a text string; ok is false where there is none.
func (d *Document) text(o object.Object) (text string, ok bool, err error) {
	if o, err = d.f.Resolve(o); err != nil {
		return "", false, err
	}
	s, ok := o.(object.String)
	if !ok {
		return "", false, nil
	}
	return decodeText(s), true, d.f.Spend(costName + costText*len(s))
}

// integer resolves to a whole number, or to otherwise.
func (d *Document) integer(o object.Object, otherwise int64) (int64, error) {
	o, err := d.f.Resolve(o)
	switch n := o.(type) {
	case int64:
		return n, err
	case object.Real:
		return int64(n.Float()), err
	}
	return otherwise, err
}

// float is a number of either kind, or one that is only about to be written; anything else is 0.
func float(o object.Object) float64 {
	switch n := o.(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	case object.Real:
		return n.Float()
	}
	return 0
}

// name resolves to a name, or "".
func (d *Document) name(o object.Object) (object.Name, error) {
	o, err := d.f.Resolve(o)
	n, _ := o.(object.Name)
	return n, err
}
