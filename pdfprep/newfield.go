package pdfprep

import (
	"context"
	"slices"
	"strings"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// create makes a field merged with its widget and lists it in the page and in the form.
func (p *preparation) create(ctx context.Context, sig object.Ref) error {
	page, err := p.d.page(ctx, max(1, p.o.Field.Page))
	if err != nil {
		return err
	}
	parts := strings.Split(p.name, ".")
	if slices.Contains(parts, "") {
		return refuse(InvalidArgument, "a part of the field name is empty").with(detailField, p.name)
	}
	parent, missing := p.parentOf(parts)
	if parent != nil && (parent.terminal || parent.ref.Num == 0) {
		return refuse(FieldNotFound, "a field with that name's beginning has no room for fields below it").with(detailField, p.name)
	}
	widget := asWidget(object.NewDict(), page.Ref, p.o.Field.Rect).With("FT", object.Name("Sig")).
		With("T", encodeText(missing[len(missing)-1])).With("V", sig)
	if widget, err = p.withAppearance(ctx, widget, func() (*file.Object, error) { return page, nil }); err != nil {
		return err
	}
	if p.o.Lock != nil {
		widget = widget.With("Lock", p.o.Lock.dict().With("Type", object.Name("SigFieldLock")))
	}
	ref, err := p.update.reserve()
	if err != nil {
		return err
	}
	if widget, err = p.tag(page, ref, widget); err != nil {
		return err
	}
	top, widget, err := p.addParents(ref, widget, missing[:len(missing)-1], parent)
	if err != nil {
		return err
	}
	p.update.objects = append(p.update.objects, updated{ref: ref, value: object.Of(widget)})
	if err := p.annotate(ctx, page, ref); err != nil {
		return err
	}
	if parent == nil {
		return p.changeForm(top)
	}
	if err := p.adopt(parent, top); err != nil {
		return err
	}
	return p.changeForm(object.Ref{})
}

// parentOf finds the deepest existing field on the way to a dotted name, and the parts that are missing below it.
func (p *preparation) parentOf(parts []string) (*field, []string) {
	for n := len(parts) - 1; n > 0; n-- {
		if f := p.form.find(strings.Join(parts[:n], ".")); f != nil {
			return f, parts[n:]
		}
	}
	return nil, parts
}

// addParents makes the fields between an existing one and the new widget, from the bottom up, and gives the topmost.
func (p *preparation) addParents(child object.Ref, widget *object.Dict, names []string, above *field) (object.Ref, *object.Dict, error) {
	top, direct := child, widget
	for i := len(names) - 1; i >= 0; i-- {
		ref, err := p.update.reserve()
		if err != nil {
			return top, nil, err
		}
		node := object.NewDict().With("T", encodeText(names[i])).With("Kids", object.Array{object.Of(top)})
		if top == child {
			direct = direct.With("Parent", ref)
		} else {
			p.setParent(top, ref)
		}
		p.update.objects = append(p.update.objects, updated{ref: ref, value: object.Of(node)})
		top = ref
	}
	if above != nil {
		if top == child {
			direct = direct.With("Parent", above.ref)
		} else {
			p.setParent(top, above.ref)
		}
	}
	return top, direct, nil
}

func (p *preparation) setParent(ref, parent object.Ref) {
	for i := range p.update.objects {
		if u := &p.update.objects[i]; u.ref == ref {
			u.value = object.Of(u.value.Object.(*object.Dict).With("Parent", parent))
		}
	}
}

// adopt lists a new field among the kids of an existing one.
func (p *preparation) adopt(parent *field, kid object.Ref) error {
	o, err := p.d.f.Object(parent.ref)
	if err != nil {
		return err
	}
	return p.appendTo(o, "Kids", kid)
}

// annotate lists the widget in the page. The smallest object that can be changed is: an array of its own, unless another page uses it too.
func (p *preparation) annotate(ctx context.Context, page *file.Object, widget object.Ref) error {
	if ref, ok := page.Dict().Get("Annots").(object.Ref); ok {
		shared, err := p.d.sharesAnnots(ctx, page, ref)
		if err != nil {
			return err
		}
		if shared {
			list, err := p.d.array(ref)
			if err != nil {
				return err
			}
			p.update.change(page, p.update.current(page).With("Annots", extended(list, widget)))
			return nil
		}
	}
	return p.appendTo(page, "Annots", widget)
}
