package signflow

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"hashout/csc"
	"hashout/csc/sigalg"
)

// Restore rebuilds a batch from its journal and the same documents, in the same order. Nothing is sent, and nothing that was sent before
// is ever sent again:
//
//	prepared          rebuilt, its hash waits for a signature
//	submitted         unknown: its answer was lost with whoever waited for it
//	received, signed  rebuilt, its signature is at hand: Finish assembles it without asking anybody
//	failed, unknown   as they were
//
// A document that is missing, changed or cannot be read carries its own error and stays in its state: the right one may be given later.
// Options are those of the batch, without SigningTime and Random, which the journal has.
func Restore(ctx context.Context, credential *csc.Credential, journal *Journal, documents []Document, o Options, observe Observer) (*Batch, error) {
	at, err := time.Parse(time.RFC3339, journal.SigningTime)
	if err != nil {
		return nil, badJournal("has no signing time", err)
	}
	o.SigningTime = at
	if len(documents) != len(journal.Documents) {
		return nil, &Error{Code: InvalidArgument, Msg: "the journal is of another number of documents", Details: map[string]any{
			"expected": len(journal.Documents), "received": len(documents),
		}}
	}
	b := &Batch{id: journal.ID, credential: credential, options: o, observe: observe}
	for i, document := range documents {
		b.items = append(b.items, &item{index: i, document: document, state: journal.Documents[i].State})
	}
	b.each(func(it *item) { b.restore(ctx, it, &journal.Documents[it.index]) })
	return b, nil
}

func (b *Batch) restore(ctx context.Context, it *item, d *JournalDocument) {
	switch d.State {
	case Failed:
		b.fail(ctx, it, Failed, d.Error)
		return
	case Submitted, Unknown:
		b.fail(ctx, it, Unknown, &csc.Error{Code: csc.OutcomeUnknown, Details: map[string]any{csc.DetailSubmitted: true},
			Msg: "the signing was interrupted after the hash had left: the service may have signed it"})
		return
	}
	if err := b.rebuild(ctx, it, d); err != nil {
		b.fail(ctx, it, d.State, err)
		return
	}
	if d.State == Signed || d.State == Received {
		it.state, it.signature = Received, d.Signature
	}
}

// rebuild prepares a document anew and compares every hash with the journal's.
func (b *Batch) rebuild(ctx context.Context, it *item, d *JournalDocument) error {
	if it.document.Err != nil {
		return it.document.Err
	}
	if size := it.document.Source.Size(); size != d.Size {
		return changed("size", d.Size, size)
	}
	it.seed = [16]byte(d.Seed)
	m, err := b.credential.Mechanism(csc.MechanismOptions{Digest: b.options.Digest, PreferPSS: b.options.PreferPSS, SignAlgo: b.options.SignAlgo})
	if err != nil {
		return err
	}
	it.mechanism = m
	if it.document.Unchanged {
		it.digest = d.Digest
	}
	if b.options.ContentTimestamp {
		if it.timestamp = d.ContentTimestamp; len(it.timestamp) == 0 {
			return badJournal("lacks the timestamp over a document", nil)
		}
	}
	if err := b.prepare(ctx, it); err != nil {
		if it.digest != nil && !bytes.Equal(it.digest, d.Digest) { // of another document nothing else need hold
			return changed("digest", nil, nil)
		}
		return err
	}
	update := sha256.Sum256(it.prepared.Update)
	switch {
	case it.mechanism.SignAlgo != d.SignAlgo || sigalg.HashOID(it.mechanism.Algorithm.Hash) != d.HashAlgo:
		return changed("algorithm", d.SignAlgo, it.mechanism.SignAlgo)
	case !bytes.Equal(update[:], d.Update):
		return changed("update", nil, nil)
	case !bytes.Equal(it.digest, d.Digest):
		return changed("digest", nil, nil)
	case !bytes.Equal(it.attributes.ToBeSigned(), d.Hash):
		return changed("hash", nil, nil)
	}
	return nil
}

// changed is the error of a document from which something else follows than what the journal has.
func changed(what string, expected, received any) error {
	details := map[string]any{"differs": what}
	if expected != nil {
		details["expected"], details["received"] = expected, received
	}
	return &Error{Code: FileUnreadable, Msg: "this is not the file that was prepared, or it was changed since", Details: details}
}
