package pdfprep

import (
	"context"

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
		if dict, err = p.withAppearance(ctx, dict, func() (*file.Object, error) { return p.d.pageOf(ctx, w) }); err != nil {
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

// pageOf finds the page that shows a widget: the one it names, or else the one that lists it. Nil if there is none.
func (d *Document) pageOf(ctx context.Context, widget *file.Object) (*file.Object, error) {
	if ref, ok := widget.Dict().Get("P").(object.Ref); ok {
		if page, err := d.f.Object(ref); err != nil || page.Dict().Get("Type") == object.Name("Page") {
			return page, err
		}
	}
	var found *file.Object
	var failed error
	w := pageWalk{d: d, seen: make(map[int]bool)}
	w.page = func(page *file.Object) bool {
		list, err := d.array(page.Dict().Get("Annots"))
		for _, v := range list {
			if v.Object == object.Object(widget.Ref) {
				found = page
			}
		}
		failed = err
		return found == nil && failed == nil
	}
	if err := w.walk(ctx); err != nil {
		return nil, err
	}
	return found, failed
}
