package pdfprep_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/judge"
)

// TestTheFormIsCompletedWhateverItsShape: the field is listed in the form and in the page once, and what was there stays.
func TestTheFormIsCompletedWhateverItsShape(t *testing.T) {
	const old = "<</Type/Annot/Subtype/Widget/FT/Tx/T(old)/V(kept)/Rect[0 0 9 9]/P 3 0 R>>"
	tests := []struct {
		name, form, annots string
		more               map[int]string
		oldFields          int // and as many annotations
	}{
		{name: "no form, no annotations"},
		{name: "direct form, direct annotations", form: "/AcroForm<</Fields[5 0 R]/DA(/F 0 Tf)>>", annots: "/Annots[5 0 R]", oldFields: 1},
		{name: "indirect form, direct fields", form: "/AcroForm 6 0 R", annots: "/Annots[5 0 R]",
			more: map[int]string{6: "<</Fields[5 0 R]/DA(/F 0 Tf)>>"}, oldFields: 1},
		{name: "all indirect", form: "/AcroForm 6 0 R", annots: "/Annots 8 0 R",
			more: map[int]string{6: "<</Fields 7 0 R/DA(/F 0 Tf)>>", 7: "[5 0 R]", 8: "[5 0 R]"}, oldFields: 1},
		{name: "direct form, indirect fields", form: "/AcroForm<</Fields 7 0 R/DA(/F 0 Tf)>>", annots: "/Annots 8 0 R",
			more: map[int]string{7: "[5 0 R]", 8: "[5 0 R]"}, oldFields: 1},
		{name: "references to references", form: "/AcroForm 6 0 R", annots: "/Annots 8 0 R",
			more: map[int]string{6: "7 0 R", 7: "<</Fields[5 0 R]/DA(/F 0 Tf)>>", 8: "9 0 R", 9: "[5 0 R]"}, oldFields: 1},
		{name: "form and annotations are null", form: "/AcroForm null", annots: "/Annots null"},
		{name: "form and annotations are not there", form: "/AcroForm 60 0 R", annots: "/Annots 61 0 R"},
		{name: "form without fields", form: "/AcroForm<</DA(/F 0 Tf)>>"},
		{name: "fields and annotations are empty", form: "/AcroForm<</Fields[]/DA(/F 0 Tf)>>", annots: "/Annots[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMaker()
			m.onePage(test.form)
			m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]"+test.annots+">>")
			m.obj(5, old)
			for num, body := range test.more {
				m.obj(num, body)
			}
			pdf := bytes.Clone(m.table(""))
			v := look(t, mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}}), "")

			fields, _ := v.at(v.root(), "/AcroForm", "/Fields").([]any)
			annots, _ := v.at(v.page(1), "/Annots").([]any)
			if len(fields) != test.oldFields+1 || len(annots) != test.oldFields+1 {
				t.Fatalf("fields %v, annotations %v", fields, annots)
			}
			field := v.field("Neu")
			if annots[len(annots)-1] != field {
				t.Errorf("annotations %v without %s", annots, field)
			}
			if test.oldFields > 0 {
				v.want("u:kept", v.field("old"), "/V")
				if annots[0] != "5 0 R" || fields[0] != "5 0 R" {
					t.Errorf("the old one is gone: fields %v, annotations %v", fields, annots)
				}
			}
			if test.form != "" && test.form != "/AcroForm null" && test.form != "/AcroForm 60 0 R" {
				v.want("u:/F 0 Tf", v.root(), "/AcroForm", "/DA")
			}
			v.want("3", v.root(), "/AcroForm", "/SigFlags")
			v.want("/Sig", field, "/FT")
			v.want("/Widget", field, "/Subtype")
			v.want("132", field, "/F")
			v.want("[0 0 0 0]", field, "/Rect")
			v.want("/Sig", field, "/V", "/Type")
			if page := v.raw(field, "/P"); page != "3 0 R" {
				t.Errorf("/P is %v", page)
			}
		})
	}
}

// TestSharedAnnotationsGetTheWidgetOnOnePage, whichever of the pages it is.
func TestSharedAnnotationsGetTheWidgetOnOnePage(t *testing.T) {
	pdf := sample(t, "syn-annots-shared.pdf")
	before := look(t, pdf, "")
	had, _ := before.at(before.page(1), "/Annots").([]any)
	for number := 1; number <= 2; number++ {
		v := look(t, mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Page: number}}), "")
		for p := 1; p <= 2; p++ {
			want := len(had)
			if p == number {
				want++
			}
			if now, _ := v.at(v.page(p), "/Annots").([]any); len(now) != want {
				t.Errorf("signed on page %d: page %d has %d annotations, want %d", number, p, len(now), want)
			}
		}
	}
}

