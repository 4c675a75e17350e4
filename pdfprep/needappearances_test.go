package pdfprep_test

import (
	"slices"
	"testing"

	"hashout/pdfprep"
)

// TestWhatIsDrawnIsShownWhereNoValueIsLost: readers draw the fields of a form with /NeedAppearances anew, and nothing for a signature.
func TestWhatIsDrawnIsShownWhereNoValueIsLost(t *testing.T) {
	for _, test := range []struct {
		name, field string
		drawn       bool
		flag        string
		told        bool
	}{
		{"a form without fields", "null", true, "<nil>", false},
		{"an empty text with a look", "<</FT/Tx/T(a)/Subtype/Widget/Rect[0 0 9 9]/AP<</N 6 0 R>>>>", true, "<nil>", false},
		{"a checked box with its looks", "<</FT/Btn/T(a)/V/Yes/AS/Yes/Subtype/Widget/Rect[0 0 9 9]/AP<</N<</Yes 6 0 R>>>>>>", true, "<nil>", false},
		{"another signature field", "<</FT/Sig/T(a)/Subtype/Widget/Rect[0 0 9 9]>>", true, "<nil>", false},
		{"a value whose look may be old", "<</FT/Tx/T(a)/V(b)/Subtype/Widget/Rect[0 0 9 9]/AP<</N 6 0 R>>>>", true, "true", true},
		{"a text without a look", "<</FT/Tx/T(a)/Subtype/Widget/Rect[0 0 9 9]>>", true, "true", true},
		{"one of two widgets without a look", "<</FT/Tx/T(a)/Kids[7 0 R 8 0 R]>>", true, "true", true},
		{"a signature that shows nothing", "<</FT/Tx/T(a)/Subtype/Widget/Rect[0 0 9 9]>>", false, "true", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMaker()
			m.onePage("/AcroForm<</NeedAppearances true/Fields[5 0 R]>>")
			m.obj(5, test.field)
			m.stream(6, "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0", nil)
			m.obj(7, "<</Subtype/Widget/Parent 5 0 R/Rect[0 0 9 9]/AP<</N 6 0 R>>>>")
			m.obj(8, "<</Subtype/Widget/Parent 5 0 R/Rect[9 9 18 18]>>")
			o := pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}}
			if test.drawn {
				o.Artist, o.Field.Rect = &artist{drawing: stamp("0 0 60 20", "", "")}, [4]float64{10, 10, 70, 30}
			}
			pdf := m.table("")
			v := look(t, mustSign(t, pdf, "", o), "")
			v.want(test.flag, v.root(), "/AcroForm", "/NeedAppearances")
			o.ReservedBytes, o.SigningTime = 16, signingTime
			p, err := open(t, pdf, "").Prepare(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			told := slices.ContainsFunc(p.Findings, func(f pdfprep.Finding) bool { return f.Kind == pdfprep.FindingMayNotShow })
			if told != test.told {
				t.Errorf("told: %v", p.Findings)
			}
		})
	}
}

// TestASharedListOfAnnotationsKeepsWhatElseChangesOnThePage: the page gets a list of its own and keeps its order of tabs.
func TestASharedListOfAnnotationsKeepsWhatElseChangesOnThePage(t *testing.T) {
	m := newMaker()
	m.obj(1, "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 200 200]>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/Annots 5 0 R>>")
	m.obj(4, "<</Type/Page/Parent 2 0 R/Annots 5 0 R>>")
	m.obj(5, "[]")
	m.obj(6, "<</Type/StructTreeRoot/K 7 0 R/ParentTree 8 0 R>>")
	m.obj(7, "<</Type/StructElem/S/Document/P 6 0 R>>")
	m.obj(8, "<</Nums[]>>")
	v := look(t, mustSign(t, m.table(""), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}}), "")
	v.want("/S", "3 0 R", "/Tabs")
	v.want("<nil>", "4 0 R", "/Tabs")
	if n := len(v.at("3 0 R", "/Annots").([]any)); n != 1 {
		t.Errorf("the page lists %d annotations", n)
	}
}
