package appearance_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"strings"
	"testing"

	"hashout/pdfprep/appearance"
	"hashout/pdfprep/appearance/defaultfont"
	"hashout/pdfprep/drawing"
)

var canvas = drawing.Canvas{Width: 200, Height: 60}

func lines(texts ...string) (list []appearance.Line) {
	for _, text := range texts {
		list = append(list, appearance.Line{Text: text})
	}
	return list
}

func draw(t testing.TB, s appearance.Spec, c drawing.Canvas) ([]byte, error) {
	t.Helper()
	if s.Fonts == nil {
		s.Fonts = [][]byte{defaultfont.TTF}
	}
	a, err := appearance.New(s)
	if err != nil {
		return nil, err
	}
	d, err := a.Draw(t.Context(), c)
	return d.PDF, err
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func picture(t testing.TB, alpha uint8) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		m.SetNRGBA(i%3, i/3, color.NRGBA{200, uint8(40 * i), 0, alpha})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCharactersWithoutGlyphAreNamed(t *testing.T) {
	for text, want := range map[string]string{"批准 ok 批": "批准", "שלום": "שלום", "\U0001F58B pen": "\U0001F58B"} {
		_, err := draw(t, appearance.Spec{Lines: lines(text)}, canvas)
		var own *appearance.Error
		if !errors.As(err, &own) || own.Code != appearance.GlyphMissing || own.Details["characters"] != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	fonts := [][]byte{defaultfont.TTF, testdata(t, "chinese.otf"), testdata(t, "hebrew.ttf")}
	if _, err := draw(t, appearance.Spec{Lines: lines("批准 שלום Ω"), Fonts: fonts}, canvas); err != nil {
		t.Error(err)
	}
	if _, err := draw(t, appearance.Spec{Lines: lines("a"), Fonts: [][]byte{}}, canvas); !errors.Is(err, appearance.ErrGlyphMissing) {
		t.Errorf("without a font: %v", err)
	}
}

func TestTextThatDoesNotFitIsRefusedAndNotCut(t *testing.T) {
	if _, err := draw(t, appearance.Spec{Lines: lines(strings.Repeat("word ", 500))}, canvas); !errors.Is(err, appearance.ErrTextTooLong) {
		t.Error(err)
	}
	if _, err := draw(t, appearance.Spec{Lines: lines("Unbreakable" + strings.Repeat("x", 80))}, canvas); err != nil {
		t.Errorf("a long word is broken where it must: %v", err)
	}
}

func TestTheSameSpecGivesTheSameBytes(t *testing.T) {
	s := appearance.Spec{Lines: lines("one {a}", "two"), Values: map[string]string{"a": "ﬃ"}, Image: picture(t, 100), QR: "x", Border: appearance.DefaultBorder()}
	first, err := draw(t, s, canvas)
	if err != nil {
		t.Fatal(err)
	}
	again, err := draw(t, s, canvas)
	if err != nil || !bytes.Equal(first, again) {
		t.Fatalf("%d and %d bytes, %v", len(first), len(again), err)
	}
}

func TestNothingShinesThroughWhereItMustNot(t *testing.T) {
	for _, test := range []struct {
		alpha        uint8
		opaque, mask bool
	}{{100, false, true}, {100, true, false}, {255, false, false}} {
		c := canvas
		c.Opaque = test.opaque
		pdf, err := draw(t, appearance.Spec{Image: picture(t, test.alpha)}, c)
		if err != nil || bytes.Contains(pdf, []byte("/SMask")) != test.mask {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestLinesWithoutValuesAreLeftOut(t *testing.T) {
	values := map[string]string{"name": "N", "reason": ""}
	count := func(texts ...string) int {
		s := appearance.Spec{Lines: lines(texts...), Values: values, Fonts: [][]byte{defaultfont.TTF}}
		a, err := appearance.New(s)
		if err != nil {
			t.Fatal(err)
		}
		svg, err := a.SVG(canvas)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(svg, []byte(`<g fill="`))
	}
	if n := count("{name}", "Reason: {reason}", "{reason}", "{name} {reason}"); n != 2 {
		t.Errorf("%d lines", n)
	}
	for _, text := range []string{"{nobody}", "{name"} {
		if _, err := draw(t, appearance.Spec{Lines: lines(text), Values: values}, canvas); !errors.Is(err, appearance.ErrInvalidArgument) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	for name, s := range map[string]appearance.Spec{
		"no image":       {Image: []byte("GIF89a")},
		"cut image":      {Image: picture(t, 1)[:40]},
		"no font":        {Lines: lines("a"), Fonts: [][]byte{[]byte("no font")}},
		"cut font":       {Lines: lines("a"), Fonts: [][]byte{defaultfont.TTF[:2000]}},
		"two pictures":   {Image: picture(t, 1), Ink: &appearance.Ink{Strokes: [][]appearance.Point{{{X: 1}}}}},
		"no points":      {Ink: &appearance.Ink{}},
		"wild points":    {Ink: &appearance.Ink{Strokes: [][]appearance.Point{{{X: 1e300}}}}},
		"wild place":     {Place: "above"},
		"wild alignment": {Align: "up"},
		"control":        {Lines: lines("a\x00b")},
	} {
		if _, err := draw(t, s, canvas); !errors.Is(err, appearance.ErrInvalidArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []drawing.Canvas{{}, {Width: -1, Height: 9}, {Width: 1e9, Height: 9}} {
		if _, err := draw(t, appearance.Spec{QR: "x"}, c); !errors.Is(err, appearance.ErrInvalidArgument) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestAJPEGIsTakenAsItIs, turned as its Exif says.
func TestAJPEGIsTakenAsItIs(t *testing.T) {
	exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	jpeg := "\xff\xd8" + exif + "\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x02data\xff\xd9"
	pdf, err := draw(t, appearance.Spec{Image: []byte(jpeg)}, drawing.Canvas{Width: 100, Height: 200})
	if err != nil || !bytes.Contains(pdf, []byte(jpeg)) || !bytes.Contains(pdf, []byte("/Width 32 /Height 16")) {
		t.Fatalf("%v", err)
	}
	if _, err := draw(t, appearance.Spec{Image: []byte(jpeg[:50])}, canvas); !errors.Is(err, appearance.ErrInvalidArgument) {
		t.Error(err)
	}
}

// FuzzDraw: whatever font, picture and text are, drawing ends, with a typed error or with a PDF and a picture that is XML.
func FuzzDraw(f *testing.F) {
	f.Add(testdata(f, "hebrew.ttf"), picture(f, 9), "שלום a")
	f.Add(testdata(f, "chinese.otf"), []byte("\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"), "批准")
	f.Add(testdata(f, "arabic.ttf"), []byte(nil), "مرحبا\nb")
	f.Fuzz(func(t *testing.T, font, image []byte, text string) {
		a, err := appearance.New(appearance.Spec{Lines: lines(text), Fonts: [][]byte{font, defaultfont.TTF}, Image: image, Padding: -1})
		var own *appearance.Error
		if err != nil {
			if !errors.As(err, &own) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if _, err := a.Draw(t.Context(), canvas); err != nil && !errors.As(err, &own) {
			t.Fatalf("%T: %v", err, err)
		}
		svg, err := a.SVG(canvas)
		if err != nil {
			if !errors.As(err, &own) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
