package csc_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/csctest"
)

// single is a service with one credential, whose key is quick to make.
func single(mode csctest.AuthMode, o csctest.Options) csctest.Options {
	o.Credentials = []csctest.CredentialSpec{{ID: "k", Name: "K", Key: csctest.P256, PIN: csctest.DemoPIN, SCAL: 2, Multisign: 4, AuthMode: mode}}
	if mode == csctest.OAuth2Code {
		o.Credentials[0].PIN = ""
	}
	return o
}

func (w *world) signerWith(a csc.Authorizer, o csc.SignerOptions) *csc.Signer {
	w.t.Helper()
	s, err := csc.NewSigner(w.session, w.credential("k"), a, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// calls counts the requests to authorize, extendTransaction and signHash.
func (w *world) calls() [3]int {
	return [3]int{len(w.service.RequestsTo("credentials/authorize")), len(w.service.RequestsTo("credentials/extendTransaction")), len(w.service.RequestsTo("signatures/signHash"))}
}

func asError(t *testing.T, err error) *csc.Error {
	t.Helper()
	var e *csc.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	return e
}

// Nobody is asked to authorize more hashes than the authorization can be used
// for: where it serves one call and cannot be renewed, that is one call's.
func TestAnAuthorizationIsAskedForWhatItCanSign(t *testing.T) {
	noExtension := []string{"credentials/extendTransaction"}
	for _, tc := range []struct {
		name, api     string
		mode          csctest.AuthMode
		dialect       csc.Dialect
		unimplemented []string
		want          int
	}{
		{"v2", "v2", csctest.Explicit, csc.Dialect{}, noExtension, 4},
		{"v2, one call", "v2", csctest.Explicit, csc.Dialect{SingleUseSAD: true}, nil, 4},
		{"v2, one call, not renewable", "v2", csctest.Explicit, csc.Dialect{SingleUseSAD: true}, noExtension, 2},
		{"v2, one call, by token", "v2", csctest.OAuth2Code, csc.Dialect{SingleUseSAD: true}, nil, 2},
		{"v2, one call, token as SAD", "v2", csctest.OAuth2Code, csc.Dialect{SingleUseSAD: true, CredentialToken: csc.TokenAsSAD}, nil, 4},
		{"v1", "v1", csctest.Explicit, csc.Dialect{}, nil, 4},
		{"v1, not renewable", "v1", csctest.Explicit, csc.Dialect{}, noExtension, 2},
		{"v1, many calls", "v1", csctest.Explicit, csc.Dialect{ReuseSAD: true}, noExtension, 4},
		{"v1, by token", "v1", csctest.OAuth2Code, csc.Dialect{}, nil, 4},
		{"v1, token as bearer", "v1", csctest.OAuth2Code, csc.Dialect{CredentialToken: csc.TokenAsBearer}, nil, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, single(tc.mode, csctest.Options{Unimplemented: tc.unimplemented}), tc.api, func(o *csc.SessionOptions) { o.Dialect = tc.dialect })
			enough := errors.New("seen")
			var asked []int
			s := w.signerWith(csc.AuthorizerFunc(func(_ context.Context, r csc.AuthorizationRequest) (*csc.Authorization, error) {
				asked = append(asked, len(r.Hashes))
				if r.NumSignatures != len(r.Hashes) {
					t.Errorf("%d signatures for %d hashes", r.NumSignatures, len(r.Hashes))
				}
				return nil, enough
			}), csc.SignerOptions{BatchSize: 2})
			for _, r := range s.SignAll(t.Context(), digests(s, tc.name, 5), nil) {
				if !errors.Is(r.Err, enough) {
					t.Error(r.Err)
				}
			}
			if !slices.Equal(asked, []int{tc.want}) {
				t.Errorf("asked for %v", asked)
			}
		})
	}
}

func TestTenThousandDigestsAreTakenAndNotOneMore(t *testing.T) {
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
	s := w.signerWith(w.pin(), csc.SignerOptions{})
	equal := slices.Repeat([][]byte{sha("many")}, 10_001)
	for _, r := range s.SignAll(t.Context(), equal, nil) {
		wantCode(t, r.Err, csc.InvalidArgument)
		if asError(t, r.Err).Details[csc.DetailSubmitted] != false {
			t.Fatalf("details %v", asError(t, r.Err).Details)
		}
	}
	if w.calls() != [3]int{} {
		t.Errorf("calls %v", w.calls())
	}
	mustSign(t, s.SignAll(t.Context(), equal[1:], nil))
	if w.service.SignedTotal() != 1 {
		t.Errorf("%d signatures", w.service.SignedTotal())
	}
}

