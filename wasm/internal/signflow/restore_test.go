package signflow_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"hashout/csc"
	"hashout/csc/csctest"
	"hashout/pdfprep"
	"hashout/wasm/internal/signflow"
)

// kept is a batch whose owner writes its journal down at each change, as a page does.
type kept struct {
	*world
	credential *csc.Credential
	options    signflow.Options
	documents  []signflow.Document
	batch      *signflow.Batch
	journal    *signflow.Journal
	failKeep   signflow.State
}

func (w *world) prepare(id string, o signflow.Options, documents ...signflow.Document) *kept {
	w.t.Helper()
	k := &kept{world: w, credential: w.credential(id), options: o, documents: documents}
	var err error
	if k.batch, err = signflow.Prepare(w.t.Context(), k.credential, documents, o, nil); err != nil {
		w.t.Fatal(err)
	}
	k.journal = k.batch.Journal(signflow.Journal{Service: "https://rssp.example", Credential: signflow.JournalCredential{ID: id, Raw: string(k.credential.Raw)}})
	return k
}

// again restores the batch from the text of its journal, with nothing else of the first one left.
func (k *kept) again(documents ...signflow.Document) {
	k.t.Helper()
	text, err := json.Marshal(k.journal)
	if err != nil {
		k.t.Fatal(err)
	}
	journal, err := signflow.ParseJournal(text)
	if err != nil {
		k.t.Fatal(err)
	}
	credential, err := csc.ParseCredential(journal.Credential.ID, []byte(journal.Credential.Raw), csc.Dialect{})
	if err != nil {
		k.t.Fatal(err)
	}
	o := k.options
	o.Random, k.journal = nil, journal
	if k.batch, err = signflow.Restore(k.t.Context(), credential, journal, documents, o, nil); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kept) finish(ctx context.Context) []signflow.Result {
	k.t.Helper()
	delivered := map[int]int{}
	authorizer := &csc.ExplicitAuthorizer{Ask: func(context.Context, csc.FactorRequest) (csc.Factors, error) { return csc.Factors{PIN: k.pin}, nil }}
	results, err := k.batch.Finish(ctx, func(digest crypto.Hash) (signflow.Signer, error) {
		return csc.NewSigner(k.session, k.credential, authorizer, csc.SignerOptions{Digest: digest})
	}, signflow.Hooks{
		Extend: k.hooks.Extend,
		Keep: func(_ context.Context, changes []signflow.Change) error {
			for _, c := range changes {
				if c.State == k.failKeep {
					return errors.New("the disk is full")
				}
				d := &k.journal.Documents[c.Document]
				d.State, d.Signature = c.State, c.Signature
			}
			return nil
		},
		Deliver: func(i int, r signflow.Result) {
			delivered[i]++
			if r.State == signflow.Signed && r.Update == nil {
				k.t.Errorf("document %d was delivered signed without its update", i)
			}
		},
	})
	if err != nil {
		k.t.Fatal(err)
	}
	for i := range results {
		if delivered[i] != 1 {
			k.t.Errorf("document %d was delivered %d times", i, delivered[i])
		}
	}
	return results
}

func document(data []byte) signflow.Document { return signflow.Document{Source: newFile(data)} }

