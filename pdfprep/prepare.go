package pdfprep

import (
	"context"
	"crypto"
	"math"
	"slices"
	"strings"
	"time"

	"hashout/pdfprep/internal/file"
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
	// Software is named in /Prop_Build.
	Software string
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
	if err := p.checkXFA(); err != nil {
		return nil, err
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

// checkXFA refuses forms that exist as XFA only: their pages are made by the viewer, and what is signed is not what is shown.
func (p *preparation) checkXFA() error {
	needs, err := p.d.f.Resolve(p.d.root.Dict().Get("NeedsRendering"))
	if err != nil {
		return explain(err)
	}
	if dynamic, _ := needs.(bool); dynamic {
		return refuse(Unsupported, "the PDF is a dynamic XFA form, which has no pages of its own to sign")
	}
	if _, has := p.form.dict.Lookup("XFA"); has {
		p.findings = append(p.findings, Finding{Kind: FindingXFA, Count: 1})
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
	return p.changeCatalog(sigRef)
}

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
	if widget, err = p.withAppearance(widget); err != nil {
		return err
	}
	if p.o.Lock != nil {
		widget = widget.With("Lock", p.o.Lock.dict().With("Type", object.Name("SigFieldLock")))
	}
	ref, err := p.update.reserve()
	if err != nil {
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
			p.update.change(page, page.Dict().With("Annots", extended(list, widget)))
			return nil
		}
	}
	return p.appendTo(page, "Annots", widget)
}

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
	list, _ := holder.Get(key).(object.Array)
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
	changed := dict
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
