package signflow

import (
	"context"

	"hashout/csc"
	"hashout/pdfprep"
)

// Signer makes signatures over digests: csc.Signer, or what a test puts in its place.
type Signer interface {
	SignAll(ctx context.Context, digests [][]byte, observe func(csc.SignEvent) error) []csc.SignResult
}

// Finish asks the signer for the signatures of all prepared documents, in one call, and completes each document that got one.
// It may be called once.
func (b *Batch) Finish(ctx context.Context, signer Signer) []Result {
	var waiting []*item
	var digests [][]byte
	for _, it := range b.items {
		if it.state == Prepared {
			waiting = append(waiting, it)
			digests = append(digests, it.attributes.ToBeSigned())
		}
	}
	if len(waiting) == 0 {
		return b.Results()
	}
	signatures := signer.SignAll(ctx, digests, func(e csc.SignEvent) error {
		b.follow(waiting, e)
		return nil
	})
	for i, it := range waiting {
		b.complete(ctx, it, signatures[i])
	}
	return b.Results()
}

// follow keeps the states in step with the signer. Submitted is set before the request leaves.
func (b *Batch) follow(waiting []*item, e csc.SignEvent) {
	for _, i := range e.Indices {
		it := waiting[i]
		switch e.Kind {
		case csc.Authorizing:
			b.enter(it, PhaseAuthorize)
		case csc.Submitting:
			it.state = Submitted
			b.enter(it, PhaseSign)
		}
	}
}

func (b *Batch) complete(ctx context.Context, it *item, s csc.SignResult) {
	if s.Err != nil {
		state := Failed
		if isOutcomeUnknown(s.Err) {
			state = Unknown
		}
		b.fail(ctx, it, state, s.Err)
		return
	}
	if err := b.assemble(ctx, it, s.Signature); err != nil {
		it.result.Update = nil
		b.fail(ctx, it, Failed, err)
		return
	}
	it.state = Signed
	b.finished++
	b.enter(it, PhaseDone)
}

// assemble puts the signature into its document and judges the outcome from the bytes, as a stranger would.
func (b *Batch) assemble(ctx context.Context, it *item, signature []byte) error {
	b.enter(it, PhaseAssemble)
	signedData, err := it.attributes.Assemble(signature)
	if err != nil {
		return err
	}
	update, err := it.prepared.Embed(signedData)
	if err != nil {
		return err
	}
	b.enter(it, PhaseVerify)
	if err := b.reread(ctx, it, update); err != nil {
		return &Error{Code: SelfCheckFailed, Msg: "the signed file did not pass its own verification and is withheld", Err: err}
	}
	it.result.Update = update
	it.result.Signature = &Signature{
		FieldName:     it.prepared.FieldName,
		ByteRange:     it.prepared.ByteRange,
		ContentsBytes: len(signedData),
		Digest:        it.mechanism.Algorithm.Hash,
		SignAlgo:      it.mechanism.SignAlgo,
		Level:         it.plan.Level,
		Findings:      it.prepared.Findings,
	}
	return nil
}

// reread parses original ∥ update from bytes and verifies what it finds there. The original is not hashed a second time: it is the
// same immutable Blob that the digest was taken of.
func (b *Batch) reread(ctx context.Context, it *item, update []byte) error {
	source := it.document.Source
	whole := pdfprep.Concat(source, source.Size(), update)
	contents, err := pdfprep.Reread(ctx, whole, source.Size()+int64(len(update)), it.prepared, b.openOptions(it))
	if err != nil {
		return err
	}
	return it.plan.Check(contents, it.digest)
}

func isOutcomeUnknown(err error) bool { return csc.CodeOf(err) == csc.OutcomeUnknown }
