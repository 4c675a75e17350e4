package pdfprep_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// formPDF has what attacks on signatures play with: a page with content, a font and an overlay, a text field, an empty signature field,
// objects that nobody lists, and a reference to an object that is not there.
func formPDF() *maker {
	m := newMaker()
	m.obj(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 7 0 R>>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots 12 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</Over 6 0 R/Late 90 0 R>>>>>>")
	m.stream(4, "/Length 13 0 R", []byte("BT /F1 12 Tf 20 100 Td (You get 100) Tj ET /Over Do"))
	m.obj(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	m.stream(6, "/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Length 18", []byte("0 0 50 50 re f    "))
	m.obj(15, "<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(logo)/Rect[0 150 50 200]/P 3 0 R/AP<</N 16 0 R>>>>")
	m.stream(16, "/Type/XObject/Subtype/Form/BBox[0 0 50 50]/Length 4", []byte("q Q "))
	m.obj(7, "<</Fields[8 0 R 10 0 R 15 0 R]/DR<</Font<</F1 5 0 R>>>>/DA(/F1 0 Tf)>>")
	m.obj(8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(1)/Rect[20 20 80 40]/F 4/P 3 0 R/AP<</N 9 0 R>>>>")
	m.stream(9, "/Type/XObject/Subtype/Form/BBox[0 0 60 20]/Length 4", []byte("q Q "))
	m.obj(10, "<</Type/Annot/Subtype/Widget/FT/Sig/T(second)/Rect[100 20 180 40]/F 4/P 3 0 R>>")
	m.obj(11, "<</Title(Contract)>>")
	m.obj(12, "[8 0 R 10 0 R 15 0 R]")
	m.obj(13, "51")
	// Not in the table: other versions of the content and of the catalog.
	fmt.Fprintf(&m.b, "4 0 obj\n<</Length 4>>\nstream\nq Q \nendstream\nendobj\n14 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
	m.highest = 16
	return m
}

func (m *maker) form() []byte { return m.table("/Info 11 0 R") }

// update appends objects and a table of them, as any writer of updates does.
func update(pdf []byte, trailer string, objects ...string) []byte {
	return updateAt(pdf, trailer, nil, objects...)
}

var startOf = regexp.MustCompile(`startxref\s+(\d+)`)

func updateAt(pdf []byte, trailer string, rows map[int]int, objects ...string) []byte {
	out := bytes.Clone(pdf)
	starts := startOf.FindAllSubmatch(pdf, -1)
	prev := string(starts[len(starts)-1][1])
	if rows == nil {
		rows = map[int]int{}
	}
	generation := map[int]int{}
	for _, o := range objects {
		num, rest, _ := strings.Cut(o, " ")
		n, _ := strconv.Atoi(num)
		if gen, body, ok := strings.Cut(rest, " "); ok && len(gen) == 1 && gen >= "0" && gen <= "9" && strings.HasPrefix(body, "obj") {
			generation[n], _ = strconv.Atoi(gen)
		} else {
			o = num + " 0 obj\n" + rest
		}
		rows[n] = len(out)
		out = append(out, o+"\nendobj\n"...)
	}
	start := len(out)
	out = append(out, "xref\n0 1\n0000000000 65535 f \n"...)
	numbers := []int{}
	for n := range rows {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("%d 1\n%010d %05d n \n", n, rows[n], generation[n])...)
	}
	if !strings.Contains(trailer, "/Root") {
		trailer += "/Root 1 0 R"
	}
	if !strings.Contains(trailer, "/Prev") {
		trailer += "/Prev " + prev
	}
	return append(out, fmt.Sprintf("trailer\n<</Size 99/Info 11 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", trailer, start)...)
}

// verified judges a file by the throw-away signer's own certificate as the root.
func verified(t *testing.T, pdf []byte, password string) (*pades.Verification, error) {
	t.Helper()
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: password})
	if err != nil {
		return nil, err
	}
	return pades.Verify(t.Context(), d, pades.VerifyOptions{Roots: []*x509.Certificate{s.cert}, Time: time.Now()})
}

func signedBy(t *testing.T, pdf []byte, password string, o pdfprep.SignOptions) []byte {
	t.Helper()
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	o.SigningTime = time.Now()
	signed, err := s.sign(t.Context(), pdf, password, o)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// first makes a new field, and room that an attacker can use.
func first(certify pdfprep.DocMDP) pdfprep.SignOptions {
	return pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "first"}, Certify: certify, ReservedBytes: 200}
}