func TestRestoreRebuildsTheVerySameHashes(t *testing.T) {
	w := newWorld(t)
	field := pdfprep.FieldOptions{Name: "Elsewhere", Page: 1, Rect: [4]float64{10, 10, 90, 40}}
	names := []string{"pdfminer-jo.pdf", "syn-xrefstream-plain.pdf", "syn-signed-12-objstm.pdf", "syn-enc-aesv3-r6-user-objstm.pdf", "syn-empty-sv-sha512-objstm.pdf", "qpdf-i3.pdf"}
	var documents []signflow.Document
	for _, name := range names {
		d := document(pdf(t, name))
		if strings.Contains(name, "-enc-") {
			d.Password = "usr"
		}
		if name == "qpdf-i3.pdf" {
			d.Field = &field
		}
		documents = append(documents, d)
	}
	original := pdf(t, "pdfminer-jo.pdf")
	damaged := append(bytes.Clone(original[:bytes.LastIndex(original, []byte("startxref"))]), "startxref\n7\n%%EOF\n"...)
	documents = append(documents, document(damaged))

	k := w.prepare("demo-rsa-2048", options(), documents...)
	before := k.batch.Pending()
	if len(before) != len(documents) {
		t.Fatalf("%d of %d documents are prepared: %v", len(before), len(documents), k.batch.Results())
	}
	k.again(documents...)
	after := k.batch.Pending()
	for i := range before {
		if i >= len(after) || !bytes.Equal(before[i].Digest, after[i].Digest) {
			t.Fatalf("document %d has another hash: %v", i, k.batch.Results()[i].Err)
		}
	}
	for i, r := range k.finish(t.Context()) {
		if r.State != signflow.Signed {
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
	if w.service.SignedMost() != 1 {
		t.Error("a hash was signed twice")
	}
}

func TestRestoredStatesGoOnAsTheyShould(t *testing.T) {
	w := newWorld(t)
	good := pdf(t, "pdfminer-jo.pdf")
	documents := []signflow.Document{document(good), document(good), document(good), document(good), document([]byte("no PDF"))}
	k := w.prepare("demo-rsa-2048", options(), documents...)
	for i, r := range k.finish(t.Context())[:4] {
		if r.Err != nil {
			t.Fatalf("document %d: %v", i, r.Err)
		}
	}
	signed := w.service.SignedTotal()
	for i, state := range []signflow.State{signflow.Submitted, signflow.Received, signflow.Signed, signflow.Unknown} {
		k.journal.Documents[i].State = state
	}
	k.again(documents...)
	if n := len(k.batch.Pending()); n != 0 {
		t.Fatalf("%d hashes would be sent again", n)
	}
	want := []struct {
		state signflow.State
		code  string
	}{{signflow.Unknown, "OUTCOME_UNKNOWN"}, {signflow.Signed, ""}, {signflow.Signed, ""}, {signflow.Unknown, "OUTCOME_UNKNOWN"}, {signflow.Failed, "PDF_MALFORMED"}}
	for i, r := range k.finish(t.Context()) {
		if r.State != want[i].state || code(r.Err) != want[i].code {
			t.Errorf("document %d: %s %q (%v), want %s %q", i, r.State, code(r.Err), r.Err, want[i].state, want[i].code)
		}
	}
	if w.service.SignedTotal() != signed {
		t.Error("something was signed again")
	}
}

func TestAnotherFileIsRefusedAndTheRightOneGoesOn(t *testing.T) {
	w := newWorld(t)
	good := pdf(t, "pdfminer-jo.pdf")
	other := bytes.Clone(good)
	other[len(other)/2] ^= 1
	k := w.prepare("demo-p-256", options(), document(good), document(good), document(good))
	missing := signflow.Document{Err: &signflow.Error{Code: signflow.FileUnreadable, Msg: "gone"}}
	k.again(document(other), document(good[:len(good)-1]), missing)
	for i, r := range k.batch.Results() {
		if !errors.Is(r.Err, signflow.ErrFileUnreadable) && code(r.Err) != "PDF_MALFORMED" || r.State != signflow.Prepared {
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
	k.again(document(good), document(good), document(good))
	for i, r := range k.finish(t.Context()) {
		if r.State != signflow.Signed {
			t.Errorf("document %d: %s, %v", i, r.State, r.Err)
		}
	}
}

// A page that still holds the Blob vouches for it, so that it is not hashed again; the update is compared all the same.
func TestUnchangedDocumentIsNotHashedAgain(t *testing.T) {
	w := newWorld(t)
	source := &counting{file: newFile(pdf(t, "pdfminer-jo.pdf"))}
	k := w.prepare("demo-p-256", options(), signflow.Document{Source: source})
	k.again(signflow.Document{Source: source, Unchanged: true})
	if r := k.finish(t.Context())[0]; r.Err != nil || source.digests != 1 {
		t.Errorf("hashed %d times, %v", source.digests, r.Err)
	}
	k.options.Reason = "Something else"
	k.journal.Documents[0].State = signflow.Prepared
	k.again(signflow.Document{Source: source, Unchanged: true})
	if r := k.batch.Results()[0]; !errors.Is(r.Err, signflow.ErrFileUnreadable) {
		t.Errorf("another update under the same digest: %v", r.Err)
	}
}

type counting struct {
	*file
	digests int
}

func (c *counting) Digest(ctx context.Context, h crypto.Hash, before, after []byte) ([]byte, error) {
	c.digests++
	return c.file.Digest(ctx, h, before, after)
}

func TestNothingLeavesThatCouldNotBeKept(t *testing.T) {
	w := newWorld(t)
	k := w.prepare("demo-rsa-2048", options(), document(pdf(t, "pdfminer-jo.pdf")))
	k.failKeep = signflow.Submitted
	if r := k.finish(t.Context())[0]; code(r.Err) != "JOURNAL_FAILED" || r.State != signflow.Prepared {
		t.Fatalf("%s %q: %v", r.State, code(r.Err), r.Err)
	}
	if n := len(w.service.RequestsTo("signatures/signHash")); n != 0 || w.service.SignedTotal() != 0 {
		t.Fatalf("%d signHash calls left", n)
	}
	k.failKeep = signflow.Received
	k.again(document(pdf(t, "pdfminer-jo.pdf")))
	if r := k.finish(t.Context())[0]; r.State != signflow.Signed {
		t.Errorf("the signature that is here was lost with its journal: %s %v", r.State, r.Err)
	}
}

func TestJournalKnowsOfASubmissionBeforeTheServiceDoes(t *testing.T) {
	w := newWorld(t)
	documents := []signflow.Document{document(pdf(t, "pdfminer-jo.pdf")), document(pdf(t, "qpdf-i3.pdf"))}
	k := w.prepare("demo-p-521", options(), documents...) // one hash a call
	var seen []string
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Times: -1, When: func(*csctest.Request) bool {
		seen = append(seen, string(k.journal.Documents[0].State)+" "+string(k.journal.Documents[1].State))
		return false
	}})
	k.finish(t.Context())
	if got := strings.Join(seen, ", "); got != "submitted prepared, received submitted" {
		t.Errorf("at each signHash the journal said: %s", got)
	}
}

func TestHashThatNeverLeftIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.pin = "000000"
	k := w.prepare("demo-rsa-2048", options(), document(pdf(t, "pdfminer-jo.pdf")))
	if r := k.finish(t.Context())[0]; code(r.Err) != "AUTHORIZATION_FAILED" || r.State != signflow.Prepared {
		t.Fatalf("%s %q", r.State, code(r.Err))
	}
	w.pin = csctest.DemoPIN
	k.again(document(pdf(t, "pdfminer-jo.pdf")))
	if r := k.finish(t.Context())[0]; r.State != signflow.Signed {
		t.Fatalf("%s: %v", r.State, r.Err)
	}
}

func TestJournalHoldsNoSecret(t *testing.T) {
	w := newWorld(t)
	d := document(pdf(t, "syn-enc-aesv3-r6-user-objstm.pdf"))
	d.Password = "usr"
	k := w.prepare("demo-rsa-2048", options(), d)
	k.finish(t.Context())
	text, err := json.Marshal(k.journal)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{`"usr"`, csctest.DemoPIN, w.service.AccessToken()} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the journal holds %q", secret)
		}
	}
}

