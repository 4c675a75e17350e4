package csc_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/csctest"
	"hashout/csc/sigalg"
)

func TestBatchesAreSplitBeforeAuthorizing(t *testing.T) {
	for _, tc := range []struct {
		name                         string
		api                          string
		service                      csctest.Options
		dialect                      csc.Dialect
		id                           string
		n, batchSize                 int
		authorize, extend, signCalls int
	}{
		{name: "one call", api: "v1", id: "demo-rsa-2048", n: 50, authorize: 1, signCalls: 1},
		{name: "above multisign", api: "v1", id: "demo-rsa-2048", n: 101, authorize: 3, signCalls: 3},
		{name: "v1 small calls are chained", api: "v1", id: "demo-p-256", n: 7, batchSize: 3, authorize: 1, extend: 2, signCalls: 3},
		{name: "v1 without extendTransaction", api: "v1", service: csctest.Options{Unimplemented: []string{"credentials/extendTransaction"}}, id: "demo-p-256", n: 7, batchSize: 3, authorize: 3, signCalls: 3},
		{name: "v1 reusable SAD", api: "v1", service: csctest.Options{SADCalls: csctest.SADManyCall}, dialect: csc.Dialect{ReuseSAD: true}, id: "demo-p-256", n: 7, batchSize: 3, authorize: 1, signCalls: 3},
		{name: "v2 small calls", api: "v2", id: "demo-p-256", n: 7, batchSize: 3, authorize: 1, signCalls: 3},
		{name: "v2 single-use SAD", api: "v2", service: csctest.Options{SADCalls: csctest.SADOneCall}, dialect: csc.Dialect{SingleUseSAD: true}, id: "demo-p-256", n: 7, batchSize: 3, authorize: 1, extend: 2, signCalls: 3},
		{name: "count must match", api: "v2", service: csctest.Options{HashCountMustMatch: true}, id: "demo-p-256", n: 100, authorize: 1, signCalls: 1},
		{name: "one at a time", api: "v1", id: "demo-p-521", n: 3, authorize: 3, signCalls: 3},
		{name: "v2 minor 0", api: "v2", service: csctest.Options{V2: csctest.V20}, id: "demo-rsa-2048", n: 2, authorize: 1, signCalls: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.service, tc.api, func(o *csc.SessionOptions) { o.Dialect = tc.dialect })
			s := w.signer(tc.id, csc.SignerOptions{BatchSize: tc.batchSize})
			mustSign(t, s.SignAll(t.Context(), digests(s, tc.name, tc.n), nil))
			got := [3]int{len(w.service.RequestsTo("credentials/authorize")), len(w.service.RequestsTo("credentials/extendTransaction")), len(w.service.RequestsTo("signatures/signHash"))}
			if got != [3]int{tc.authorize, tc.extend, tc.signCalls} {
				t.Errorf("authorize, extendTransaction, signHash: %v", got)
			}
			if w.service.SignedTotal() != tc.n || w.service.SignedMost() != 1 {
				t.Errorf("%d signatures, the most of one hash %d", w.service.SignedTotal(), w.service.SignedMost())
			}
		})
	}
}

func TestEqualDigestsAreSignedOnce(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{})
	r := s.SignAll(t.Context(), [][]byte{sha("a"), sha("b"), sha("a")}, nil)
	mustSign(t, r)
	if w.service.SignedTotal() != 2 || !slices.Equal(r[0].Signature, r[2].Signature) {
		t.Errorf("%d signatures", w.service.SignedTotal())
	}
}

func TestBadDigestFailsAlone(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{})
	r := s.SignAll(t.Context(), [][]byte{sha("a"), []byte("short"), nil, sha("b")}, nil)
	mustSign(t, []csc.SignResult{r[0], r[3]})
	wantCode(t, r[1].Err, csc.InvalidArgument)
	wantCode(t, r[2].Err, csc.InvalidArgument)
	if len(s.SignAll(t.Context(), nil, nil)) != 0 {
		t.Error("results for nothing")
	}
}

