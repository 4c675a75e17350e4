package signflow

import (
	"context"
	"errors"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// made is a signed document on its way to its level.
type made struct {
	plan     pades.Plan // of the level that is reached
	update   []byte
	contents int // DER bytes of the SignedData
	// shortfall is why the level asked for is not reached. The signature exists and is not lost for it.
	shortfall error
}

// embed puts the signature into the document: with its timestamp where the level wants one and it is to be had, else without.
func (b *Batch) embed(ctx context.Context, it *item, signature []byte) (*made, error) {
	m := &made{plan: *it.plan}
	if m.plan.SignatureTimestamp() {
		der, err := m.plan.Complete(ctx, it.attributes, signature, b.hooks.Extend.Authorities)
		if err == nil {
			m.contents = len(der)
			m.update, err = it.prepared.Embed(der)
		}
		if err == nil {
			m.plan.Level = pades.BT
			return m, nil
		}
		m.shortfall = stopped(ctx, err)
		m.plan.Level = pades.BB
	}
	der, err := it.attributes.Assemble(signature)
	if err != nil {
		return nil, err
	}
	m.contents = len(der)
	m.update, err = it.prepared.Embed(der)
	return m, err
}

// extend takes a document that reached B-T further, if more was asked for.
func (b *Batch) extend(ctx context.Context, it *item, m *made) {
	want := it.plan.Level
	if m.shortfall != nil || want == pades.BB || want == pades.BT {
		return
	}
	b.enter(it, PhaseExtend)
	o := b.hooks.Extend
	o.Level, o.Update, o.Document = want, m.update, it.document.options(b.options.Limits)
	o.Collect.Known = append(append(o.Collect.Known[:0:0], b.credential.Chain...), b.evidence.Certificates...)
	// What was found for one document serves the others: they have the same signer.
	o.Collect.OCSPs, o.Collect.CRLs = b.evidence.OCSPs, b.evidence.CRLs
	x := pades.Extend(ctx, it.document.Source, o)
	m.update, m.plan.Level, m.shortfall = x.Update, x.Level, stopped(ctx, x.Shortfall)
	if x.Evidence != nil {
		b.evidence = *x.Evidence
	}
}

// Extension is what came of a document that was extended.
type Extension struct {
	// Update is what follows the original bytes; empty if nothing was reached.
	Update    []byte
	Level     pades.Level
	Shortfall error
}

// Extend takes the signatures of a document to a higher level, or renews what is B-LTA; see [pades.Extend]. The error is for what says that
// nothing was tried: a document that cannot be opened, or has no signature.
func Extend(ctx context.Context, document Document, o pades.ExtendOptions, limits pdfprep.Limits, observe Observer) (*Extension, error) {
	if o.Level == pades.BB || o.Level == "" {
		return nil, &Error{Code: InvalidArgument, Msg: "a document is extended to level B-T, B-LT or B-LTA"}
	}
	if observe != nil {
		observe(Event{Phase: PhaseExtend, Total: 1})
	}
	o.Document = document.options(limits)
	o.Open = document.open(limits)
	x := pades.Extend(ctx, document.Source, o)
	if own := (*pades.Error)(nil); x.Shortfall != nil && len(x.Update) == 0 && !(errors.As(x.Shortfall, &own) && own.Retryable()) {
		return nil, stopped(ctx, x.Shortfall)
	}
	return &Extension{Update: x.Update, Level: x.Level, Shortfall: stopped(ctx, x.Shortfall)}, nil
}

// ServiceTimestamps is the timestamp authority of a signing service (CSC §11.10 signatures/timestamp).
func ServiceTimestamps(session *csc.Session, clientData string) pades.Timestamper {
	return pades.TimestamperFunc(func(ctx context.Context, r *cms.TimestampRequest) ([]byte, error) {
		q := csc.TimestampRequest{Hash: r.Imprint, Algorithm: r.Hash, ClientData: clientData}
		if r.Nonce != nil {
			q.Nonce = r.Nonce.Bytes()
		}
		return session.Timestamp(ctx, q)
	})
}
