package signflow

import (
	"context"
	"crypto"
	"slices"

	"hashout/csc"
	"hashout/pdfprep"
)

// Signer makes signatures over digests: csc.Signer, or what a test puts in its place.
type Signer interface {
	SignAll(ctx context.Context, digests [][]byte, observe func(csc.SignEvent) error) []csc.SignResult
}

// Finish completes the documents whose signature is at hand, asks for the signatures of all prepared documents, one call of a signer for
// each digest algorithm among them, and completes each document that got one. newSigner is called once for each algorithm. Finish may be
// called once.
func (b *Batch) Finish(ctx context.Context, newSigner func(digest crypto.Hash) (Signer, error), hooks Hooks) ([]Result, error) {
	b.hooks = hooks
	for _, it := range b.items {
		switch {
		case it.result.Err != nil:
			b.deliver(it)
		case it.state == Received:
			b.complete(ctx, it)
		}
	}
	for _, group := range b.groups() {
		signer, err := newSigner(group[0].mechanism.Algorithm.Hash)
		if err != nil {
			return nil, err
		}
		b.sign(ctx, group, signer)
	}
	return b.Results(), nil
}

// sign has a group signed. Documents whose signature is there are completed while the next request is on its way.
func (b *Batch) sign(ctx context.Context, group []*item, signer Signer) {
	digests := make([][]byte, len(group))
	for i, it := range group {
		digests[i] = it.attributes.ToBeSigned()
	}
	received := make(chan *item, len(group))
	wait := inBackground(func() {
		for it := range received {
			b.complete(ctx, it)
		}
	})
	receive := func(it *item, signature []byte) {
		if it.signature == nil {
			it.state, it.signature = Received, signature
			received <- it
		}
	}
	results := signer.SignAll(ctx, digests, func(e csc.SignEvent) error {
		err := b.follow(ctx, group, e)
		if e.Kind == csc.Signed {
			for n, i := range e.Indices {
				receive(group[i], e.Signatures[n])
			}
		}
		return err
	})
	for i, it := range group {
		if results[i].Err == nil {
			receive(it, results[i].Signature)
		}
	}
	close(received)
	wait()
	for i, it := range group {
		if err := results[i].Err; err != nil && it.signature == nil {
			b.fail(ctx, it, it.after(err), err)
		}
	}
}

// groups sorts the prepared documents by digest algorithm, in the order in which the algorithms appear: one authorization and one signHash
// call speak of one algorithm (CSC §11.9).
func (b *Batch) groups() [][]*item {
	var groups [][]*item
	for _, it := range b.items {
		if !it.waits() {
			continue
		}
		at := slices.IndexFunc(groups, func(g []*item) bool { return g[0].mechanism.Algorithm == it.mechanism.Algorithm })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], it)
	}
	return groups
}

// follow keeps states and journal in step with the signer. A document is Submitted, and the journal knows it, before the request leaves.
func (b *Batch) follow(ctx context.Context, waiting []*item, e csc.SignEvent) error {
	switch e.Kind {
	case csc.Authorizing:
		for _, i := range e.Indices {
			b.enter(waiting[i], PhaseAuthorize)
		}
	case csc.Submitting:
		if err := b.keep(ctx, waiting, e, Submitted); err != nil {
			return err
		}
		for _, i := range e.Indices {
			waiting[i].state = Submitted
			b.enter(waiting[i], PhaseSign)
		}
	case csc.Signed:
		_ = b.keep(ctx, waiting, e, Received) // the signature is here: losing its copy is no reason to lose it
	}
	return nil
}

func (b *Batch) keep(ctx context.Context, waiting []*item, e csc.SignEvent, state State) error {
	if b.hooks.Keep == nil {
		return nil
	}
	changes := make([]Change, len(e.Indices))
	for n, i := range e.Indices {
		changes[n] = Change{Document: waiting[i].index, State: state}
		if state == Received {
			changes[n].Signature = e.Signatures[n]
		}
	}
	err := b.hooks.Keep(ctx, changes)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &csc.Error{Code: csc.Code(JournalFailed), Msg: "the journal could not be kept, so nothing was sent", Err: err}
}

// after is the state that an error of the signer leaves a document in.
func (it *item) after(err error) State {
	switch {
	case csc.CodeOf(err) == csc.OutcomeUnknown:
		return Unknown
	case it.state == Submitted:
		return Failed
	}
	return it.state // its hash never left
}

// complete makes the signed document of a signature that was received. If that fails, the document stays Received: its signature exists.
func (b *Batch) complete(ctx context.Context, it *item) {
	if err := b.assemble(ctx, it, it.signature); err != nil {
		it.result.Update = nil
		b.fail(ctx, it, Received, err)
		return
	}
	it.state = Signed
	b.end(it, PhaseDone)
}

// assemble puts the signature into its document, judges the outcome from the bytes, as a stranger would, and takes it to its level.
func (b *Batch) assemble(ctx context.Context, it *item, signature []byte) error {
	b.enter(it, PhaseAssemble)
	made, err := b.embed(ctx, it, signature)
	if err != nil {
		return err
	}
	b.enter(it, PhaseVerify)
	if err := b.reread(ctx, it, made); ctx.Err() != nil {
		return context.Cause(ctx) // cut short, not failed
	} else if err != nil {
		return &Error{Code: SelfCheckFailed, Msg: "the signed file did not pass its own verification and is withheld", Err: err}
	}
	b.extend(ctx, it, made)
	it.result.Update, it.result.Shortfall = made.update, made.shortfall
	it.result.Signature = &Signature{
		FieldName:     it.prepared.FieldName,
		ByteRange:     it.prepared.ByteRange,
		ContentsBytes: made.contents,
		Digest:        it.mechanism.Algorithm.Hash,
		SignAlgo:      it.mechanism.SignAlgo,
		Level:         made.plan.Level,
		Findings:      it.prepared.Findings,
	}
	return nil
}

// reread parses original ∥ update from bytes and verifies what it finds there. The original is not hashed a second time: it is the
// same immutable Blob that the digest was taken of.
func (b *Batch) reread(ctx context.Context, it *item, m *made) error {
	source := it.document.Source
	whole := pdfprep.Concat(source, source.Size(), m.update)
	contents, err := pdfprep.Reread(ctx, whole, source.Size()+int64(len(m.update)), it.prepared, it.document.options(b.options.Limits))
	if err != nil {
		return err
	}
	return m.plan.Check(contents, it.digest)
}