// What keeps a batch from starting asks nobody and is every digest's error.
func TestABatchThatCannotStartAsksNobody(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		edit func(*csc.SessionOptions)
		code csc.Code
	}{
		{"given up before", gone, func(*csc.SessionOptions) {}, csc.Aborted},
		{"after the certificate's end", t.Context(), func(o *csc.SessionOptions) { o.Now = func() time.Time { return time.Now().AddDate(100, 0, 0) } }, csc.CredentialUnusable},
	} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1", tc.edit)
		s := w.signerWith(csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) {
			t.Errorf("%s: asked", tc.name)
			return nil, nil
		}), csc.SignerOptions{})
		var failed []int
		results := s.SignAll(tc.ctx, digests(s, tc.name, 2), func(e csc.SignEvent) error {
			if e.Kind != csc.Failed || csc.CodeOf(e.Err) != tc.code {
				t.Errorf("%s: event %v, %v", tc.name, e.Kind, e.Err)
			}
			failed = append(failed, e.Indices...)
			return nil
		})
		for _, r := range results {
			if e := asError(t, r.Err); e.Code != tc.code || e.Details[csc.DetailSubmitted] != false {
				t.Errorf("%s: %v %v", tc.name, e, e.Details)
			}
		}
		if !slices.Equal(failed, []int{0, 1}) {
			t.Errorf("%s: failed %v", tc.name, failed)
		}
	}
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
	credential := w.credential("k")
	unknown, err := csc.NewSession(csc.SessionOptions{ServiceURL: "https://rssp.example", Transport: nowhere{}, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := csc.NewSigner(unknown, credential, csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) {
		t.Error("asked for a service whose version is not known")
		return nil, nil
	}), csc.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.SignAll(t.Context(), digests(s, "version", 1), nil)[0].Err, csc.NetworkFailure)
}

// nowhere is a transport without a network.
type nowhere struct{}

func (nowhere) Do(context.Context, *csc.Request) (*csc.Response, error) {
	return nil, &csc.TransportError{Kind: csc.Network}
}

// What an authorizer comes back with, other than an authorization.
func TestAnAuthorizationThatWasNotObtained(t *testing.T) {
	own := errors.New("dialog closed")
	for _, tc := range []struct {
		name   string
		a      *csc.Authorization
		err    error
		giveUp bool
		code   csc.Code
		words  string
	}{
		{"an error of its own", nil, own, false, csc.AuthorizationFailed, "the authorization was not obtained"},
		{"an error with a code", nil, csc.ErrSADReused, false, csc.SADReused, "the authorization was used before"},
		{"an error that would make the outcome unknown", nil, csc.ErrOutcomeUnknown, false, csc.NetworkFailure, "not sent, because an earlier call failed: the outcome is not known"},
		{"the caller gave up", nil, own, true, csc.Aborted, "aborted"},
		{"the caller gave up, and it says so", nil, &csc.Error{Code: csc.Aborted, Msg: "in its own words"}, true, csc.Aborted, "in its own words"},
		{"nothing", nil, nil, false, csc.AuthorizationFailed, "the authorization is empty"},
		{"an empty one", &csc.Authorization{}, nil, false, csc.AuthorizationFailed, "the authorization is empty"},
	} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := w.signerWith(csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) {
			if tc.giveUp {
				cancel()
			}
			return tc.a, tc.err
		}), csc.SignerOptions{})
		err := s.SignAll(ctx, digests(s, tc.name, 1), nil)[0].Err
		e := asError(t, err)
		if e.Code != tc.code || e.Msg != tc.words || tc.err == own && !errors.Is(err, own) || e.Details[csc.DetailSubmitted] != false {
			t.Errorf("%s: %v (%s) %v", tc.name, err, e.Code, e.Details)
		}
		if len(w.service.RequestsTo("signatures/signHash")) != 0 {
			t.Errorf("%s: it was sent", tc.name)
		}
	}
}

