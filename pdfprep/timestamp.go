package pdfprep

import "context"

// TimestampOptions say how a document timestamp is prepared.
type TimestampOptions struct {
	// ReservedBytes is how many bytes of the TimeStampToken Contents must hold.
	ReservedBytes int
	// FieldName is the new field's; one that is free is found if it is empty.
	FieldName string
	// Seed: see SignOptions.
	Seed [16]byte
}

// PrepareTimestamp appends a new invisible field with a document timestamp whose Contents is empty (ISO 32000-2 §12.8.5, EN 319 142-1
// §5.4.3). Neither a certification nor a lock forbids it: a document timestamp is no change of the document (ISO 32000-2 §12.8.2.2.2).
func (d *Document) PrepareTimestamp(ctx context.Context, o TimestampOptions) (*Prepared, error) {
	options := &SignOptions{Field: FieldOptions{Name: o.FieldName}, ReservedBytes: o.ReservedBytes, Seed: o.Seed}
	if err := options.check(); err != nil {
		return nil, err
	}
	options.SubFilter = ETSIRFC3161
	d.f.Renew()
	if err := d.accessAllows(false); err != nil {
		return nil, err
	}
	form, err := d.form(ctx)
	if err != nil {
		return nil, err
	}
	p := &preparation{d: d, o: options, form: form, update: d.newUpdate(o.Seed), name: o.FieldName}
	switch {
	case p.name == "":
		p.name = form.freeName()
	case form.find(p.name) != nil:
		return nil, refuse(InvalidArgument, "there is a field of that name already").with(detailField, p.name)
	}
	if err := p.buildTimestamp(ctx); err != nil {
		return nil, explain(err)
	}
	return p.finish()
}

func (p *preparation) buildTimestamp(ctx context.Context) error {
	ref, err := p.update.reserve()
	if err != nil {
		return err
	}
	p.sig = &sigDict{options: p.o, root: p.d.root.Ref}
	p.update.objects = append(p.update.objects, updated{ref: ref, write: p.sig.write})
	return p.create(ctx, ref)
}