// family is a form with fields of many kinds, and two pages.
func family() []byte {
	m := newMaker()
	m.onePage("/AcroForm 4 0 R")
	m.obj(2, "<</Type/Pages/Kids[3 0 R 20 0 R]/Count 2>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[5 0 R 8 0 R 9 0 R 12 0 R]>>")
	m.obj(4, "<</Fields[5 0 R 6 0 R 10 0 R 11 0 R 13 0 R]/SigFlags 1>>")
	m.obj(5, "<</Type/Annot/Subtype/Widget/FT/Tx/T(Signature1)/Rect[0 0 9 9]/P 3 0 R>>")
	m.obj(6, "<</T(a)/Kids[7 0 R 8 0 R]>>")
	m.obj(7, "<</T(b)/Parent 6 0 R/Kids[9 0 R]>>")
	m.obj(8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(text)/Parent 6 0 R/Rect[0 0 9 9]/P 3 0 R>>")
	m.obj(9, "<</Type/Annot/Subtype/Widget/FT/Sig/T(sig)/Parent 7 0 R/Rect[10 10 90 30]/P 3 0 R>>")
	m.obj(10, "<</T(done)/FT/Sig/V<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<00>/ByteRange[0 0 0 0]>>>>")
	m.obj(11, "<</T(apart)/FT/Sig/Kids[12 0 R]>>")
	m.obj(12, "<</Type/Annot/Subtype/Widget/Parent 11 0 R/Rect[10 50 90 70]/P 3 0 R>>")
	m.obj(13, "<</T(bare)/FT/Sig>>")
	m.obj(20, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>")
	return bytes.Clone(m.table(""))
}

// TestWhichFieldIsSigned: names, parents, pages and rectangles are obeyed or refused.
func TestWhichFieldIsSigned(t *testing.T) {
	nan := float64(0)
	nan /= nan
	tests := []struct {
		name string
		o    pdfprep.FieldOptions
		code pdfprep.Code
		want string // the field that has the signature
	}{
		{"no name where several are empty: a new one past the names that are taken", pdfprep.FieldOptions{}, "", "Signature2"},
		{"no name, must exist, several are empty", pdfprep.FieldOptions{MustExist: true}, pdfprep.FieldNotFound, ""},
		{"an empty one below parents", pdfprep.FieldOptions{Name: "a.b.sig"}, "", "a.b.sig"},
		{"an empty one apart from its widget", pdfprep.FieldOptions{Name: "apart", MustExist: true}, "", "apart"},
		{"an empty one without a widget", pdfprep.FieldOptions{Name: "bare", MustExist: true}, "", "bare"},
		{"a new one", pdfprep.FieldOptions{Name: "neu"}, "", "neu"},
		{"a new one in another script", pdfprep.FieldOptions{Name: "署名"}, "", "署名"},
		{"a new one, must exist", pdfprep.FieldOptions{Name: "neu", MustExist: true}, pdfprep.FieldNotFound, ""},
		{"a new one below a parent", pdfprep.FieldOptions{Name: "a.neu"}, "", "a.neu"},
		{"a new one below two parents", pdfprep.FieldOptions{Name: "a.b.neu"}, "", "a.b.neu"},
		{"a new one with new parents below an old one", pdfprep.FieldOptions{Name: "a.c.d.neu"}, "", "a.c.d.neu"},
		{"a new one with new parents", pdfprep.FieldOptions{Name: "x.y.neu"}, "", "x.y.neu"},
		{"a new one below a text field", pdfprep.FieldOptions{Name: "Signature1.neu"}, pdfprep.FieldNotFound, ""},
		{"a new one below a signature field", pdfprep.FieldOptions{Name: "bare.neu"}, pdfprep.FieldNotFound, ""},
		{"a name with a hole", pdfprep.FieldOptions{Name: "x..neu"}, pdfprep.InvalidArgument, ""},
		{"a name that ends with a dot", pdfprep.FieldOptions{Name: "x."}, pdfprep.InvalidArgument, ""},
		{"a text field", pdfprep.FieldOptions{Name: "a.text"}, pdfprep.FieldNotFound, ""},
		{"a parent", pdfprep.FieldOptions{Name: "a.b"}, pdfprep.FieldNotFound, ""},
		{"a signed one", pdfprep.FieldOptions{Name: "done"}, pdfprep.FieldSigned, ""},
		{"the last page", pdfprep.FieldOptions{Name: "neu", Page: 2}, "", "neu"},
		{"a page too many", pdfprep.FieldOptions{Name: "neu", Page: 3}, pdfprep.InvalidArgument, ""},
		{"a page before the first", pdfprep.FieldOptions{Name: "neu", Page: -1}, pdfprep.InvalidArgument, ""},
		{"a rectangle", pdfprep.FieldOptions{Name: "neu", Rect: [4]float64{10.5, 20, 110.25, 60}}, "", "neu"},
		{"a rectangle upside down", pdfprep.FieldOptions{Name: "neu", Rect: [4]float64{10, 60, 110, 20}}, pdfprep.InvalidArgument, ""},
		{"a rectangle of no numbers", pdfprep.FieldOptions{Name: "neu", Rect: [4]float64{nan, 0, 1, 1}}, pdfprep.InvalidArgument, ""},
	}
	pdf := family()
	before := look(t, pdf, "").fields()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signed, err := signWith(t, pdf, "", pdfprep.SignOptions{Field: test.o})
			if wantCode(t, err, test.code); err != nil || test.code != "" {
				return
			}
			v := look(t, signed, "")
			field := v.field(test.want)
			v.want("/ETSI.CAdES.detached", field, "/V", "/SubFilter")
			for name, ref := range before {
				if now := v.field(name); now != ref {
					t.Errorf("%s was %s and is %s", name, ref, now)
				}
				if name != test.want && name != "done" {
					v.want("<nil>", ref, "/V")
				}
			}
			if _, old := before[test.want]; !old {
				v.want("/Sig", field, "/FT")
				v.want(fmt.Sprint(test.o.Rect), field, "/Rect")
				page := max(1, test.o.Page)
				annots, _ := v.at(v.page(page), "/Annots").([]any)
				if len(annots) == 0 || annots[len(annots)-1] != field {
					t.Errorf("page %d does not show the field: %v", page, annots)
				}
				if drawn := v.at(field, "/AP", "/N") != nil; drawn != (test.o.Rect != [4]float64{}) {
					t.Errorf("has an appearance: %v", drawn)
				}
			}
			for parent := field; v.raw(parent, "/Parent") != nil; parent = v.raw(parent, "/Parent").(string) {
				if kids := v.at(v.raw(parent, "/Parent"), "/Kids"); !bytes.Contains([]byte(fmt.Sprint(kids)), []byte(parent)) {
					t.Errorf("%s says a parent that has the kids %v", parent, kids)
				}
			}
		})
	}
}