// A journal that cannot be written stops the signing at any point; what is
// signed stays signed.
func TestTheObserverCanStopAtEachEvent(t *testing.T) {
	full := errors.New("the disk is full")
	for kind, tc := range map[csc.SignEventKind]struct {
		calls  [3]int
		signed int
		told   string // the events, by their first letters
	}{
		csc.Authorizing: {[3]int{0, 0, 0}, 0, "af"},
		csc.Authorized:  {[3]int{1, 0, 0}, 0, "aaf"},
		csc.Submitting:  {[3]int{1, 0, 0}, 0, "aasff"},
		csc.Signed:      {[3]int{1, 0, 1}, 2, "aassf"},
		csc.Failed:      {[3]int{1, 0, 2}, 3, "aassss"},
	} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v2")
		s := w.signerWith(w.pin(), csc.SignerOptions{BatchSize: 2})
		told := ""
		results := s.SignAll(t.Context(), digests(s, kind.String(), 3), func(e csc.SignEvent) error {
			told += e.Kind.String()[:1]
			if e.Kind == kind {
				return full
			}
			return nil
		})
		if told != tc.told || w.calls() != tc.calls {
			t.Errorf("%v: events %s, calls %v", kind, told, w.calls())
		}
		for i, r := range results {
			if i < tc.signed {
				mustSign(t, results[i:i+1])
			} else if e := asError(t, r.Err); e.Code != csc.Aborted || !errors.Is(r.Err, full) || e.Details[csc.DetailSubmitted] != false || !strings.Contains(e.Msg, "stopped") {
				t.Errorf("%v: %v %v", kind, r.Err, e.Details)
			}
		}
	}
	// An observer's error with a code keeps it.
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v2")
	s := w.signerWith(w.pin(), csc.SignerOptions{})
	wantCode(t, s.SignAll(t.Context(), digests(s, "coded", 1), func(csc.SignEvent) error { return csc.ErrTokenExpired })[0].Err, csc.TokenExpired)
}

// One bad signature among good ones: the events name the places of each, also
// where several places share a digest.
func TestEventsNameThePlacesOfGoodAndBad(t *testing.T) {
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
	s := w.signerWith(w.pin(), csc.SignerOptions{})
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.FlipBit()}})
	a, b, bad := sha("a"), sha("b"), sha("bad")
	var good, failed []int
	results := s.SignAll(t.Context(), [][]byte{a, b, a, bad, bad}, func(e csc.SignEvent) error {
		switch e.Kind {
		case csc.Signed:
			good = append(good, e.Indices...)
			if len(e.Signatures) != len(e.Indices) || e.Err != nil {
				t.Errorf("%d signatures for %v, %v", len(e.Signatures), e.Indices, e.Err)
			}
			for _, sig := range e.Signatures {
				if len(sig) == 0 {
					t.Error("an empty signature")
				}
			}
		case csc.Failed:
			failed = append(failed, e.Indices...)
			if e.Signatures != nil || csc.CodeOf(e.Err) != csc.SignatureInvalid {
				t.Errorf("failed with %v and %d signatures", e.Err, len(e.Signatures))
			}
		case csc.Submitting:
			if e.Signatures != nil {
				t.Error("signatures before they were made")
			}
		}
		return nil
	})
	if !slices.Equal(good, []int{0, 2, 1}) || !slices.Equal(failed, []int{3, 4}) {
		t.Errorf("good %v, bad %v", good, failed)
	}
	mustSign(t, results[:3])
	for _, r := range results[3:] {
		if e := asError(t, r.Err); e.Code != csc.SignatureInvalid || e.Details[csc.DetailSubmitted] != true || e.Details[csc.DetailEndpoint] != "signatures/signHash" || r.Signature != nil {
			t.Errorf("%v %v", r.Err, e.Details)
		}
	}
}

// A call without any good signature ends the batch: a service that signs with
// the wrong key would only go on doing so.
func TestACallWithoutAGoodSignatureEndsTheBatch(t *testing.T) {
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v2")
	s := w.signerWith(w.pin(), csc.SignerOptions{BatchSize: 1})
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.ForeignKey()}})
	results := s.SignAll(t.Context(), digests(s, "wrong key", 6), nil)
	for i, r := range results {
		if e := asError(t, r.Err); e.Code != csc.SignatureInvalid || e.Details[csc.DetailSubmitted] != (i == 0) {
			t.Errorf("%d: %v %v", i, r.Err, e.Details)
		}
	}
	if w.calls() != [3]int{1, 0, 1} {
		t.Errorf("calls %v", w.calls())
	}
}

