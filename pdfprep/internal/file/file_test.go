package file_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// sample writes a file and remembers where its objects are.
type sample struct {
	bytes.Buffer
	at map[int]int
}

func newSample(before string) *sample {
	s := &sample{at: map[int]int{}}
	s.WriteString(before + "%PDF-1.6\n")
	return s
}

func (s *sample) obj(num, gen int, text string) {
	s.at[num] = s.Len()
	fmt.Fprintf(s, "%d %d obj\n%s\nendobj\n", num, gen, text)
}

// table writes rows for runs of objects, offsets lowered by base, and gives where it begins.
func (s *sample) table(base int, rowEnd, trailer string, runs ...[2]int) int {
	start := s.Len()
	s.WriteString("xref\n")
	for _, r := range runs {
		fmt.Fprintf(s, "%d %d\n", r[0], r[1])
		for n := r[0]; n < r[0]+r[1]; n++ {
			if off, ok := s.at[n]; ok {
				fmt.Fprintf(s, "%010d %05d n%s", off-base, 0, rowEnd)
			} else {
				fmt.Fprintf(s, "%010d %05d f%s", 0, 65535, rowEnd)
			}
		}
	}
	fmt.Fprintf(s, "trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n", trailer, start-base)
	return start
}

func open(t *testing.T, b []byte) *file.File {
	t.Helper()
	f, err := file.Open(context.Background(), bytes.NewReader(b), int64(len(b)), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func value(t *testing.T, f *file.File, num int) object.Object {
	t.Helper()
	o, err := f.Object(object.Ref{Num: num})
	if err != nil {
		t.Fatalf("object %d: %v", num, err)
	}
	if o == nil {
		return nil
	}
	return o.Value.Object
}

func TestTablesOfManyWriters(t *testing.T) {
	const junk = "some junk\nbefore the header\n"
	for _, c := range []struct {
		name, before, rowEnd string
		base                 int
		runs                 [][2]int
	}{
		{"by the book", "", " \n", 0, [][2]int{{0, 4}}},
		{"CR LF", "", "\r\n", 0, [][2]int{{0, 4}}},
		{"rows of 19 bytes", "", "\n", 0, [][2]int{{0, 4}}},
		{"rows of 21 bytes", "", " \r\n", 0, [][2]int{{0, 4}}},
		{"a subsection an object", "", " \n", 0, [][2]int{{0, 1}, {1, 1}, {2, 1}, {3, 1}}},
		{"subsections out of order", "", " \n", 0, [][2]int{{3, 1}, {1, 2}, {0, 1}}},
		{"an empty subsection", "", " \n", 0, [][2]int{{0, 0}, {0, 4}}},
		{"junk before the header, offsets from the header", junk, " \n", len(junk), [][2]int{{0, 4}}},
		{"junk before the header, offsets from the first byte", junk, " \n", 0, [][2]int{{0, 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSample(c.before)
			s.obj(1, 0, "<</Type/Catalog/Pages 2 0 R>>")
			s.obj(2, 0, "(two)")
			s.obj(3, 0, "(three)")
			s.table(c.base, c.rowEnd, "/Root 1 0 R/Size 4", c.runs...)
			f := open(t, s.Bytes())
			if got := value(t, f, 3); string(got.(object.String)) != "three" {
				t.Errorf("object 3 is %v", got)
			}
			if got := value(t, f, 99); got != nil {
				t.Errorf("an object that is nowhere is %v", got)
			}
			if f.Base() != int64(c.base) || f.Highest() != 3 {
				t.Errorf("base %d, highest object %d", f.Base(), f.Highest())
			}
		})
	}
}

func TestTheFreeHeadCountedAsObjectOneIsNoObject(t *testing.T) {
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog>>")
	start := s.Len()
	fmt.Fprintf(s, "xref\n1 2\n0000000000 65535 f \n%010d 00000 n \ntrailer\n<</Root 1 0 R/Size 2>>\nstartxref\n%d\n%%%%EOF\n", s.at[1], start)
	open(t, s.Bytes())
}

func TestNewerSectionsHideOlderOnes(t *testing.T) {
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog>>")
	s.obj(2, 0, "(old)")
	s.obj(3, 0, "(kept)")
	s.obj(4, 0, "(deleted later)")
	first := s.table(0, " \n", "/Root 1 0 R/Size 5/Info 3 0 R", [2]int{0, 5})
	delete(s.at, 4)
	s.obj(2, 0, "(new)")
	s.table(0, " \n", fmt.Sprintf("/Root 1 0 R/Size 5/Prev %d", first), [2]int{2, 1}, [2]int{4, 1})
	f := open(t, s.Bytes())
	for num, want := range map[int]string{2: "new", 3: "kept"} {
		if got := value(t, f, num); string(got.(object.String)) != want {
			t.Errorf("object %d is %s, want %s", num, got, want)
		}
	}
	if got := value(t, f, 4); got != nil {
		t.Errorf("a deleted object is %v", got)
	}
	if len(f.Sections) != 2 || f.TrailerEntry("Info") == nil {
		t.Errorf("%d sections, /Info %v", len(f.Sections), f.TrailerEntry("Info"))
	}
}

// TestHybridFilesShowTheirHiddenPart: what is free in the table may be in the stream that /XRefStm names (ISO 32000-2 §7.5.8.4).
func TestHybridFilesShowTheirHiddenPart(t *testing.T) {
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog/AcroForm 5 0 R>>")
	s.obj(4, 0, "<</Type/ObjStm/N 1/First 4/Length 13>>\nstream\n5 0 (hidden)  \nendstream")
	hidden := s.Len()
	fmt.Fprintf(s, "6 0 obj\n<</Type/XRef/W[1 1 1]/Index[5 1]/Size 7/Length 3>>\nstream\n\x02\x04\x00\nendstream\nendobj\n")
	s.table(0, " \n", fmt.Sprintf("/Root 1 0 R/Size 7/XRefStm %d", hidden), [2]int{0, 7})
	f := open(t, s.Bytes())
	if got := value(t, f, 5); string(got.(object.String)) != "hidden" {
		t.Errorf("the hidden object is %v", got)
	}
	if f.Sections[0].Stream {
		t.Error("the newest section of a hybrid file is a table")
	}
}

func TestStreamsWhoseLengthLies(t *testing.T) {
	for name, length := range map[string]string{"right": "5", "short": "2", "long": "4000", "negative": "-1", "missing": "null", "elsewhere": "3 0 R", "nowhere": "77 0 R", "its own": "2 0 R"} {
		s := newSample("")
		s.obj(1, 0, "<</Type/Catalog>>")
		s.obj(2, 0, "<</Length "+length+">>\nstream\nabcde\nendstream")
		s.obj(3, 0, "5")
		s.table(0, " \n", "/Root 1 0 R/Size 4", [2]int{0, 4})
		f := open(t, s.Bytes())
		o, err := f.Object(object.Ref{Num: 2})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := f.StreamData(o); err != nil || string(data) != "abcde" {
			t.Errorf("/Length is %s: %q, %v", name, data, err)
		}
	}
}

func TestFilters(t *testing.T) {
	flate := string(deflate([]byte("plain text, plain text")))
	const want = "plain text, plain text"
	for _, c := range []struct{ name, dict, data, want string }{
		{"none", "", want, want},
		{"hexadecimal", "/Filter/ASCIIHexDecode", "70 6C61\n696e2>", "plain "},
		{"base 85", "/Filter[/ASCII85Decode]", "<~E,9)oF*2M7~>", "pleasure"},
		{"flate", "/Filter/FlateDecode", flate, want},
		{"flate without its checksum", "/Filter/FlateDecode", flate[:len(flate)-4], want},
		{"flate, parameters null", "/Filter[/FlateDecode]/DecodeParms[null]", flate, want},
		{"flate in hexadecimal", "/Filter[/AHx/Fl]", hex.EncodeToString([]byte(flate)), want},
		{"crypt", "/Filter[/Crypt/FlateDecode]/DecodeParms[<</Name/Identity>>]", flate, want},
		{"references", "/Filter 3 0 R/DecodeParms 4 0 R", string(deflate([]byte{2, 'a', 'b', 2, 1, 1})), "abbc"},
		{"PNG, every kind", "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2>>",
			string(deflate([]byte{0, 'a', 'b', 1, 'a', 1, 2, 1, 1, 3, 0, 0, 4, 1, 1})), "ababbc1J2K"},
		{"TIFF", "/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 3>>", string(deflate([]byte{'a', 1, 1, 'x', 1, 1})), "abcxyz"},
	} {
		s := newSample("")
		s.obj(1, 0, "<</Type/Catalog>>")
		s.obj(2, 0, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", c.dict, len(c.data), c.data))
		s.obj(3, 0, "/FlateDecode")
		s.obj(4, 0, "<</Predictor 12/Columns 2>>")
		s.table(0, " \n", "/Root 1 0 R/Size 5", [2]int{0, 5})
		f := open(t, s.Bytes())
		o, err := f.Object(object.Ref{Num: 2})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := f.StreamData(o); err != nil || string(data) != c.want {
			t.Errorf("%s: %q, %v", c.name, data, err)
		}
	}
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data) // a bytes.Buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func TestObjectStreamsOfSloppyWriters(t *testing.T) {
	for name, c := range map[string]struct{ data, entries, five, six string }{
		"by the book":         {"5 0 6 3 (a)(b)", "/N 2/First 8", "a", "b"},
		"indices exchanged":   {"6 0 5 3 (b)(a)", "/N 2/First 8", "a", "b"},
		"N too large":         {"5 0 6 3 (a)(b)", "/N 99999999/First 8", "a", "b"},
		"white space between": {"5 0\r\n6 4\r\n(a) (b)", "/N 2/First 10", "a", "b"},
		"compressed":          {string(deflate([]byte("5 0 6 3 (a)(b)"))), "/N 2/First 8/Filter/FlateDecode", "a", "b"},
	} {
		f := open(t, streamFile(c.data, c.entries))
		five, six := value(t, f, 5).(object.String), value(t, f, 6).(object.String)
		if string(five) != c.five || string(six) != c.six {
			t.Errorf("%s: %q and %q", name, five, six)
		}
	}
	for name, c := range map[string]struct{ data, entries string }{
		"First beyond the end": {"5 0 (a)", "/N 1/First 99"},
		"no First":             {"5 0 (a)", "/N 1"},
		"another number":       {"7 0 (a)", "/N 1/First 4"},
		"offset beyond":        {"5 99 (a)", "/N 1/First 5"},
		"length in itself":     {"5 0 6 3 (a) 9", "/N 2/First 8/Length 6 0 R"},
	} {
		f := open(t, streamFile(c.data, c.entries))
		if _, err := f.Object(object.Ref{Num: 5}); !errors.Is(err, file.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsBrokenSaysSo(t *testing.T) {
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog>>")
	s.obj(2, 0, "(two)")
	start := s.table(0, " \n", "/Root 1 0 R/Size 3", [2]int{0, 3})
	good := s.String()
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", file.ErrNotPDF},
		"no header":             {strings.Repeat("x", 2000) + good, file.ErrNotPDF},
		"no startxref":          {strings.Replace(good, "startxref", "startxxxx", 1), file.ErrBroken},
		"startxref, no number":  {strings.Replace(good, fmt.Sprintf("startxref\n%d", start), "startxref\n", 1), file.ErrBroken},
		"startxref beyond":      {strings.Replace(good, fmt.Sprintf("startxref\n%d", start), "startxref\n999999", 1), file.ErrBroken},
		"startxref into text":   {strings.Replace(good, fmt.Sprintf("startxref\n%d", start), fmt.Sprintf("startxref\n%d", start+1), 1), file.ErrBroken},
		"no catalog":            {strings.Replace(good, "/Root 1 0 R", "/Root 9 0 R", 1), file.ErrBroken},
		"no /Root":              {strings.Replace(good, "/Root", "/Boot", 1), file.ErrBroken},
		"object number differs": {strings.Replace(good, "1 0 obj", "7 0 obj", 1), file.ErrBroken},
		"table cut off":         {good[:start+30] + "\nstartxref\n" + fmt.Sprint(start), file.ErrBroken},
		"Prev into nowhere":     {strings.Replace(good, "/Size 3", "/Size 3/Prev 5", 1), file.ErrBroken},
	} {
		_, err := file.Open(context.Background(), strings.NewReader(c.text), int64(len(c.text)), file.Limits{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestErrorsOfTheReaderPassThrough(t *testing.T) {
	gone := errors.New("the disk is gone")
	_, err := file.Open(context.Background(), readerAt(func([]byte, int64) (int, error) { return 0, gone }), 1000, file.Limits{})
	if !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	_, err = file.Open(context.Background(), bytes.NewReader([]byte("%PDF-1.7\n")), 1000, file.Limits{})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader shorter than it says: %v", err)
	}
}

type readerAt func(p []byte, off int64) (int, error)

func (r readerAt) ReadAt(p []byte, off int64) (int, error) { return r(p, off) }

func TestACancelledContextEndsTheChain(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog>>")
	s.table(0, " \n", "/Root 1 0 R/Size 2", [2]int{0, 2})
	if _, err := file.Open(ctx, bytes.NewReader(s.Bytes()), int64(s.Len()), file.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
