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

// Finish asks for the signatures of all prepared documents, one call of a signer for each digest algorithm among them, and completes
// each document that got one. newSigner is called once for each algorithm. Finish may be called once.
func (b *Batch) Finish(ctx context.Context, newSigner func(digest crypto.Hash) (Signer, error)) ([]Result, error) {
	for _, group := range b.groups() {
		signer, err := newSigner(group[0].mechanism.Algorithm.Hash)
		if err != nil {
			return nil, err
		}
		digests := make([][]byte, len(group))
		for i, it := range group {
			digests[i] = it.attributes.ToBeSigned()
		}
		signatures := signer.SignAll(ctx, digests, func(e csc.SignEvent) error {
			b.follow(group, e)
			return nil
		})
		for i, it := range group {
			b.complete(ctx, it, signatures[i])
		}
	}
	return b.Results(), nil
}

// groups sorts the prepared documents by digest algorithm, in the order in which the algorithms appear: one authorization and one signHash
// call speak of one algorithm (CSC §11.9).
func (b *Batch) groups() [][]*item {
	var groups [][]*item
	for _, it := range b.items {
		if it.state != Prepared {
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
	contents, err := pdfprep.Reread(ctx, whole, source.Size()+int64(len(update)), it.prepared, it.document.options(b.options.Limits))
	if err != nil {
		return err
	}
	return it.plan.Check(contents, it.digest)
}

func isOutcomeUnknown(err error) bool { return csc.CodeOf(err) == csc.OutcomeUnknown }
