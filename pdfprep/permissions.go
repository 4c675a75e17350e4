package pdfprep

import (
	"context"
	"slices"
	"strings"

	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// DocMDP is what a certification lets others do (ISO 32000-2 table 257).
type DocMDP int

// The permissions.
const (
	NotCertified DocMDP = 0
	NoChanges    DocMDP = 1
	FormFilling  DocMDP = 2 // filling forms, page templates, signing
	Annotations  DocMDP = 3 // the same, and annotations
)

// LockAction says which fields a lock is about.
type LockAction string

// The actions (ISO 32000-2 table 236).
const (
	LockAll     LockAction = "All"
	LockInclude LockAction = "Include"
	LockExclude LockAction = "Exclude"
)

// FieldLock is what a signature forbids to change afterwards.
type FieldLock struct {
	Action LockAction
	Fields []string // fully qualified names, for LockInclude and LockExclude
	// Permissions, if not 0, narrows what may be done to the whole document.
	Permissions DocMDP
}

// covers tells whether the lock holds for a field: its own name or that of a field above it (table 236).
func (l *FieldLock) covers(name string) bool {
	named := slices.ContainsFunc(l.Fields, func(f string) bool { return name == f || strings.HasPrefix(name, f+".") })
	switch l.Action {
	case LockAll:
		return true
	case LockInclude:
		return named
	case LockExclude:
		return !named
	}
	return false
}

// signature is an earlier signature, as far as it restricts what follows.
type signature struct {
	field     *field
	dict      *object.Dict
	certifies DocMDP
	locks     []FieldLock
}

// timestamp tells a document timestamp: it certifies nothing and locks nothing.
func (s *signature) timestamp() bool {
	return s.dict.Get("Type") == object.Name("DocTimeStamp") || s.dict.Get("SubFilter") == object.Name("ETSI.RFC3161")
}

// signatures lists the signed signature fields of a form.
func (d *Document) signatures(f *form) ([]signature, error) {
	var list []signature
	for i := range f.fields {
		one := &f.fields[i]
		dict, ok := one.value.(*object.Dict)
		if one.kind != "Sig" || !one.terminal || !ok {
			continue
		}
		s := signature{field: one, dict: dict}
		if err := d.readReferences(&s); err != nil {
			return nil, explain(err)
		}
		lock, err := d.lockOf(one.dict.Get("Lock"))
		if err != nil {
			return nil, explain(err)
		}
		if lock != nil {
			s.locks = append(s.locks, *lock)
		}
		list = append(list, s)
	}
	return list, nil
}

// readReferences reads the transforms of a signature (ISO 32000-2 §12.8.2).
func (d *Document) readReferences(s *signature) error {
	list, err := d.array(s.dict.Get("Reference"))
	if err != nil {
		return err
	}
	for _, v := range list {
		reference, err := d.dict(v.Object)
		if err != nil {
			return err
		}
		method, err := d.name(reference.Get("TransformMethod"))
		if err != nil {
			return err
		}
		switch method {
		case "DocMDP":
			params, err := d.dict(reference.Get("TransformParams"))
			if err != nil {
				return err
			}
			p, err := d.integer(params.Get("P"), int64(FormFilling)) // table 257: absent means 2
			if err != nil {
				return err
			}
			s.certifies = DocMDP(p)
		case "FieldMDP":
			lock, err := d.lockOf(reference.Get("TransformParams"))
			if err != nil {
				return err
			}
			if lock != nil {
				s.locks = append(s.locks, *lock)
			}
		}
	}
	return nil
}

// lockOf reads a field lock or the parameters of FieldMDP, which look the same.
func (d *Document) lockOf(o object.Object) (*FieldLock, error) {
	dict, err := d.dict(o)
	if err != nil || dict == nil {
		return nil, err
	}
	lock := &FieldLock{}
	action, err := d.name(dict.Get("Action"))
	if err != nil {
		return nil, err
	}
	lock.Action = LockAction(action)
	p, err := d.integer(dict.Get("P"), 0)
	if err != nil {
		return nil, err
	}
	if p >= 1 && p <= 3 {
		lock.Permissions = DocMDP(p)
	}
	names, err := d.array(dict.Get("Fields"))
	if err != nil {
		return nil, err
	}
	for _, v := range names {
		name, ok, err := d.text(v.Object)
		if err != nil {
			return nil, err
		}
		if ok {
			lock.Fields = append(lock.Fields, name)
		}
	}
	return lock, nil
}

// mayChange checks what the form, earlier signatures and the encryption's permissions allow, before anything is prepared.
func (d *Document) mayChange(ctx context.Context, earlier []signature, name string, isNew bool, o *SignOptions) error {
	if err := d.hasPagesOfItsOwn(); err != nil {
		return err
	}
	certified, err := d.certification()
	if err != nil {
		return err
	}
	if certified == NoChanges {
		return refuse(CertifiedNoChanges, "the PDF is certified and allows no changes")
	}
	signed := false
	for i := range earlier {
		s := &earlier[i]
		signed = signed || !s.timestamp()
		for _, lock := range s.locks {
			if lock.Permissions == NoChanges {
				return refuse(CertifiedNoChanges, "an earlier signature allows no more changes").with(detailField, s.field.name)
			}
		}
	}
	if lockedBy(earlier, name) != nil {
		return refuse(FieldLocked, "an earlier signature locks the field").with(detailField, name)
	}
	if o.Certify != NotCertified && (signed || certified != NotCertified) {
		return refuse(PermissionDenied, "a signed PDF cannot be certified any more: the first signature certifies")
	}
	return d.accessAllows(isNew)
}

// hasPagesOfItsOwn refuses forms that exist as XFA only: their pages are made by the viewer, and what is signed is not what is shown.
func (d *Document) hasPagesOfItsOwn() error {
	needs, err := d.f.Resolve(d.root.Dict().Get("NeedsRendering"))
	if err != nil {
		return explain(err)
	}
	if needs == true {
		return refuse(Unsupported, "the PDF is a dynamic XFA form, which has no pages of its own to sign")
	}
	return nil
}

// lockedBy gives the signature that forbids to fill or make the field, or nil.
func lockedBy(earlier []signature, name string) *signature {
	for i := range earlier {
		for _, lock := range earlier[i].locks {
			if lock.covers(name) {
				return &earlier[i]
			}
		}
	}
	return nil
}

// certification is what the catalog's certification says. A signature with a DocMDP transform that the catalog does not name certifies
// nothing (ISO 32000-2 §12.8.2.2.1).
func (d *Document) certification() (DocMDP, error) {
	perms, err := d.dict(d.root.Dict().Get("Perms"))
	if err != nil {
		return 0, explain(err)
	}
	dict, err := d.dict(perms.Get("DocMDP"))
	if err != nil {
		return 0, explain(err)
	}
	if dict == nil {
		return NotCertified, nil
	}
	s := signature{dict: dict}
	if err := d.readReferences(&s); err != nil {
		return 0, explain(err)
	}
	if s.certifies == NotCertified {
		return FormFilling, nil
	}
	return s.certifies, nil
}

// accessAllows checks the bits of ISO 32000-2 table 22, which bind everybody but the owner.
func (d *Document) accessAllows(newField bool) error {
	if d.handler == nil || d.handler.Role() != stdsec.User {
		return nil
	}
	p := d.handler.Permissions()
	if newField && !(p.Has(stdsec.Modify) && p.Has(stdsec.Annotate)) {
		return refuse(PermissionDenied, "the PDF's permissions do not allow a new signature field without the owner's password")
	}
	if !newField && !p.Has(stdsec.FillForms) && !p.Has(stdsec.Annotate) {
		return refuse(PermissionDenied, "the PDF's permissions do not allow signing without the owner's password")
	}
	return nil
}
