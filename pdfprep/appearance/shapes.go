package appearance

import (
	"math"

	"rsc.io/qr"
)

// point is a place in points.
type point struct{ x, y float64 }

// segment is a piece of a path: 'M', 'L' with one point, 'C' with three, 'Z' with none.
type segment struct {
	op byte
	p  [3]point
}

type path []segment

func (p *path) move(x, y float64) { *p = append(*p, segment{op: 'M', p: [3]point{{x, y}}}) }
func (p *path) line(x, y float64) { *p = append(*p, segment{op: 'L', p: [3]point{{x, y}}}) }
func (p *path) curve(a, b, c point) {
	*p = append(*p, segment{op: 'C', p: [3]point{a, b, c}})
}
func (p *path) close() { *p = append(*p, segment{op: 'Z'}) }

// points is how many points a segment has.
func (s segment) points() int {
	switch s.op {
	case 'C':
		return 3
	case 'Z':
		return 0
	}
	return 1
}

// rounded is a rectangle with round corners.
func rounded(b box, r float64) path {
	var p path
	if r = min(r, b.w/2, b.h/2); r <= 0 {
		p.move(b.x, b.y)
		p.line(b.x+b.w, b.y)
		p.line(b.x+b.w, b.y+b.h)
		p.line(b.x, b.y+b.h)
		p.close()
		return p
	}
	const k = 0.5523 // of the radius: where a curve's handles stand to look like a quarter of a circle
	x0, y0, x1, y1, h := b.x, b.y, b.x+b.w, b.y+b.h, r*(1-k)
	p.move(x0+r, y0)
	p.line(x1-r, y0)
	p.curve(point{x1 - h, y0}, point{x1, y0 + h}, point{x1, y0 + r})
	p.line(x1, y1-r)
	p.curve(point{x1, y1 - h}, point{x1 - h, y1}, point{x1 - r, y1})
	p.line(x0+r, y1)
	p.curve(point{x0 + h, y1}, point{x0, y1 - h}, point{x0, y1 - r})
	p.line(x0, y0+r)
	p.curve(point{x0, y0 + h}, point{x0 + h, y0}, point{x0 + r, y0})
	p.close()
	return p
}

// area is a path that is filled or drawn along.
type area struct {
	path   path
	fill   *Color
	stroke *Color
	width  float64
}

// picture is an image or handwriting: what has a shape of its own.
type picture interface {
	size() (w, h float64)
	drawn(b box, background *Color) shape
}

func (s *Spec) readPicture() (picture, error) {
	switch {
	case s.Image != nil:
		return readImage(s.Image)
	case s.Ink != nil:
		return newHandwriting(s.Ink)
	}
	return nil, nil
}

// handwriting is ink within the box around it, the origin at the left lower corner.
type handwriting struct {
	ink    *Ink
	w, h   float64
	x, y   float64 // the least x and the greatest y of the points
	stroke float64
}

func newHandwriting(k *Ink) (*handwriting, error) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range k.Strokes {
		for _, p := range s {
			if !(math.Abs(p.X) < 1e6 && math.Abs(p.Y) < 1e6 && p.Pressure >= 0 && p.Pressure <= 1) {
				return nil, invalid("a point of the handwriting is out of range")
			}
			x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
		}
	}
	stroke := k.Width
	if !(stroke >= 0 && stroke < 1e6) {
		return nil, invalid("the width of the handwriting is out of range")
	}
	if stroke == 0 {
		stroke = max((x1-x0)/80, (y1-y0)/32, 1e-3)
	}
	h := &handwriting{ink: k, stroke: stroke, x: x0 - stroke/2, y: y1 + stroke/2, w: x1 - x0 + stroke, h: y1 - y0 + stroke}
	return h, nil
}

func (h *handwriting) size() (float64, float64) { return h.w, h.h }

func (h *handwriting) drawn(b box, _ *Color) shape {
	scale := b.w / h.w
	at := func(p Point) point { return point{b.x + (p.X-h.x)*scale, b.y + (h.y-p.Y)*scale} }
	g := group{}
	for _, s := range h.ink.Strokes {
		g = append(g, strokes(s, at, h.stroke*scale, &h.ink.Color)...)
	}
	return g
}

// strokes runs a smooth curve through points (Catmull and Rom's). Where pressure is known each piece has its own width.
func strokes(s []Point, at func(Point) point, width float64, c *Color) []shape {
	if len(s) == 0 {
		return nil
	}
	pressed := false
	for _, p := range s {
		pressed = pressed || p.Pressure > 0
	}
	var list []shape
	var whole path
	if len(s) == 1 {
		p := at(s[0])
		whole.move(p.x, p.y)
		whole.line(p.x, p.y)
	}
	for i := 0; i+1 < len(s); i++ {
		p0, p1, p2, p3 := at(s[max(0, i-1)]), at(s[i]), at(s[i+1]), at(s[min(len(s)-1, i+2)])
		if i == 0 || pressed {
			whole.move(p1.x, p1.y)
		}
		whole.curve(point{p1.x + (p2.x-p0.x)/6, p1.y + (p2.y-p0.y)/6}, point{p2.x - (p3.x-p1.x)/6, p2.y - (p3.y-p1.y)/6}, p2)
		if pressed {
			share := 0.3 + 0.7*(s[i].Pressure+s[i+1].Pressure)/2
			list = append(list, &area{path: whole, stroke: c, width: width * share})
			whole = nil
		}
	}
	if len(whole) > 0 {
		list = append(list, &area{path: whole, stroke: c, width: width})
	}
	return list
}

// group is several shapes.
type group []shape

func (g group) pdf(p *pdf) error {
	for _, s := range g {
		if err := s.pdf(p); err != nil {
			return err
		}
	}
	return nil
}

func (g group) svg(v *svg) {
	for _, s := range g {
		s.svg(v)
	}
}

// qrCode is a QR code with its quiet zone, black on white (ISO/IEC 18004).
type qrCode struct {
	code *qr.Code
	at   box
}

const quietZone = 4 // modules

func newQR(text string) (*qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, &Error{Code: TextTooLong, Msg: "the QR code cannot hold so much"}
	}
	return &qrCode{code: code}, nil
}

func (q *qrCode) areas() (back, modules *area) {
	module := min(q.at.w, q.at.h) / float64(q.code.Size+2*quietZone)
	back = &area{path: rounded(q.at, 0), fill: &Color{255, 255, 255}}
	var p path
	for y := range q.code.Size {
		for x := 0; x < q.code.Size; x++ {
			from := x
			for x < q.code.Size && q.code.Black(x, y) {
				x++
			}
			if x > from { // a row of dark modules is one rectangle: no hairlines between them
				b := box{q.at.x + module*float64(quietZone+from), q.at.y + q.at.h - module*float64(quietZone+y+1), module * float64(x-from), module}
				p = append(p, rounded(b, 0)...)
			}
		}
	}
	return back, &area{path: p, fill: &Color{}}
}

func (q *qrCode) pdf(p *pdf) error {
	back, modules := q.areas()
	return group{back, modules}.pdf(p)
}

func (q *qrCode) svg(v *svg) {
	back, modules := q.areas()
	group{back, modules}.svg(v)
}
