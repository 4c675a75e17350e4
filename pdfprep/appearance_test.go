package pdfprep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"hashout/pdfprep"
)

// artist hands out one drawing and remembers what for.
type artist struct {
	drawing pdfprep.Drawing
	asked   []pdfprep.Canvas
}

func (a *artist) Draw(_ context.Context, c pdfprep.Canvas) (pdfprep.Drawing, error) {
	a.asked = append(a.asked, c)
	return a.drawing, nil
}

// stamp is a one-page PDF of a size with whatever in its resources.
func stamp(box, page, resources string, objects ...string) pdfprep.Drawing {
	m := newMaker()
	m.obj(1, "<</Type/Catalog/Pages 2 0 R>>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox["+box+"]>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<"+resources+">>"+page+">>")
	m.stream(4, "/Length 22", []byte("1 0 0 rg 0 0 9 9 re f "))
	for i, o := range objects {
		m.obj(5+i, o)
	}
	return pdfprep.Drawing{PDF: m.table("")}
}

// TestAnAppearanceStandsUprightOnEveryPage: what is drawn is as large as a reader sees it, and is turned against the page.
func TestAnAppearanceStandsUprightOnEveryPage(t *testing.T) {
	for _, test := range []struct {
		page, matrix  string
		width, height float64
	}{
		{"", "<nil>", 100, 40},
		{"/Rotate 90", "[0 1 -1 0 100 0]", 40, 100},
		{"/Rotate -180", "[-1 0 0 -1 100 40]", 100, 40},
		{"/Rotate 630", "[0 -1 1 0 0 40]", 40, 100},
		{"/UserUnit 2", "<nil>", 200, 80},
	} {
		t.Run(test.page, func(t *testing.T) {
			m := newMaker()
			m.obj(1, "<</Type/Catalog/Pages 2 0 R>>")
			m.obj(2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 400 400]"+test.page+">>")
			m.obj(3, "<</Type/Page/Parent 2 0 R"+test.page+">>")
			a := &artist{drawing: stamp(fmt.Sprintf("0 0 %g %g", test.width, test.height), "", "")}
			signed := mustSign(t, m.table(""), "", pdfprep.SignOptions{Artist: a, Field: pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{10, 10, 110, 50}}})
			if len(a.asked) != 1 || a.asked[0] != (pdfprep.Canvas{Width: test.width, Height: test.height, Field: "Neu"}) {
				t.Errorf("asked for %+v", a.asked)
			}
			v := look(t, signed, "")
			v.want(test.matrix, v.field("Neu"), "/AP", "/N", "/Matrix")
			v.want(fmt.Sprintf("[0 0 %g %g]", test.width, test.height), v.field("Neu"), "/AP", "/N", "/BBox")
			v.want("<nil>", v.field("Neu"), "/AP", "/D")
		})
	}
}

// TestAPageOfAnyShapeIsFitted into the middle of the field, undistorted, however it is turned itself.
func TestAPageOfAnyShapeIsFitted(t *testing.T) {
	a := &artist{drawing: stamp("10 20 60 40", "/Rotate 90/CropBox[10 20 60 30]", "/Font<</F 5 0 R>>", "<</Type/Font/Subtype/Type1/BaseFont/Courier/Up 3 0 R>>")}
	signed := mustSign(t, plain(), "", pdfprep.SignOptions{Artist: a, Field: pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{0, 0, 100, 100}}})
	v := look(t, signed, "")
	v.want("[0 0 100 100]", v.field("Neu"), "/AP", "/N", "/BBox")
	v.want("[10 20 60 30]", v.field("Neu"), "/AP", "/N", "/Resources", "/XObject", "/P", "/BBox")
	v.want("/Courier", v.field("Neu"), "/AP", "/N", "/Resources", "/XObject", "/P", "/Resources", "/Font", "/F", "/BaseFont")
	v.want("<nil>", v.field("Neu"), "/AP", "/N", "/Resources", "/XObject", "/P", "/Resources", "/Font", "/F", "/Up")
	// Shown, the page is 10 wide and 50 high: twice that fits. Its left lower corner (10, 20) is shown at the left top.
	if !bytes.Contains(signed, []byte("q 0 -2 2 0 0 120 cm /P Do Q")) {
		t.Errorf("no fitting matrix in %s", signed[len(signed)-4000:])
	}
}

