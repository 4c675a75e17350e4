package appearance

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"hashout/pdfprep/drawing"

	"github.com/go-text/typesetting/font"
)

// pdf writes one page. Its objects: 1 catalog, 2 pages, 3 page, 4 contents, then whatever is used.
type pdf struct {
	canvas  drawing.Canvas
	content bytes.Buffer
	objects [][]byte // from number 5
	fonts   []*pdfFont
	images  []string // resource entries
}

func newPDF(c drawing.Canvas) *pdf { return &pdf{canvas: c} }

const firstObject = 5

// part1 tells PDF/A-1, which wants to know which glyphs a font has.
func (p *pdf) part1() bool { return strings.HasPrefix(p.canvas.PDFA, "1") }

func (p *pdf) add(body []byte) int {
	p.objects = append(p.objects, body)
	return firstObject + len(p.objects) - 1
}

// stream makes the body of a stream, compressed.
func stream(dict string, data []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	w.Write(data)
	w.Close()
	return raw(dict+" /Filter /FlateDecode", b.Bytes())
}

func raw(dict string, data []byte) []byte {
	return append(fmt.Appendf(nil, "<< %s /Length %d >>\nstream\n", dict, len(data)), append(slices.Clip(data), "\nendstream"...)...)
}

func (p *pdf) bytes() ([]byte, error) {
	fonts, err := p.fontResources()
	if err != nil {
		return nil, err
	}
	resources := ""
	if len(p.images) > 0 {
		resources += "/XObject << " + strings.Join(p.images, " ") + " >> "
	}
	if fonts != "" {
		resources += "/Font << " + fonts + " >> "
	}
	if p.canvas.PDFA != "" {
		// Colours that mean the same on every device, so that the document's output intent does not matter (ISO 19005-1 §6.2.3.3).
		resources += "/ColorSpace << /DefaultGray [/CalGray << /WhitePoint [0.9505 1 1.089] /Gamma 2.2 >>] /DefaultRGB [/CalRGB << " +
			"/WhitePoint [0.9505 1 1.089] /Gamma [2.2 2.2 2.2] /Matrix [0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505] >>] >> "
	}
	page := fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Contents 4 0 R /Resources << %s>> >>",
		number(p.canvas.Width), number(p.canvas.Height), resources)
	bodies := [][]byte{[]byte("<< /Type /Catalog /Pages 2 0 R >>"), []byte("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"), []byte(page), stream("", p.content.Bytes())}
	out := []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	rows := []byte("0000000000 65535 f \n")
	for i, body := range append(bodies, p.objects...) {
		rows = fmt.Appendf(rows, "%010d 00000 n \n", len(out))
		out = append(fmt.Appendf(out, "%d 0 obj\n", i+1), append(slices.Clip(body), "\nendobj\n"...)...)
	}
	start, count := len(out), len(rows)/20
	out = append(fmt.Appendf(out, "xref\n0 %d\n", count), rows...)
	return fmt.Appendf(out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", count, start), nil
}

// pdf sets the colour of what is filled or of what is drawn along (ISO 32000-2 §8.6.8).
func (c Color) pdf(gray, rgb string) string {
	part := func(n uint8) string { return number(float64(n) / 255) }
	if c[0] == c[1] && c[1] == c[2] {
		return part(c[0]) + " " + gray
	}
	return part(c[0]) + " " + part(c[1]) + " " + part(c[2]) + " " + rgb
}

func (c Color) fill() string   { return c.pdf("g", "rg") }
func (c Color) stroke() string { return c.pdf("G", "RG") }

func (a *area) pdf(p *pdf) error {
	b := &p.content
	operator := "f"
	if a.stroke != nil {
		operator = "S"
		fmt.Fprintf(b, "%s %s w 1 J 1 j\n", a.stroke.stroke(), number(a.width))
	} else {
		b.WriteString(a.fill.fill() + "\n")
	}
	for _, s := range a.path {
		for i := range s.points() {
			b.WriteString(number(s.p[i].x) + " " + number(s.p[i].y) + " ")
		}
		b.WriteString(map[byte]string{'M': "m", 'L': "l", 'C': "c", 'Z': "h"}[s.op] + "\n")
	}
	b.WriteString(operator + "\n")
	return nil
}

// pdfFont collects the glyphs of a face that are used. A glyph that stands for several texts counts for several, so that each can be
// mapped back to its text.
type pdfFont struct {
	face *font.Face
	used []glyph
	ids  map[usedGlyph]int
}

type usedGlyph struct {
	id   font.GID
	text string
}

func (p *pdf) font(face *font.Face) (int, *pdfFont) {
	for i, f := range p.fonts {
		if f.face == face {
			return i, f
		}
	}
	f := &pdfFont{face: face, ids: make(map[usedGlyph]int)}
	p.fonts = append(p.fonts, f)
	return len(p.fonts) - 1, f
}

