package pdfprep

import (
	"slices"

	"hashout/pdfprep/internal/object"
)

// The rules of a comparison: which changes are harmless, and how far. What they do not name is left unexplained.

// trailer compares what the trailers say. Only the information dictionary may change, which nothing on a page depends on.
func (c *comparison) trailer() error {
	if len(c.order) > 0 {
		c.raise(AddedEvidence)
	}
	for _, key := range []object.Name{"Root", "Encrypt"} {
		if !same(c.a.f.TrailerEntry(key), c.b.f.TrailerEntry(key)) {
			c.other("The trailer's entry %s was changed.", key)
		}
	}
	was, _ := c.a.f.TrailerEntry("ID").(object.Array)
	is, _ := c.b.f.TrailerEntry("ID").(object.Array)
	if len(was) > 0 && (len(is) == 0 || !same(was[0].Object, is[0].Object)) {
		c.other("The file identifier was changed.")
	}
	const trailer = 0 // has no number
	return c.wholly(c.b.f.TrailerEntry("Info"), trailer, 0)
}

func (c *comparison) catalog() error {
	num := c.b.root.Ref.Num
	was, is := c.a.root.Dict(), c.b.root.Dict()
	c.inside(num)
	for _, key := range []object.Name{"DSS", "Metadata", "Extensions"} {
		if err := c.wholly(is.Get(key), num, 0); err != nil {
			return err
		}
	}
	for _, key := range differing(was, is) {
		switch key {
		case "AcroForm", "DSS", "Metadata", "Extensions", "Version":
		case "Perms":
			if err := c.perms(was.Get(key), is.Get(key)); err != nil {
				return err
			}
		default:
			c.other("The catalog's entry %s was changed.", key)
		}
	}
	return nil
}

// perms may lose usage rights, which do not outlive a change, and gain the first certification.
func (c *comparison) perms(before, now object.Object) error {
	was, is, err := c.dicts(before, now)
	if err != nil {
		return err
	}
	for _, key := range differing(was, is) {
		_, had := was.Lookup(key)
		_, has := is.Lookup(key)
		if key == "UR3" && !has || key == "DocMDP" && !had {
			continue
		}
		c.other("The permissions' entry %s was changed.", key)
	}
	return nil
}

// dicts resolves the dictionary before and now; an object of its own that changed in place counts as looked into.
func (c *comparison) dicts(before, now object.Object) (was, is *object.Dict, err error) {
	if was, err = c.a.dict(before); err != nil {
		return nil, nil, err
	}
	if is, err = c.b.dict(now); err != nil {
		return nil, nil, err
	}
	if ref, ok := now.(object.Ref); ok && is != nil {
		c.inside(ref.Num)
	}
	return was, is, nil
}

func (c *comparison) formFields() error {
	was, is, err := c.dicts(c.a.root.Dict().Get("AcroForm"), c.b.root.Dict().Get("AcroForm"))
	if err != nil || was == nil && is == nil {
		return err
	}
	if is == nil {
		c.other("The form was removed.")
		return nil
	}
	for _, key := range differing(was, is) {
		switch key {
		case "Fields", "SigFlags":
		case "NeedAppearances": // has readers draw values anew
			c.raise(FilledForm)
		case "DR":
			if err := c.onlyAdded(was.Get(key), is.Get(key), 2); err != nil {
				return err
			}
		case "DA", "Q":
			if _, had := was.Lookup(key); had {
				c.other("The form's entry %s was changed.", key)
			}
		default:
			c.other("The form's entry %s was changed.", key)
		}
	}
	if err := c.findFilled(); err != nil {
		return err
	}
	for i := range c.fields.fields {
		if err := c.field(i); err != nil {
			return err
		}
	}
	return c.fieldList(was.Get("Fields"), is.Get("Fields"), &field{})
}

