package csc

import (
	"context"
	"errors"
	"time"
)

// maxDigests bounds one SignAll.
const maxDigests = 10_000

// SignAll signs the digests and returns one result for each, in order.
//
// One authorization covers as many digests as the credential allows
// (multisign); each signHash call takes at most BatchSize of them. Larger
// sets are split before anybody is asked to authorize. Equal digests are
// signed once and share the signature.
//
// A call that fails as a whole ends the batch: what was signed stays signed,
// and what had not been sent gets the cause, with submitted: false. A single
// bad signature fails alone. observe may be nil.
func (s *Signer) SignAll(ctx context.Context, digests [][]byte, observe func(SignEvent) error) []SignResult {
	run := &signing{Signer: s, observe: observe, results: make([]SignResult, len(digests))}
	jobs, err := run.admit(digests)
	if err == nil {
		err = s.startable(ctx)
	}
	if err != nil {
		run.fail(jobs, notSent(err))
		return run.results
	}
	group, call := s.sizes(ctx, len(jobs))
	for len(jobs) > 0 {
		n := min(group, len(jobs))
		err := run.authorized(ctx, jobs[:n], call)
		jobs = jobs[n:]
		if err != nil {
			run.fail(jobs, notSent(err))
			break
		}
	}
	return run.results
}

// startable reports what makes asking anybody to authorize pointless.
func (s *Signer) startable(ctx context.Context) error {
	if err := s.session.ready(ctx); err != nil {
		return err
	}
	if err := s.credential.Usable(s.session.o.Now()); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return s.session.interrupted(ctx, operation{method: "credentials/authorize"}, false)
	}
	return nil
}

// job is one distinct digest with the places where its signature goes.
type job struct {
	digest []byte
	owners []int
}

// signing is one SignAll under way.
type signing struct {
	*Signer
	observe func(SignEvent) error
	results []SignResult
}

// admit checks the digests one by one and joins equal ones.
func (r *signing) admit(digests [][]byte) ([]job, error) {
	var jobs []job
	at := map[string]int{}
	for i, d := range digests {
		if err := r.mechanism.checkDigest(d); err != nil {
			r.results[i].Err = err
			continue
		}
		if n, known := at[string(d)]; known {
			jobs[n].owners = append(jobs[n].owners, i)
			continue
		}
		at[string(d)] = len(jobs)
		jobs = append(jobs, job{digest: d, owners: []int{i}})
	}
	if len(digests) > maxDigests {
		return jobs, invalid("%d digests are more than the %d that can be signed at once", len(digests), maxDigests)
	}
	return jobs, nil
}

// sizes returns how many hashes to authorize at once and how many to send in
// one signHash call.
func (s *Signer) sizes(ctx context.Context, total int) (group, call int) {
	group = max(s.credential.MaxBatch, 1)
	call = group
	if s.o.BatchSize > 0 {
		call = min(call, s.o.BatchSize)
	}
	// Several calls under one authorization need extendTransaction where a SAD
	// is good for one call (v1 §9, use case 3).
	if call < min(group, total) && s.singleUse() && (s.usesBearer() || !s.session.offers(ctx, "credentials/extendTransaction")) {
		group = call
	}
	return group, call
}

// usesBearer tells whether the authorization will be a bearer token, which
// extendTransaction cannot renew.
func (s *Signer) usesBearer() bool {
	return s.credential.AuthMode == AuthOAuth2Code && s.session.placeToken("any", time.Time{}).Bearer != ""
}

// singleUse tells whether a SAD must be renewed for each further call.
func (s *Signer) singleUse() bool {
	if s.session.API() == V2 {
		return s.session.o.Dialect.SingleUseSAD
	}
	return !s.session.o.Dialect.ReuseSAD
}

// authorized signs a group under one authorization. The error ends the batch;
// the jobs of the group have their results by then.
func (r *signing) authorized(ctx context.Context, jobs []job, call int) error {
	a, err := r.authorize(ctx, jobs)
	for first := true; err == nil && len(jobs) > 0; first = false {
		if !first {
			if a, err = r.renew(ctx, a, jobs); err != nil {
				break
			}
		}
		if a.expired(r.session.o.Now()) {
			err = fail(SADExpired, "the authorization expired before it could be used")
			break
		}
		n := min(call, len(jobs))
		err = r.submit(ctx, a, jobs[:n])
		jobs = jobs[n:]
	}
	if err != nil {
		r.fail(jobs, notSent(err))
	}
	return err
}

func (r *signing) authorize(ctx context.Context, jobs []job) (*Authorization, error) {
	if err := r.tell(Authorizing, jobs, nil); err != nil {
		return nil, err
	}
	a, err := r.authorizer.Authorize(ctx, r.request(jobs))
	if err != nil {
		if ctx.Err() != nil && CodeOf(err) != Aborted {
			return nil, r.session.interrupted(ctx, operation{method: "credentials/authorize"}, false).because(err)
		}
		return nil, asError(err, AuthorizationFailed, "the authorization was not obtained")
	}
	if a == nil || a.SAD == "" && a.Bearer == "" {
		return nil, fail(AuthorizationFailed, "the authorization is empty")
	}
	return a, r.tell(Authorized, jobs, nil)
}

func (r *signing) request(jobs []job) AuthorizationRequest {
	return AuthorizationRequest{
		Session: r.session, Credential: r.credential, Hashes: digestsOf(jobs), HashAlgo: r.hashAlgo(),
		NumSignatures: len(jobs), Description: r.o.Description, ClientData: r.o.ClientData,
	}
}

