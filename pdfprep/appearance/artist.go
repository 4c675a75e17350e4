package appearance

import (
	"context"

	"hashout/pdfprep/drawing"

	"github.com/go-text/typesetting/font"
)

// Artist draws one Spec. It is a pdfprep.Artist, and not safe for concurrent use.
type Artist struct {
	spec    Spec
	lines   []Line
	faces   []*font.Face
	picture picture
	text    *typesetter
}

// New reads fonts and picture.
func New(s Spec) (*Artist, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	a := &Artist{spec: s}
	var err error
	if a.lines, err = s.filled(); err != nil {
		return nil, err
	}
	if a.picture, err = s.readPicture(); err != nil {
		return nil, err
	}
	if len(a.lines) == 0 {
		return a, nil
	}
	for _, data := range s.Fonts {
		face, err := parseFont(data)
		if err != nil {
			return nil, err
		}
		a.faces = append(a.faces, face)
	}
	a.text, err = newTypesetter(a.lines, a.faces, s.Align)
	return a, err
}

// Draw makes a PDF of one page as large as the canvas.
func (a *Artist) Draw(ctx context.Context, c drawing.Canvas) (d drawing.Drawing, err error) {
	defer caught(&err)
	if err := ctx.Err(); err != nil {
		return drawing.Drawing{}, err
	}
	shapes, err := a.compose(c)
	if err != nil {
		return drawing.Drawing{}, err
	}
	p := newPDF(c)
	for _, s := range shapes {
		if err := s.pdf(p); err != nil {
			return drawing.Drawing{}, err
		}
	}
	data, err := p.bytes()
	return drawing.Drawing{PDF: data}, err
}

// SVG makes a picture of what Draw makes.
func (a *Artist) SVG(c drawing.Canvas) (picture []byte, err error) {
	defer caught(&err)
	shapes, err := a.compose(c)
	if err != nil {
		return nil, err
	}
	v := newSVG(c)
	for _, s := range shapes {
		s.svg(v)
	}
	return v.bytes(), nil
}

// caught makes an error of a panic: outlines of a font are read when they are drawn, by a library that trusts them.
func caught(err *error) {
	if recover() != nil {
		*err = invalid("a font is damaged")
	}
}

// shape is one thing that is drawn. Coordinates are points from the left lower corner.
type shape interface {
	pdf(p *pdf) error
	svg(v *svg)
}

// box is a rectangle: left, bottom, width and height.
type box struct{ x, y, w, h float64 }

func (b box) inset(n float64) box {
	return box{b.x + n, b.y + n, max(0, b.w-2*n), max(0, b.h-2*n)}
}

// fitted is the largest box of a shape in the middle of b.
func (b box) fitted(w, h float64) box {
	scale := min(b.w/w, b.h/h)
	return box{b.x + (b.w-w*scale)/2, b.y + (b.h-h*scale)/2, w * scale, h * scale}
}

// How much of the width a picture beside text takes at most.
const (
	pictureShare = 0.38
	qrShare      = 0.33
)

// compose lays the parts out, from the back to the front.
func (a *Artist) compose(c drawing.Canvas) ([]shape, error) {
	if !(c.Width > 0 && c.Width <= maxSide && c.Height > 0 && c.Height <= maxSide) {
		return nil, invalid("the rectangle of the appearance is out of range")
	}
	s := &a.spec
	whole := box{0, 0, c.Width, c.Height}
	var shapes []shape
	radius := 0.0
	if s.Border != nil {
		radius = min(s.Border.Radius, min(whole.w, whole.h)/2)
	}
	if s.Background != nil {
		shapes = append(shapes, &area{path: rounded(whole, radius), fill: s.Background})
	}
	padding := s.Padding
	if padding < 0 {
		padding = min(6, min(whole.w, whole.h)*0.07)
	}
	inner := whole.inset(padding)
	bar := 0.0
	if b := s.Border; b != nil && b.Width > 0 {
		width := min(b.Width, min(whole.w, whole.h)/4)
		if b.Sides == "left" {
			bar = width
		} else {
			inner = whole.inset(padding + width)
			shapes = append(shapes, &area{path: rounded(whole.inset(width/2), max(0, radius-width/2)), stroke: &b.Color, width: width})
		}
	}
	gap := max(padding, 3)
	free := inner
	if s.QR != "" {
		code, err := newQR(s.QR)
		if err != nil {
			return nil, err
		}
		slot := free
		if a.text != nil || a.picture != nil && s.Place != "behind" {
			slot.w = min(free.h, free.w*qrShare)
			if s.Place == "right" {
				free.x += slot.w + gap
			} else {
				slot.x = free.x + free.w - slot.w
			}
			free.w -= slot.w + gap
		}
		code.at = slot.fitted(1, 1)
		shapes = append(shapes, code)
	}
	if a.picture != nil {
		slot := free
		w, h := a.picture.size()
		if a.text != nil && s.Place != "behind" {
			slot.w = min(free.w*pictureShare, free.h*w/h)
			if s.Place == "right" {
				slot.x = free.x + free.w - slot.w
			} else {
				free.x += slot.w + gap
			}
			free.w -= slot.w + gap
		}
		shapes = append(shapes, a.picture.drawn(slot.fitted(w, h), s.Background))
	}
	if bar > 0 {
		b := box{free.x, inner.y, bar, inner.h}
		shapes = append(shapes, &area{path: rounded(b, bar/2), fill: &s.Border.Color})
		free.x += bar + max(gap, 5)
		free.w -= bar + max(gap, 5)
	}
	if a.text != nil {
		size := s.FontSize
		if size == 0 {
			size = DefaultFontSize
		}
		runs, err := a.text.fit(free, size)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			shapes = append(shapes, r)
		}
	}
	return shapes, nil
}
