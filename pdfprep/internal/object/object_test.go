package object_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"hashout/pdfprep/internal/object"
)

func parse(t *testing.T, text string) object.Object {
	t.Helper()
	v, _, err := object.Parse([]byte(text), 0)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v.Object
}

func TestValuesReadAsTheyMean(t *testing.T) {
	for text, want := range map[string]object.Object{
		"null ":                          nil,
		"true ":                          true,
		"42 ":                            int64(42),
		"-7 ":                            int64(-7),
		"+7 ":                            int64(7),
		"007 ":                           int64(7),
		"1.50 ":                          object.Real("1.50"),
		"-.5 ":                           object.Real("-.5"),
		"4294967296 ":                    int64(4294967296),
		"99999999999999999999 ":          object.Real("99999999999999999999"),
		"12 0 R ":                        object.Ref{Num: 12},
		"12 3 R]":                        object.Ref{Num: 12, Gen: 3},
		"12\n% between\n0 R ":            object.Ref{Num: 12},
		"12 70000 R ":                    int64(12),
		"12 0 Rx ":                       int64(12),
		"/Name ":                         object.Name("Name"),
		"/A#20B#2fC ":                    object.Name("A B/C"),
		"/A#G0 ":                         object.Name("A#G0"),
		"/ ":                             object.Name(""),
		"(a(b)c)":                        object.String("a(b)c"),
		`(\(\)\\\n\053\53x\q)`:           object.String("()\\\n++xq"),
		"(a\\\r\nb\r\nc\rd)":             object.String("ab\nc\nd"),
		"<48 65\n6C6c6F>":                object.String("Hello"),
		"<4>":                            object.String("@"),
		"()":                             object.String{},
		"<>":                             object.String{},
		"% comment\r% another\n (x)":     object.String("x"),
		"true]":                          true,
		"1/Name":                         int64(1),
		"9223372036854775807 ":           int64(9223372036854775807),
		"0000000000000000000000000001 R": int64(1),
	} {
		if got := parse(t, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %#v, want %#v", text, got, want)
		}
	}
}

