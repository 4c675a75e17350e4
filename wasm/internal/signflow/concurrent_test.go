package signflow_test

import (
	"bytes"
	"context"
	"crypto"
	"sync"
	"testing"
	"time"

	"hashout/csc"
	"hashout/wasm/internal/signflow"
)

// meeting is a Source whose hashing goes on only when another is being hashed as well.
type meeting struct {
	*file
	arrived *sync.WaitGroup
}

func (m *meeting) Digest(ctx context.Context, h crypto.Hash, before, after []byte) ([]byte, error) {
	m.arrived.Done()
	met := make(chan struct{})
	go func() { m.arrived.Wait(); close(met) }()
	select {
	case <-met:
		return m.file.Digest(ctx, h, before, after)
	case <-time.After(10 * time.Second):
		return nil, context.DeadlineExceeded
	}
}

func TestDocumentsArePreparedWhileAnotherIsHashed(t *testing.T) {
	w := newWorld(t)
	var arrived sync.WaitGroup
	documents := make([]signflow.Document, 4)
	for i := range documents {
		arrived.Add(1)
		documents[i].Source = &meeting{newFile(pdf(t, "pdfminer-jo.pdf")), &arrived}
	}
	batch, err := signflow.Prepare(t.Context(), w.credential("demo-p-256"), documents, options(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range batch.Results() {
		if r.Err != nil || r.State != signflow.Prepared {
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
}

// patient is a Signer that gets its second signature only when the first document is handed out.
type patient struct {
	signflow.Signer
	handedOut <-chan int
	t         *testing.T
}

func (p *patient) SignAll(ctx context.Context, digests [][]byte, observe func(csc.SignEvent) error) []csc.SignResult {
	requests := 0
	return p.Signer.SignAll(ctx, digests, func(e csc.SignEvent) error {
		if err := observe(e); err != nil || e.Kind != csc.Submitting {
			return err
		}
		if requests++; requests != 2 {
			return nil
		}
		select {
		case i := <-p.handedOut:
			if i != 0 {
				p.t.Errorf("document %d was handed out first", i)
			}
		case <-time.After(10 * time.Second):
			p.t.Error("the first document waits for the last signature")
		}
		return nil
	})
}

func TestDocumentsAreHandedOutWhileTheNextRequestIsOnItsWay(t *testing.T) {
	w := newWorld(t)
	credential := w.credential("demo-p-256")
	original := pdf(t, "pdfminer-jo.pdf")
	batch, err := signflow.Prepare(t.Context(), credential, []signflow.Document{document(original), document(bytes.Clone(original))}, options(), nil)
	if err != nil {
		t.Fatal(err)
	}
	authorizer := &csc.ExplicitAuthorizer{Ask: func(context.Context, csc.FactorRequest) (csc.Factors, error) { return csc.Factors{PIN: w.pin}, nil }}
	handedOut := make(chan int, 2)
	results, err := batch.Finish(t.Context(), func(digest crypto.Hash) (signflow.Signer, error) {
		signer, err := csc.NewSigner(w.session, credential, authorizer, csc.SignerOptions{Digest: digest, BatchSize: 1})
		return &patient{signer, handedOut, t}, err
	}, signflow.Hooks{Deliver: func(i int, _ signflow.Result) { handedOut <- i }})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil || r.State != signflow.Signed {
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
}

// broken is a Source that panics where it is hashed.
type broken struct{ *file }

func (broken) Digest(context.Context, crypto.Hash, []byte, []byte) ([]byte, error) { panic("broken") }

func TestPanicOfOneDocumentIsMetByTheCaller(t *testing.T) {
	w := newWorld(t)
	credential := w.credential("demo-p-256")
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("met %v", p)
		}
	}()
	_, _ = signflow.Prepare(t.Context(), credential, []signflow.Document{document(pdf(t, "pdfminer-jo.pdf")), {Source: broken{newFile(pdf(t, "pdfminer-jo.pdf"))}}}, options(), nil)
	t.Error("nobody met the panic")
}
