package pdfprep

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// update collects the objects of one incremental update (ISO 32000-2 §7.5.6) and writes it.
type update struct {
	d       *Document
	seed    [16]byte
	objects []updated
	next    int
	root    object.Ref
}

// updated is one object of the update: changed or new. Either value or write is set.
type updated struct {
	ref        object.Ref
	value      object.Value
	compressed bool // the object came out of an object stream
	write      func(out []byte, w object.Writer) ([]byte, error)
}

func (d *Document) newUpdate(seed [16]byte) *update {
	root := d.root.Ref
	return &update{d: d, seed: seed, next: d.f.Highest() + 1, root: root}
}

// add gives a new object a number that no section of the file ever used.
func (u *update) add(o object.Object) (object.Ref, error) {
	ref, err := u.reserve()
	if err != nil {
		return ref, err
	}
	u.objects = append(u.objects, updated{ref: ref, value: object.Of(o)})
	return ref, nil
}

// addStream gives a new stream a number.
func (u *update) addStream(d *object.Dict, data []byte) (object.Ref, error) {
	ref, err := u.reserve()
	if err == nil {
		u.putStream(ref, d, data)
	}
	return ref, err
}

// putStream is addStream for a number that was reserved.
func (u *update) putStream(ref object.Ref, d *object.Dict, data []byte) {
	u.objects = append(u.objects, updated{ref: ref, write: func(out []byte, w object.Writer) ([]byte, error) {
		body := data
		if u.d.handler != nil {
			cipher, err := u.d.handler.StreamCipher(streamOf(d))
			if err != nil {
				return out, err
			}
			if body, err = u.d.handler.Encrypt(cipher, objectID(ref), data, u.ivs(ref, "stream")); err != nil {
				return out, err
			}
		}
		out, err := w.Append(out, object.Of(d.With("Length", len(body))))
		out = append(out, "\nstream\n"...)
		out = append(out, body...)
		return append(out, "\nendstream"...), err
	}})
}

// ivs is the source of initialization vectors for an object's strings or its stream: none is used twice.
func (u *update) ivs(ref object.Ref, what string) io.Reader {
	return u.d.handler.IVs(append(u.seed[:], what+strconv.Itoa(ref.Num)...))
}

func (u *update) reserve() (object.Ref, error) {
	if u.next > maxObjectNumber {
		return object.Ref{}, refuse(Unsupported, "the PDF has no object number left")
	}
	ref := object.Ref{Num: u.next}
	u.next++
	return ref, nil
}

// change writes an object of the file again with another value. Its number and generation stay; an object out of an object stream has
// generation 0.
func (u *update) change(o *file.Object, to object.Object) {
	for i := range u.objects {
		if u.objects[i].ref.Num == o.Ref.Num {
			u.objects[i].value = object.Of(to)
			return
		}
	}
	u.objects = append(u.objects, updated{ref: o.Ref, value: object.Of(to), compressed: o.Compressed})
}

// current is an object's dictionary as the update leaves it so far.
func (u *update) current(o *file.Object) *object.Dict {
	d, _ := u.value(o).(*object.Dict)
	return d
}

// value is an object's value as the update leaves it so far.
func (u *update) value(o *file.Object) object.Object {
	for i := range u.objects {
		if u.objects[i].ref.Num == o.Ref.Num {
			return u.objects[i].value.Object
		}
	}
	return o.Value.Object
}

// bytes writes the update. Offsets count from the file's base.
func (u *update) bytes() ([]byte, error) {
	slices.SortFunc(u.objects, func(a, b updated) int { return cmp.Compare(a.ref.Num, b.ref.Num) })
	out, err := u.d.separator()
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(u.objects)+1)
	for _, o := range u.objects {
		out = u.d.pad(out)
		rows = append(rows, row{num: o.ref.Num, gen: o.ref.Gen, offset: u.d.f.Size() + int64(len(out)) - u.d.f.Base()})
		if out, err = u.writeObject(out, o); err != nil {
			return nil, err
		}
	}
	out = u.d.pad(out)
	start := u.d.f.Size() + int64(len(out)) - u.d.f.Base()
	x := xrefWriter{d: u.d, rows: rows, next: u.next, root: u.root, seed: u.seed, start: start}
	if out, err = x.append(out); err != nil {
		return nil, err
	}
	out = append(out, "startxref\n"...)
	out = strconv.AppendInt(out, start, 10)
	return append(out, "\n%%EOF\n"...), nil
}

func (u *update) writeObject(out []byte, o updated) ([]byte, error) {
	out = fmt.Appendf(out, "%d %d obj\n", o.ref.Num, o.ref.Gen)
	w := object.Writer{Reencrypt: o.compressed}
	if h := u.d.handler; h != nil {
		iv := u.ivs(o.ref, "strings")
		w.Encrypt = func(s object.String) (object.String, error) {
			return h.Encrypt(h.StringCipher(), objectID(o.ref), s, iv)
		}
	}
	var err error
	if o.write != nil {
		out, err = o.write(out, w)
	} else {
		out, err = w.Append(out, o.value)
	}
	return append(out, "\nendobj\n"...), err
}

// pad puts blanks before an object of a file whose offsets count from a header further in. Readers that count from the first byte, of
// which there are many, then come out at the blanks, and read on to the object.
func (d *Document) pad(out []byte) []byte {
	return append(out, bytes.Repeat([]byte{' '}, int(d.f.Base()))...)
}

// separator is what has to stand between the file's last byte and the first object: an end of line, if there is none.
func (d *Document) separator() ([]byte, error) {
	tail, err := d.f.Tail(1)
	if err != nil {
		return nil, explain(err)
	}
	if bytes.HasSuffix(tail, []byte("\n")) || bytes.HasSuffix(tail, []byte("\r")) {
		return nil, nil
	}
	return []byte("\n"), nil
}
