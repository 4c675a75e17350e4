package csc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/csctest"
	"hashout/csc/sigalg"
)

// jobs runs Sign for each digest and collects the results in order.
func jobs(ctx context.Context, s *csc.Signer, list [][]byte) (wait func() []csc.SignResult) {
	out := make([]csc.SignResult, len(list))
	var wg sync.WaitGroup
	for i, d := range list {
		wg.Go(func() { out[i].Signature, out[i].Err = s.Sign(ctx, d) })
	}
	return func() []csc.SignResult { wg.Wait(); return out }
}

// eventually waits for something that other goroutines bring about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func joined(t *testing.T, s *csc.Signer, n int) {
	t.Helper()
	eventually(t, "all jobs join the batch", func() bool { return csc.Waiting(s) == n })
}

func verifyAll(t *testing.T, s *csc.Signer, list [][]byte, results []csc.SignResult) {
	t.Helper()
	mustSign(t, results)
	for i, r := range results {
		if err := sigalg.Verify(s.Certificate().PublicKey, s.Mechanism().Algorithm, list[i], r.Signature); err != nil {
			t.Errorf("signature %d: %v", i, err)
		}
	}
}

func TestSignAloneIsABatchOfOne(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{})
	list := digests(s, "alone", 3)
	verifyAll(t, s, list, jobs(t.Context(), s, list)())
	if n := len(w.service.RequestsTo("credentials/authorize")); n != 3 {
		t.Errorf("%d authorizations", n)
	}
}

func TestFullBatchCommitsItself(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 5, BatchLinger: time.Hour})
	list := digests(s, "full", 10)
	verifyAll(t, s, list, jobs(t.Context(), s, list)())
	if n := len(w.service.RequestsTo("credentials/authorize")); n != 2 {
		t.Errorf("%d authorizations", n)
	}
}

// pyHanko: a partial last batch hangs until somebody commits by hand.
func TestIncompleteBatchDoesNotHang(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 5, BatchLinger: 20 * time.Millisecond})
	list := digests(s, "partial", 7)
	verifyAll(t, s, list, jobs(t.Context(), s, list)())
	if n := len(w.service.RequestsTo("signatures/signHash")); n != 2 {
		t.Errorf("%d signHash calls", n)
	}
}

// pyHanko: without autocommit a batch grows above what the service takes.
func TestManualBatchIsCappedByMultisign(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-rsa-2048", csc.SignerOptions{ManualCommit: true})
	list := digests(s, "manual", 120)
	wait := jobs(t.Context(), s, list)
	joined(t, s, 120)
	if len(w.service.RequestsTo("credentials/authorize")) != 0 {
		t.Error("it was committed without being told")
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	verifyAll(t, s, list, wait())
	if n := len(w.service.RequestsTo("credentials/authorize")); n != 3 {
		t.Errorf("%d authorizations for 120 with multisign 50", n)
	}
}

// Two jobs fill a batch; a third joins while it commits and needs a batch of
// its own: three valid signatures in order, exactly two authorizations.
func TestJobThatJoinsWhileABatchCommits(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	committing, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	pin := w.pin()
	a := csc.AuthorizerFunc(func(ctx context.Context, r csc.AuthorizationRequest) (*csc.Authorization, error) {
		once.Do(func() { close(committing); <-goOn })
		return pin.Authorize(ctx, r)
	})
	s, err := csc.NewSigner(w.session, w.credential("demo-p-256"), a, csc.SignerOptions{BatchSize: 2, BatchLinger: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	list := digests(s, "join", 3)
	first := jobs(t.Context(), s, list[:2])
	<-committing
	third := jobs(t.Context(), s, list[2:])
	joined(t, s, 1)
	close(goOn)
	results := first()
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	verifyAll(t, s, list, append(results, third()...))
	if n := len(w.service.RequestsTo("credentials/authorize")); n != 2 {
		t.Errorf("%d authorizations", n)
	}
}

// watched is a context that tells when somebody waits for it.
type watched struct {
	context.Context
	once   sync.Once
	looked chan struct{}
}

func (w *watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.looked) })
	return w.Context.Done()
}