func TestHostileJournalsAreRefused(t *testing.T) {
	w := newWorld(t)
	k := w.prepare("demo-p-256", options(), document(pdf(t, "pdfminer-jo.pdf")))
	good, err := json.Marshal(k.journal)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(j map[string]any, d map[string]any)) []byte {
		var j map[string]any
		if err := json.Unmarshal(good, &j); err != nil {
			t.Fatal(err)
		}
		change(j, j["documents"].([]any)[0].(map[string]any))
		text, _ := json.Marshal(j)
		return text
	}
	cases := map[string][]byte{
		"nothing":               nil,
		"not JSON":              []byte("journal"),
		"cut":                   good[:len(good)-2],
		"two":                   append(bytes.Clone(good), good...),
		"deep":                  []byte(strings.Repeat(`{"options":`, 20_000)),
		"another version":       edit(func(j, _ map[string]any) { j["version"] = 2 }),
		"unknown member":        edit(func(j, _ map[string]any) { j["token"] = "x" }),
		"no documents":          edit(func(j, _ map[string]any) { j["documents"] = []any{} }),
		"too many":              edit(func(j, d map[string]any) { j["documents"] = slicesOf(d, 10_001) }),
		"no time":               edit(func(j, _ map[string]any) { j["signingTime"] = "yesterday" }),
		"no revision":           edit(func(j, _ map[string]any) { j["revision"] = 0 }),
		"state of its own":      edit(func(_, d map[string]any) { d["state"] = "paid" }),
		"short seed":            edit(func(_, d map[string]any) { d["seed"] = "AAAA" }),
		"no hash":               edit(func(_, d map[string]any) { delete(d, "hash") }),
		"received without":      edit(func(_, d map[string]any) { d["state"] = "received" }),
		"failed without reason": edit(func(_, d map[string]any) { d["state"] = "failed" }),
		"negative size":         edit(func(_, d map[string]any) { d["size"] = -1 }),
	}
	for name, text := range cases {
		if _, err := signflow.ParseJournal(text); !errors.Is(err, signflow.ErrInvalidArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signflow.ParseJournal(good); err != nil {
		t.Errorf("the journal itself: %v", err)
	}
	if _, err := signflow.Restore(t.Context(), k.credential, k.journal, nil, options(), nil); !errors.Is(err, signflow.ErrInvalidArgument) {
		t.Errorf("no files: %v", err)
	}
}

func slicesOf(d any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = d
	}
	return list
}

