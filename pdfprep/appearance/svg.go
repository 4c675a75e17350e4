package appearance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"hashout/pdfprep/drawing"

	"github.com/go-text/typesetting/font"
)

// svg writes the same shapes as a picture. Text is drawn as outlines, so that it looks the same without the fonts.
type svg struct {
	canvas drawing.Canvas
	body   bytes.Buffer
	defs   bytes.Buffer
	glyphs map[defined]int
}

type defined struct {
	face *font.Face
	id   font.GID
}

func newSVG(c drawing.Canvas) *svg { return &svg{canvas: c, glyphs: make(map[defined]int)} }

func (v *svg) bytes() []byte {
	w, h := number(v.canvas.Width), number(v.canvas.Height)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s">`, w, h, w, h)
	if v.defs.Len() > 0 {
		fmt.Fprintf(&b, "<defs>%s</defs>", v.defs.Bytes())
	}
	fmt.Fprintf(&b, `<g transform="matrix(1 0 0 -1 0 %s)">%s</g></svg>`, h, v.body.Bytes())
	return b.Bytes()
}

func (c Color) css() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

func (a *area) svg(v *svg) {
	var d strings.Builder
	for _, s := range a.path {
		d.WriteByte(s.op)
		for i := range s.points() {
			if i > 0 {
				d.WriteByte(' ')
			}
			d.WriteString(number(s.p[i].x) + " " + number(s.p[i].y))
		}
	}
	if a.stroke != nil {
		fmt.Fprintf(&v.body, `<path d="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"/>`, d.String(), a.stroke.css(), number(a.width))
		return
	}
	fmt.Fprintf(&v.body, `<path d="%s" fill="%s"/>`, d.String(), a.fill.css())
}

func (r *run) svg(v *svg) {
	scale := r.size / float64(r.face.Upem())
	fmt.Fprintf(&v.body, `<g fill="%s">`, r.color.css())
	for _, g := range r.glyphs {
		key := defined{r.face, g.id}
		n, ok := v.glyphs[key]
		if !ok {
			n = len(v.glyphs)
			v.glyphs[key] = n
			fmt.Fprintf(&v.defs, `<path id="g%d" d="%s"/>`, n, outlinePath(r.face, g.id))
		}
		// Numbers of seven digits: the scale is small.
		fmt.Fprintf(&v.body, `<use href="#g%d" transform="matrix(%.7g 0 0 %.7g %s %s)"/>`, n, scale, scale,
			number(r.x+g.x*r.size/1000), number(r.y+g.y*r.size/1000))
	}
	v.body.WriteString("</g>")
}

func outlinePath(face *font.Face, id font.GID) string {
	o, _ := face.GlyphDataOutline(id)
	var d strings.Builder
	for i, s := range o.Segments {
		args := s.ArgsSlice()
		op := [...]string{"M", "L", "Q", "C"}[s.Op]
		if i > 0 && op == "M" {
			d.WriteByte('Z')
		}
		d.WriteString(op)
		for i, p := range args {
			if i > 0 {
				d.WriteByte(' ')
			}
			d.WriteString(number(float64(p.X)) + " " + number(float64(p.Y)))
		}
	}
	if d.Len() > 0 {
		d.WriteByte('Z')
	}
	return d.String()
}

func (i *placedImage) svg(v *svg) {
	if i.flatten(v.canvas.Opaque) {
		group{&area{path: rounded(i.at, 0), fill: i.ground()}}.svg(v)
	}
	// The picture stands on its head here, like everything in the space of a page.
	m := i.image.turn()
	fmt.Fprintf(&v.body, `<image width="1" height="1" preserveAspectRatio="none" transform="matrix(%.9g %.9g %.9g %.9g %.9g %.9g) matrix(1 0 0 -1 0 1)" href="data:%s;base64,%s"/>`,
		m[0]*i.at.w, m[1]*i.at.h, m[2]*i.at.w, m[3]*i.at.h, i.at.x+m[4]*i.at.w, i.at.y+m[5]*i.at.h, i.image.mime, base64.StdEncoding.EncodeToString(i.image.shown()))
}
