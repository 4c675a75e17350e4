package appearance

import (
	"strconv"
	"strings"
)

// Spec says what an appearance is made of. Lengths are in points. The zero value shows nothing.
type Spec struct {
	// Lines are the text, from the top.
	Lines []Line
	// Values are put into the lines where {their names} stand. A line all of whose values are empty is left out.
	Values map[string]string
	// Align is where lines begin: at the side their script begins ("", the default), "left", "center" or "right".
	Align string
	// FontSize is the size of text at most, that of a line of scale 1; 0 means DefaultFontSize. Text becomes smaller to fit.
	FontSize float64
	// Fonts are TrueType or OpenType fonts. Each character comes from the first that has it.
	Fonts [][]byte

	// Image is a PNG or JPEG; Ink is handwriting. Only one of the two may be given.
	Image []byte
	Ink   *Ink
	// Place is where image or ink go: "left" of the text (the default), "right" of it, or "behind" it.
	Place string
	// QR is the content of a QR code on the side that the picture leaves free, or nothing.
	QR string

	Background *Color
	Border     *Border
	// Padding is kept free at all sides; negative means what suits the size.
	Padding float64
}

// Line is one paragraph of the text; it is wrapped as needed.
type Line struct {
	Text  string
	Scale float64 // of the font size; 0 means 1
	Color Color
}

// Color is red, green and blue.
type Color [3]uint8

// Border is a line around the appearance, or along some of its sides.
type Border struct {
	Color Color
	Width float64
	// Radius rounds the corners of a border that goes all around, and those of the background.
	Radius float64
	// Sides is "all" or empty, or "left": a bar where the text begins.
	Sides string
}

// Ink is handwriting: what a finger or pen drew, y growing downwards as on a screen.
type Ink struct {
	Strokes [][]Point
	// Width of a stroke at full pressure, in the units of the points; 0 means what suits the size.
	Width float64
	Color Color
}

// Point of a stroke. Pressure is between 0 and 1; 0 throughout a stroke means that it is not known.
type Point struct{ X, Y, Pressure float64 }

// DefaultFontSize is the size of text at most where nothing else is asked for.
const DefaultFontSize = 10

// The bounds of what may be asked for.
const (
	maxLines      = 64
	maxTextRunes  = 4000
	maxInkPoints  = 20_000
	maxImageBytes = 16 << 20
	maxFontBytes  = 64 << 20
	maxFonts      = 16
	maxSide       = 14_400 // of a canvas, the largest of ISO 32000-1 Annex C
)

// The default look: who signed, large, and when and why, small.
var (
	ink  = Color{0x14, 0x21, 0x3d}
	grey = Color{0x5b, 0x65, 0x78}
	blue = Color{0x2b, 0x5c, 0xc4}
)

// DefaultColor is that of text and ink where nothing else is asked for.
var DefaultColor = ink

// DefaultLines show {name}, {date}, {reason} and {location}.
func DefaultLines() []Line {
	return []Line{
		{Text: "Digitally signed by", Scale: 0.78, Color: grey},
		{Text: "{name}", Scale: 1.25, Color: ink},
		{Text: "{date}", Scale: 0.78, Color: grey},
		{Text: "{reason}", Scale: 0.78, Color: grey},
		{Text: "{location}", Scale: 0.78, Color: grey},
	}
}

// DefaultBorder is a bar where the text begins.
func DefaultBorder() *Border { return &Border{Color: blue, Width: 1.8, Sides: "left"} }

func (s *Spec) check() error {
	runes := 0
	for _, l := range s.Lines {
		runes += len(l.Text)
		if !(l.Scale >= 0 && l.Scale <= 10) {
			return invalid("the scale of a line is out of range")
		}
	}
	points := 0
	if s.Ink != nil {
		for _, stroke := range s.Ink.Strokes {
			points += len(stroke)
		}
	}
	switch {
	case len(s.Lines) > maxLines || runes > 4*maxTextRunes:
		return invalid("the text of the appearance is too long")
	case s.Align != "" && s.Align != "left" && s.Align != "center" && s.Align != "right":
		return invalid("text is aligned left, center or right")
	case s.Place != "" && s.Place != "left" && s.Place != "right" && s.Place != "behind":
		return invalid("a picture goes left, right or behind")
	case s.Image != nil && s.Ink != nil:
		return invalid("an appearance has an image or handwriting, not both")
	case len(s.Image) > maxImageBytes:
		return invalid("the image is too large")
	case points > maxInkPoints || s.Ink != nil && points == 0:
		return invalid("the handwriting has no points, or too many")
	case !(s.FontSize >= 0 && s.FontSize <= 1000):
		return invalid("the font size is out of range")
	case !(s.Padding <= maxSide):
		return invalid("the padding is out of range")
	case s.Border != nil && (!(s.Border.Width >= 0 && s.Border.Width <= 100) || !(s.Border.Radius >= 0 && s.Border.Radius <= maxSide)):
		return invalid("the border is out of range")
	case s.Border != nil && s.Border.Sides != "" && s.Border.Sides != "all" && s.Border.Sides != "left":
		return invalid("a border goes around all sides, or along the left one")
	case len(s.Fonts) > maxFonts:
		return invalid("there are too many fonts")
	}
	return nil
}

// filled puts the values into the lines.
func (s *Spec) filled() ([]Line, error) {
	var lines []Line
	for _, l := range s.Lines {
		var b strings.Builder
		asked, found := false, false
		for rest := l.Text; ; {
			before, after, open := strings.Cut(rest, "{")
			b.WriteString(before)
			if !open {
				break
			}
			if strings.HasPrefix(after, "{") { // {{ is a brace
				b.WriteByte('{')
				rest = after[1:]
				continue
			}
			name, behind, closed := strings.Cut(after, "}")
			value, known := s.Values[name]
			if !closed || !known {
				return nil, &Error{Code: InvalidArgument, Msg: "the text of the appearance asks for a value that is not there", Details: map[string]any{"name": name}}
			}
			asked, found = true, found || value != ""
			b.WriteString(value)
			rest = behind
		}
		if l.Text = strings.TrimSpace(b.String()); l.Text == "" || asked && !found {
			continue
		}
		if l.Scale == 0 {
			l.Scale = 1
		}
		for part := range strings.SplitSeq(strings.ReplaceAll(l.Text, "\r\n", "\n"), "\n") {
			one := l
			one.Text = part
			lines = append(lines, one)
		}
	}
	runes := 0
	for _, l := range lines {
		runes += len([]rune(l.Text))
	}
	if runes > maxTextRunes || len(lines) > maxLines {
		return nil, &Error{Code: TextTooLong, Msg: "the text of the appearance is too long", Details: map[string]any{"characters": runes}}
	}
	return lines, nil
}

func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 3, 64)
	if s = strings.TrimRight(strings.TrimRight(s, "0"), "."); s == "-0" {
		return "0"
	}
	return s
}