func TestWhatIsNoObjectIsAnError(t *testing.T) {
	for text, want := range map[string]error{
		"":                                  object.ErrIncomplete,
		"  % only a comment":                object.ErrIncomplete,
		"12":                                object.ErrIncomplete, // more digits may follow
		"12 0":                              object.ErrIncomplete,
		"/Name":                             object.ErrIncomplete,
		"(a(b)":                             object.ErrIncomplete,
		`(a\`:                               object.ErrIncomplete,
		"<41":                               object.ErrIncomplete,
		"[1 2 ":                             object.ErrIncomplete,
		"<</A 1 ":                           object.ErrIncomplete,
		"<4x>":                              object.ErrSyntax,
		"endobj ":                           object.ErrSyntax,
		")":                                 object.ErrSyntax,
		"<<1 2>>":                           object.ErrSyntax,
		"[1 >> ":                            object.ErrSyntax,
		strings.Repeat("[", 101):            object.ErrDepth,
		strings.Repeat("<</A", 101):         object.ErrDepth,
		strings.Repeat("[<</A ", 51):        object.ErrDepth,
		"[" + strings.Repeat("1 ", 1<<20+5): object.ErrValues,
	} {
		if _, _, err := object.Parse([]byte(text), 0); !errors.Is(err, want) {
			t.Errorf("%.20q ends with %v, want %v", text, err, want)
		}
	}
	if _, _, err := object.Parse([]byte(strings.Repeat("[", 100)+strings.Repeat("]", 100)), 0); err != nil {
		t.Errorf("a hundred levels: %v", err)
	}
}

func TestIndirectObjectsOfSloppyWriters(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ref        object.Ref
		stream     int
	}{
		{"plain", "7 0 obj\n<</A 1>>\nendobj\n", object.Ref{Num: 7}, -1},
		{"no space before obj", "7 0obj<</A 1>>endobj\n", object.Ref{Num: 7}, -1},
		{"space before the number", " \n7 2 obj 5 endobj\n", object.Ref{Num: 7, Gen: 2}, -1},
		{"no endobj", "7 0 obj (x) 8 0 obj", object.Ref{Num: 7}, -1},
		{"nothing", "7 0 obj endobj\n", object.Ref{Num: 7}, -1},
		{"stream, LF", "7 0 obj<<>>stream\nabc endstream", object.Ref{Num: 7}, 18},
		{"stream, CR LF", "7 0 obj<<>>stream\r\nabc endstream", object.Ref{Num: 7}, 19},
		{"stream, lone CR", "7 0 obj<<>>stream\rabc endstream", object.Ref{Num: 7}, 18},
		{"stream, blank before the end of line", "7 0 obj<<>>stream \nabc endstream", object.Ref{Num: 7}, 19},
	} {
		o, err := object.ParseIndirect([]byte(c.text+strings.Repeat(" ", 16)), 0)
		if err != nil || o.Ref != c.ref || o.Stream != c.stream {
			t.Errorf("%s: %v, stream at %d, error %v", c.name, o.Ref, o.Stream, err)
		}
	}
	for _, text := range []string{"xref\n0 1\n", "7 obj <<>>", "7 0 R ", "99999999999 0 obj 1 endobj", "7 99999 obj 1 endobj "} {
		if _, err := object.ParseIndirect([]byte(text+strings.Repeat(" ", 30)), 0); err == nil {
			t.Errorf("%q is taken for an object", text)
		}
	}
}

func TestDuplicateKeysTheLastCounts(t *testing.T) {
	d := parse(t, "<</A 1/B 2/#41 3>>").(*object.Dict)
	if d.Get("A") != int64(3) || d.Count("A") != 2 {
		t.Errorf("A is %v, %d times", d.Get("A"), d.Count("A"))
	}
	if w := written(t, d.With("A", 4)); w != "<<\n/A 4\n/B 2\n>>" {
		t.Errorf("written as %s", w)
	}
}

func written(t *testing.T, o object.Object) string {
	t.Helper()
	b, err := object.Writer{}.Append(nil, object.Of(o))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestUntouchedEntriesKeepTheirBytes(t *testing.T) {
	d := parse(t, "<</A#42  <4 8>/C(\\101)/D[ 1  2 ]/E 1.50>>").(*object.Dict)
	want := "<<\n/A#42  <4 8>\n/C(\\101)\n/D[ 1  2 ]\n/E 1.50\n/New /X#20Y\n>>"
	if got := written(t, d.With("New", object.Name("X Y"))); got != want {
		t.Errorf("written as %q", got)
	}
	if d.Get("New") != nil {
		t.Error("With changed its receiver")
	}
}

func TestStringsAreEncryptedWhereTheyMustBe(t *testing.T) {
	upper := func(s object.String) (object.String, error) { return object.String(strings.ToUpper(string(s))), nil }
	d := parse(t, "<</Old(old)/Num 1.0>>").(*object.Dict).With("New", object.String("new"))
	for _, c := range []struct {
		name string
		w    object.Writer
		want string
	}{
		{"not encrypted", object.Writer{}, "<<\n/Old(old)\n/Num 1.0\n/New (new)\n>>"},
		{"old strings are encrypted already", object.Writer{Encrypt: upper}, "<<\n/Old(old)\n/Num 1.0\n/New (NEW)\n>>"},
		{"out of an object stream", object.Writer{Encrypt: upper, Reencrypt: true}, "<<\n/Old (OLD)\n/Num 1.0\n/New (NEW)\n>>"},
	} {
		got, err := c.w.Append(nil, object.Of(d))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestStringsSurviveWriting(t *testing.T) {
	all := make(object.String, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, s := range []object.String{all, object.String("a(b\\c)"), {}, object.String("(((")} {
		if got := parse(t, written(t, s)+" "); string(got.(object.String)) != string(s) {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}