func TestAWrongNumberOfSignaturesIsCounted(t *testing.T) {
	for received, action := range map[int]csctest.Action{1: csctest.TooFew(), 3: csctest.TooMany()} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v2")
		s := w.signerWith(w.pin(), csc.SignerOptions{})
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{action}})
		for _, r := range s.SignAll(t.Context(), digests(s, action.Name, 2), nil) {
			e := asError(t, r.Err)
			if e.Code != csc.SignatureCount || e.Details["expected"] != 2 || e.Details["received"] != received || e.Details[csc.DetailSubmitted] != true {
				t.Errorf("%s: %v %v", action.Name, e, e.Details)
			}
		}
	}
}

// What had not left when a call failed says so, with the service's words and
// a code that tells whether to try again. It is never OUTCOME_UNKNOWN: the
// outcome of what was not sent is known.
func TestWhatWasNotSentSaysWhy(t *testing.T) {
	for _, tc := range []struct {
		name        string
		action      csctest.Action
		first, rest csc.Code
		details     map[string]any
	}{
		{"refused", csctest.RefuseWith(400, "invalid_request", "No such hash"), csc.ServiceError, csc.ServiceError,
			map[string]any{csc.DetailStatus: 400, csc.DetailError: "invalid_request", csc.DetailDescription: "No such hash", csc.DetailEndpoint: "signatures/signHash", csc.DetailSubmitted: false}},
		{"too many requests", csctest.Busy(429, "7"), csc.RateLimited, csc.RateLimited,
			map[string]any{csc.DetailStatus: 429, csc.DetailRetryAfter: 7, csc.DetailEndpoint: "signatures/signHash", csc.DetailSubmitted: false}},
		{"lost", csctest.DropAfter(), csc.OutcomeUnknown, csc.NetworkFailure, map[string]any{csc.DetailEndpoint: "signatures/signHash", csc.DetailSubmitted: false}},
		{"gateway", csctest.Refuse(504, ""), csc.OutcomeUnknown, csc.NetworkFailure, map[string]any{csc.DetailStatus: 504, csc.DetailEndpoint: "signatures/signHash", csc.DetailSubmitted: false}},
		{"given up", csctest.Action{}, csc.OutcomeUnknown, csc.Aborted, map[string]any{csc.DetailEndpoint: "signatures/signHash", csc.DetailSubmitted: false}},
	} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v2")
		s := w.signerWith(w.pin(), csc.SignerOptions{BatchSize: 1})
		ctx, cancel := context.WithCancel(t.Context())
		do := []csctest.Action{tc.action}
		if tc.action.Name == "" {
			do = []csctest.Action{csctest.Mutate("cancel", func(_ *int, _ http.Header, b []byte) []byte { cancel(); return b }), csctest.DelayAfter(time.Minute)}
		}
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: do})
		results := s.SignAll(ctx, digests(s, tc.name, 6), nil) // two authorizations' worth
		cancel()
		first := asError(t, results[0].Err)
		if first.Code != tc.first || first.Details[csc.DetailSubmitted] != true {
			t.Errorf("%s: %v (%s)", tc.name, first, first.Code)
		}
		for i, r := range results[1:] {
			e := asError(t, r.Err)
			if e.Code != tc.rest || !strings.HasPrefix(e.Msg, "not sent, because an earlier call failed: "+first.Msg) || !errors.Is(r.Err, first) {
				t.Errorf("%s: %d: %v (%s)", tc.name, i+1, r.Err, e.Code)
			}
			for key, want := range tc.details {
				if e.Details[key] != want {
					t.Errorf("%s: %d: %s is %v", tc.name, i+1, key, e.Details[key])
				}
			}
			if _, extra := e.Details[csc.DetailRetryAfter]; extra && tc.details[csc.DetailRetryAfter] == nil {
				t.Errorf("%s: %d: %v", tc.name, i+1, e.Details)
			}
		}
		if w.calls() != [3]int{1, 0, 1} {
			t.Errorf("%s: calls %v", tc.name, w.calls())
		}
	}
}

