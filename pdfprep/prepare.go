package pdfprep

import (
	"context"
	"crypto"
	"time"

	"hashout/pdfprep/internal/object"
)

// FieldOptions say which field is signed. The zero value takes the only empty signature field, or else makes a new invisible one.
type FieldOptions struct {
	// Name is fully qualified, with dots. An empty signature field of that name is filled; if there is no such field it is made.
	Name string
	// Page is where a new field goes, from 1; 0 is the first page.
	Page int
	// Rect is the new field's place in points (left, bottom, right, top); all zero makes it invisible.
	Rect [4]float64
	// MustExist refuses to make a field.
	MustExist bool
}

// SignOptions say how a document is prepared.
type SignOptions struct {
	Field FieldOptions
	// ReservedBytes is how many DER bytes Contents must hold.
	ReservedBytes int
	// SubFilter is ETSICAdESDetached if empty.
	SubFilter SubFilter
	// DigestMethod, if set, is checked against what the field asks for; it is not written.
	DigestMethod crypto.Hash
	// SigningTime goes into /M with its zone.
	SigningTime time.Time

	// Texts of the signature dictionary, in any script.
	Reason, Location, Name, ContactInfo string
	// Certify makes the signature a certification.
	Certify DocMDP
	// Lock forbids changes of fields afterwards. A field's own /Lock counts in any case.
	Lock *FieldLock
	// Artist draws what a visible signature shows; without one, new fields are empty and existing ones look as they did.
	Artist Artist
	// Software is named in /Prop_Build.
	Software string
	// Extensions are declared where they are due; see Extension.
	Extensions []Extension
	// Seed makes the second part of /ID and the encryption's random parts. The same seed gives the same bytes.
	Seed [16]byte
}

const (
	maxReservedBytes = 4 << 20
	maxTextBytes     = 10_000
)

func (o *SignOptions) check() error {
	if o.SubFilter == "" {
		o.SubFilter = ETSICAdESDetached
	}
	switch {
	case o.ReservedBytes <= 0 || o.ReservedBytes > maxReservedBytes:
		return refuse(InvalidArgument, "the size to reserve is out of range")
	case o.SubFilter != ETSICAdESDetached && o.SubFilter != AdbePKCS7Detached:
		return refuse(InvalidArgument, "the SubFilter is not one that is made here")
	case o.Certify < NotCertified || o.Certify > Annotations:
		return refuse(InvalidArgument, "a certification permits 1, 2 or 3")
	case o.Field.Page < 0:
		return refuse(InvalidArgument, "pages are counted from 1")
	case o.SigningTime.Year() < 1 || o.SigningTime.Year() > 9999:
		return refuse(InvalidArgument, "the signing time is out of range")
	}
	for _, text := range []string{o.Reason, o.Location, o.Name, o.ContactInfo, o.Software, o.Field.Name} {
		if len(text) > maxTextBytes {
			return refuse(InvalidArgument, "a text is too long")
		}
	}
	r := &o.Field.Rect
	if !(r[0] <= r[2] && r[1] <= r[3]) {
		return refuse(InvalidArgument, "a rectangle is left, bottom, right, top")
	}
	if l := o.Lock; l != nil && l.Action != LockAll && l.Action != LockInclude && l.Action != LockExclude {
		return refuse(InvalidArgument, "a lock is about All, Include or Exclude")
	}
	return nil
}

// Prepare appends a signature field and dictionary with an empty Contents. It refuses what earlier signatures, the field or the file's
// permissions forbid. The document stays as it is: Prepare may be called again.
func (d *Document) Prepare(ctx context.Context, o SignOptions) (*Prepared, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d.f.Renew()
	form, err := d.form(ctx)
	if err != nil {
		return nil, err
	}
	p := &preparation{d: d, o: &o, form: form, update: d.newUpdate(o.Seed)}
	if _, has := form.dict.Lookup("XFA"); has {
		p.findings = append(p.findings, Finding{Kind: FindingXFA, Count: 1})
	}
	if p.earlier, err = d.signatures(form); err != nil {
		return nil, err
	}
	target, err := choose(form, p.earlier, o.Field)
	if err != nil {
		return nil, err
	}
	if p.name = o.Field.Name; target != nil {
		p.name = target.name
	} else if p.name == "" {
		p.name = form.freeName()
	}
	if err := p.fieldRules(target); err != nil {
		return nil, err
	}
	if err := d.mayChange(ctx, p.earlier, p.name, target == nil, &o); err != nil {
		return nil, err
	}
	if err := p.build(ctx, target); err != nil {
		return nil, explain(err)
	}
	return p.finish()
}

