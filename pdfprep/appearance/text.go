package appearance

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// em is the size at which text is shaped: widths come out in thousandths of the font size.
const em = 1000

// The sizes between which text is fitted.
const (
	leastFontSize = 3.5
	sizeSteps     = 14 // of the search: to a ten thousandth
)

// parseFont reads a font, or the first one of a collection. The library that does it recovers from nothing, so it is done here.
func parseFont(data []byte) (face *font.Face, err error) {
	if len(data) > maxFontBytes {
		return nil, invalid("a font is too large")
	}
	defer func() {
		if recover() != nil {
			face, err = nil, invalid("a font is damaged")
		}
	}()
	if err := checkTables(data); err != nil {
		return nil, err
	}
	loaders, cause := opentype.NewLoaders(bytes.NewReader(data))
	if cause != nil || len(loaders) == 0 {
		return nil, &Error{Code: InvalidArgument, Msg: "a font is damaged", Err: cause}
	}
	program, cause := font.NewFont(loaders[0])
	if cause != nil {
		return nil, &Error{Code: InvalidArgument, Msg: "a font is damaged", Err: cause}
	}
	if face = font.NewFace(program); face.Upem() < 16 || face.Upem() > 16384 {
		return nil, invalid("a font has no usable scale")
	}
	return face, nil
}

// The bounds of a font file.
const (
	maxCollection = 64 // fonts, of which the first is taken
	maxTables     = 256
)

// checkTables looks at a font's directory (ISO/IEC 14496-22 §4.5) before the library does, which takes as much memory for a table as the
// directory says it has. Compressed fonts are refused: they may become any size.
func checkTables(data []byte) error {
	be, at := binary.BigEndian, uint64(0)
	damaged := invalid("a font is damaged")
	if len(data) >= 16 && string(data[:4]) == "ttcf" {
		if be.Uint32(data[8:]) > maxCollection {
			return invalid("a collection has too many fonts")
		}
		at = uint64(be.Uint32(data[12:]))
	}
	size := uint64(len(data))
	if at+12 > size {
		return damaged
	}
	if kind := string(data[at : at+4]); kind != "\x00\x01\x00\x00" && kind != "OTTO" && kind != "true" {
		return invalid("a font is not TrueType or OpenType")
	}
	count := uint64(be.Uint16(data[at+4:]))
	if count > maxTables || at+12+16*count > size {
		return damaged
	}
	for n := range count {
		entry := data[at+12+16*n:]
		if uint64(be.Uint32(entry[8:]))+uint64(be.Uint32(entry[12:])) > size {
			return damaged
		}
	}
	return nil
}

// typesetter holds the shaped paragraphs of a text.
type typesetter struct {
	align      string
	paragraphs []paragraph
	wrapper    shaping.LineWrapper
}

type paragraph struct {
	line  Line
	text  []rune
	runs  []shaping.Output
	rtl   bool
	above float64 // of the baseline, in font sizes
	below float64
}

// fonts gives each character a face.
type fonts struct {
	faces   []*font.Face
	missing []rune
}

// ResolveFace implements shaping.Fontmap.
func (f *fonts) ResolveFace(r rune) *font.Face {
	for _, face := range f.faces {
		if _, ok := face.NominalGlyph(r); ok {
			return face
		}
	}
	if !invisible(r) && !slices.Contains(f.missing, r) {
		f.missing = append(f.missing, r)
	}
	if len(f.faces) == 0 {
		return nil
	}
	return f.faces[0]
}

// invisible are characters that need no glyph.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

func newTypesetter(lines []Line, faces []*font.Face, align string) (t *typesetter, err error) {
	defer func() {
		if recover() != nil { // shaping runs programs that fonts bring along
			t, err = nil, invalid("a font cannot be used to set this text")
		}
	}()
	f := &fonts{faces: faces}
	for _, l := range lines {
		for _, r := range l.Text {
			if f.ResolveFace(r); unicode.Is(unicode.Cc, r) && r != '\t' {
				return nil, invalid("the text of the appearance has a control character")
			}
		}
	}
	if len(f.missing) > 0 {
		return nil, missing(f.missing)
	}
	t = &typesetter{align: align}
	var shaper shaping.HarfbuzzShaper
	var segmenter shaping.Segmenter
	for _, l := range lines {
		p := paragraph{line: l, text: []rune(strings.ReplaceAll(l.Text, "\t", " ")), rtl: startsRightToLeft(l.Text)}
		input := shaping.Input{Text: p.text, RunEnd: len(p.text), Size: fixed.I(em), Language: language.NewLanguage("und"), Direction: di.DirectionLTR}
		if p.rtl {
			input.Direction = di.DirectionRTL
		}
		for _, part := range segmenter.Split(input, f) {
			out := shaper.Shape(part)
			for _, g := range out.Glyphs {
				if r := p.text[g.TextIndex()]; g.GlyphID == 0 && !invisible(r) {
					return nil, missing(p.text[g.TextIndex() : g.TextIndex()+g.RunesCount()])
				}
			}
			p.runs = append(p.runs, out)
			p.above = max(p.above, float64(out.LineBounds.Ascent)/64/em)
			p.below = max(p.below, -float64(out.LineBounds.Descent)/64/em)
		}
		p.above, p.below = min(max(p.above*0.92, 0.8), 1.3), min(max(p.below*0.92, 0.22), 0.7)
		t.paragraphs = append(t.paragraphs, p)
	}
	return t, nil
}

