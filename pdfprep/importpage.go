package pdfprep

import (
	"bytes"
	"context"
	"errors"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// What an imported page may cost. It becomes part of every document that is signed with it.
const (
	maxImportedObjects = 4096
	maxImportedBytes   = 16 << 20
)

// pageImport copies a page of another PDF into the update as a form XObject (ISO 32000-2 §8.10): what the page draws and what it draws it
// with, under fresh object numbers, and nothing else of that file.
type pageImport struct {
	from   *Document
	page   *file.Object
	view   view
	update *update
	canvas Canvas
	copies map[int]object.Ref
	bytes  int
	depth  int
}

func openImport(ctx context.Context, u *update, drawing Drawing, c Canvas) (*pageImport, error) {
	d, err := Open(ctx, bytes.NewReader(drawing.PDF), int64(len(drawing.PDF)), OpenOptions{Limits: Limits{MaxDecodedBytes: maxImportedBytes}})
	if err != nil {
		return nil, badDrawing(err)
	}
	i := &pageImport{from: d, update: u, canvas: c, copies: make(map[int]object.Ref)}
	if i.page, err = d.page(ctx, max(1, drawing.Page)); err == nil {
		i.view, err = d.view(i.page.Dict())
	}
	return i, badDrawing(err)
}

// badDrawing says that it is the drawing and not the document that cannot be used.
func badDrawing(err error) error {
	var own *Error
	if err = explain(err); errors.As(err, &own) {
		return &Error{Code: own.Code, Msg: "the PDF that is to be the appearance cannot be used", Details: map[string]any{detailRepairable: false}, Err: own}
	}
	return err
}

// form adds the page to the update.
func (i *pageImport) form(m matrix) (object.Ref, error) {
	ref, err := i.build(m)
	return ref, badDrawing(err)
}

func (i *pageImport) build(m matrix) (object.Ref, error) {
	resources, err := i.from.inherited(i.page.Dict(), "Resources")
	if err != nil {
		return object.Ref{}, err
	}
	copied, err := i.value(resources)
	if err != nil {
		return object.Ref{}, err
	}
	held, ok := copied.(*object.Dict)
	if !ok {
		held = object.NewDict()
	}
	box := i.view.box
	d := formXObject(0, 0, m, held)
	d = d.With("BBox", object.Array{object.Of(round(box[0])), object.Of(round(box[1])), object.Of(round(box[2])), object.Of(round(box[3]))})
	if group, err := i.from.dict(i.page.Dict().Get("Group")); err != nil {
		return object.Ref{}, err
	} else if group != nil && i.canvas.Opaque {
		d = d.Without("Group") // a group of a page says no more than how it meets the paper
	} else if group != nil {
		o, err := i.value(group)
		if err != nil {
			return object.Ref{}, err
		}
		d = d.With("Group", o)
	}
	return i.contents(d)
}

// contents adds the page's stream or streams as the one of the form.
func (i *pageImport) contents(form *object.Dict) (object.Ref, error) {
	entry := i.page.Dict().Get("Contents")
	list, err := i.from.array(entry)
	if err != nil {
		return object.Ref{}, err
	}
	if len(list) == 1 {
		entry = list[0].Object
	}
	if len(list) < 2 {
		o, err := i.stream(entry)
		if err != nil || o == nil {
			return object.Ref{}, err
		}
		for _, key := range []object.Name{"Filter", "DecodeParms"} {
			if v, err := i.value(o.Dict().Get(key)); err != nil {
				return object.Ref{}, err
			} else if v != nil {
				form = form.With(key, v)
			}
		}
		data, err := i.from.f.RawStream(o)
		if err != nil {
			return object.Ref{}, err
		}
		return i.add(form, data)
	}
	var whole []byte
	for _, v := range list {
		o, err := i.stream(v.Object)
		if err != nil {
			return object.Ref{}, err
		}
		data, err := i.from.f.StreamData(o)
		if err != nil {
			return object.Ref{}, err
		}
		if whole = append(append(whole, data...), '\n'); len(whole) > maxImportedBytes {
			return object.Ref{}, file.ErrLimit
		}
	}
	return i.add(form, whole)
}

func (i *pageImport) stream(o object.Object) (*file.Object, error) {
	ref, _ := o.(object.Ref)
	s, err := i.from.f.Object(ref)
	if err != nil {
		return nil, err
	}
	if s == nil || s.Stream < 0 {
		return nil, refuse(Malformed, "the page has no contents")
	}
	return s, nil
}

func (i *pageImport) add(d *object.Dict, data []byte) (object.Ref, error) {
	if i.bytes += len(data); i.bytes > maxImportedBytes {
		return object.Ref{}, file.ErrLimit
	}
	return i.update.addStream(d, data)
}

// dropped are keys that lead out of what is drawn, or speak of a structure that stays behind.
var dropped = map[object.Name]bool{
	"Parent": true, "StructParent": true, "StructParents": true, "PieceInfo": true, "Metadata": true, "Thumb": true, "OPI": true,
	"Alternates": true, "AF": true, "LastModified": true, "Ref": true,
}

// value copies an object. What was read with the strings and references of another file is written anew. Nesting within one object is
// bounded by the parser, nesting of objects by reserving a number before what stands behind it is copied.
func (i *pageImport) value(o object.Object) (object.Object, error) {
	switch o := o.(type) {
	case object.Ref:
		return i.reference(o)
	case object.Array:
		list := make(object.Array, len(o))
		for n, v := range o {
			c, err := i.value(v.Object)
			if err != nil {
				return nil, err
			}
			list[n] = object.Of(c)
		}
		return list, nil
	case *object.Dict:
		if err := i.allowed(o); err != nil {
			return nil, err
		}
		c := object.NewDict()
		for _, e := range o.Entries() {
			if dropped[e.Key] {
				continue
			}
			v, err := i.value(e.Value.Object)
			if err != nil {
				return nil, err
			}
			c = c.With(e.Key, v)
		}
		return c, nil
	}
	return o, nil
}

// maxImportDepth bounds how many references deep the resources of a page are followed.
const maxImportDepth = 64

func (i *pageImport) reference(ref object.Ref) (object.Object, error) {
	if copied, ok := i.copies[ref.Num]; ok {
		if copied.Num == 0 {
			return nil, nil
		}
		return copied, nil
	}
	o, err := i.from.f.Object(ref)
	if err != nil {
		return nil, err
	}
	if kind := o.Dict().Get("Type"); o == nil || kind == object.Name("Page") || kind == object.Name("Pages") || kind == object.Name("Catalog") {
		i.copies[ref.Num] = object.Ref{}
		return nil, nil
	}
	if len(i.copies) >= maxImportedObjects {
		return nil, file.ErrLimit
	}
	to, err := i.update.reserve()
	if err != nil {
		return nil, err
	}
	i.copies[ref.Num] = to
	if i.depth++; i.depth > maxImportDepth {
		return nil, file.ErrLimit
	}
	defer func() { i.depth-- }()
	if o.Stream < 0 {
		v, err := i.value(o.Value.Object)
		if err != nil {
			return nil, err
		}
		i.update.objects = append(i.update.objects, updated{ref: to, value: object.Of(v)})
		return to, nil
	}
	v, err := i.value(o.Dict().Without("Length"))
	if err != nil {
		return nil, err
	}
	data, err := i.from.f.RawStream(o)
	if err != nil {
		return nil, err
	}
	if i.bytes += len(data); i.bytes > maxImportedBytes {
		return nil, file.ErrLimit
	}
	i.update.putStream(to, v.(*object.Dict), data)
	return to, nil
}

// allowed refuses what would make a PDF/A document none.
func (i *pageImport) allowed(d *object.Dict) error {
	if i.canvas.PDFA == "" {
		return nil
	}
	d, err := i.resolved(d)
	if err != nil {
		return err
	}
	if d.Get("Type") == object.Name("Font") {
		return i.embedded(d)
	}
	if d.Get("Subtype") == object.Name("PS") {
		return refuse(Unsupported, "PDF/A allows no PostScript in an appearance")
	}
	if !i.canvas.Opaque {
		return nil
	}
	for _, key := range []object.Name{"SMask", "CA", "ca", "BM"} {
		o := d.Get(key)
		if n := float(o); o != nil && o != object.Name("None") && o != object.Name("Normal") && o != object.Name("Compatible") && n != 1 {
			return refuse(Unsupported, "this PDF/A document allows nothing transparent in an appearance")
		}
	}
	if d.Get("S") == object.Name("Transparency") {
		return refuse(Unsupported, "this PDF/A document allows nothing transparent in an appearance")
	}
	return nil
}

// resolved looks behind the references of a dictionary's own entries; a stream behind one stays the reference.
func (i *pageImport) resolved(d *object.Dict) (*object.Dict, error) {
	return d.Map(func(e object.Entry) (object.Value, error) {
		o, err := i.from.f.Resolve(e.Value.Object)
		if _, deep := o.(*object.Dict); deep || err != nil {
			return e.Value, err
		}
		return object.Of(o), nil
	})
}

// embedded refuses a font whose program is not in the file (ISO 19005-1 §6.3.4, 19005-2 §6.2.11.4).
func (i *pageImport) embedded(font *object.Dict) error {
	kind := font.Get("Subtype")
	if kind == object.Name("Type3") || kind == object.Name("Type0") { // drawn in the file; or its descendant is looked at
		return nil
	}
	descriptor, err := i.from.dict(font.Get("FontDescriptor"))
	if err != nil {
		return err
	}
	for _, key := range []object.Name{"FontFile", "FontFile2", "FontFile3"} {
		if _, is := descriptor.Get(key).(object.Ref); is {
			return nil
		}
	}
	return refuse(Unsupported, "PDF/A wants every font of an appearance embedded")
}