// What may be done to a signed file, by the certification it has. The first signature is looked at.
var permitted = []struct {
	name    string
	certify pdfprep.DocMDP
	change  func(t *testing.T, pdf []byte) []byte
	kind    pdfprep.ChangeKind
}{
	{"nothing", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte { return pdf }, pdfprep.NothingChanged},
	{"a line feed at the end", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte { return append(bytes.Clone(pdf), '\n') }, pdfprep.NothingChanged},
	{"an empty update", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte { return update(pdf, "") }, pdfprep.NothingChanged},
	{"objects written again as they were", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "2 <</Kids [ 3 0 R ] /Count 1 /Type /P#61ges >>", "5 <</BaseFont/Helvetica/Type/Font/Subtype/Type1>>")
	}, pdfprep.NothingChanged},
	{"another title", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte { return update(pdf, "", "11 <</Title(Treaty)>>") }, pdfprep.AddedEvidence},
	{"a security store", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte {
		root := catalogOf(pdf)
		return update(pdf, "", "1 "+strings.Replace(root, "<<", "<</DSS 40 0 R", 1), "40 <</Certs[41 0 R]>>", "41 <</Length 1>>\nstream\n0\nendstream")
	}, pdfprep.AddedEvidence},
	{"a value", pdfprep.FormFilling, fillAmount, pdfprep.FilledForm},
	{"a value", pdfprep.NotCertified, fillAmount, pdfprep.FilledForm},
	{"a value whose appearance keeps its number", pdfprep.FormFilling, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "8 <</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(2)/Rect[20 20 80 40]/F 4/P 3 0 R/AP<</N 9 0 R>>>>",
			"9 <</Type/XObject/Subtype/Form/BBox[0 0 60 20]/Length 7>>\nstream\n(2) Tj \nendstream")
	}, pdfprep.FilledForm},
	{"a signature in its field", pdfprep.FormFilling, func(t *testing.T, pdf []byte) []byte {
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
	}, pdfprep.FilledForm},
	{"a new invisible signature", pdfprep.FormFilling, func(t *testing.T, pdf []byte) []byte {
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "third"}})
	}, pdfprep.FilledForm},
	{"a new signature below another field", pdfprep.FormFilling, func(t *testing.T, pdf []byte) []byte {
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "board.chair"}})
	}, pdfprep.FilledForm},
	{"a new visible signature", pdfprep.NotCertified, func(t *testing.T, pdf []byte) []byte {
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Rect: [4]float64{10, 150, 90, 190}}})
	}, pdfprep.FilledForm},
	{"a note", pdfprep.Annotations, note, pdfprep.Annotated},
	{"a note", pdfprep.NotCertified, note, pdfprep.Annotated},
}

func catalogOf(pdf []byte) string {
	at := bytes.LastIndex(pdf, []byte("\n1 0 obj"))
	from := at + bytes.Index(pdf[at:], []byte("<<"))
	return string(pdf[from : from+bytes.Index(pdf[from:], []byte("endobj"))])
}

func fillAmount(_ *testing.T, pdf []byte) []byte {
	return update(pdf, "", "8 <</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(2)/Rect[20 20 80 40]/F 4/P 3 0 R/AP<</N 40 0 R>>>>",
		"40 <</Type/XObject/Subtype/Form/BBox[0 0 60 20]/Length 7>>\nstream\n(2) Tj \nendstream")
}

func note(_ *testing.T, pdf []byte) []byte {
	return update(pdf, "", annotsOf(pdf, "40 0 R"), "40 <</Type/Annot/Subtype/Text/Rect[0 0 20 20]/Contents(Really?)/P 3 0 R>>")
}

