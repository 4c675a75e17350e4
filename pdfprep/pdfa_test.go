package pdfprep_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/appearance"
	"hashout/pdfprep/appearance/defaultfont"
	"hashout/pdfprep/internal/judge"
)

// pdfaDocument is a valid document of a PDF/A part and level, or of PDF/UA ("ua1"), whose page is empty.
func pdfaDocument(flavour string) []byte {
	part, level := flavour[:1], strings.ToUpper(flavour[1:])
	header, claim, catalog, tagged := "%PDF-1.7", "", "", flavour == "ua1" || level == "A"
	switch {
	case flavour == "ua1":
		claim = `<pdfuaid:part>1</pdfuaid:part>`
	case part == "4":
		claim = `<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>`
		header = "%PDF-2.0"
	default:
		claim = fmt.Sprintf(`<pdfaid:part>%s</pdfaid:part><pdfaid:conformance>%s</pdfaid:conformance>`, part, level)
		if part == "1" {
			header = "%PDF-1.4"
		}
	}
	xmp := `<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		claim + `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Titel</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
	if tagged {
		catalog = "/MarkInfo<</Marked true>>/StructTreeRoot 5 0 R/Lang(de)/ViewerPreferences<</DisplayDocTitle true>>"
	}
	m := newMaker()
	m.onePage("/Metadata 4 0 R" + catalog)
	m.stream(4, fmt.Sprintf("/Type/Metadata/Subtype/XML/Length %d", len(xmp)), []byte(xmp))
	if tagged {
		m.obj(5, "<</Type/StructTreeRoot/K 6 0 R/ParentTree 7 0 R/ParentTreeNextKey 0>>")
		m.obj(6, "<</Type/StructElem/S/Document/P 5 0 R>>")
		m.obj(7, "<</Nums[]>>")
	}
	return bytes.Replace(m.table("/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]"), []byte("%PDF-1.7"), []byte(header), 1)
}

// everything is an appearance with all parts that could offend PDF/A: fonts, colours, an image with an alpha channel.
func everything(t *testing.T) *appearance.Artist {
	t.Helper()
	a, err := appearance.New(appearance.Spec{
		Lines: appearance.DefaultLines(), Border: appearance.DefaultBorder(), Padding: -1, QR: "https://example.org", Image: halfTransparent(t),
		Values: map[string]string{"name": "Erika Mustermann", "date": "2026-11-25", "reason": "ﬁnal: Ωμέγα, Москва", "location": ""},
		Fonts:  [][]byte{defaultfont.TTF},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPDFAStaysPDFA: veraPDF finds nothing in the signed file, visible or invisible, that it does not find in the original.
func TestPDFAStaysPDFA(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short asks no outside judge")
	}
	dir := t.TempDir()
	var questions []judge.VeraQuestion
	var names []string
	ask := func(name, flavour string, pdf []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%d.pdf", len(names)))
		if err := os.WriteFile(path, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		questions, names = append(questions, judge.VeraQuestion{Path: path, Flavour: flavour}), append(names, name)
	}
	all := func(name, flavour string, pdf []byte) {
		visible := pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{20, 20, 190, 80}}
		ask(name, flavour, pdf)
		ask(name+", invisible", flavour, mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}, Extensions: bothExtensions}))
		ask(name+", empty", flavour, mustSign(t, pdf, "", pdfprep.SignOptions{Field: visible, Extensions: bothExtensions}))
		ask(name+", visible", flavour, mustSign(t, pdf, "", pdfprep.SignOptions{Field: visible, Artist: everything(t), Extensions: bothExtensions}))
	}
	for _, flavour := range []string{"1b", "1a", "2b", "2u", "2a", "3b", "3u", "4", "ua1"} {
		all(flavour, flavour, pdfaDocument(flavour))
	}
	corpus, err := filepath.Glob("testdata/corpus/vera-*.pdf")
	if err != nil || len(corpus) == 0 {
		t.Fatal("no file of the corpus", err)
	}
	for _, path := range corpus {
		pdf := sample(t, filepath.Base(path))
		if in := inspect(t, pdf, ""); in.CanAddField {
			all(filepath.Base(path), "", pdf)
		}
	}
	reports, ok, err := judge.VeraPDF(t.Context(), questions...)
	switch {
	case err != nil:
		t.Fatal(err)
	case !ok && os.Getenv("CI") == "true":
		t.Fatal("veraPDF is not installed; run .ci/setup")
	case !ok:
		t.Skip("SKIPPED: veraPDF is not installed, so nobody says whether PDF/A stays PDF/A; run .ci/setup")
	}
	judged := 0
	for i, r := range reports {
		original := reports[i-i%4]
		if i%4 == 0 {
			if strings.HasPrefix(names[i], "vera-") {
				continue
			}
			if !r.Compliant {
				t.Errorf("%s is not what it should be: %s %v", names[i], r.Error, r.Failures)
			}
			continue
		}
		if original.Error != "" {
			continue
		}
		judged++
		if r.Error != "" || original.Compliant && !r.Compliant || len(r.Failures) > len(original.Failures) {
			t.Errorf("%s (%s): %s %v", names[i], r.Flavour, r.Error, r.Failures)
		}
	}
	t.Logf("veraPDF judged %d signed files", judged)
}
