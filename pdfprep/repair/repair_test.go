package repair

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
)

func find(b []byte, password string) (*pdfprep.Table, error) {
	return Find(context.Background(), bytes.NewReader(b), int64(len(b)), Options{Password: password})
}

const corpus = "../testdata/corpus"

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// samples gives every file of the corpus with its password.
func samples(t testing.TB) (files map[string][]byte, passwords map[string]string) {
	t.Helper()
	files, passwords = map[string][]byte{}, map[string]string{}
	for line := range strings.Lines(string(sample(t, "index.tsv"))) {
		if c := strings.Split(line, "\t"); strings.HasSuffix(c[0], ".pdf") {
			files[c[0]], passwords[c[0]] = sample(t, c[0]), c[7]
		}
	}
	return files, passwords
}

const tiny = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"

const tinyTrailer = "trailer<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF\n"

// object 9 is looked up in a file that holds, besides the tiny document, the text under test.
func TestWhichObjectCounts(t *testing.T) {
	cases := []struct {
		name, text string
		want       string // what stands at the place of object 9, empty if there must be none
	}{
		{"plain", "9 0 obj 1 endobj\n", "9 0 obj 1 "},
		{"the last of two", "9 0 obj 1 endobj\n9 0 obj 2 endobj\n", "9 0 obj 2 "},
		{"the last of two generations", "9 1 obj 1 endobj\n9 0 obj 2 endobj\n", "9 0 obj 2 "},
		{"glued to what stood before", "8 0 obj 1 endobj9 0 obj 1 endobj", "9 0 obj 1 "},
		{"glued to the end of a revision", "%%EOF9 0 obj<<>>endobj\n", "9 0 obj<<>>"},
		{"without endobj", "8 0 obj<</A 1>>\n9 0 obj<</B 1>>\n", "9 0 obj<</B 1>>"},
		{"on three lines", "9\n0\nobj\n<<>>\nendobj\n", "9\n0\nobj\n<<>>"},
		{"in a string", "8 0 obj(9 0 obj 1 endobj)endobj\n", ""},
		{"in a stream with a length", "8 0 obj<</Length 18>>stream\n9 0 obj 1 endobj  \nendstream endobj\n", ""},
		{"in a stream with a wrong length", "8 0 obj<</Length 5>>stream\n9 0 obj 1 endobj  \nendstream endobj\n", ""},
		{"in a stream without a length", "8 0 obj<<>>stream\n9 0 obj 1 endobj\nendstream endobj\n", ""},
		{"in a stream that holds a stream", "7 0 obj 55 endobj\n8 0 obj<</Length 7 0 R>>stream\n5 0 obj<<>>stream\nendstream\n9 0 obj 1 endobj           \nendstream endobj\n", ""},
		{"behind a string that does not end", "8 0 obj<</A (>>endobj\n9 0 obj 2 endobj\n", "9 0 obj 2 "},
		{"behind nesting that does not end", "8 0 obj" + strings.Repeat("[", 5000) + "\n9 0 obj 2 endobj\n", "9 0 obj 2 "},
		{"a longer word", "9 0 object\n", ""},
		{"number 0", "0 0 obj 1 endobj\n", ""},
		{"a number too large", "99999999999 0 obj 1 endobj\n", ""},
	}
	for _, c := range cases {
		file := tiny + c.text + tinyTrailer
		table, err := find([]byte(file), "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		place, ok := table.Objects[9]
		switch {
		case ok != (c.want != ""):
			t.Errorf("%s: found %v", c.name, ok)
		case ok && !strings.HasPrefix(file[place.Offset:], c.want):
			t.Errorf("%s: found %.20q", c.name, file[place.Offset:])
		case len(table.Objects) < 3:
			t.Errorf("%s: the other objects are lost", c.name)
		}
	}
}

func TestWhichCatalogCounts(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"the trailer's", tiny + tinyTrailer, "1 0 R"},
		{"the last trailer's", tiny + tinyTrailer + "5 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 5 0 R>>", "5 0 R"},
		{"of the last trailer that leads to one", tiny + tinyTrailer + "trailer<</Root 7 0 R>>\ntrailer<<>>trailer 1\n", "1 0 R"},
		{"the one there is", tiny + "trailer<</Size 9>>", "1 0 R"},
		{"one without a type", "%PDF-1.0\n1 0 obj<</Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>", "1 0 R"},
		{"a trailer's that is encrypted", tiny + "trailer<</Root 1 0 R/Encrypt<</Filter/X>>/ID[(a)(b)]>>trailer<</Root 1 0 R/ID[(c)(d)]>>", "/Encrypt"},
	}
	for _, c := range cases {
		table, err := find([]byte(c.file), "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !strings.Contains(string(table.Trailer), c.want) || strings.Contains(string(table.Trailer), "(c)") {
			t.Errorf("%s: %s", c.name, table.Trailer)
		}
	}
}