// annotsOf is object 12, the page's annotations, with one more.
func annotsOf(pdf []byte, more string) string {
	at := bytes.LastIndex(pdf, []byte("\n12 0 obj"))
	list, _, _ := strings.Cut(string(pdf[at+len("\n12 0 obj"):]), "]")
	return "12 " + strings.TrimSpace(list) + " " + more + "]"
}

func TestWhatIsPermittedAfterASignatureLeavesItValid(t *testing.T) {
	for _, tc := range permitted {
		t.Run(fmt.Sprintf("%s, P=%d", tc.name, tc.certify), func(t *testing.T) {
			pdf := tc.change(t, signedBy(t, formPDF().form(), "", first(tc.certify)))
			v, err := verified(t, pdf, "")
			if err != nil || len(v.Signatures) == 0 {
				t.Fatal(v, err)
			}
			for i, s := range v.Signatures {
				if !s.OK() || !s.Intact || !s.ChangesAllowed {
					t.Errorf("signature %d: %s %s %s, %+v", i, s.Indication, s.SubIndication, s.Explanation, s.Changes)
				}
			}
			if v.Indication != pades.Passed || v.Signatures[0].Changes.Kind != tc.kind {
				t.Errorf("%s, changes %s, want %s", v.Indication, v.Signatures[0].Changes.Kind, tc.kind)
			}
		})
	}
}