func TestMechanismsOverHTTP(t *testing.T) {
	for _, tc := range []struct {
		name     string
		id       string
		dialect  csctest.Dialect
		o        csc.SignerOptions
		signAlgo string
		alg      sigalg.Algorithm
	}{
		{"sha256WithRSA", "demo-rsa-2048", csctest.Dialect{}, csc.SignerOptions{}, sigalg.OIDSHA256WithRSA, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
		{"sha512WithRSA", "demo-rsa-2048", csctest.Dialect{}, csc.SignerOptions{Digest: crypto.SHA512}, sigalg.OIDSHA512WithRSA, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA512}},
		{"PSS", "demo-rsa-2048", csctest.Dialect{}, csc.SignerOptions{PreferPSS: true, Digest: crypto.SHA384}, sigalg.OIDPSS, sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA384}},
		{"rsaEncryption only", "demo-rsa-2048", csctest.Dialect{KeyTypeAlgosOnly: true}, csc.SignerOptions{}, sigalg.OIDRSAEncryption, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
		{"override", "demo-rsa-2048", csctest.Dialect{}, csc.SignerOptions{SignAlgo: sigalg.OIDRSAEncryption, Digest: crypto.SHA384}, sigalg.OIDRSAEncryption, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA384}},
		{"P-384 by curve", "demo-p-384", csctest.Dialect{}, csc.SignerOptions{}, sigalg.OIDECDSAWithSHA384, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA384}},
		{"P-521 with SHA-256", "demo-p-521", csctest.Dialect{}, csc.SignerOptions{Digest: crypto.SHA256}, sigalg.OIDECDSAWithSHA256, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
		{"raw ECDSA", "demo-p-521", csctest.Dialect{RawECDSA: true}, csc.SignerOptions{}, sigalg.OIDECDSAWithSHA512, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA512}},
		{"ecPublicKey only", "demo-p-256", csctest.Dialect{KeyTypeAlgosOnly: true}, csc.SignerOptions{}, sigalg.OIDECPublicKey, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
		{"PSS preferred, not listed", "demo-rsa-2048", csctest.Dialect{KeyTypeAlgosOnly: true}, csc.SignerOptions{PreferPSS: true}, sigalg.OIDRSAEncryption, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
	} {
		for _, api := range []string{"v1", "v2"} {
			t.Run(tc.name+" "+api, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, csctest.Options{Dialect: tc.dialect}, api)
				s := w.signer(tc.id, tc.o)
				if m := s.Mechanism(); m.SignAlgo != tc.signAlgo || m.Algorithm != tc.alg {
					t.Fatalf("mechanism %+v", m)
				}
				mustSign(t, s.SignAll(t.Context(), digests(s, tc.name, 1), nil))
			})
		}
	}
}

// A service that makes a longer salt than it was asked for makes a signature
// whose parameters in the CMS would lie.
func TestPSSSaltIsChecked(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-rsa-2048", csc.SignerOptions{PreferPSS: true})
	key, err := keys().Key(csctest.RSA2048, "demo-rsa-2048")
	if err != nil {
		t.Fatal(err)
	}
	d := sha("salt")
	long, err := rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, d, &rsa.PSSOptions{SaltLength: 64})
	if err != nil {
		t.Fatal(err)
	}
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.Answer(200, "application/json", `{"signatures":["`+b64(long)+`"]}`)}})
	wantCode(t, s.SignAll(t.Context(), [][]byte{d}, nil)[0].Err, csc.SignatureInvalid)
}

func TestPermutedSignatures(t *testing.T) {
	for _, accept := range []bool{false, true} {
		w := newWorld(t, csctest.Options{}, "v1", func(o *csc.SessionOptions) { o.Dialect.ReorderSignatures = accept })
		s := w.signer("demo-p-256", csc.SignerOptions{})
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.Permute()}})
		list := digests(s, "permuted", 5)
		for i, r := range s.SignAll(t.Context(), list, nil) {
			if !accept {
				wantCode(t, r.Err, csc.SignatureOrder)
			} else if sigalg.Verify(s.Certificate().PublicKey, s.Mechanism().Algorithm, list[i], r.Signature) != nil {
				t.Errorf("signature %d is in the wrong place", i)
			}
		}
	}
}

