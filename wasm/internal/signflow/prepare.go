package signflow

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/pdfprep/repair"
)

// Prepare opens and prepares every document and computes its toBeSignedDigest. Nothing is sent anywhere but, where content timestamps are
// wanted, the document digests to timestamp authorities. The error is for what concerns the whole batch (no document, a credential or an
// algorithm that cannot be used); a document that cannot be signed carries its own.
func Prepare(ctx context.Context, credential *csc.Credential, documents []Document, o Options, observe Observer) (*Batch, error) {
	if err := o.check(documents); err != nil {
		return nil, err
	}
	if err := credential.Usable(o.SigningTime); err != nil {
		return nil, err
	}
	mechanism, err := credential.Mechanism(csc.MechanismOptions{Digest: o.Digest, PreferPSS: o.PreferPSS, SignAlgo: o.SignAlgo})
	if err != nil {
		return nil, err
	}
	o.SigningTime = o.SigningTime.Truncate(time.Second) // all that /M and the journal can hold
	var name [16]byte
	if _, err := io.ReadFull(o.Random, name[:]); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	b := &Batch{id: hex.EncodeToString(name[:]), credential: credential, options: o, observe: observe}
	for i, document := range documents {
		b.items = append(b.items, &item{index: i, document: document, mechanism: mechanism})
	}
	for _, it := range b.items {
		if _, err := io.ReadFull(o.Random, it.seed[:]); err != nil {
			return nil, fmt.Errorf("reading random bytes: %w", err)
		}
	}
	b.each(func(it *item) {
		if err := b.prepare(ctx, it); err != nil {
			b.fail(ctx, it, Failed, err)
			return
		}
		it.state = Prepared
	})
	return b, nil
}

func (o *Options) check(documents []Document) error {
	switch {
	case len(documents) == 0:
		return &Error{Code: InvalidArgument, Msg: "there is no document to sign"}
	case o.Commitment != "" && o.Reason != "":
		return &Error{Code: InvalidArgument, Msg: "a commitment excludes a reason"} // EN 319 142-1 6.3
	case o.SignerLocation != nil && o.Location != "":
		return &Error{Code: InvalidArgument, Msg: "the signer's location excludes the location"} // EN 319 142-1 6.3
	case o.SigningTime.IsZero():
		return &Error{Code: InvalidArgument, Msg: "the signing time is not set"}
	case o.Random == nil:
		return &Error{Code: InvalidArgument, Msg: "there is no source of random bytes"}
	case o.ContentTimestamp && len(o.Authorities) == 0:
		return &Error{Code: InvalidArgument, Msg: "a timestamp over the document needs a timestamp authority"}
	}
	return nil
}

func (b *Batch) prepare(ctx context.Context, it *item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if it.document.Err != nil {
		return it.document.Err
	}
	b.enter(it, PhaseOpen)
	pdf, err := pdfprep.Open(ctx, it.document.Source, it.document.Source.Size(), it.document.options(b.options.Limits))
	if err == nil {
		err = b.prepareOpened(ctx, it, pdf)
	}
	if !repair.Helps(err) {
		return err
	}
	// Damage may come to light only when an object is wanted.
	if pdf, err = it.document.repaired(ctx, b.options.Limits); err != nil {
		return err
	}
	return b.prepareOpened(ctx, it, pdf)
}

func (b *Batch) prepareOpened(ctx context.Context, it *item, pdf *pdfprep.Document) error {
	b.enter(it, PhasePrepare)
	if err := b.adapt(ctx, it, pdf); err != nil {
		return err
	}
	var err error
	if it.plan, err = newPlan(b.credential, it.mechanism, b.options, len(it.timestamp)); err != nil {
		return err
	}
	for again := true; again; {
		if it.prepared, err = pdf.Prepare(ctx, b.signOptions(it)); err != nil {
			return err
		}
		if err := b.hash(ctx, it); err != nil {
			return err
		}
		if again, err = b.stamp(ctx, it); err != nil {
			return err
		}
	}
	it.attributes, err = cms.NewSignedAttributes(it.plan.CMS, it.digest)
	return err
}

func (b *Batch) hash(ctx context.Context, it *item) (err error) {
	if it.digest == nil {
		b.enter(it, PhaseHash)
		it.digest, err = it.document.Source.Digest(ctx, it.mechanism.Algorithm.Hash, it.prepared.Before(), it.prepared.After())
	}
	return err
}

// stamp puts a timestamp over the document among what is signed, if one is wanted: the one that it had when it was prepared first, or a new one.
// A token for which there is too little room, or too much, has the document prepared again, once.
func (b *Batch) stamp(ctx context.Context, it *item) (again bool, err error) {
	if !b.options.ContentTimestamp {
		return false, nil
	}
	if it.timestamp != nil {
		return false, it.plan.TakeContentTimestamp(it.timestamp, it.digest)
	}
	b.enter(it, PhaseTimestamp)
	again, err = it.plan.StampContent(ctx, it.digest, b.options.Authorities)
	switch {
	case err != nil:
		return false, err
	case !again:
		it.timestamp = it.plan.CMS.ContentTimestamp.Token
	case it.resized:
		return false, &pades.Error{Code: pades.TSAFailed, Msg: "the timestamps over the document are of changing size"}
	default:
		it.resized, it.digest = true, nil
	}
	return again, nil
}

// field is the document's own, or the one for all.
func (b *Batch) field(it *item) pdfprep.FieldOptions {
	if own := it.document.Field; own != nil {
		return *own
	}
	return b.options.Field
}

// adapt takes a digest that the document's field asks for, where the caller left the choice open.
func (b *Batch) adapt(ctx context.Context, it *item, pdf *pdfprep.Document) error {
	asked, err := pdf.Constraints(ctx, b.field(it))
	if err != nil || b.options.Digest != 0 || len(asked.Digests) == 0 || slices.Contains(asked.Digests, it.mechanism.Algorithm.Hash) {
		return err
	}
	it.mechanism, err = b.credential.Mechanism(csc.MechanismOptions{Digest: asked.Digests[0], PreferPSS: b.options.PreferPSS})
	return err
}

func (b *Batch) signOptions(it *item) pdfprep.SignOptions {
	o, plan := b.options, it.plan
	return pdfprep.SignOptions{
		Field: b.field(it), ReservedBytes: plan.ReservedBytes, SubFilter: pdfprep.SubFilter(plan.SubFilter), SigningTime: plan.SigningTime, DigestMethod: it.mechanism.Algorithm.Hash,
		Reason: o.Reason, Location: o.Location, Name: o.Name, ContactInfo: o.ContactInfo,
		Certify: o.Certify, Lock: o.Lock, Software: o.Software, Seed: it.seed, Artist: o.Artist, Extensions: plan.Extensions,
	}
}