// What must not be done to a signed file, and forgeries of one.
var attacks = []struct {
	name    string
	certify pdfprep.DocMDP
	change  func(t *testing.T, pdf []byte) []byte
	sub     pades.SubIndication // "" for any
}{
	{"a covered byte", 0, replace("get 100", "get 900"), pades.HashFailure},
	{"incremental saving: new content", 0, later("4 <</Length 4>>\nstream\nq Q \nendstream"), pades.FormatFailure},
	{"incremental saving without a table", 0, appended("4 0 obj\n<</Length 4>>\nstream\nq Q \nendstream\nendobj\n"), pades.FormatFailure},
	{"incremental saving with the old startxref", 0, func(_ *testing.T, pdf []byte) []byte {
		tail := pdf[bytes.LastIndex(pdf, []byte("startxref")):]
		return append(append(bytes.Clone(pdf), "4 0 obj\n<</Length 4>>\nstream\nq Q \nendstream\nendobj\n"...), tail...)
	}, pades.FormatFailure},
	{"incremental saving without /Prev", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "/Prev 0", "1 <</Type/Catalog/Pages 2 0 R>>", "2 <</Type/Pages/Kids[]/Count 0>>")
	}, ""},
	{"shadow, hide: the overlay goes", 0, later("6 <</Type/XObject/Subtype/Form/BBox[0 0 200 200]/Length 0>>\nstream\n\nendstream"), pades.FormatFailure},
	{"shadow, hide: the overlay becomes null", 0, func(_ *testing.T, pdf []byte) []byte {
		starts := startOf.FindAllSubmatch(pdf, -1)
		return append(bytes.Clone(pdf), fmt.Sprintf("xref\n6 1\n0000000000 00001 f \ntrailer\n<</Size 99/Root 1 0 R/Info 11 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n",
			starts[len(starts)-1][1], len(pdf))...)
	}, pades.FormatFailure},
	{"shadow, replace: the font", 0, later("5 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>"), pades.FormatFailure},
	{"shadow, replace: the appearance of a field", 0, later("9 <</Type/XObject/Subtype/Form/BBox[0 0 60 20]/Length 7>>\nstream\n(9) Tj \nendstream"), pades.FormatFailure},
	{"shadow, replace: another appearance for a field", 0, later("8 <</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(1)/Rect[20 20 80 40]/F 4/P 3 0 R/AP<</N 6 0 R>>>>"), pades.FormatFailure},
	{"shadow, replace: a field moves", 0, later("8 <</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(2)/Rect[0 0 200 200]/F 4/P 3 0 R/AP<</N 9 0 R>>>>"), pades.FormatFailure},
	{"shadow, hide and replace: hidden content", 0, func(_ *testing.T, pdf []byte) []byte {
		hidden := bytes.LastIndex(pdf[:bytes.Index(pdf, []byte("14 0 obj"))], []byte("4 0 obj"))
		return updateAt(pdf, "", map[int]int{4: hidden})
	}, pades.FormatFailure},
	{"shadow, hide and replace: hidden catalog", 0, func(_ *testing.T, pdf []byte) []byte {
		return updateAt(pdf, "/Root 14 0 R", map[int]int{14: bytes.Index(pdf, []byte("14 0 obj"))})
	}, ""},
	{"shadow: an object that was waited for", 0, later("90 <</Type/XObject/Subtype/Form/BBox[0 0 200 200]/Length 0>>\nstream\n\nendstream"), pades.FormatFailure},
	{"shadow: the length of a stream", 0, later("13 10"), pades.FormatFailure},
	{"content as the information dictionary", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "/Info 4 0 R", "4 <</Length 4>>\nstream\nq Q \nendstream")
	}, pades.FormatFailure},
	{"content as revocation data", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "1 "+strings.Replace(catalogOf(pdf), "<<", "<</DSS<</Certs[4 0 R]>>", 1), "4 <</Length 4>>\nstream\nq Q \nendstream")
	}, pades.FormatFailure},
	{"content as the value of a field", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "8 <</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V 4 0 R/Rect[20 20 80 40]/F 4/P 3 0 R/AP<</N 9 0 R>>>>", "4 <</Length 4>>\nstream\nq Q \nendstream")
	}, pades.FormatFailure},
	{"another generation", 0, later("4 1 obj\n<</Length 4>>\nstream\nq Q \nendstream"), pades.FormatFailure},
	{"a page more", 0, later("2 <</Type/Pages/Kids[3 0 R 40 0 R]/Count 2>>", "40 <</Type/Page/Parent 2 0 R>>"), pades.FormatFailure},
	{"an action", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "1 "+strings.Replace(catalogOf(pdf), "<<", "<</OpenAction<</S/JavaScript/JS(x)>>", 1))
	}, pades.FormatFailure},
	{"a key twice in the catalog", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", "1 "+strings.Replace(catalogOf(pdf), "<<", "<</Pages 14 0 R", 1))
	}, pades.FormatFailure},
	{"a field that is no signature", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", formOf(pdf, "40 0 R"), "40 <</Type/Annot/Subtype/Widget/FT/Tx/T(more)/V(1)/Rect[0 0 0 0]>>")
	}, pades.FormatFailure},
	{"a field gone", 0, later("7 <</Fields[8 0 R 15 0 R]/SigFlags 3/DR<</Font<</F1 5 0 R>>>>/DA(/F1 0 Tf)>>"), ""},
	{"resources of the form", 0, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", strings.Replace(formOf(pdf, ""), "/F1 5 0 R", "/F1 40 0 R", 1), "40 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>")
	}, pades.FormatFailure},
	{"free text over the page", 0, annotation("<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(900)/DA(/F1 9 Tf)>>"), pades.FormatFailure},
	{"an old object as an annotation", 0, func(_ *testing.T, pdf []byte) []byte { return update(pdf, "", annotsOf(pdf, "11 0 R")) }, pades.FormatFailure},
	{"bytes behind the end", 0, appended("% 4 0 obj"), pades.FormatFailure},
	{"certified: any value", pdfprep.NoChanges, fillAmount, pades.FormatFailure},
	{"certified: a note", pdfprep.FormFilling, note, pades.FormatFailure},
	{"certified: values drawn anew", pdfprep.NoChanges, func(_ *testing.T, pdf []byte) []byte {
		return update(pdf, "", strings.Replace(formOf(pdf, ""), "/SigFlags", "/NeedAppearances true/SigFlags", 1))
	}, pades.FormatFailure},
	{"evil annotation: free text", pdfprep.Annotations, annotation("<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(900)/DA(/F1 9 Tf)>>"), pades.FormatFailure},
	{"evil annotation: stamp", pdfprep.Annotations, annotation("<</Type/Annot/Subtype/Stamp/Rect[0 0 200 200]/AP<</N 6 0 R>>>>"), pades.FormatFailure},
	{"evil annotation: redaction", pdfprep.Annotations, annotation("<</Type/Annot/Subtype/Redact/Rect[0 0 200 200]/IC[1 1 1]/OverlayText(900)>>"), pades.FormatFailure},
	{"evil annotation: highlight with its own look", pdfprep.Annotations, annotation("<</Type/Annot/Subtype/Highlight/Rect[0 0 200 200]/AP<</N 6 0 R>>>>"), pades.FormatFailure},
	{"evil annotation: link", pdfprep.Annotations, annotation("<</Type/Annot/Subtype/Link/Rect[0 0 200 200]/A<</S/URI/URI(http://evil.example)>>>>"), pades.FormatFailure},
	{"sneaky signature: a field over the page", pdfprep.FormFilling, sneaky, pades.FormatFailure},
	{"sneaky signature: a field over the page", pdfprep.Annotations, sneaky, pades.FormatFailure},
	{"sneaky signature: without certification", pdfprep.NotCertified, sneaky, pades.FormatFailure},
	{"sneaky signature: signed", pdfprep.FormFilling, func(t *testing.T, pdf []byte) []byte {
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Rect: [4]float64{0, 0, 200, 200}}})
	}, pades.FormatFailure},
	{"sneaky signature: in two steps", pdfprep.FormFilling, func(t *testing.T, pdf []byte) []byte {
		pdf = update(pdf, "", formOf(pdf, "40 0 R"), annotsOf(pdf, "40 0 R"), "40 <</Type/Annot/Subtype/Widget/FT/Sig/T(sneaky)/Rect[0 0 200 200]/F 4/P 3 0 R>>")
		pdf = signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
		return signedBy(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "sneaky"}})
	}, pades.FormatFailure},
	{"a button with a new look", 0, later("15 <</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(logo)/V/x/Rect[0 150 50 200]/P 3 0 R/AP<</N 6 0 R>>>>"), pades.FormatFailure},
	{"universal forgery: no ByteRange", 0, replace("/ByteRange", "/ByteRangf"), pades.FormatFailure},
	{"universal forgery: no Contents", 0, replace("/Contents <", "/Contentt <"), pades.FormatFailure},
	{"universal forgery: ByteRange of zeros", 0, byteRange("[0 0 0 0]"), pades.FormatFailure},
	{"universal forgery: negative ByteRange", 0, byteRange("[0 -1 1 1]"), pades.FormatFailure},
	{"universal forgery: ByteRange that overflows", 0, byteRange("[0 9223372036854775807 9223372036854775807 9223372036854775807]"), pades.FormatFailure},
	{"universal forgery: ByteRange of nulls", 0, byteRange("[null null null null]"), pades.FormatFailure},
	{"universal forgery: two numbers", 0, byteRange("[0 100]"), pades.FormatFailure},
	{"universal forgery: six numbers", 0, byteRange("[0 10 20 30 40 50]"), pades.FormatFailure},
	{"universal forgery: empty Contents", 0, func(_ *testing.T, pdf []byte) []byte {
		out := bytes.Clone(pdf)
		from := bytes.LastIndex(out, []byte("/Contents <")) + len("/Contents <")
		end := from + bytes.IndexByte(out[from:], '>')
		for i := from; i < end; i++ {
			out[i] = '0'
		}
		return out
	}, pades.FormatFailure},
	{"wrapping: ByteRange again behind Contents", 0, wrap(" /ByteRange %s "), pades.FormatFailure},
	{"wrapping: escaped ByteRange behind Contents", 0, wrap(" /Byte#52ange %s "), pades.FormatFailure},
	{"wrapping: Contents again", 0, wrap(" /Contents <00> /ByteRange %s "), pades.FormatFailure},
	{"wrapping: escaped Contents", 0, wrap(" /Cont#65nts <00> "), pades.FormatFailure},
	{"wrapping: an object in the gap", 0, wrap(" >>\nendobj\n40 0 obj\n<<"), pades.FormatFailure},
}