// TestPDFATakesOnlyWhatItAllows.
func TestPDFATakesOnlyWhatItAllows(t *testing.T) {
	claim := func(part int) []byte {
		m := newMaker()
		m.onePage("/Metadata 4 0 R/OutputIntents[<</S/GTS_PDFA1>>]")
		xmp := fmt.Sprintf(`<x xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%d</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></x>`, part)
		m.stream(4, fmt.Sprintf("/Type/Metadata/Subtype/XML/Length %d", len(xmp)), []byte(xmp))
		return m.table("")
	}
	for _, test := range []struct {
		name      string
		drawing   pdfprep.Drawing
		ok1b, ok2 bool
	}{
		{"plain", stamp("0 0 9 9", "", ""), true, true},
		{"font not embedded", stamp("0 0 9 9", "", "/Font<</F 5 0 R>>", "<</Type/Font/Subtype/TrueType/FontDescriptor 6 0 R>>", "<</FontName/X>>"), false, false},
		{"font in the resources themselves", stamp("0 0 9 9", "", "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>"), false, false},
		{"transparency", stamp("0 0 9 9", "", "/ExtGState<</G<</ca 0.5>>>>"), false, true},
		{"transparency by reference", stamp("0 0 9 9", "", "/ExtGState<</G<</CA 5 0 R>>>>", "0.25"), false, true},
		{"none after all", stamp("0 0 9 9", "", "/ExtGState<</G<</ca 1.0/SMask/None/BM/Normal>>>>"), true, true},
		{"page group", stamp("0 0 9 9", "/Group<</S/Transparency>>", ""), true, true},
	} {
		for part, ok := range map[int]bool{1: test.ok1b, 2: test.ok2} {
			a := &artist{drawing: test.drawing}
			_, err := signWith(t, claim(part), "", pdfprep.SignOptions{Artist: a, Field: pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{0, 0, 100, 100}}})
			if len(a.asked) != 1 || a.asked[0].PDFA != fmt.Sprintf("%db", part) {
				t.Errorf("%s: asked for %+v", test.name, a.asked)
			}
			if ok && err != nil || !ok && !errors.Is(err, pdfprep.ErrUnsupported) {
				t.Errorf("%s in part %d: %v", test.name, part, err)
			}
		}
	}
}

// TestAnExistingFieldIsDrawnWhereItStands, in all its widgets and on whichever page shows them, also without /P.
func TestAnExistingFieldIsDrawnWhereItStands(t *testing.T) {
	m := newMaker()
	m.obj(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 200 200]>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/Annots[6 0 R]>>")
	m.obj(4, "<</Type/Page/Parent 2 0 R/Rotate 90/Annots[7 0 R 8 0 R]>>")
	m.obj(5, "<</FT/Sig/T(S)/Kids[6 0 R 7 0 R 8 0 R]>>")
	m.obj(6, "<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[0 0 60 20]/AP<</N 9 0 R/D 9 0 R>>/AS/On>>")
	m.obj(7, "<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[60 20 0 0]>>")
	m.obj(8, "<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[100 100 160 120]>>")
	m.stream(9, "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0", nil)
	a := &artist{drawing: stamp("0 0 60 20", "", "")}
	v := look(t, mustSign(t, m.table(""), "", pdfprep.SignOptions{Artist: a, Field: pdfprep.FieldOptions{Name: "S"}}), "")
	if len(a.asked) != 2 || a.asked[0].Width != 60 || a.asked[1].Width != 20 {
		t.Errorf("asked for %+v", a.asked)
	}
	v.want("<nil>", "6 0 R", "/AP", "/D")
	v.want("<nil>", "6 0 R", "/AS")
	v.want("[0 0 60 20]", "6 0 R", "/AP", "/N", "/BBox")
	v.want("[0 1 -1 0 60 0]", "7 0 R", "/AP", "/N", "/Matrix")
	v.want("90", "7 0 R", "/MK", "/R")
	if v.raw(v.at("7 0 R", "/AP"), "/N") != v.raw(v.at("8 0 R", "/AP"), "/N") {
		t.Error("widgets of one size do not share their appearance")
	}
}