// An extension that the service does not have is asked for once and replaced
// by authorizations; one that it refuses ends the batch.
func TestARefusedExtension(t *testing.T) {
	for status, tc := range map[int]struct {
		calls  [3]int
		signed int
	}{404: {[3]int{3, 1, 3}, 3}, 405: {[3]int{3, 1, 3}, 3}, 501: {[3]int{3, 1, 3}, 3}, 400: {[3]int{1, 1, 1}, 1}, 500: {[3]int{1, 1, 1}, 1}} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
		s := w.signerWith(w.pin(), csc.SignerOptions{BatchSize: 1})
		w.service.Inject(csctest.Fault{Endpoint: "credentials/extendTransaction", Times: -1, Do: []csctest.Action{csctest.Refuse(status, "")}})
		results := s.SignAll(t.Context(), digests(s, "extension", 3), nil)
		if w.calls() != tc.calls {
			t.Errorf("%d: calls %v", status, w.calls())
		}
		mustSign(t, results[:tc.signed])
		for _, r := range results[tc.signed:] {
			if e := asError(t, r.Err); e.Code != csc.ServiceError || e.Details[csc.DetailSubmitted] != false || e.Details[csc.DetailStatus] != status || e.Details[csc.DetailEndpoint] != "credentials/extendTransaction" {
				t.Errorf("%d: %v %v", status, r.Err, e.Details)
			}
		}
	}
}

// obtained is a SAD that was authorized before, outside of the signer.
func (w *world) obtained(list [][]byte) csc.Secret {
	w.t.Helper()
	a, err := w.session.Authorize(w.t.Context(), csc.AuthorizationRequest{Session: w.session, Credential: w.credential("k"), Hashes: list, HashAlgo: "2.16.840.1.101.3.4.2.1", NumSignatures: len(list)},
		csc.Factors{PIN: csctest.DemoPIN}, csc.AuthorizeOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.SAD
}

func TestAPrefetchedAuthorizationIsRenewedOrMissed(t *testing.T) {
	for _, tc := range []struct {
		name, api string
		expires   time.Duration // after the start; 0: not known
		lacks     bool          // info promises an extension that is not there
		calls     [3]int        // the first authorization among them
		rest      csc.Code
		words     string
	}{
		{"extended, expiry not known", "v1", 0, false, [3]int{1, 1, 2}, "", ""},
		{"extended", "v1", time.Minute, false, [3]int{1, 1, 2}, "", ""},
		{"not extendable", "v1", time.Minute, true, [3]int{1, 1, 1}, csc.SADReused, "used before"},
		{"expired", "v2", 30 * time.Second, false, [3]int{1, 0, 1}, csc.SADExpired, "before all hashes were signed"},
		{"about to expire", "v2", 31 * time.Second, false, [3]int{1, 1, 2}, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := csctest.NewClock(time.Now())
			start := clock.Now()
			w := newWorld(t, single(csctest.Explicit, csctest.Options{Clock: clock.Now}), tc.api, func(o *csc.SessionOptions) { o.Now = clock.Now })
			list := [][]byte{sha("1"), sha("2")}
			o := csc.PrefetchedOptions{Hashes: list}
			if tc.expires > 0 {
				o.ExpiresAt = start.Add(tc.expires)
			}
			s := w.signerWith(csc.NewPrefetchedSAD(w.obtained(list), o), csc.SignerOptions{BatchSize: 1})
			if tc.lacks {
				w.service.Inject(csctest.Fault{Endpoint: "credentials/extendTransaction", Do: []csctest.Action{csctest.Refuse(404, "")}})
			}
			results := s.SignAll(t.Context(), list, func(e csc.SignEvent) error {
				if e.Kind == csc.Signed && e.Indices[0] == 0 {
					clock.Advance(30 * time.Second)
				}
				return nil
			})
			mustSign(t, results[:1])
			if tc.rest == "" {
				mustSign(t, results)
			} else if e := asError(t, results[1].Err); e.Code != tc.rest || !strings.Contains(e.Msg, tc.words) || e.Details[csc.DetailSubmitted] != false {
				t.Errorf("%v (%s) %v", e, e.Code, e.Details)
			}
			if w.calls() != tc.calls {
				t.Errorf("calls %v", w.calls())
			}
		})
	}
}

