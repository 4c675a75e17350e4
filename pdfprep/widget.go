package pdfprep

import (
	"context"
	"math"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// fill gives an existing field its value.
func (p *preparation) fill(ctx context.Context, target *field, sig object.Ref) error {
	o, err := p.d.f.Object(target.ref)
	if err != nil {
		return err
	}
	p.update.change(o, o.Dict().With("V", sig))
	widgets, err := p.widgets(ctx, target, o)
	if err != nil {
		return err
	}
	for i, w := range widgets {
		dict := p.update.current(w)
		if w != o && i == 0 { // /V is inheritable, but poppler takes each widget for a field and does not look above it
			dict = dict.With("V", sig)
		}
		if dict, err = p.withAppearance(dict); err != nil {
			return err
		}
		p.update.change(w, dict)
	}
	return p.changeForm(object.Ref{})
}

// widgets are the annotations of a field: itself, its kids, or, for a field that has none, itself made into an invisible one.
func (p *preparation) widgets(ctx context.Context, target *field, o *file.Object) ([]*file.Object, error) {
	var list []*file.Object
	for _, ref := range target.widgets {
		w, err := p.d.f.Object(ref)
		if err != nil {
			return nil, err
		}
		if w.Dict() != nil {
			list = append(list, w)
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	if _, annotation := o.Dict().Lookup("Rect"); annotation {
		if _, says := o.Dict().Lookup("Subtype"); !says {
			p.update.change(o, p.update.current(o).With("Subtype", object.Name("Widget")))
		}
		return []*file.Object{o}, nil
	}
	page, err := p.d.page(ctx, 1)
	if err != nil {
		return nil, err
	}
	p.update.change(o, asWidget(p.update.current(o), page.Ref, [4]float64{}))
	return []*file.Object{o}, p.annotate(ctx, page, o.Ref)
}

// asWidget makes a field its own widget annotation, printed and locked (ISO 32000-2 §12.5.6.19, table 167).
func asWidget(d *object.Dict, page object.Ref, rect [4]float64) *object.Dict {
	list := object.Array{}
	for _, n := range rect {
		list = append(list, object.Of(n))
	}
	return d.With("Type", object.Name("Annot")).With("Subtype", object.Name("Widget")).With("Rect", list).With("F", 132).With("P", page)
}

// withAppearance gives a widget that takes up room an appearance, if it has none: an empty one, which PDF/A demands and which keeps
// readers from drawing something of their own.
func (p *preparation) withAppearance(widget *object.Dict) (*object.Dict, error) {
	if _, has := widget.Lookup("AP"); has {
		return widget, nil
	}
	rect, err := p.d.array(widget.Get("Rect"))
	if err != nil || len(rect) != 4 {
		return widget, err
	}
	var n [4]float64
	for i, v := range rect {
		o, err := p.d.f.Resolve(v.Object)
		if err != nil {
			return widget, err
		}
		n[i] = float(o)
	}
	width, height := math.Abs(n[2]-n[0]), math.Abs(n[3]-n[1])
	if width == 0 || height == 0 {
		return widget, nil
	}
	box := object.Array{object.Of(0), object.Of(0), object.Of(width), object.Of(height)}
	ref, err := p.update.addStream(object.NewDict().With("Type", object.Name("XObject")).With("Subtype", object.Name("Form")).
		With("BBox", box).With("Resources", object.NewDict()), nil)
	return widget.With("AP", object.NewDict().With("N", ref)), err
}