// TestATaggedDocumentStaysTagged: the widget has its element, found by the parent tree, in whatever form the tree is.
func TestATaggedDocumentStaysTagged(t *testing.T) {
	for name, parts := range map[string][3]string{
		"tree of one node":           {"/K 7 0 R/ParentTree 8 0 R", "<</Nums[0 [7 0 R]]>>", "null"},
		"tree in the root":           {"/K [7 0 R]/ParentTree <</Nums[0 [7 0 R]]>>/ParentTreeNextKey 3", "null", "null"},
		"tree of two levels":         {"/K 7 0 R/ParentTree 8 0 R", "<</Kids[9 0 R]>>", "<</Limits[0 4]/Nums[0 [7 0 R] 4 7 0 R]>>"},
		"tree without a node":        {"/K 7 0 R/ParentTree 8 0 R", "<<>>", "null"},
		"numbers in their own array": {"/K 7 0 R/ParentTree 8 0 R", "<</Nums 9 0 R>>", "[0 [7 0 R]]"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMaker()
			m.onePage("/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R")
			m.obj(6, "<</Type/StructTreeRoot"+parts[0]+">>")
			m.obj(7, "<</Type/StructElem/S/Document/P 6 0 R/K 0>>")
			m.obj(8, parts[1])
			m.obj(9, parts[2])
			v := look(t, mustSign(t, m.table(""), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}}), "")
			key := v.at(v.field("Neu"), "/StructParent")
			root := v.at(v.root(), "/StructTreeRoot")
			v.want(fmt.Sprint(key.(float64)+1), root, "/ParentTreeNextKey")
			nums := v.at(root, "/ParentTree", "/Nums")
			if kids, ok := v.at(root, "/ParentTree", "/Kids").([]any); ok {
				nums = v.at(kids[len(kids)-1], "/Nums")
			}
			list := nums.([]any)
			if fmt.Sprint(list[len(list)-2]) != fmt.Sprint(key) {
				t.Fatalf("the parent tree has no %v: %v", key, list)
			}
			element := list[len(list)-1].(string)
			v.want("/Form", element, "/S")
			if v.raw(v.at(element, "/K"), "/Obj") != v.field("Neu") || v.raw(element, "/P") != "7 0 R" {
				t.Errorf("the element is %v", v.at(element))
			}
			v.want("[0 "+element+"]", "7 0 R", "/K")
			v.want("/S", v.page(1), "/Tabs")
		})
	}
}

// FuzzAppearance: any bytes may be given as an appearance. They end in time, with a typed error or an update that reads back.
func FuzzAppearance(f *testing.F) {
	f.Add(stamp("0 0 9 9", "/Group<</S/Transparency>>", "/Font<</F 5 0 R>>", "<</Type/Font/Subtype/Type1/BaseFont/Courier>>").PDF)
	f.Add(sample(f, "syn-rotate-90-crop.pdf"))
	pdf := plain()
	f.Fuzz(func(t *testing.T, drawing []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		d, err := pdfprep.Open(ctx, bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		o := pdfprep.SignOptions{ReservedBytes: 16, SigningTime: signingTime, Artist: &artist{drawing: pdfprep.Drawing{PDF: drawing}}}
		o.Field.Rect = [4]float64{0, 0, 50, 50}
		p, err := d.Prepare(ctx, o)
		if err != nil {
			typed(t, err)
			return
		}
		whole := append(bytes.Clone(pdf), p.Update...)
		if _, err := pdfprep.Open(ctx, bytes.NewReader(whole), int64(len(whole)), pdfprep.OpenOptions{}); err != nil {
			t.Fatalf("what was written does not read back: %v", err)
		}
	})
}

// halfTransparent is a small PNG with an alpha channel.
func halfTransparent(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		for y := range 20 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(6 * x), 40, 160, uint8(12 * y)})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