// hashAlgo names the digest wherever v2 wants it beside hashes. Ed25519 is
// bound to SHA-512 (RFC 8419 §3.1), though the message goes in its place.
func (r *signing) hashAlgo() string { return hashOID(r.mechanism.Algorithm.Hash) }

// renew makes an authorization good for the next call: as it is, extended, or
// asked for anew. Nothing was sent for these jobs yet, so a new authorization
// cannot sign anything twice.
func (r *signing) renew(ctx context.Context, a *Authorization, jobs []job) (*Authorization, error) {
	expired := a.expired(r.session.o.Now())
	if !expired && !r.singleUse() {
		return a, nil
	}
	const extend = "credentials/extendTransaction"
	stillValid := a.ExpiresAt.IsZero() || r.session.o.Now().Before(a.ExpiresAt)
	if a.SAD != "" && stillValid && r.session.offers(ctx, extend) {
		extended, err := r.session.ExtendTransaction(ctx, r.request(jobs), a)
		if err == nil {
			return extended, nil
		}
		if status := statusOf(err); status != 404 && status != 405 && status != 501 {
			return nil, err
		}
		r.session.lacks(extend)
	}
	fresh, err := r.authorize(ctx, jobs)
	if expired && CodeOf(err) == SADReused {
		err = fail(SADExpired, "the authorization expired before all hashes were signed, and it cannot be renewed").because(err)
	}
	return fresh, err
}

// submit sends one signHash call and judges its signatures. The error means
// that the call failed as a whole.
func (r *signing) submit(ctx context.Context, a *Authorization, jobs []job) error {
	signatures, err := r.session.SignHash(ctx, r.credential.ID, a, digestsOf(jobs), r.mechanism, SignHashOptions{
		ClientData: r.o.ClientData, Timeout: r.o.SignTimeout, Async: r.o.Async,
		before: func() error { return r.tell(Submitting, jobs, nil) },
	})
	if err == nil && len(signatures) != len(jobs) {
		err = executed(fail(SignatureCount, "the service returned %d signatures for %d hashes", len(signatures), len(jobs)).
			with("expected", len(jobs)).with("received", len(signatures)))
	}
	if err != nil {
		if e := asError(err, ServiceError, ""); e.Code == ServiceError && statusOf(e) == 400 && !a.ExpiresAt.IsZero() && !r.session.o.Now().Before(a.ExpiresAt) {
			late := fail(SADExpired, "the authorization expired before the service used it")
			late.Details = e.Details
			err = late
		}
		r.fail(jobs, err)
		return err
	}
	return r.verify(jobs, signatures)
}

// verify gives each job its verified signature or its error. It returns an
// error if none of them got a signature.
func (r *signing) verify(jobs []job, signatures [][]byte) error {
	good, errs := judgeSignatures(r.credential.Certificate.PublicKey, r.mechanism.Algorithm, digestsOf(jobs), signatures, r.session.o.Dialect.ReorderSignatures)
	var passed []job
	var first error
	for n, j := range jobs {
		if errs[n] == nil {
			for _, i := range j.owners {
				r.results[i].Signature = good[n]
			}
			passed = append(passed, j)
			continue
		}
		if first == nil {
			first = errs[n]
		}
		r.fail([]job{j}, executed(errs[n]))
	}
	if len(passed) == 0 {
		return first
	}
	return r.tell(Signed, passed, nil)
}

// fail gives jobs an error as their result.
func (r *signing) fail(jobs []job, err error) {
	if len(jobs) == 0 {
		return
	}
	for _, j := range jobs {
		for _, i := range j.owners {
			r.results[i].Err = err
		}
	}
	_ = r.tell(Failed, jobs, err) // nothing is left to stop
}

// tell informs the observer. Its error becomes ABORTED, unless it has a code.
func (r *signing) tell(kind SignEventKind, jobs []job, cause error) error {
	if r.observe == nil {
		return nil
	}
	e := SignEvent{Kind: kind, Err: cause}
	for _, j := range jobs {
		e.Indices = append(e.Indices, j.owners...)
		for _, i := range j.owners {
			if kind == Signed {
				e.Signatures = append(e.Signatures, r.results[i].Signature)
			}
		}
	}
	if err := r.observe(e); err != nil {
		return asError(err, Aborted, "the signing was stopped")
	}
	return nil
}

// notSent is the error of hashes that never left because of err.
func notSent(err error) error {
	e := asError(err, ServiceError, "")
	code := e.Code
	switch {
	case code != OutcomeUnknown:
	case errors.Is(err, context.Canceled):
		code = Aborted
	case errors.Is(err, context.DeadlineExceeded):
		code = TimedOut
	default:
		code = NetworkFailure
	}
	if submitted, _ := e.Details[DetailSubmitted].(bool); !submitted && code == e.Code {
		return e.with(DetailSubmitted, false)
	}
	c := fail(code, "not sent, because an earlier call failed: %s", e.Msg).because(err)
	for _, key := range []string{DetailEndpoint, DetailStatus, DetailError, DetailDescription, DetailRetryAfter} {
		if v, ok := e.Details[key]; ok {
			c = c.with(key, v)
		}
	}
	return c.with(DetailSubmitted, false)
}

func digestsOf(jobs []job) [][]byte {
	out := make([][]byte, len(jobs))
	for i, j := range jobs {
		out[i] = j.digest
	}
	return out
}
