package pdfprep

import (
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// Extension is a developer extension that a signature makes use of (ISO 32000-2 §7.12).
type Extension struct {
	Prefix      string // registered for its developer
	BaseVersion string // of PDF, which it extends: "1.7" or "2.0"
	Level       int
	Revision    string // "" for none
	URL         string // of its documentation, "" for none
}

// declare lists the extensions in the catalog. Entries are only ever added. An extension is left out where it says nothing that is true: in a
// file whose header is older than what it extends, or of another generation of PDF (ISO 32000-2 table 49). It is left out where a
// certification or an earlier signature limits what may be changed, because none of them names the catalog (§12.8.2.2); and where what is
// there cannot be understood.
func (p *preparation) declare() error {
	limited, err := p.limited()
	if err != nil || limited {
		return err
	}
	version := p.d.f.Version
	newer, err := p.d.name(p.d.root.Dict().Get("Version"))
	if err != nil || version == "" {
		return err
	}
	version = max(version, string(newer))
	for _, e := range p.o.Extensions {
		if p.d.f.Version < e.BaseVersion || version[:1] != e.BaseVersion[:1] {
			continue
		}
		if err := p.declareOne(e); err != nil {
			return err
		}
	}
	return nil
}

// limited tells whether somebody before said what may be changed.
func (p *preparation) limited() (bool, error) {
	certified, err := p.d.certification()
	return certified != NotCertified || slices.ContainsFunc(p.earlier, func(s signature) bool {
		return slices.ContainsFunc(s.locks, func(l FieldLock) bool { return l.Permissions != 0 })
	}), err
}

func (p *preparation) declareOne(e Extension) error {
	root := p.update.current(p.d.root)
	entry, there := root.Lookup("Extensions")
	holder, held, err := p.own(entry.Object)
	if err != nil {
		return err
	}
	all, ok := held.(*object.Dict)
	if !there {
		all, ok = object.NewDict(), true
	}
	if !ok {
		return nil
	}
	listed, err := p.listExtension(all, e)
	if err != nil || listed == all {
		return err
	}
	if holder != nil {
		p.update.change(holder, listed)
		return nil
	}
	p.update.change(p.d.root, root.With("Extensions", listed))
	return nil
}

// listExtension gives all with one more, or all itself where nothing is to be done.
func (p *preparation) listExtension(all *object.Dict, e Extension) (*object.Dict, error) {
	prefix := object.Name(e.Prefix)
	was, there := all.Lookup(prefix)
	list, err := p.d.array(was.Object)
	if err != nil {
		return nil, err
	}
	single := list == nil
	if single {
		list = object.Array{was}
	}
	if !there {
		if e.BaseVersion < "2.0" { // lists came with PDF 2.0
			return all.With(prefix, e.dict()), nil
		}
		return all.With(prefix, object.Array{object.Of(e.dict())}), nil
	}
	for _, v := range list {
		one, err := p.d.dict(v.Object)
		if err != nil {
			return nil, err
		}
		level, err := p.d.integer(one.Get("ExtensionLevel"), -1)
		if err != nil || one == nil || level == int64(e.Level) {
			return all, err
		}
	}
	if single && e.BaseVersion < "2.0" { // another level of the same
		return all, nil
	}
	// A list that is an object of its own, which table 48 does not allow, stays what it was: pyHanko takes a changed one for suspicious.
	return all.With(prefix, append(slices.Clip(slices.Clone(list)), object.Of(e.dict()))), nil
}

// own resolves a value as the update leaves it so far, with the object that it is, if it is one.
func (p *preparation) own(o object.Object) (*file.Object, object.Object, error) {
	ref, ok := o.(object.Ref)
	if !ok {
		return nil, o, nil
	}
	holder, err := p.d.f.Object(ref)
	if err != nil || holder == nil {
		return nil, nil, err
	}
	return holder, p.update.value(holder), nil
}

func (e Extension) dict() *object.Dict {
	d := object.NewDict().With("Type", object.Name("DeveloperExtensions")).With("BaseVersion", object.Name(e.BaseVersion)).With("ExtensionLevel", e.Level)
	if e.Revision != "" {
		d = d.With("ExtensionRevision", encodeText(e.Revision))
	}
	if e.URL != "" {
		d = d.With("URL", encodeText(e.URL))
	}
	return d
}