func TestOneBadSignatureLosesOneDocument(t *testing.T) {
	for _, a := range []csctest.Action{csctest.ForeignKey(), csctest.FlipBit(), csctest.NotBase64(), csctest.NullSignature(), csctest.EmptySignature(), csctest.NumberSignature(), csctest.HugeSignature()} {
		t.Run(a.Name, func(t *testing.T) {
			w := newWorld(t, csctest.Options{}, "v1")
			s := w.signer("demo-p-256", csc.SignerOptions{})
			w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{a}})
			r := s.SignAll(t.Context(), digests(s, a.Name, 3), nil)
			mustSign(t, r[:2])
			if c := csc.CodeOf(r[2].Err); c != csc.SignatureInvalid && c != csc.ResponseMalformed {
				t.Errorf("got %v", r[2].Err)
			}
			if r[2].Signature != nil {
				t.Error("a signature beside an error")
			}
		})
	}
}

func TestEventsComeInOrderAndBeforeTheRequest(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 2})
	var kinds []csc.SignEventKind
	r := s.SignAll(t.Context(), digests(s, "events", 3), func(e csc.SignEvent) error {
		if e.Kind == csc.Submitting && len(w.service.RequestsTo("signatures/signHash")) != min(1, e.Indices[0]) {
			t.Errorf("the request left before Submitting of %v", e.Indices)
		}
		kinds = append(kinds, e.Kind)
		return nil
	})
	mustSign(t, r)
	want := []csc.SignEventKind{csc.Authorizing, csc.Authorized, csc.Submitting, csc.Signed, csc.Submitting, csc.Signed}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %v", kinds)
	}
}

func TestObserverStopsTheRequest(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 2})
	full := errors.New("the journal cannot be written")
	r := s.SignAll(t.Context(), digests(s, "stop", 5), func(e csc.SignEvent) error {
		if e.Kind == csc.Submitting && slices.Contains(e.Indices, 2) {
			return full
		}
		return nil
	})
	mustSign(t, r[:2])
	for _, one := range r[2:] {
		wantCode(t, one.Err, csc.Aborted)
		if !errors.Is(one.Err, full) {
			t.Errorf("the cause is lost: %v", one.Err)
		}
	}
	if w.service.SignedTotal() != 2 {
		t.Errorf("%d signatures", w.service.SignedTotal())
	}
}

func TestExpiringSADIsExtendedOrAskedForAnew(t *testing.T) {
	for _, tc := range []struct {
		name              string
		api               string
		unimplemented     []string
		pass              time.Duration
		authorize, extend int
	}{
		{"extended within the margin", "v2", nil, 55 * time.Second, 1, 1},
		{"still good", "v2", nil, 30 * time.Second, 1, 0},
		{"expired", "v2", nil, 70 * time.Second, 2, 0},
		{"not extendable", "v2", []string{"credentials/extendTransaction"}, 55 * time.Second, 2, 0},
		{"expired in v1", "v1", nil, 70 * time.Second, 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := csctest.NewClock(time.Now())
			w := newWorld(t, csctest.Options{Clock: clock.Now, SADLifetime: time.Minute, Unimplemented: tc.unimplemented}, tc.api, func(o *csc.SessionOptions) { o.Now = clock.Now })
			s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 2})
			r := s.SignAll(t.Context(), digests(s, tc.name, 4), func(e csc.SignEvent) error {
				if e.Kind == csc.Signed && e.Indices[0] == 0 {
					clock.Advance(tc.pass)
				}
				return nil
			})
			mustSign(t, r)
			a, x := len(w.service.RequestsTo("credentials/authorize")), len(w.service.RequestsTo("credentials/extendTransaction"))
			if a != tc.authorize || x != tc.extend {
				t.Errorf("%d authorizations, %d extensions", a, x)
			}
		})
	}
}