// A forged signature in a journal is worth nothing: the file is verified before it is given out.
func TestForgedSignatureInAJournalGivesNoFile(t *testing.T) {
	w := newWorld(t)
	k := w.prepare("demo-rsa-2048", options(), document(pdf(t, "pdfminer-jo.pdf")))
	k.journal.Documents[0].State, k.journal.Documents[0].Signature = signflow.Received, bytes.Repeat([]byte{1}, 256)
	k.again(document(pdf(t, "pdfminer-jo.pdf")))
	if r := k.finish(t.Context())[0]; r.Update != nil || r.Err == nil {
		t.Errorf("%s: %v", r.State, r.Err)
	}
}

func FuzzJournal(f *testing.F) {
	seed, err := os.ReadFile("testdata/journal.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		journal, err := signflow.ParseJournal(text)
		if err != nil {
			if !errors.Is(err, signflow.ErrInvalidArgument) {
				t.Fatalf("an error without its code: %v", err)
			}
			return
		}
		credential, err := csc.ParseCredential(journal.Credential.ID, []byte(journal.Credential.Raw), csc.Dialect{})
		if err != nil || credential.Certificate == nil {
			return
		}
		documents := make([]signflow.Document, len(journal.Documents))
		for i := range documents {
			documents[i] = document([]byte("%PDF-1.4\n"))
		}
		batch, err := signflow.Restore(t.Context(), credential, journal, documents, signflow.Options{}, nil)
		if err != nil {
			return
		}
		for _, p := range batch.Pending() {
			if s := journal.Documents[p.Document].State; s != signflow.Prepared {
				t.Fatalf("a document in state %q would be sent again", s)
			}
		}
	})
}
