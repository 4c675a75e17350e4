package pdfprep

import (
	"context"
	"strconv"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// field is one node of the form's field tree (ISO 32000-2 §12.7.4.1) that has a name of its own.
type field struct {
	ref     object.Ref // zero for a field that is not an object of its own
	dict    *object.Dict
	name    string      // fully qualified
	kind    object.Name // /FT, inherited
	value   object.Object
	widgets []object.Ref // of a terminal field whose widgets are apart from it
	// terminal tells a field without child fields.
	terminal bool
}

// form is the interactive form as it is found.
type form struct {
	ref    object.Ref // zero if it stands in the catalog itself
	dict   *object.Dict
	fields []field
}

// empty tells a signature field without a value.
func (f *field) empty() bool { return f.kind == "Sig" && f.terminal && f.value == nil }

// find gives the field with a fully qualified name, or nil.
func (f *form) find(name string) *field {
	for i := range f.fields {
		if f.fields[i].name == name {
			return &f.fields[i]
		}
	}
	return nil
}

const (
	maxFieldDepth = 64
	maxNameBytes  = 1 << 16 // of a fully qualified name
)

// form walks all fields, each object once.
func (d *Document) form(ctx context.Context) (*form, error) { return d.walkForm(ctx, false) }

// walkForm is form; lazy leaves values that are objects of their own as references. Signatures are large.
func (d *Document) walkForm(ctx context.Context, lazy bool) (*form, error) {
	entry := d.root.Dict().Get("AcroForm")
	dict, err := d.dict(entry)
	if err != nil {
		return nil, explain(err)
	}
	f := &form{dict: dict}
	f.ref, _ = entry.(object.Ref)
	if dict == nil {
		f.ref = object.Ref{}
		return f, nil
	}
	list, err := d.array(dict.Get("Fields"))
	if err != nil {
		return nil, explain(err)
	}
	w := &fieldWalk{d: d, form: f, lazy: lazy, seen: make(map[int]bool), above: make(map[int]bool)}
	for _, v := range list {
		if err := w.visit(ctx, v.Object, field{}, 0); err != nil {
			return nil, explain(err)
		}
	}
	return f, nil
}

type fieldWalk struct {
	d    *Document
	form *form
	lazy bool
	seen map[int]bool
	// above holds the fields between the root and the one that is visited. A field among its own kids makes a form that readers
	// understand in different ways.
	above map[int]bool
}

func (w *fieldWalk) visit(ctx context.Context, o object.Object, parent field, depth int) error {
	ref, _ := o.(object.Ref)
	if ref.Num != 0 {
		if w.above[ref.Num] {
			return refuse(Malformed, "a form field is its own parent").with(detailRepairable, false)
		}
		if w.seen[ref.Num] {
			return nil
		}
		w.seen[ref.Num], w.above[ref.Num] = true, true
		defer delete(w.above, ref.Num)
	}
	if depth > maxFieldDepth || len(w.seen) > w.d.limits.MaxFields || len(w.form.fields) > w.d.limits.MaxFields {
		return file.ErrLimit
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	dict, err := w.d.dict(o)
	if err != nil || dict == nil {
		return err
	}
	this := field{ref: ref, dict: dict, name: parent.name, kind: parent.kind, value: parent.value}
	if err := w.inherit(&this); err != nil {
		return err
	}
	kids, err := w.d.array(dict.Get("Kids"))
	if err != nil {
		return err
	}
	var children object.Array
	for _, kid := range kids {
		named, err := w.named(kid.Object)
		if err != nil {
			return err
		}
		if named {
			children = append(children, kid)
		} else if r, ok := kid.Object.(object.Ref); ok {
			this.widgets = append(this.widgets, r)
		}
	}
	this.terminal = len(children) == 0
	w.form.fields = append(w.form.fields, this)
	for _, kid := range children {
		if err := w.visit(ctx, kid.Object, this, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// inherit reads what the node says itself; the rest came from its parent.
func (w *fieldWalk) inherit(f *field) error {
	t, named, err := w.d.text(f.dict.Get("T"))
	if err != nil {
		return err
	}
	if named {
		if f.name != "" {
			f.name += "."
		}
		f.name += t
	}
	if len(f.name) > maxNameBytes {
		return file.ErrLimit
	}
	if kind, err := w.d.name(f.dict.Get("FT")); err != nil {
		return err
	} else if kind != "" {
		f.kind = kind
	}
	if v, ok := f.dict.Lookup("V"); ok && w.lazy {
		f.value = v.Object
	} else if ok {
		if f.value, err = w.d.f.Resolve(v.Object); err != nil {
			return err
		}
	}
	return nil
}

func (w *fieldWalk) named(o object.Object) (bool, error) {
	dict, err := w.d.dict(o)
	if err != nil || dict == nil {
		return false, err
	}
	_, named := dict.Lookup("T")
	return named, nil
}

// freeName finds a name that no field has.
func (f *form) freeName() string {
	taken := make(map[string]bool)
	for i := range f.fields {
		taken[f.fields[i].name] = true
	}
	for n := 1; ; n++ {
		if name := "Signature" + strconv.Itoa(n); !taken[name] {
			return name
		}
	}
}