// later appends an update of objects.
func later(objects ...string) func(*testing.T, []byte) []byte {
	return func(_ *testing.T, pdf []byte) []byte { return update(pdf, "", objects...) }
}

func appended(text string) func(*testing.T, []byte) []byte {
	return func(_ *testing.T, pdf []byte) []byte { return append(bytes.Clone(pdf), text...) }
}

func annotation(dict string) func(*testing.T, []byte) []byte {
	return func(_ *testing.T, pdf []byte) []byte { return update(pdf, "", annotsOf(pdf, "40 0 R"), "40 "+dict) }
}

// formOf is object 7, the form, with one more field.
func formOf(pdf []byte, more string) string {
	at := bytes.LastIndex(pdf, []byte("\n7 0 obj")) + len("\n7 0 obj")
	dict := string(pdf[at : at+bytes.Index(pdf[at:], []byte("endobj"))])
	return "7 " + strings.TrimSpace(strings.Replace(dict, "]", " "+more+"]", 1))
}

func sneaky(_ *testing.T, pdf []byte) []byte {
	return update(pdf, "", formOf(pdf, "40 0 R"), annotsOf(pdf, "40 0 R"),
		"40 <</Type/Annot/Subtype/Widget/FT/Sig/T(sneaky)/Rect[0 0 200 200]/F 4/P 3 0 R/AP<</N 6 0 R>>>>")
}

