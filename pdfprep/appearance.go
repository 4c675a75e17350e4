package pdfprep

import (
	"context"
	"math"
	"strconv"
	"strings"

	"hashout/pdfprep/drawing"
	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// What a visible signature is drawn by, upon and as: package drawing says more.
type (
	Artist  = drawing.Artist
	Canvas  = drawing.Canvas
	Drawing = drawing.Drawing
)

// withAppearance gives a widget that takes up room an appearance: the artist's, or else, if it has none yet, an empty one, which PDF/A
// demands and which keeps readers from drawing something of their own.
func (p *preparation) withAppearance(ctx context.Context, widget *object.Dict, page func() (*file.Object, error)) (*object.Dict, error) {
	rect, ok, err := p.d.rectangle(widget.Get("Rect"))
	width, height := rect[2]-rect[0], rect[3]-rect[1]
	_, has := widget.Lookup("AP")
	if err != nil || !ok || has && p.o.Artist == nil {
		return widget, err
	}
	if !(width > 0 && height > 0) {
		return p.withEmptyAppearance(widget)
	}
	if p.o.Artist == nil {
		ref, err := p.update.addStream(formXObject(width, height, identity, object.NewDict()), nil)
		return widget.With("AP", object.NewDict().With("N", ref)), err
	}
	v := view{unit: 1}
	on, err := page()
	if err != nil {
		return widget, err
	}
	if on != nil {
		if v, err = p.d.view(on.Dict()); err != nil {
			return widget, err
		}
	}
	ref, err := p.draw(ctx, width, height, v)
	if err != nil {
		return widget, err
	}
	if _, says := widget.Lookup("MK"); !says && v.rotate != 0 {
		widget = widget.With("MK", object.NewDict().With("R", v.rotate)) // ISO 32000-2 table 192: how the appearance is turned
	}
	// Only /N: a signature field has no other states, and PDF/A allows nothing else (ISO 19005-2 §6.3.3).
	return widget.With("AP", object.NewDict().With("N", ref)).Without("AS"), nil
}

// withEmptyAppearance gives a widget that shows nothing an appearance where PDF/A-1 wants one of every field (ISO 19005-1 §6.9).
func (p *preparation) withEmptyAppearance(widget *object.Dict) (*object.Dict, error) {
	claim, err := p.d.claimsPDFA()
	if _, has := widget.Lookup("AP"); err != nil || has || !strings.HasPrefix(claim, "1") {
		return widget, err
	}
	ref, err := p.update.addStream(formXObject(0, 0, identity, object.NewDict()), nil)
	return widget.With("AP", object.NewDict().With("N", ref)), err
}

// mustBeOpaque tells that a PDF/A document may have nothing transparent: part 1 never (ISO 19005-1 §6.4), and the later ones not where no
// output intent says in which colours to blend (ISO 19005-2 §6.2.10, 19005-4 §6.2.9).
func (d *Document) mustBeOpaque(claim string) (bool, error) {
	intents, err := d.array(d.root.Dict().Get("OutputIntents"))
	if err != nil || strings.HasPrefix(claim, "1") {
		return true, err
	}
	for _, v := range intents {
		intent, err := d.dict(v.Object)
		if err != nil {
			return true, err
		}
		if intent.Get("S") == object.Name("GTS_PDFA1") {
			return false, nil
		}
	}
	return true, nil
}

// draw has the artist fill a rectangle of the page. Widgets of one size share their appearance.
func (p *preparation) draw(ctx context.Context, width, height float64, v view) (object.Ref, error) {
	canvas := Canvas{Width: width * v.unit, Height: height * v.unit, Field: p.name}
	if v.rotate%180 != 0 {
		canvas.Width, canvas.Height = canvas.Height, canvas.Width
	}
	var err error
	if canvas.PDFA, err = p.d.claimsPDFA(); err == nil && canvas.PDFA != "" {
		canvas.Opaque, err = p.d.mustBeOpaque(canvas.PDFA)
	}
	if err != nil {
		return object.Ref{}, err
	}
	key := drawnFor{canvas, v.rotate}
	if ref, ok := p.drawn[key]; ok {
		return ref, nil
	}
	given, err := p.o.Artist.Draw(ctx, canvas)
	if err != nil {
		return object.Ref{}, err
	}
	ref, err := p.hang(ctx, given, canvas, v.rotate)
	if p.drawn == nil {
		p.drawn = make(map[drawnFor]object.Ref)
	}
	p.drawn[key] = ref
	return ref, err
}

// drawnFor tells appearances of one preparation apart.
type drawnFor struct {
	Canvas
	rotate int
}

// hang puts a drawing into the update, fitted into the canvas and turned against the page's own turn.
func (p *preparation) hang(ctx context.Context, drawn Drawing, c Canvas, rotate int) (object.Ref, error) {
	i, err := openImport(ctx, p.update, drawn, c)
	if err != nil {
		return object.Ref{}, err
	}
	turn := turned(rotate, c.Width, c.Height)
	const same = 0.005 // of a point
	if w, h := i.view.size(); math.Abs(w-c.Width) < same && math.Abs(h-c.Height) < same && i.view.plain() {
		return i.form(turn)
	}
	inner, err := i.form(identity)
	if err != nil {
		return object.Ref{}, err
	}
	resources := object.NewDict().With("XObject", object.NewDict().With("P", inner))
	content := append([]byte("q "), i.view.fit(c.Width, c.Height).text()...)
	return p.update.addStream(formXObject(c.Width, c.Height, turn, resources), append(content, " cm /P Do Q"...))
}

func formXObject(width, height float64, m matrix, resources *object.Dict) *object.Dict {
	box := object.Array{object.Of(0), object.Of(0), object.Of(round(width)), object.Of(round(height))}
	d := object.NewDict().With("Type", object.Name("XObject")).With("Subtype", object.Name("Form")).With("BBox", box)
	if m != identity {
		d = d.With("Matrix", m.array())
	}
	return d.With("Resources", resources)
}

// matrix maps x, y to ax+cy+e, bx+dy+f (ISO 32000-2 §8.3.4).
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// turned maps an upright box to the same box on a page that is shown turned clockwise, its corner at the origin.
func turned(rotate int, width, height float64) matrix {
	switch rotate {
	case 90:
		return matrix{0, 1, -1, 0, height, 0}
	case 180:
		return matrix{-1, 0, 0, -1, width, height}
	case 270:
		return matrix{0, -1, 1, 0, 0, width}
	}
	return identity
}

func (m matrix) array() object.Array {
	list := make(object.Array, len(m))
	for i, n := range m {
		list[i] = object.Of(round(n))
	}
	return list
}

func (m matrix) text() []byte {
	var out []byte
	for i, n := range m {
		if i > 0 {
			out = append(out, ' ')
		}
		out = strconv.AppendFloat(out, round(n), 'f', -1, 64)
	}
	return out
}

// then is the map of m followed by that of n.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// round keeps what a printer could show: a hundred thousandth of a point.
func round(n float64) float64 { return math.Round(n*1e5) / 1e5 }

// size is the page's as it is shown, in points.
func (v view) size() (width, height float64) {
	width, height = (v.box[2]-v.box[0])*v.unit, (v.box[3]-v.box[1])*v.unit
	if v.rotate%180 != 0 {
		return height, width
	}
	return width, height
}

// plain tells a page whose coordinates are those of what is shown.
func (v view) plain() bool { return v.rotate == 0 && v.unit == 1 && v.box[0] == 0 && v.box[1] == 0 }

// fit maps the page's coordinates to a box, the page upright in its middle and as large as fits.
func (v view) fit(width, height float64) matrix {
	w, h := v.size()
	scale := min(width/w, height/h)
	// What turned does for a page that is shown turned is undone for the page that is brought here.
	back := turned((360-v.rotate)%360, (v.box[2]-v.box[0])*v.unit, (v.box[3]-v.box[1])*v.unit)
	return matrix{v.unit, 0, 0, v.unit, -v.box[0] * v.unit, -v.box[1] * v.unit}.then(back).
		then(matrix{scale, 0, 0, scale, (width - w*scale) / 2, (height - h*scale) / 2})
}
