package csc

import (
	"context"
	"sync"
	"time"
)

const defaultLinger = 250 * time.Millisecond

// batches are the joining batches of Sign: one that is open, and any number
// that are being signed.
type batches struct {
	mu         sync.Mutex
	open       *batch
	committing []*batch
}

// batch is a set of digests that are authorized and signed together.
type batch struct {
	waiters []*waiter
	linger  *time.Timer
	done    chan struct{}      // closed when all waiters have their results
	cancel  context.CancelFunc // stops the signing; set when it starts
	left    int                // waiters that still want their result
	err     error              // first failure, for Commit
}

type waiter struct {
	digest    []byte
	result    SignResult
	submitted bool
	gone      bool
}

// Sign signs one digest together with those of other callers: a batch of
// BatchSize digests is authorized once and sent at once. The caller whose
// digest fills the batch starts it; a batch that stays incomplete is started
// after BatchLinger, so that nobody waits for company that never comes. With
// ManualCommit only Commit starts a batch.
//
// A caller whose context ends before the batch starts takes its digest out of
// it. After that its digest may be signed all the same, and the error is
// OUTCOME_UNKNOWN once the request has left.
func (s *Signer) Sign(ctx context.Context, digest []byte) ([]byte, error) {
	if err := s.mechanism.checkDigest(digest); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, s.session.interrupted(ctx, operation{method: "signatures/signHash"}, false)
	}
	w := &waiter{digest: append([]byte(nil), digest...)}
	b := s.join(ctx, w)
	select {
	case <-b.done:
		return w.result.Signature, w.result.Err
	case <-ctx.Done():
	}
	return s.leave(ctx, b, w)
}

// join puts a waiter into the open batch and starts it if it is full.
func (s *Signer) join(ctx context.Context, w *waiter) *batch {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	b := s.batches.open
	if b == nil {
		b = &batch{done: make(chan struct{})}
		s.batches.open = b
	}
	b.waiters = append(b.waiters, w)
	b.left++
	full := max(s.o.BatchSize, 1)
	switch {
	case s.o.ManualCommit:
		if len(b.waiters) >= maxDigests {
			s.startLocked(ctx, b)
		}
	case len(b.waiters) >= min(full, max(s.credential.MaxBatch, 1)):
		s.startLocked(ctx, b)
	case b.linger == nil:
		b.linger = time.AfterFunc(s.o.BatchLinger, func() {
			s.batches.mu.Lock()
			defer s.batches.mu.Unlock()
			if s.batches.open == b {
				s.startLocked(ctx, b)
			}
		})
	default:
		b.linger.Reset(s.o.BatchLinger)
	}
	return b
}

// leave takes a waiter whose context ended out of its batch.
func (s *Signer) leave(ctx context.Context, b *batch, w *waiter) ([]byte, error) {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	select {
	case <-b.done: // the result came at the same moment
		return w.result.Signature, w.result.Err
	default:
	}
	w.gone = true
	b.left--
	if b == s.batches.open {
		for i, other := range b.waiters {
			if other == w {
				b.waiters = append(b.waiters[:i], b.waiters[i+1:]...)
				break
			}
		}
		if len(b.waiters) == 0 {
			s.closeLocked(b)
		}
	} else if b.left == 0 && b.cancel != nil {
		b.cancel() // nobody waits any more
	}
	return nil, s.session.interrupted(ctx, operation{method: "signatures/signHash", kind: commit}, w.submitted)
}

// closeLocked takes a batch out of the place of the open one.
func (s *Signer) closeLocked(b *batch) {
	if s.batches.open == b {
		s.batches.open = nil
	}
	if b.linger != nil {
		b.linger.Stop()
	}
}

// startLocked signs a batch in the background. It lives as long as anybody
// waits for it: one caller that gives up must not take the others along.
func (s *Signer) startLocked(ctx context.Context, b *batch) {
	s.closeLocked(b)
	s.batches.committing = append(s.batches.committing, b)
	ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go s.run(ctx, b)
}

func (s *Signer) run(ctx context.Context, b *batch) {
	defer b.cancel()
	digests := make([][]byte, len(b.waiters))
	for i, w := range b.waiters {
		digests[i] = w.digest
	}
	results := s.SignAll(ctx, digests, func(e SignEvent) error {
		if e.Kind == Submitting {
			s.batches.mu.Lock()
			defer s.batches.mu.Unlock()
			for _, i := range e.Indices {
				b.waiters[i].submitted = true
			}
		}
		return nil
	})
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	for i, w := range b.waiters {
		w.result = results[i]
		if b.err == nil {
			b.err = results[i].Err
		}
	}
	for i, other := range s.batches.committing {
		if other == b {
			s.batches.committing = append(s.batches.committing[:i], s.batches.committing[i+1:]...)
			break
		}
	}
	close(b.done)
}

// Commit starts the open batch and waits for it; without one it waits for the
// batch that is being signed. The error is the first failure in the batch;
// each caller of Sign gets its own.
func (s *Signer) Commit(ctx context.Context) error {
	s.batches.mu.Lock()
	b := s.batches.open
	switch {
	case b != nil:
		s.startLocked(ctx, b)
	case len(s.batches.committing) > 0:
		b = s.batches.committing[len(s.batches.committing)-1]
	}
	s.batches.mu.Unlock()
	if b == nil {
		return nil
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return s.session.interrupted(ctx, operation{method: "signatures/signHash"}, false)
	}
}