func missing(list []rune) error {
	return &Error{Code: GlyphMissing, Msg: "no font has the characters " + string(list) + ": give one that has them", Details: map[string]any{"characters": string(list)}}
}

// startsRightToLeft decides by the first strong character (UAX #9, rule P2).
func startsRightToLeft(text string) bool {
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Samaritan, unicode.Mandaic):
			return true
		case unicode.IsLetter(r):
			return false
		}
	}
	return false
}

// run is a stretch of glyphs of one face on one line.
type run struct {
	face   *font.Face
	glyphs []glyph
	x, y   float64 // of the line's origin
	size   float64
	color  Color
}

// glyph stands at x, y from the run's origin, in thousandths of the size.
type glyph struct {
	id   font.GID
	x, y float64
	text string // the characters it stands for
}

// fit sets the text as large as it fits into a box, up to a size.
func (t *typesetter) fit(b box, largest float64) (runs []*run, err error) {
	defer func() {
		if recover() != nil {
			runs, err = nil, invalid("a font cannot be used to set this text")
		}
	}()
	if t.height(b.w, largest) <= b.h {
		return t.set(b, largest), nil
	}
	low, high := min(leastFontSize, largest), largest
	if t.height(b.w, low) > b.h {
		return nil, &Error{Code: TextTooLong, Msg: "the text of the appearance does not fit its rectangle", Details: map[string]any{"width": b.w, "height": b.h}}
	}
	for range sizeSteps {
		if middle := (low + high) / 2; t.height(b.w, middle) <= b.h {
			low = middle
		} else {
			high = middle
		}
	}
	return t.set(b, low), nil
}

// wrap breaks a paragraph into lines.
func (t *typesetter) wrap(p *paragraph, width, size float64) []shaping.Line {
	config := shaping.WrapConfig{BreakPolicy: shaping.WhenNecessary, Direction: di.DirectionLTR}
	if p.rtl {
		config.Direction = di.DirectionRTL
	}
	at := min(width/size*em/p.line.Scale, 1<<24)
	lines, _ := t.wrapper.WrapParagraph(config, max(1, int(at)), p.text, shaping.NewSliceIterator(slices.Clone(p.runs)))
	// The wrapper owns what it returns until it is asked again.
	own := make([]shaping.Line, len(lines))
	for i, l := range lines {
		own[i] = slices.Clone(l)
	}
	return own
}

// height is what the text takes up, infinite if a line is wider than it may be.
func (t *typesetter) height(width, size float64) float64 {
	total := 0.0
	for i := range t.paragraphs {
		p := &t.paragraphs[i]
		for _, l := range t.wrap(p, width, size) {
			if advance(l)*size*p.line.Scale/em > width*1.001 {
				return math.Inf(1)
			}
			total += (p.above + p.below) * size * p.line.Scale
		}
	}
	return total
}

func advance(l shaping.Line) float64 {
	sum := 0.0
	for _, o := range l {
		sum += float64(o.Advance) / 64
	}
	return sum
}

// set places the text in the middle of the box's height.
func (t *typesetter) set(b box, size float64) []*run {
	y := b.y + b.h - (b.h-t.height(b.w, size))/2
	var runs []*run
	for i := range t.paragraphs {
		p := &t.paragraphs[i]
		scaled := size * p.line.Scale
		for _, l := range t.wrap(p, b.w, size) {
			y -= p.above * scaled
			width := advance(l) * scaled / em
			x := b.x
			if t.align == "right" || t.align == "" && p.rtl {
				x += b.w - width
			} else if t.align == "center" {
				x += (b.w - width) / 2
			}
			slices.SortStableFunc(l, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
			for _, o := range l {
				if r := newRun(p, o); len(r.glyphs) > 0 {
					r.x, r.y, r.size = x, y, scaled
					runs = append(runs, r)
				}
				x += float64(o.Advance) / 64 * scaled / em
			}
			y -= p.below * scaled
		}
	}
	return runs
}

func newRun(p *paragraph, o shaping.Output) *run {
	r := &run{face: o.Face, color: p.line.Color}
	pen := 0.0
	for i, g := range o.Glyphs {
		if g.GlyphID != 0 {
			text := clusterText(p.text, o, i)
			r.glyphs = append(r.glyphs, glyph{g.GlyphID, pen + float64(g.XOffset)/64, float64(g.YOffset) / 64, text})
		}
		pen += float64(g.Advance) / 64
	}
	return r
}

// clusterText says which characters a glyph stands for. Where several glyphs stand for several characters together, they are dealt out one
// by one, and the last glyph takes the rest.
func clusterText(text []rune, o shaping.Output, i int) string {
	g := o.Glyphs[i]
	first := i
	for first > 0 && o.Glyphs[first-1].TextIndex() == g.TextIndex() {
		first--
	}
	place := i - first
	if o.Direction.Progression() == di.TowardTopLeft { // right to left: the first character's glyph comes last
		place = g.GlyphsCount() - 1 - place
	}
	runes := text[g.TextIndex() : g.TextIndex()+g.RunesCount()]
	switch {
	case place < 0 || place >= len(runes):
		return ""
	case place == g.GlyphsCount()-1:
		return string(runes[place:])
	}
	return string(runes[place : place+1])
}