// TestSeparateWidgetsStayApart: the field keeps its kids and becomes no annotation; a field without any gets into a page.
func TestSeparateWidgetsStayApart(t *testing.T) {
	v := look(t, mustSign(t, family(), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "apart"}}), "")
	v.want("[12 0 R]", v.field("apart"), "/Kids")
	v.want("<nil>", v.field("apart"), "/Subtype")
	v.want("[10 50 90 70]", "12 0 R", "/Rect")
	if v.raw("12 0 R", "/Parent") != v.field("apart") {
		t.Error("the widget lost its field")
	}
	if v.raw(v.field("apart"), "/V") == nil {
		t.Error("the value is not in the field")
	}
	v = look(t, mustSign(t, family(), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "bare"}}), "")
	v.want("/Widget", v.field("bare"), "/Subtype")
	if annots, _ := v.at(v.page(1), "/Annots").([]any); len(annots) != 5 || annots[4] != v.field("bare") {
		t.Errorf("annotations %v", annots)
	}
}

// TestTheOnlyEmptyFieldIsTaken where no name is given, but not when the caller says where a new one shall be.
func TestTheOnlyEmptyFieldIsTaken(t *testing.T) {
	pdf := sample(t, "syn-empty-invisible-table.pdf")
	fields := inspect(t, pdf, "").Fields
	if len(fields) != 1 || fields[0].Signed {
		t.Fatalf("%+v", fields)
	}
	for _, test := range []struct {
		o   pdfprep.FieldOptions
		own bool
	}{{pdfprep.FieldOptions{}, true}, {pdfprep.FieldOptions{MustExist: true}, true}, {pdfprep.FieldOptions{Page: 1}, false},
		{pdfprep.FieldOptions{Rect: [4]float64{1, 1, 2, 2}}, false}} {
		p, err := open(t, pdf, "").Prepare(t.Context(), pdfprep.SignOptions{Field: test.o, ReservedBytes: 10, SigningTime: signingTime})
		if err != nil {
			t.Fatal(err)
		}
		if own := p.FieldName == fields[0].Name; own != test.own {
			t.Errorf("%+v: signs %s", test.o, p.FieldName)
		}
	}
}

// TestAVisibleFieldIsAccepted: its empty appearance, which PDF/A demands, leaves the page as it looks.
func TestAVisibleFieldIsAccepted(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	for _, name := range []string{"vera-verapdf-test-suite-6-1-5-t01-pass-a.pdf", "syn-rotate-90-crop.pdf", "syn-xrefstream-plain.pdf"} {
		t.Run(name, func(t *testing.T) {
			pdf := sample(t, name)
			signed := mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{100, 100, 200.5, 150}}})
			v := look(t, signed, "")
			v.want("[0 0 100.5 50]", v.field("Neu"), "/AP", "/N", "/BBox")
			out := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(out, signed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := j.Judge(t.Context(), judge.Case{Original: "testdata/corpus/" + name, Signed: out}).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
