package object_test

import (
	"bytes"
	"reflect"
	"testing"

	"hashout/pdfprep/internal/object"
)

// bare drops the bytes that a value was read from, so that it is written from what it means.
func bare(v object.Value) object.Value {
	switch o := v.Object.(type) {
	case object.Array:
		list := object.Array{}
		for _, item := range o {
			list = append(list, bare(item))
		}
		return object.Of(list)
	case *object.Dict:
		d := object.NewDict()
		for _, e := range o.Entries() {
			if _, again := d.Lookup(e.Key); !again {
				d = d.With(e.Key, nil)
			}
			d = d.WithValue(e.Key, bare(e.Value))
		}
		return object.Of(d)
	}
	return object.Of(v.Object)
}

// FuzzParse: what is read and written without its bytes reads as the same again, and with its bytes is the same bytes.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"<</Type/Catalog/Pages 2 0 R/A[1 -2.5 true null(a\\)b)<4142>]>> ", "[[[]]]", "(\\053\\\r\n)", "/A#20B ", "12 0 R ", "<</A/B/A 1>>", "<</A>>",
		"1.7976931348623157e308 ", "--5 ", "<4 1 2>", "% c\r\n1 ", "[1 2 R 3 0 R]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:len(b):len(b)] // reading beyond must panic
		v, end, err := object.Parse(b, 0)
		if end < 0 || end > len(b) {
			t.Fatalf("the end is at %d of %d", end, len(b))
		}
		if err != nil {
			return
		}
		same, err := object.Writer{}.Append(nil, v)
		if err != nil || !bytes.Equal(same, b[end-len(same):end]) {
			t.Fatalf("%q is written as %q (%v)", b[:end], same, err)
		}
		text, err := object.Writer{}.Append(nil, bare(v))
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := object.Parse(append(text, ' '), 0)
		if err != nil {
			t.Fatalf("%q, written as %q, does not read: %v", b[:end], text, err)
		}
		if !reflect.DeepEqual(bare(again), bare(v)) {
			t.Fatalf("%q, written as %q, reads differently", b[:end], text)
		}
	})
}

func FuzzParseIndirect(f *testing.F) {
	for _, seed := range []string{"1 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n", "1 0 obj endobj ", "1 65535 obj[", "1 0 obj<<>>stream\r"} {
		f.Add([]byte(seed), 0)
	}
	f.Fuzz(func(t *testing.T, b []byte, pos int) {
		if pos < 0 || pos > len(b) {
			return
		}
		o, err := object.ParseIndirect(b, pos)
		if err == nil && (o.End < pos || o.End > len(b) || o.Stream > len(b)) {
			t.Fatalf("end at %d, stream at %d of %d", o.End, o.Stream, len(b))
		}
	})
}