// preparation is the work of one Prepare.
type preparation struct {
	d        *Document
	o        *SignOptions
	form     *form
	earlier  []signature
	update   *update
	name     string
	sig      *sigDict
	findings []Finding
	drawn    map[drawnFor]object.Ref
}

// choose finds the field that the options mean; nil means a new one.
func choose(f *form, earlier []signature, o FieldOptions) (*field, error) {
	if o.Name == "" {
		return chooseUnnamed(f, earlier, o)
	}
	found := f.find(o.Name)
	switch {
	case found == nil && o.MustExist:
		return nil, refuse(FieldNotFound, "there is no such field").with(detailField, o.Name)
	case found == nil:
		return nil, nil
	case found.kind != "Sig" || !found.terminal:
		return nil, refuse(FieldNotFound, "the field of that name is no signature field").with(detailField, o.Name)
	case found.value != nil:
		return nil, refuse(FieldSigned, "the field is signed already").with(detailField, o.Name)
	case found.ref.Num == 0:
		return nil, refuse(Unsupported, "the field is not an object of its own").with(detailField, o.Name)
	}
	return found, nil
}

// chooseUnnamed takes the only empty signature field that earlier signatures leave open, unless a place for a new one was given.
func chooseUnnamed(f *form, earlier []signature, o FieldOptions) (*field, error) {
	var open []*field
	for i := range f.fields {
		if one := &f.fields[i]; one.empty() && one.ref.Num != 0 && lockedBy(earlier, one.name) == nil {
			open = append(open, one)
		}
	}
	placed := o.Page != 0 || o.Rect != [4]float64{}
	switch {
	case len(open) == 1 && !placed:
		return open[0], nil
	case o.MustExist:
		return nil, refuse(FieldNotFound, "there is not exactly one empty signature field: name one")
	}
	return nil, nil
}

// fieldRules obeys what an existing field asks for: seed values and its lock.
func (p *preparation) fieldRules(target *field) error {
	if target == nil {
		return nil
	}
	c, err := p.d.constraints(target)
	if err != nil {
		return err
	}
	if err := c.obey(p.o, target.name); err != nil {
		return err
	}
	lock, err := p.d.lockOf(target.dict.Get("Lock"))
	if err != nil {
		return explain(err)
	}
	if lock != nil && lock.Action != "" {
		p.o.Lock = lock
	}
	return nil
}

func (p *preparation) build(ctx context.Context, target *field) error {
	sigRef, err := p.update.reserve()
	if err != nil {
		return err
	}
	p.sig = &sigDict{options: p.o, lock: p.o.Lock, root: p.d.root.Ref}
	p.update.objects = append(p.update.objects, updated{ref: sigRef, write: p.sig.write})
	if target != nil {
		err = p.fill(ctx, target, sigRef)
	} else {
		err = p.create(ctx, sigRef)
	}
	if err != nil {
		return err
	}
	if err := p.changeCatalog(sigRef); err != nil {
		return err
	}
	return p.declare()
}

// finish writes the update and fills in the ByteRange.
func (p *preparation) finish() (*Prepared, error) {
	out, err := p.update.bytes()
	if err != nil {
		return nil, explain(err)
	}
	size := p.d.f.Size()
	r := &Prepared{
		OriginalSize: size, Update: out, ReservedBytes: p.o.ReservedBytes, FieldName: p.name, Findings: p.findings,
		ContentsStart: size + int64(p.sig.contents), ContentsEnd: size + int64(p.sig.end),
	}
	total := size + int64(len(out))
	r.ByteRange = [4]int64{0, r.ContentsStart, r.ContentsEnd, total - r.ContentsEnd}
	fillByteRange(out[p.sig.slot:p.sig.slot+byteRangeSlot], r.ByteRange)
	return r, nil
}
