package pdfprep_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/appearance"
	"hashout/pdfprep/appearance/defaultfont"
)

var redraw = flag.Bool("update", false, "draw the golden pictures again")

const (
	lookWidth, lookHeight = 220, 110 // of an appearance, in points
	lookDPI               = 144
	looksDir              = "appearance/testdata/"
)

// looks are appearances with a golden picture each.
func looks(t *testing.T) map[string]*appearance.Artist {
	t.Helper()
	fonts := [][]byte{defaultfont.TTF}
	for _, name := range []string{"chinese.otf", "arabic.ttf", "hebrew.ttf", "devanagari.ttf"} {
		data, err := os.ReadFile(looksDir + name)
		if err != nil {
			t.Fatal(err)
		}
		fonts = append(fonts, data)
	}
	values := map[string]string{"name": "Erika Mustermann", "date": "2026-11-25 22:45:03 +01:00", "reason": "Approved", "location": "Berlin"}
	dark := appearance.DefaultColor
	stroke := func(points ...float64) (s []appearance.Point) {
		for i := 0; i < len(points); i += 2 {
			s = append(s, appearance.Point{X: points[i], Y: points[i+1], Pressure: 0.3 + 0.05*float64(i%8)})
		}
		return s
	}
	handwriting := &appearance.Ink{Color: appearance.Color{0x1a, 0x2f, 0x8f}, Strokes: [][]appearance.Point{
		stroke(0, 60, 20, 10, 40, 0, 38, 30, 20, 60, 50, 58, 70, 35, 78, 38, 76, 58, 95, 52, 110, 34, 118, 38, 114, 58, 150, 40), stroke(60, 75, 140, 66),
	}}
	specs := map[string]appearance.Spec{
		"default": {Lines: appearance.DefaultLines(), Border: appearance.DefaultBorder()},
		"scripts": {Lines: []appearance.Line{{Text: "Latin: Grüße, Žižek"}, {Text: "Ελληνικά: Καλημέρα"}, {Text: "Кириллица: Привет"}, {Text: "王小明批准"},
			{Text: "مرحبا بالعالم"}, {Text: "שלום עולם"}, {Text: "हिन्दी अनुमोदित"}}},
		"left":   {Lines: appearance.DefaultLines(), Ink: handwriting, Border: &appearance.Border{Color: dark, Width: 0.75, Radius: 4}},
		"right":  {Lines: appearance.DefaultLines(), Image: halfTransparent(t), Place: "right", QR: "https://example.org/verify/1234", Background: &appearance.Color{0xf4, 0xf6, 0xfb}},
		"behind": {Lines: appearance.DefaultLines(), Image: halfTransparent(t), Place: "behind", Align: "center"},
	}
	artists := map[string]*appearance.Artist{}
	for name, s := range specs {
		s.Values, s.Fonts, s.Padding = values, fonts, -1
		a, err := appearance.New(s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		artists[name] = a
	}
	return artists
}

// turnedPage is a page that is shown turned, of which a part is shown, whose rectangle for the appearance is shown as large as all others.
func turnedPage(rotate int) (pdf []byte, rect [4]float64) {
	rect = [4]float64{60, 70, 60 + lookWidth, 70 + lookHeight}
	if rotate%180 != 0 {
		rect[2], rect[3] = 60+lookHeight, 70+lookWidth
	}
	m := newMaker()
	m.obj(1, "<</Type/Catalog/Pages 2 0 R>>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	// The rectangle is the whole of what is shown.
	m.obj(3, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[-10 -20 400 400]/CropBox[%g %g %g %g]/Rotate %d>>", rect[0], rect[1], rect[2], rect[3], rotate))
	return m.table(""), rect
}

// renderers draw the shown part of the first page.
var renderers = map[string]func(pdf, out string) *exec.Cmd{
	"poppler": func(pdf, out string) *exec.Cmd {
		return exec.Command("pdftoppm", "-cropbox", "-r", fmt.Sprint(lookDPI), "-png", "-singlefile", pdf, out[:len(out)-len(".png")])
	},
	"mupdf": func(pdf, out string) *exec.Cmd {
		return exec.Command("mutool", "draw", "-q", "-r", fmt.Sprint(lookDPI), "-o", out, pdf, "1")
	},
}

// TestPicturesOfAppearances: on pages turned by any quarter and cropped, two renderers show the golden picture.
func TestPicturesOfAppearances(t *testing.T) {
	dir := t.TempDir()
	for name, artist := range looks(t) {
		golden := looksDir + "golden/" + name + ".png"
		for _, rotate := range []int{0, 90, 180, 270} {
			pdf, rect := turnedPage(rotate)
			signed := mustSign(t, pdf, "", pdfprep.SignOptions{Artist: artist, Field: pdfprep.FieldOptions{Name: "Neu", Rect: rect}})
			path := filepath.Join(dir, fmt.Sprintf("%s-%d.pdf", name, rotate))
			if err := os.WriteFile(path, signed, 0o600); err != nil {
				t.Fatal(err)
			}
			for renderer, command := range renderers {
				out := path[:len(path)-len(".pdf")] + renderer + ".png"
				cmd := command(path, out)
				if cmd.Err != nil && os.Getenv("CI") != "true" {
					t.Skipf("SKIPPED: %v, so nobody looks at the appearances; run .ci/setup", cmd.Err)
				}
				if said, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v %s", renderer, err, said)
				}
				if *redraw && rotate == 0 && renderer == "poppler" {
					data, err := os.ReadFile(out)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, data, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if *redraw {
					continue
				}
				if d, err := unlike(golden, out); err != nil || d > 0.012 {
					t.Errorf("%s on a page turned by %d, drawn by %s, differs by %.4f from %s (%v)", name, rotate, renderer, d, golden, err)
				} else {
					t.Logf("%s %d %s %.4f", name, rotate, renderer, d)
				}
			}
		}
	}
}

// unlike is how much two pictures differ, 1 being black from white. Each pixel may stand one off, because renderers do not begin alike.
func unlike(a, b string) (float64, error) {
	read := func(path string) (*image.Gray, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		gray := image.NewGray(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
		draw.Draw(gray, gray.Rect, m, m.Bounds().Min, draw.Src)
		return gray, nil
	}
	x, err := read(a)
	if err != nil {
		return 1, err
	}
	y, err := read(b)
	if err != nil {
		return 1, err
	}
	w, h := min(x.Rect.Dx(), y.Rect.Dx()), min(x.Rect.Dy(), y.Rect.Dy())
	if max(x.Rect.Dx(), y.Rect.Dx())-w > 2 || max(x.Rect.Dy(), y.Rect.Dy())-h > 2 {
		return 1, fmt.Errorf("sizes %v and %v", x.Rect, y.Rect)
	}
	best := 1.0
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			sum, count := 0, 0
			for i := 2; i < w-2; i++ {
				for j := 2; j < h-2; j++ {
					d := int(x.GrayAt(i, j).Y) - int(y.GrayAt(i+dx, j+dy).Y)
					sum += max(d, -d)
					count++
				}
			}
			best = min(best, float64(sum)/255/float64(count))
		}
	}
	return best, nil
}

// TestTheTextOfAnAppearanceCanBeFound, whatever its script.
func TestTheTextOfAnAppearanceCanBeFound(t *testing.T) {
	pdf, rect := turnedPage(0)
	path := filepath.Join(t.TempDir(), "text.pdf")
	signed := mustSign(t, pdf, "", pdfprep.SignOptions{Artist: looks(t)["scripts"], Field: pdfprep.FieldOptions{Name: "Neu", Rect: rect}})
	if err := os.WriteFile(path, signed, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", path, "-").Output()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("SKIPPED: pdftotext does not run here; run .ci/setup")
	}
	for _, want := range []string{"Grüße, Žižek", "Καλημέρα", "Привет", "王小明批准", "مرحبا بالعالم", "שלום עולם"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

// TestThePreviewShowsWhatIsSigned: Chromium draws the SVG as poppler draws the signed page.
func TestThePreviewShowsWhatIsSigned(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("SKIPPED: there is no Chromium, so nobody looks at previews; run .ci/setup")
	}
	dir := t.TempDir()
	w, h := lookWidth*lookDPI/72, lookHeight*lookDPI/72
	page := "<!doctype html><body style='margin:0'>"
	var names []string
	for name, artist := range looks(t) {
		svg, err := artist.SVG(pdfprep.Canvas{Width: lookWidth, Height: lookHeight})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".svg"), svg, 0o600); err != nil {
			t.Fatal(err)
		}
		page += fmt.Sprintf("<img src='%s.svg' style='display:block;width:%dpx;height:%dpx'>", name, w, h)
		names = append(names, name)
	}
	if err := os.WriteFile(filepath.Join(dir, "page.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	shot := filepath.Join(dir, "shot.png")
	said, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
		"--user-data-dir="+filepath.Join(dir, "profile"), fmt.Sprintf("--window-size=%d,%d", w, h*len(names)+200), "--screenshot="+shot, "file://"+filepath.Join(dir, "page.html")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, said)
	}
	data, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		one := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(one, one.Rect, whole, image.Pt(0, i*h), draw.Src)
		var b bytes.Buffer
		if err := png.Encode(&b, one); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, name+".png")
		if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := unlike(looksDir+"golden/"+name+".png", out)
		if err != nil || d > 0.02 {
			t.Errorf("the preview of %s differs by %.4f (%v)", name, d, err)
		} else {
			t.Logf("%s %.4f", name, d)
		}
	}
}