// A token cannot be extended as a SAD can: when it is about to expire, the
// user is asked again.
func TestATokenThatExpiresIsAskedForAnew(t *testing.T) {
	clock := csctest.NewClock(time.Now())
	w := newWorld(t, single(csctest.OAuth2Code, csctest.Options{Clock: clock.Now, AutoApprove: true}), "v2", func(o *csc.SessionOptions) { o.Now = clock.Now })
	oauth, err := w.session.OAuth(t.Context(), csc.OAuthClient{ID: csctest.DemoClient().ID, RedirectURI: callback})
	if err != nil {
		t.Fatal(err)
	}
	inner := &csc.OAuthAuthorizer{OAuth: oauth, Visit: visit}
	var asked []int
	s := w.signerWith(csc.AuthorizerFunc(func(ctx context.Context, r csc.AuthorizationRequest) (*csc.Authorization, error) {
		asked = append(asked, len(r.Hashes))
		a, err := inner.Authorize(ctx, r)
		if err == nil {
			a.ExpiresAt = clock.Now().Add(time.Minute)
		}
		return a, err
	}), csc.SignerOptions{BatchSize: 1})
	mustSign(t, s.SignAll(t.Context(), digests(s, "token", 2), func(e csc.SignEvent) error {
		if e.Kind == csc.Signed {
			clock.Advance(55 * time.Second)
		}
		return nil
	}))
	if !slices.Equal(asked, []int{2, 1}) || w.calls() != [3]int{0, 0, 2} {
		t.Errorf("asked for %v, calls %v", asked, w.calls())
	}
}

// What one call signs needs no knowledge of what else the service can do.
func TestOneCallAsksForNoInfo(t *testing.T) {
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
	s := w.signerWith(w.pin(), csc.SignerOptions{})
	mustSign(t, s.SignAll(t.Context(), digests(s, "plain", 4), nil))
	if n := len(w.service.RequestsTo("info")); n != 0 {
		t.Errorf("info was asked for %d times", n)
	}
}

// CSC has one code for an expired SAD and for much else. A refusal that comes
// when the SAD has expired is taken for that, and no other is.
func TestARefusalAfterTheSADsEndIsItsEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   csctest.Action
		pass time.Duration
		code csc.Code
	}{
		{"400 at its end", csctest.Refuse(400, ""), time.Minute, csc.SADExpired},
		{"400 before its end", csctest.Refuse(400, ""), time.Minute - time.Second, csc.ServiceError},
		{"403 after its end", csctest.Refuse(403, ""), 2 * time.Minute, csc.ServiceError},
		{"500 after its end", csctest.Refuse(500, ""), 2 * time.Minute, csc.ServiceError},
		{"wrong PIN after its end", csctest.RefuseWith(400, "invalid_pin", "No"), 2 * time.Minute, csc.AuthorizationFailed},
	} {
		start := time.Now().Truncate(time.Second)
		clock := csctest.NewClock(start)
		w := newWorld(t, single(csctest.Explicit, csctest.Options{Clock: clock.Now, SADLifetime: time.Minute}), "v1", func(o *csc.SessionOptions) { o.Now = clock.Now })
		s := w.signerWith(w.pin(), csc.SignerOptions{})
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{tc.do}})
		err := s.SignAll(t.Context(), digests(s, tc.name, 1), func(e csc.SignEvent) error {
			if e.Kind == csc.Submitting {
				clock.Advance(tc.pass)
			}
			return nil
		})[0].Err
		e := asError(t, err)
		if e.Code != tc.code || e.Details[csc.DetailSubmitted] != true || e.Details[csc.DetailStatus] == nil {
			t.Errorf("%s: %v (%s) %v", tc.name, err, e.Code, e.Details)
		}
	}
	w := newWorld(t, single(csctest.Explicit, csctest.Options{}), "v1")
	list := [][]byte{sha("unknown end")}
	s := w.signerWith(csc.NewPrefetchedSAD(w.obtained(list), csc.PrefetchedOptions{Hashes: list}), csc.SignerOptions{})
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.Refuse(400, "")}})
	wantCode(t, s.SignAll(t.Context(), list, nil)[0].Err, csc.ServiceError)
}

// operationMode exists in v2; a v1 service may refuse the unknown member.
func TestOnlyV2IsAskedToSignInTheBackground(t *testing.T) {
	for _, tc := range []struct {
		api   string
		async bool
		want  bool
	}{{"v1", true, false}, {"v2", true, true}, {"v2", false, false}} {
		w := newWorld(t, single(csctest.Explicit, csctest.Options{}), tc.api)
		s := w.signerWith(w.pin(), csc.SignerOptions{Async: tc.async})
		mustSign(t, s.SignAll(t.Context(), digests(s, "async", 1), nil))
		if got := strings.Contains(string(w.service.RequestsTo("signatures/signHash")[0].Body), `"operationMode":"A"`); got != tc.want {
			t.Errorf("%s: asked for: %v", tc.api, got)
		}
	}
}