func TestExpiredSADsAreNotUsed(t *testing.T) {
	clock := csctest.NewClock(time.Now())
	w := newWorld(t, csctest.Options{Clock: clock.Now, SADLifetime: time.Minute}, "v1", func(o *csc.SessionOptions) { o.Now = clock.Now })
	s := w.signer("demo-p-256", csc.SignerOptions{})
	r := s.SignAll(t.Context(), digests(s, "slow", 1), func(e csc.SignEvent) error {
		if e.Kind == csc.Authorized {
			clock.Advance(2 * time.Minute)
		}
		return nil
	})
	wantCode(t, r[0].Err, csc.SADExpired)
	if len(w.service.RequestsTo("signatures/signHash")) != 0 {
		t.Error("it was sent all the same")
	}
}

func TestAsynchronousSignatures(t *testing.T) {
	w := newWorld(t, csctest.Options{AsyncPolls: 4}, "v2")
	s := w.signer("demo-p-256", csc.SignerOptions{Async: true})
	mustSign(t, s.SignAll(t.Context(), digests(s, "async", 3), nil))
	if n := len(w.service.RequestsTo("signatures/signPolling")); n != 5 {
		t.Errorf("%d polls", n)
	}
	t.Run("given up, fetched later", func(t *testing.T) {
		w := newWorld(t, csctest.Options{AsyncPolls: 3}, "v2")
		s := w.signer("demo-p-256", csc.SignerOptions{Async: true})
		ctx, cancel := context.WithCancel(t.Context())
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signPolling", Do: []csctest.Action{csctest.Mutate("cancel", func(_ *int, _ http.Header, b []byte) []byte { cancel(); return b })}})
		err := s.SignAll(ctx, digests(s, "gone", 1), nil)[0].Err
		wantCode(t, err, csc.OutcomeUnknown)
		var e *csc.Error
		errors.As(err, &e)
		id, _ := e.Details[csc.DetailResponseID].(string)
		for range 10 {
			result, err := w.session.SignPolling(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if result != nil {
				if len(result.Signatures) != 1 {
					t.Errorf("%d signatures", len(result.Signatures))
				}
				return
			}
		}
		t.Error("never finished")
	})
}

func TestSizeOfADryRun(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	for id, size := range map[string]int{"demo-rsa-2048": 256, "demo-rsa-3072": 384, "demo-p-256": 72, "demo-p-384": 104, "demo-p-521": 139, "demo-ed25519": 64} {
		s := w.signer(id, csc.SignerOptions{})
		before := len(w.service.Requests())
		if dry, err := s.DryRun(); err != nil || len(dry) != size {
			t.Errorf("%s: %d bytes, %v", id, len(dry), err)
		}
		if len(w.service.Requests()) != before {
			t.Error("a dry run asked the service")
		}
	}
	s := w.signer("demo-p-256", csc.SignerOptions{SignatureSize: 512})
	if n, _ := s.SignatureSize(); n != 512 {
		t.Errorf("override: %d", n)
	}
}

func TestRootsAreLeftOutOnRequest(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	if n := len(w.signer("demo-p-256", csc.SignerOptions{}).Chain()); n != 2 {
		t.Errorf("%d certificates", n)
	}
	if n := len(w.signer("demo-p-256", csc.SignerOptions{OmitRoots: true}).Chain()); n != 1 {
		t.Errorf("%d certificates without roots", n)
	}
}

func TestSignTimeoutLeavesTheOutcomeUnknown(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{BatchSize: 2, SignTimeout: 300 * time.Millisecond})
	w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.DelayAfter(time.Minute)}})
	r := s.SignAll(t.Context(), digests(s, "slow", 3), nil)
	wantCode(t, r[0].Err, csc.OutcomeUnknown)
	wantCode(t, r[1].Err, csc.OutcomeUnknown)
	wantCode(t, r[2].Err, csc.TimedOut) // it never left
	if n := len(w.service.RequestsTo("signatures/signHash")); n != 1 {
		t.Errorf("%d signHash calls", n)
	}
}

func TestDeadlineOfTheCallerIsNotAnAbort(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.signer("demo-p-256", csc.SignerOptions{})
	w.service.Inject(csctest.Fault{Endpoint: "credentials/authorize", Do: []csctest.Action{csctest.DelayBefore(time.Minute)}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	wantCode(t, s.SignAll(ctx, digests(s, "late", 1), nil)[0].Err, csc.TimedOut)
}