// onlyAdded allows new entries in a dictionary of resources, down to the given depth.
func (c *comparison) onlyAdded(before, now object.Object, depth int) error {
	was, is, err := c.dicts(before, now)
	if err != nil {
		return err
	}
	for _, key := range differing(was, is) {
		if _, had := was.Lookup(key); !had {
			continue
		}
		if _, has := is.Lookup(key); !has || depth == 0 {
			c.other("The form's resources were changed.")
			continue
		}
		if err := c.onlyAdded(was.Get(key), is.Get(key), depth-1); err != nil {
			return err
		}
	}
	return nil
}

// findFilled notes which fields got another value.
func (c *comparison) findFilled() error {
	for i := range c.fields.fields {
		f := &c.fields.fields[i]
		value, _ := f.dict.Get("V").(object.Ref)
		changed := c.objects[value.Num] != nil
		now := f.dict
		if p := c.objects[f.ref.Num]; f.ref.Num != 0 && p != nil {
			if now = p.is.Dict(); now == nil {
				c.other("The field %s was removed.", f.name)
				continue
			}
			changed = changed || slices.Contains(differing(f.dict, now), "V")
		}
		if !changed {
			continue
		}
		if f.kind == "Sig" && f.value != nil {
			c.other("The signature in the field %s was replaced or removed.", f.name)
			continue
		}
		if button, err := c.pushbutton(f); err != nil || button {
			c.other("The button %s, which has no value, was changed.", f.name)
			if err != nil {
				return err
			}
			continue
		}
		c.filled[i] = f.ref.Num
		c.touched(f.name)
		c.raise(FilledForm)
		for _, key := range []object.Name{"V", "RV", "AP"} {
			if err := c.wholly(now.Get(key), f.ref.Num, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// pushbutton tells a field that has a look and no value (ISO 32000-2 table 229, bit 17). Flags are inherited.
func (c *comparison) pushbutton(f *field) (bool, error) {
	const bit = 1 << 16
	d := f.dict
	for depth := 0; f.kind == "Btn" && d != nil && depth < maxFieldDepth; depth++ {
		if v, says := d.Lookup("Ff"); says {
			flags, err := c.a.integer(v.Object, 0)
			return flags&bit != 0, err
		}
		var err error
		if d, err = c.a.dict(d.Get("Parent")); err != nil {
			return false, err
		}
	}
	return false, nil
}

// field judges what changed in an existing field and in its widgets: value and appearance together, or nothing. An appearance that
// changes under an unchanged value shows what was not entered.
func (c *comparison) field(i int) error {
	f := &c.fields.fields[i]
	_, filled := c.filled[i]
	signed := filled && f.kind == "Sig"
	allowed := func(was *object.Dict, key object.Name) bool {
		switch key {
		case "V", "AP", "AS", "M", "RV", "I":
			return filled
		case "F", "P":
			return signed
		case "Type", "Subtype", "Rect":
			_, had := was.Lookup(key)
			return signed && !had
		}
		return false
	}
	if p := c.objects[f.ref.Num]; f.ref.Num != 0 && p != nil && p.is.Dict() != nil {
		c.inside(f.ref.Num)
		for _, key := range differing(f.dict, p.is.Dict()) {
			if key != "Kids" && !allowed(f.dict, key) {
				c.other("The entry %s of the field %s was changed.", key, f.name)
			}
		}
		if err := c.fieldList(f.dict.Get("Kids"), p.is.Dict().Get("Kids"), f); err != nil {
			return err
		}
	} else if f.ref.Num != 0 {
		if ref, ok := f.dict.Get("Kids").(object.Ref); ok && c.objects[ref.Num] != nil { // an array of its own that changed in place
			if err := c.fieldList(ref, ref, f); err != nil {
				return err
			}
		}
	}
	for _, w := range f.widgets {
		was, is, err := c.dicts(w, w)
		if err != nil {
			return err
		}
		for _, key := range differing(was, is) {
			if !allowed(was, key) {
				c.other("The entry %s of a widget of the field %s was changed.", key, f.name)
			}
		}
		if filled {
			if err := c.wholly(is.Get("AP"), w.Num, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldList compares /Fields or /Kids: nothing may go, and what is new must be a signature field.
func (c *comparison) fieldList(before, now object.Object, parent *field) error {
	added, err := c.added(before, now, "the form's fields")
	if err != nil {
		return err
	}
	for _, o := range added {
		if err := c.newField(o, *parent, 0); err != nil {
			return err
		}
	}
	return nil
}

// added compares two lists of which the later one may only have grown.
func (c *comparison) added(before, now object.Object, what string) ([]object.Object, error) {
	was, err := c.a.array(before)
	if err != nil {
		return nil, err
	}
	is, err := c.b.array(now)
	if err != nil {
		return nil, err
	}
	if ref, ok := now.(object.Ref); ok && is != nil {
		c.inside(ref.Num)
	}
	var added []object.Object
	for _, v := range is {
		if len(was) > 0 && same(was[0].Object, v.Object) {
			was = was[1:]
			continue
		}
		added = append(added, v.Object)
	}
	if len(was) > 0 {
		c.other("Something was removed from %s.", what)
	}
	return added, nil
}

// newFieldKeys are what a new signature field and its widget may have: nothing that acts.
var newFieldKeys = []object.Name{"Type", "Subtype", "FT", "T", "TU", "TM", "V", "F", "Ff", "Rect", "P", "AP", "AS", "MK", "DA", "Q", "BS", "Border",
	"Lock", "SV", "M", "NM", "Parent", "Kids", "StructParent", "Lang"}

// newField judges a field that was made, or a widget of one.
func (c *comparison) newField(o object.Object, above field, depth int) error {
	ref, ok := o.(object.Ref)
	p := c.objects[ref.Num]
	if !ok || p == nil || p.was != nil || p.is.Dict() == nil || depth > maxFieldDepth || c.made[ref.Num] {
		c.other("Something that is no new object was added to the form.")
		return nil
	}
	c.made[ref.Num] = true
	d := p.is.Dict()
	for _, e := range d.Entries() {
		if !slices.Contains(newFieldKeys, e.Key) || d.Count(e.Key) != 1 {
			c.other("A new field has an entry %s.", e.Key)
		}
	}
	w := &fieldWalk{d: c.b, form: &form{}}
	this := field{ref: ref, dict: d, name: above.name, kind: above.kind, value: nil}
	if err := w.inherit(&this); err != nil {
		return err
	}
	kids, err := c.b.array(d.Get("Kids"))
	if err != nil {
		return err
	}
	for _, kid := range kids {
		if err := c.newField(kid.Object, this, depth+1); err != nil {
			return err
		}
	}
	visible, err := c.takesRoom(d)
	if err != nil || len(kids) > 0 && !visible && this.value == nil {
		return err
	}
	if this.kind != "Sig" {
		c.other("A field was added that is not for signatures.")
		return nil
	}
	return c.newSignature(&this, visible)
}

func (c *comparison) newSignature(f *field, visible bool) error {
	c.NewVisibleField = c.NewVisibleField || visible
	value, signed := f.value.(*object.Dict)
	if ref, ok := f.dict.Get("V").(object.Ref); ok {
		if p := c.objects[ref.Num]; p == nil || p.was != nil {
			c.other("A new signature field holds something old.")
		}
	}
	s := signature{dict: value}
	_, draws := f.dict.Lookup("AP")
	switch {
	case signed && s.timestamp() && !visible:
		return nil
	case !signed && visible && draws:
		c.other("A signature field that shows on a page was added and not signed.")
	}
	c.raise(FilledForm)
	c.touched(f.name)
	return nil
}

// takesRoom tells whether a widget has an area to draw on. What it draws there may come later, with the signature.
func (c *comparison) takesRoom(d *object.Dict) (bool, error) {
	rect, err := c.b.array(d.Get("Rect"))
	if err != nil || len(rect) != 4 {
		return len(rect) > 0, err
	}
	var n [4]float64
	for i, v := range rect {
		o, err := c.b.f.Resolve(v.Object)
		if err != nil {
			return true, err
		}
		n[i] = float(o)
	}
	return n[0] != n[2] && n[1] != n[3], nil
}
