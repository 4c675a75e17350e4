package pdfprep

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// Reread opens a finished file from its bytes and checks the PDF side of its newest signature, trusting nothing that was known when it
// was written: the field is found through the form, its ByteRange is [0 a b c] with a gap of exactly Contents and reaches the end of the
// file, and every earlier signature stands in the original. It gives the bytes in Contents, padding included.
//
// It does not hash: original and update are covered as they are. Verifying the CMS is the caller's part.
func Reread(ctx context.Context, r io.ReaderAt, size int64, want *Prepared, o OpenOptions) ([]byte, error) {
	d, err := Open(ctx, r, size, o)
	if err != nil {
		return nil, unreadable(err)
	}
	form, err := d.form(ctx)
	if err != nil {
		return nil, unreadable(err)
	}
	found := form.find(want.FieldName)
	if found == nil || found.kind != "Sig" {
		return nil, refuse(SelfCheckFailed, "the signature field is not in the form")
	}
	dict, ok := found.value.(*object.Dict)
	if !ok {
		return nil, refuse(SelfCheckFailed, "the signature field has no value")
	}
	for _, key := range []object.Name{"ByteRange", "Contents", "SubFilter", "Filter"} {
		if dict.Count(key) != 1 {
			return nil, refuse(SelfCheckFailed, fmt.Sprintf("the signature dictionary has %d entries %s", dict.Count(key), key))
		}
	}
	byteRange := readByteRange(dict, size)
	if byteRange != want.ByteRange || byteRange[2]+byteRange[3] != size {
		return nil, refuse(SelfCheckFailed, "the ByteRange does not cover the file")
	}
	contents, err := gap(r, byteRange, dict)
	if err != nil {
		return nil, err
	}
	if err := d.signaturesUntouched(form, want.FieldName, want.OriginalSize); err != nil {
		return nil, err
	}
	return contents, nil
}

// signaturesUntouched checks that every signature but the newest was in the file when it was so long.
func (d *Document) signaturesUntouched(form *form, newest string, size int64) error {
	earlier, err := d.signatures(form)
	if err != nil {
		return unreadable(err)
	}
	for _, s := range earlier {
		if s.field.name == newest {
			continue
		}
		original, err := d.standsBefore(s.field.dict.Get("V"), size)
		if err != nil {
			return unreadable(explain(err))
		}
		if !original {
			return refuse(SelfCheckFailed, "an earlier signature was written again").with(detailField, s.field.name)
		}
	}
	return nil
}

// unreadable turns a fault of the finished file into one of ours: the original could be read.
func unreadable(err error) error {
	var own *Error
	if !errors.As(err, &own) {
		return err // the reader's, or the context's
	}
	return &Error{Code: SelfCheckFailed, Msg: "the finished file cannot be read", Err: err}
}

// standsBefore tells whether what is referred to was in the file when it was so long. A direct object has no place of its own.
func (d *Document) standsBefore(o object.Object, size int64) (bool, error) {
	ref, ok := o.(object.Ref)
	if !ok {
		return true, nil
	}
	e, err := d.f.Find(ref.Num)
	if e.Kind == file.InStream {
		e, err = d.f.Find(e.Stream)
	}
	return e.Offset < size, err
}

// readByteRange reads [0 a b c] with a < b and b + c within size; zeros if it is anything else.
func readByteRange(dict *object.Dict, size int64) (r [4]int64) {
	list, _ := dict.Get("ByteRange").(object.Array)
	if len(list) != len(r) {
		return [4]int64{}
	}
	for i, v := range list {
		n, ok := v.Object.(int64)
		if !ok || n < 0 {
			return [4]int64{}
		}
		r[i] = n
	}
	if r[0] != 0 || r[1] >= r[2] || r[3] > size-r[2] {
		return [4]int64{}
	}
	return r
}

// gap reads what the ByteRange leaves out and checks that it is the hex string that the dictionary has as Contents, and nothing else.
func gap(r io.ReaderAt, byteRange [4]int64, dict *object.Dict) ([]byte, error) {
	n := byteRange[2] - byteRange[1]
	if n > 2*maxReservedBytes+2 {
		return nil, refuse(SelfCheckFailed, "the gap of the ByteRange is larger than any Contents")
	}
	raw := make([]byte, n)
	if got, err := r.ReadAt(raw, byteRange[1]); int64(got) < n {
		return nil, err
	}
	digits, opened := bytes.CutPrefix(raw, []byte("<"))
	digits, closed := bytes.CutSuffix(digits, []byte(">"))
	if !opened || !closed {
		return nil, refuse(SelfCheckFailed, "the gap of the ByteRange is not Contents")
	}
	der := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(der, digits); err != nil {
		return nil, &Error{Code: SelfCheckFailed, Msg: "Contents is not hexadecimal", Err: err}
	}
	if stated, _ := dict.Get("Contents").(object.String); !bytes.Equal(stated, der) {
		return nil, refuse(SelfCheckFailed, "Contents is not what the gap holds")
	}
	return der, nil
}
