package pdfprep

import (
	"cmp"
	"fmt"
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// row is one entry of the section that an update writes.
type row struct {
	num, gen int
	offset   int64 // from the file's base; for an object in an object stream, the stream's number
	index    int
	inStream bool
}

// xrefWriter writes the cross-reference section of an update: a table or a stream, as the newest section of the file is.
type xrefWriter struct {
	d     *Document
	rows  []row
	next  int // the first number that is still free
	root  object.Ref
	seed  [16]byte
	start int64
}

func (x *xrefWriter) append(out []byte) ([]byte, error) {
	stream := x.d.f.Sections[0].Stream
	if x.d.f.Rebuilt {
		if err := x.coverAll(); err != nil {
			return nil, err
		}
		// Only a stream can say where a compressed object is.
		stream = slices.ContainsFunc(x.rows, func(r row) bool { return r.inStream })
	}
	if stream {
		return x.appendStream(out)
	}
	return x.appendTable(out)
}

// coverAll adds every object that a scan found, so that the section needs no other.
func (x *xrefWriter) coverAll() error {
	written := make(map[int]bool, len(x.rows))
	for _, r := range x.rows {
		written[r.num] = true
	}
	for _, num := range x.d.f.Numbers() {
		e, err := x.d.f.Find(num)
		if err != nil {
			return explain(err)
		}
		switch {
		case written[num]:
		case e.Kind == file.InFile:
			x.rows = append(x.rows, row{num: num, gen: e.Gen, offset: e.Offset - x.d.f.Base()})
		case e.Kind == file.InStream:
			x.rows = append(x.rows, row{num: num, offset: int64(e.Stream), index: e.Index, inStream: true})
		}
	}
	slices.SortFunc(x.rows, func(a, b row) int { return cmp.Compare(a.num, b.num) })
	return nil
}

// trailer is the dictionary that both forms share (ISO 32000-2 table 15).
func (x *xrefWriter) trailer(size int) *object.Dict {
	t := object.NewDict().With("Size", size).With("Root", x.root)
	newest := x.d.f.Sections[0]
	if !x.d.f.Rebuilt {
		t = t.With("Prev", newest.Offset-x.d.f.Base())
	}
	for _, key := range []object.Name{"Info", "Encrypt"} {
		for _, s := range x.d.f.Sections {
			if v, ok := s.Trailer.Lookup(key); ok {
				t = t.WithValue(key, v)
				break
			}
		}
	}
	return x.withID(t)
}

// withID keeps the first part of /ID and changes the second (§14.4). An encrypted file without an /ID must not get one: its key is
// derived from the first part (§7.6.4.3).
func (x *xrefWriter) withID(t *object.Dict) *object.Dict {
	second := object.String(x.seed[:])
	ids, _ := x.d.f.TrailerEntry("ID").(object.Array)
	if len(ids) > 0 {
		return t.With("ID", object.Array{ids[0], object.Of(second)})
	}
	if x.d.handler != nil {
		return t
	}
	return t.With("ID", object.Array{object.Of(second), object.Of(second)})
}

func (x *xrefWriter) appendTable(out []byte) ([]byte, error) {
	out = append(out, "xref\n"...)
	if x.d.f.Rebuilt {
		out = append(out, "0 1\n0000000000 65535 f\r\n"...)
	}
	for rows := x.rows; len(rows) > 0; {
		n := consecutive(rows)
		out = fmt.Appendf(out, "%d %d\n", rows[0].num, n)
		for _, r := range rows[:n] {
			if r.offset > 9_999_999_999 { // a row has ten digits
				return nil, refuse(Unsupported, "the PDF is too long for a cross-reference table")
			}
			out = fmt.Appendf(out, "%010d %05d n\r\n", r.offset, r.gen)
		}
		rows = rows[n:]
	}
	out = append(out, "trailer\n"...)
	out, err := object.Writer{}.Append(out, object.Of(x.trailer(x.next)))
	return append(out, '\n'), err
}

// appendStream writes the rows uncompressed: an update has a handful. The stream is an object of its own and lists itself.
func (x *xrefWriter) appendStream(out []byte) ([]byte, error) {
	self := x.next
	x.rows = append(x.rows, row{num: self, offset: x.start})
	width := 1
	for _, r := range x.rows {
		for r.offset>>(8*width) != 0 {
			width++
		}
	}
	index, data := object.Array{}, []byte(nil)
	if x.d.f.Rebuilt {
		index = append(index, object.Of(0), object.Of(1))
		data = append(append(append(data, 0), make([]byte, width)...), 0xff, 0xff)
	}
	for rows := x.rows; len(rows) > 0; {
		n := consecutive(rows)
		index = append(index, object.Of(rows[0].num), object.Of(n))
		for _, r := range rows[:n] {
			kind, third := byte(1), r.gen
			if r.inStream {
				kind, third = 2, r.index
			}
			data = append(data, kind)
			for i := width - 1; i >= 0; i-- {
				data = append(data, byte(r.offset>>(8*i)))
			}
			data = append(data, byte(third>>8), byte(third))
		}
		rows = rows[n:]
	}
	dict := x.trailer(self+1).With("Type", object.Name("XRef")).With("Index", index).
		With("W", object.Array{object.Of(1), object.Of(width), object.Of(2)}).With("Length", len(data))
	out = fmt.Appendf(out, "%d 0 obj\n", self)
	out, err := object.Writer{}.Append(out, object.Of(dict))
	out = append(out, "\nstream\n"...)
	out = append(out, data...)
	return append(out, "\nendstream\nendobj\n"...), err
}

// consecutive counts the rows at the beginning whose numbers follow one another.
func consecutive(rows []row) int {
	n := 1
	for n < len(rows) && rows[n].num == rows[0].num+n {
		n++
	}
	return n
}