func TestHalfADocumentIsRefused(t *testing.T) {
	linearized := sample(t, "syn-linearized-table.pdf")
	cases := map[string]string{
		"nothing":                    "",
		"no objects":                 "%PDF-1.7\ntrailer<<>>",
		"no trailer":                 tiny,
		"no catalog":                 "%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>",
		"the end inside a stream":    tiny + tinyTrailer + "4 0 obj<</Length 100>>stream\nhello",
		"the end inside an object":   tiny + tinyTrailer + "4 0 obj<</A [1 2",
		"the end inside a string":    tiny + tinyTrailer + "4 0 obj(abc",
		"a linearized file's front":  string(linearized[:len(linearized)*3/4]),
		"a damaged object stream":    tiny + "4 0 obj<</Type/ObjStm/N 2/First 9/Length 5>>stream\nhello\nendstream endobj\n" + tinyTrailer,
		"an object stream of nobody": tiny + "4 0 obj<</Type/ObjStm/N 2/First 9/Length 5/Filter/JBIG2Decode>>stream\nhello\nendstream endobj\n" + tinyTrailer,
	}
	for name, file := range cases {
		_, err := find([]byte(file), "")
		if !errors.Is(err, pdfprep.ErrMalformed) || Helps(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Every cut before the end of the trailer.
	whole := tiny + tinyTrailer
	end := strings.Index(whole, ">>\nstartxref")
	for n := range end + 2 {
		if table, err := find([]byte(whole[:n]), ""); err == nil {
			t.Errorf("cut at %d: %d objects", n, len(table.Objects))
		}
	}
	for n := end + 2; n <= len(whole); n++ {
		if _, err := find([]byte(whole[:n]), ""); err != nil {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestEncryptedObjectStreamsNeedThePassword(t *testing.T) {
	b := sample(t, "syn-enc-aesv3-r6-user-objstm.pdf")
	if _, err := find(b, ""); !errors.Is(err, pdfprep.ErrEncrypted) {
		t.Errorf("without: %v", err)
	}
	if _, err := find(b, "wrong"); !errors.Is(err, pdfprep.ErrPasswordWrong) {
		t.Errorf("wrong: %v", err)
	}
	table, err := find(b, "usr")
	if err != nil {
		t.Fatal(err)
	}
	inside := 0
	for _, p := range table.Objects {
		if p.Stream != 0 {
			inside++
		}
	}
	if inside < 3 {
		t.Errorf("%d objects in object streams", inside)
	}
}

func TestLimitsHold(t *testing.T) {
	b := []byte(tiny + tinyTrailer)
	for name, o := range map[string]Options{"bytes": {MaxBytes: 10}, "objects": {MaxObjects: 2}} {
		if _, err := Find(t.Context(), bytes.NewReader(b), int64(len(b)), o); !errors.Is(err, pdfprep.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, bytes.NewReader(b), int64(len(b)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Find(t.Context(), bytes.NewReader(b), int64(len(b))+1, Options{}); err == nil {
		t.Error("a reader shorter than its size goes unnoticed")
	}
}

// Each text repeats to 8 MB. The bound is generous: a square would take hours.
func TestHostileFilesCostLinearTime(t *testing.T) {
	for _, text := range []string{"1 0 obj(", "1 0 obj<<", "1 0 obj[", "1 0 obj<", "1 0 obj", "obj", "trailer<<", "trailer(", "trailer", "1 0 obj<<>>stream\n",
		"1 0 obj<</Length 9>>stream\nendstream", "endstream", "1 0 obj<</Length 2 0 R>>stream\n", "1 0 obj/" + strings.Repeat("a", 4000), " 1", "9 9 "} {
		b := []byte("%PDF-1.7\n" + strings.Repeat(text, 8<<20/len(text)))
		start := time.Now()
		_, err := find(b, "")
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q: %v", text, d)
		}
		if err == nil {
			t.Errorf("%q: accepted", text)
		}
	}
}

func FuzzFind(f *testing.F) {
	files, passwords := samples(f)
	for name, b := range files {
		if len(b) < 2000 {
			f.Add(b, passwords[name])
		}
	}
	f.Add([]byte(tiny+tinyTrailer), "")
	f.Fuzz(func(t *testing.T, b []byte, password string) {
		table, err := find(b, password)
		if err != nil {
			var e *pdfprep.Error
			if !errors.As(err, &e) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		for num, p := range table.Objects {
			if p.Stream != 0 {
				if _, ok := table.Objects[p.Stream]; !ok {
					t.Fatalf("object %d is in an object stream %d that is not there", num, p.Stream)
				}
				continue
			}
			if p.Offset < 0 || p.Offset >= int64(len(b)) || !bytes.HasPrefix(bytes.TrimLeft(b[p.Offset:], "0"), fmt.Append(nil, num)) {
				t.Fatalf("object %d is not at %d", num, p.Offset)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	file := []byte(tiny)
	for n := range 200_000 {
		file = fmt.Appendf(file, "%d 0 obj\n<</Type/Annot/Subtype/Link/Rect[0 0 %d 9]/A<</S/URI/URI(https://example.org/%d)>>/Border[0 0 0]>>\nendobj\n", n+4, n, n)
	}
	file = append(file, tinyTrailer...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if table, err := find(file, ""); err != nil || len(table.Objects) != 200_003 {
			b.Fatal(err)
		}
	}
}
