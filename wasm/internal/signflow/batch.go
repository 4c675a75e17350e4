package signflow

import (
	"context"
	"crypto"
	"sync"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// Batch is a set of documents between their preparation and their end.
type Batch struct {
	id         string
	credential *csc.Credential
	options    Options
	items      []*item
	hooks      Hooks
	evidence   pades.Evidence // collected so far

	telling  sync.Mutex // documents are worked on at the same time, and told of one after the other
	observe  Observer
	finished int
}

// item is one document of a batch.
type item struct {
	index      int
	document   Document
	state      State
	seed       [16]byte
	mechanism  csc.Mechanism
	plan       *pades.Plan
	prepared   *pdfprep.Prepared
	digest     []byte // document digest
	timestamp  []byte // the token over the document, where one is signed with it
	resized    bool   // its room was changed
	attributes *cms.SignedAttributes
	signature  []byte // the signature value, once it was received
	result     Result
}

// Result is what came of one document: an update to append, or an error.
type Result struct {
	State State
	// Update is what follows the original bytes in the signed file; nil unless State is Signed.
	Update    []byte
	Signature *Signature
	// Shortfall is why a signed document is not of the level asked for; Signature.Level says what it is.
	Shortfall error
	Err       error
}

// Signature describes the signature that was made, for showing.
type Signature struct {
	FieldName     string
	ByteRange     [4]int64
	ContentsBytes int // DER bytes of the SignedData
	Digest        crypto.Hash
	SignAlgo      string // the OID the service was asked for
	Level         pades.Level
	Findings      []pdfprep.Finding
}

// Pending is one toBeSignedDigest that waits for its signature.
type Pending struct {
	Document int
	Digest   []byte
	Hash     crypto.Hash
}

// Pending lists the hashes of the documents that are prepared, in the order of the documents.
func (b *Batch) Pending() []Pending {
	var list []Pending
	for _, it := range b.items {
		if it.waits() {
			list = append(list, Pending{Document: it.index, Digest: it.attributes.ToBeSigned(), Hash: it.mechanism.Algorithm.Hash})
		}
	}
	return list
}

// waits tells whether a document's hash is to be signed yet.
func (it *item) waits() bool { return it.state == Prepared && it.result.Err == nil }

// Results gives the state of every document, in the order in which they were given.
func (b *Batch) Results() []Result {
	results := make([]Result, len(b.items))
	for i, it := range b.items {
		results[i] = it.outcome()
	}
	return results
}

func (it *item) outcome() Result {
	r := it.result
	r.State = it.state
	return r
}

func (b *Batch) enter(it *item, phase Phase) {
	b.telling.Lock()
	defer b.telling.Unlock()
	b.tell(it, phase)
}

func (b *Batch) tell(it *item, phase Phase) {
	if b.observe != nil {
		b.observe(Event{Document: it.index, Phase: phase, Done: b.finished, Total: len(b.items)})
	}
}

func (b *Batch) fail(ctx context.Context, it *item, state State, err error) {
	it.state = state
	it.result.Err = stopped(ctx, err)
	b.end(it, PhaseFailed)
}

// end counts a document as finished and hands it out.
func (b *Batch) end(it *item, phase Phase) {
	b.telling.Lock()
	defer b.telling.Unlock()
	b.finished++
	b.tell(it, phase)
	b.deliver(it)
}

func (b *Batch) deliver(it *item) {
	if b.hooks.Deliver != nil {
		b.hooks.Deliver(it.index, it.outcome())
	}
}