// pyHanko: every waiter of a failed batch is told "no results"; here each gets
// the cause, and so does whoever commits a second time.
func TestFailingBatchTellsEverybodyWhy(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	entered, goOn := make(chan struct{}), make(chan struct{})
	cause := errors.New("the user closed the dialog")
	a := csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) {
		close(entered)
		<-goOn
		return nil, cause
	})
	s, err := csc.NewSigner(w.session, w.credential("demo-p-256"), a, csc.SignerOptions{ManualCommit: true})
	if err != nil {
		t.Fatal(err)
	}
	wait := jobs(t.Context(), s, digests(s, "fail", 3))
	joined(t, s, 3)
	commits := make(chan error, 2)
	go func() { commits <- s.Commit(t.Context()) }()
	<-entered
	second := &watched{Context: t.Context(), looked: make(chan struct{})}
	go func() { commits <- s.Commit(second) }()
	<-second.looked
	close(goOn)
	for range 2 {
		if err := <-commits; !errors.Is(err, cause) {
			t.Errorf("Commit: %v", err)
		}
	}
	for _, r := range wait() {
		wantCode(t, r.Err, csc.AuthorizationFailed)
		if !errors.Is(r.Err, cause) {
			t.Errorf("the cause is lost: %v", r.Err)
		}
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Errorf("nothing to commit: %v", err)
	}
}

// pyHanko: the hash of a cancelled waiter stays in the batch and is signed.
func TestCancelledWaiterTakesItsHashAlong(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{ManualCommit: true})
	list := digests(s, "cancelled", 3)
	ctx, cancel := context.WithCancel(t.Context())
	gone := jobs(ctx, s, list[1:2])
	rest := jobs(t.Context(), s, [][]byte{list[0], list[2]})
	joined(t, s, 3)
	cancel()
	wantCode(t, gone()[0].Err, csc.Aborted)
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	verifyAll(t, s, [][]byte{list[0], list[2]}, rest())
	if w.service.SignedCount(list[1]) != 0 || w.service.SignedTotal() != 2 {
		t.Error("the hash of the cancelled job was signed")
	}
}

// The caller that filled the batch gives up; the others must not be lost.
func TestCommitterThatGivesUpDoesNotTakeTheOthersAlong(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	entered, goOn := make(chan struct{}), make(chan struct{})
	pin := w.pin()
	a := csc.AuthorizerFunc(func(ctx context.Context, r csc.AuthorizationRequest) (*csc.Authorization, error) {
		close(entered)
		<-goOn
		return pin.Authorize(ctx, r)
	})
	s, err := csc.NewSigner(w.session, w.credential("demo-p-256"), a, csc.SignerOptions{BatchSize: 2, BatchLinger: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	list := digests(s, "committer", 2)
	stays := jobs(t.Context(), s, list[:1])
	joined(t, s, 1)
	ctx, cancel := context.WithCancel(t.Context())
	leaves := jobs(ctx, s, list[1:])
	<-entered
	cancel()
	wantCode(t, leaves()[0].Err, csc.Aborted)
	close(goOn)
	verifyAll(t, s, list[:1], stays())
}

func TestMixedDigestsAreRefusedToTheOneWhoMixes(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 2, BatchLinger: 20 * time.Millisecond})
	wait := jobs(t.Context(), s, [][]byte{sha("a")})
	_, err := s.Sign(t.Context(), make([]byte, 48))
	wantCode(t, err, csc.InvalidArgument)
	verifyAll(t, s, [][]byte{sha("a")}, wait())
}

// pyHanko: a network failure leaves the waiters with "no results".
func TestNetworkFailureWhileSigningReachesEachWaiter(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.DropAfter()}})
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 3})
	list := digests(s, "network", 3)
	for _, r := range jobs(t.Context(), s, list)() {
		wantCode(t, r.Err, csc.OutcomeUnknown)
	}
	if w.service.SignedMost() != 1 {
		t.Error("it was sent again")
	}
}