// replace swaps the last occurrence for something of the same length.
func replace(old, by string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, pdf []byte) []byte {
		out := bytes.Clone(pdf)
		at := bytes.LastIndex(out, []byte(old))
		if at < 0 || len(old) != len(by) {
			t.Fatalf("%q is not there", old)
		}
		copy(out[at:], by)
		return out
	}
}

// byteRange puts another ByteRange into the slot.
func byteRange(by string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, pdf []byte) []byte {
		out := bytes.Clone(pdf)
		at := bytes.LastIndex(out, []byte("/ByteRange [")) + len("/ByteRange ")
		end := at + bytes.Index(out[at:], []byte("\n/Contents"))
		if end-at < len(by) {
			t.Fatal("the slot is too small")
		}
		copy(out[at:end], bytes.Repeat([]byte{' '}, end-at))
		copy(out[at:], by)
		return out
	}
}

// wrap moves the end of the covered bytes behind something of the attacker's, the way of signature wrapping attacks.
func wrap(text string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, pdf []byte) []byte {
		start := bytes.LastIndex(pdf, []byte("/Contents <")) + len("/Contents ")
		end := start + bytes.IndexByte(pdf[start:], '>') + 1
		used := bytes.TrimRight(pdf[start:end-1], "0")
		used = append(bytes.Clone(used), "00>"...)
		moved := fmt.Sprintf("[0 %d %d %d]", start, end, len(pdf)-end)
		inside := append(used, strings.Replace(text, "%s", moved, 1)...)
		if len(inside) > end-start {
			t.Fatal("no room")
		}
		inside = append(inside, bytes.Repeat([]byte{' '}, end-start-len(inside))...)
		return slices.Concat(pdf[:start], inside, pdf[end:])
	}
}

func TestAttacksNeverPass(t *testing.T) {
	for _, a := range attacks {
		t.Run(fmt.Sprintf("%s, P=%d", a.name, a.certify), func(t *testing.T) {
			signed := signedBy(t, formPDF().form(), "", first(a.certify))
			pdf := a.change(t, signed)
			if bytes.Equal(pdf, signed) {
				t.Fatal("nothing was attacked")
			}
			neverPasses(t, pdf, a.sub)
		})
	}
}

// neverPasses wants the first signature not to pass, or the file not to be readable at all.
func neverPasses(t *testing.T, pdf []byte, sub pades.SubIndication) {
	t.Helper()
	v, err := verified(t, pdf, "")
	if err != nil {
		var own *pdfprep.Error
		if sub != "" || !errors.As(err, &own) {
			t.Fatal(err)
		}
		return
	}
	if v.Indication == pades.Passed {
		t.Fatalf("passes: %+v", v.Signatures[0].Changes)
	}
	if sub == "" {
		return
	}
	if len(v.Signatures) == 0 {
		t.Fatal("no signature is found")
	}
	if s := v.Signatures[0]; s.SubIndication != sub || s.Explanation == "" {
		t.Errorf("%s %s: %s %+v", s.Indication, s.SubIndication, s.Explanation, s.Changes)
	}
}
