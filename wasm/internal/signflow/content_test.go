package signflow_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"hashout/csc/csctest"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/signflow"
)

// TestContentTimestampIsSignedWithTheDocument at the lowest and at the highest level, with digests of each length, by an authority whose token
// fits the usual room and by one whose token does not; and the journal has it, so that nobody is asked again after an interruption.
func TestContentTimestampIsSignedWithTheDocument(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	for name, tc := range map[string]struct {
		credential string
		level      pades.Level
		bulk       int
	}{
		"B-B, SHA-256":         {"demo-p-256", pades.BB, 0},
		"B-LTA, SHA-512":       {"demo-p-521", pades.BLTA, 0},
		"B-T, a bulky token":   {"demo-rsa-2048", pades.BT, 8},
		"Ed25519 signs it all": {"demo-ed25519", pades.BB, 8},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(w.service.RequestsTo("tsa"))
			helpers := w.helpers(&web{})
			o := options()
			o.Level, o.ContentTimestamp, o.Authorities = tc.level, true, helpers.Authorities
			w.service.SetTSA(csctest.TSA{Bulk: tc.bulk})
			k := w.prepare(tc.credential, o, document(original))
			w.service.SetTSA(csctest.TSA{}) // the others find room in any case
			if r := k.batch.Results()[0]; r.Err != nil {
				t.Fatal(r.Err)
			}
			asked := len(w.service.RequestsTo("tsa")) - before
			if want := map[bool]int{true: 2, false: 1}[tc.bulk > 0]; asked != want {
				t.Errorf("the authority was asked %d times, not %d", asked, want)
			}
			k.options.Authorities = nil
			k.again(document(original))
			k.hooks.Extend = helpers
			r := k.finish(t.Context())[0]
			if r.Err != nil || r.Shortfall != nil || r.Signature.Level != tc.level {
				t.Fatalf("%+v", r)
			}
			stamps := map[pades.Level]int{pades.BB: 0, pades.BT: 1, pades.BLTA: 2}[tc.level]
			if got := len(w.service.RequestsTo("tsa")) - before - asked; got != stamps {
				t.Errorf("the authority was asked %d times more, not %d", got, stamps)
			}
			s := w.verified(original, r).Signatures[0]
			if !s.Intact || len(s.ContentTimestamps) != 1 || s.ContentTimestamps[0].Signer == nil {
				t.Fatalf("%+v", s)
			}
			if tc.level == pades.BLTA && (s.Indication != pades.Passed || s.ContentTimestamps[0].Indication != pades.Passed || s.Level != tc.level) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestNoHashLeavesWithoutItsContentTimestamp: the document for which no authority gives one fails, and the others are signed.
func TestNoHashLeavesWithoutItsContentTimestamp(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	authorities := w.helpers(&web{}).Authorities
	var mu sync.Mutex
	var unlucky []byte // the imprint of the document that is stamped first
	o := options()
	o.ContentTimestamp = true
	o.Authorities = []pades.Timestamper{pades.TimestamperFunc(func(ctx context.Context, r *cms.TimestampRequest) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if unlucky == nil {
			unlucky = r.Imprint
		}
		if bytes.Equal(r.Imprint, unlucky) {
			return nil, errors.New("connection refused")
		}
		return authorities[1].Timestamp(ctx, r)
	})}
	failed := 0
	for i, r := range w.sign(t.Context(), "demo-p-256", o, nil, original, original, original) {
		switch {
		case r.State == signflow.Failed && code(r.Err) == "TSA_FAILED" && errors.Is(r.Err, pades.ErrTSAFailed):
			failed++
		case r.State != signflow.Signed:
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
	if n := w.service.SignedTotal(); n != 2 || failed != 1 {
		t.Errorf("%d hashes were signed, %d documents failed", n, failed)
	}
	for name, tsa := range map[string]csctest.TSA{"wrong imprint": {WrongImprint: true}, "wrong nonce": {WrongNonce: true}, "foreign signer": {ForeignSigner: true}, "refusal": {Status: 2}} {
		w.service.SetTSA(tsa)
		o.Authorities = w.helpers(&web{}).Authorities
		if r := w.sign(t.Context(), "demo-p-256", o, nil, original)[0]; r.State != signflow.Failed || code(r.Err) != "TSA_FAILED" {
			t.Errorf("%s: %s, %v", name, r.State, r.Err)
		}
	}
	if n := w.service.SignedTotal(); n != 2 {
		t.Errorf("%d hashes were signed", n)
	}
	o.Authorities = nil
	if _, err := signflow.Prepare(t.Context(), w.credential("demo-p-256"), []signflow.Document{document(original)}, o, nil); !errors.Is(err, signflow.ErrInvalidArgument) {
		t.Errorf("without an authority: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.Authorities = []pades.Timestamper{pades.TimestamperFunc(func(context.Context, *cms.TimestampRequest) ([]byte, error) {
		cancel()
		return nil, errors.New("gone")
	})}
	b, err := signflow.Prepare(ctx, w.credential("demo-p-256"), []signflow.Document{document(original)}, o, nil)
	if err != nil || code(b.Results()[0].Err) != "ABORTED" {
		t.Errorf("cancelled: %v, %+v", err, b.Results())
	}
}

// TestJournalsContentTimestampIsBelievedOnlyIfItHolds, and is over the document at hand.
func TestJournalsContentTimestampIsBelievedOnlyIfItHolds(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	other := bytes.Clone(original)
	other[len(other)/2] ^= 1
	for name, tc := range map[string]struct {
		file   []byte
		change func(k *kept)
		code   string
	}{
		"another file": {other, func(*kept) {}, "FILE_UNREADABLE"},
		"no token":     {original, func(k *kept) { k.journal.Documents[0].ContentTimestamp = nil }, "INVALID_ARGUMENT"},
		"a broken token": {original, func(k *kept) {
			k.journal.Documents[0].ContentTimestamp[len(k.journal.Documents[0].ContentTimestamp)-1] ^= 1
		}, "TSA_FAILED"},
		"a token of another document": {original, func(k *kept) {
			k.journal.Documents[0].ContentTimestamp = k.journal.Documents[1].ContentTimestamp
		}, "TSA_FAILED"},
	} {
		o := options()
		o.ContentTimestamp, o.Authorities = true, w.helpers(&web{}).Authorities
		k := w.prepare("demo-p-256", o, document(original), document(pdf(t, "qpdf-i3.pdf")))
		tc.change(k)
		k.again(document(tc.file), document(pdf(t, "qpdf-i3.pdf")))
		results := k.batch.Results()
		if results[0].State != signflow.Prepared || code(results[0].Err) != tc.code {
			t.Errorf("%s: %s, %q: %v", name, results[0].State, code(results[0].Err), results[0].Err)
		}
		if results[1].Err != nil {
			t.Errorf("%s: the other document: %v", name, results[1].Err)
		}
	}
}