// cid is the number of a glyph in the font that is written, from 1.
func (f *pdfFont) cid(g glyph) int {
	key := usedGlyph{g.id, g.text}
	if n, ok := f.ids[key]; ok {
		return n
	}
	f.used = append(f.used, g)
	f.ids[key] = len(f.used)
	return len(f.used)
}

func (f *pdfFont) width(id font.GID) float64 {
	return float64(f.face.HorizontalAdvance(id)) * 1000 / float64(f.face.Upem())
}

// pdf writes a run: glyphs by number, and between them how far the place where the next one stands is from where the last one ends.
func (r *run) pdf(p *pdf) error {
	n, f := p.font(r.face)
	b := &p.content
	fmt.Fprintf(b, "BT /F%d %s Tf %s %s %s Td\n", n, number(r.size), r.color.fill(), number(r.x), number(r.y))
	// The colour is set inside the text object, where it may be (ISO 32000-2 figure 9).
	pen, rise := 0.0, 0.0
	open := false
	closeList := func() {
		if open {
			b.WriteString("] TJ\n")
		}
		open = false
	}
	for _, g := range r.glyphs {
		if g.y != rise {
			closeList()
			rise = g.y
			b.WriteString(number(rise*r.size/1000) + " Ts\n")
		}
		if !open {
			b.WriteString("[")
			open = true
		}
		if gap := math.Round(pen - g.x); gap != 0 {
			b.WriteString(number(gap))
			pen -= gap
		}
		fmt.Fprintf(b, "<%04X>", f.cid(g))
		pen += math.Round(f.width(g.id))
	}
	closeList()
	if rise != 0 {
		b.WriteString("0 Ts\n")
	}
	b.WriteString("ET\n")
	return nil
}

// fontResources writes the fonts (ISO 32000-2 §9.7): each a TrueType program of the used glyphs, numbered in the order of their use.
func (p *pdf) fontResources() (string, error) {
	var entries []string
	for n, f := range p.fonts {
		object, err := p.writeFont(f, n)
		if err != nil {
			return "", err
		}
		entries = append(entries, fmt.Sprintf("/F%d %d 0 R", n, object))
	}
	return strings.Join(entries, " "), nil
}

func (p *pdf) writeFont(f *pdfFont, n int) (int, error) {
	scale := 1.0
	if upem := f.face.Upem(); upem <= 2048 {
		scale = math.Ceil(2000 / float64(upem))
	}
	t := &trueType{upem: int(float64(f.face.Upem()) * scale)}
	var widths strings.Builder
	for i, g := range append([]glyph{{}}, f.used...) {
		var shape []contour
		if i > 0 {
			var ok bool
			if shape, ok = outline(f.face, g.id, scale); !ok {
				return 0, missing([]rune(g.text))
			}
		}
		width := f.width(g.id)
		t.glyphs = append(t.glyphs, shape)
		t.advances = append(t.advances, int(math.Round(min(max(width/1000*float64(t.upem), 0), 65535))))
		fmt.Fprintf(&widths, "%s ", number(math.Round(width)))
	}
	program := t.bytes()
	name := fmt.Sprintf("HASHO%c+Hashout%d", 'A'+n%26, n)
	ascent, descent := 1000, -300
	if e, ok := f.face.FontHExtents(); ok {
		ascent, descent = int(e.Ascender*1000/float32(f.face.Upem())), int(e.Descender*1000/float32(f.face.Upem()))
	}
	file := p.add(stream(fmt.Sprintf("/Length1 %d", len(program)), program))
	set := ""
	if p.part1() { // ISO 19005-1 §6.3.5: which glyphs the subset has
		bits := make([]byte, (len(t.glyphs)+7)/8)
		for i := range t.glyphs {
			bits[i/8] |= 0x80 >> (i % 8)
		}
		set = fmt.Sprintf(" /CIDSet %d 0 R", p.add(stream("", bits)))
	}
	descriptor := p.add(fmt.Appendf(nil, "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-500 -500 1500 1500] /ItalicAngle 0 /Ascent %d /Descent %d "+
		"/CapHeight 700 /StemV 80 /FontFile2 %d 0 R%s >>", name, ascent, descent, file, set))
	descendant := p.add(fmt.Appendf(nil, "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "+
		"/FontDescriptor %d 0 R /DW 0 /W [0 [%s]] /CIDToGIDMap /Identity >>", name, descriptor, strings.TrimSpace(widths.String())))
	unicode := p.add(stream("", toUnicode(f.used)))
	return p.add(fmt.Appendf(nil, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, descendant, unicode)), nil
}

// toUnicode maps glyphs to their characters (ISO 32000-2 §9.10.3).
func toUnicode(used []glyph) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const block = 100 // entries at most
	for from := 0; from < len(used); from += block {
		part := used[from:min(len(used), from+block)]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(part))
		for i, g := range part {
			text := g.text
			if text == "" {
				text = "\u200b" // a mark whose character another glyph stands for
			}
			fmt.Fprintf(&b, "<%04X> <", from+i+1)
			for _, unit := range utf16.Encode([]rune(text)) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
