package pdfprep

import (
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// appendTo adds a reference to the array under a key of an object: in the array's own object where it has one.
func (p *preparation) appendTo(o *file.Object, key object.Name, item object.Ref) error {
	holder := p.update.current(o)
	if ref, ok := holder.Get(key).(object.Ref); ok {
		array, err := p.d.f.Object(ref)
		if err != nil {
			return err
		}
		if array != nil {
			if list, ok := array.Value.Object.(object.Array); ok {
				p.update.change(array, extended(list, item))
				return nil
			}
		}
	}
	list, err := p.d.array(holder.Get(key))
	if err != nil {
		return err
	}
	p.update.change(o, holder.With(key, extended(list, item)))
	return nil
}

func extended(list object.Array, item object.Ref) object.Array {
	return append(slices.Clip(slices.Clone(list)), object.Of(item))
}

// sigFlags are SignaturesExist and AppendOnly (ISO 32000-2 table 225).
const sigFlags = 3

// changeForm lists a new top-level field, if there is one, and sets the form's flags.
func (p *preparation) changeForm(field object.Ref) error {
	dict := p.form.dict
	if dict == nil {
		dict = object.NewDict().With("Fields", object.Array{object.Of(field)}).With("SigFlags", sigFlags)
		ref, err := p.update.add(dict)
		if err != nil {
			return err
		}
		p.update.change(p.d.root, p.update.current(p.d.root).With("AcroForm", ref))
		return nil
	}
	flags, err := p.d.integer(dict.Get("SigFlags"), 0)
	if err != nil {
		return err
	}
	changed, err := p.showDrawn(dict)
	if err != nil {
		return err
	}
	if flags&sigFlags != sigFlags {
		changed = changed.With("SigFlags", flags|sigFlags)
	}
	if field.Num != 0 {
		if changed, err = p.listField(changed, field); err != nil {
			return err
		}
	}
	if changed == dict {
		return nil
	}
	if p.form.ref.Num == 0 {
		p.update.change(p.d.root, p.update.current(p.d.root).With("AcroForm", changed))
		return nil
	}
	o, err := p.d.f.Object(p.form.ref)
	if err != nil {
		return err
	}
	p.update.change(o, changed)
	return nil
}

// listField adds to /Fields, which may be an object of its own.
func (p *preparation) listField(dict *object.Dict, field object.Ref) (*object.Dict, error) {
	list, err := p.d.array(dict.Get("Fields"))
	if err != nil {
		return nil, err
	}
	if ref, ok := dict.Get("Fields").(object.Ref); ok && list != nil {
		o, err := p.d.f.Object(ref)
		if err != nil {
			return nil, err
		}
		p.update.change(o, extended(list, field))
		return dict, nil
	}
	return dict.With("Fields", extended(list, field)), nil
}

// changeCatalog records a certification, and drops usage rights, which no longer hold once the file was changed (ISO 32000-2 §12.8.2.3).
func (p *preparation) changeCatalog(sig object.Ref) error {
	root := p.update.current(p.d.root)
	perms, err := p.d.dict(root.Get("Perms"))
	if err != nil {
		return err
	}
	changed := perms
	if changed == nil {
		changed = object.NewDict()
	}
	for _, key := range []object.Name{"UR3", "UR"} {
		if _, has := changed.Lookup(key); has {
			changed = changed.Without(key)
			p.findings = append(p.findings, Finding{Kind: FindingDropsRights, Count: 1})
		}
	}
	if p.o.Certify != NotCertified {
		changed = changed.With("DocMDP", sig)
	}
	if changed != perms && (perms != nil || p.o.Certify != NotCertified) {
		p.update.change(p.d.root, root.With("Perms", changed))
	}
	return nil
}
