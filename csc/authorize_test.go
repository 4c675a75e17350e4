package csc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/csctest"
)

func TestPushApprovalIsWaitedForInBothVersions(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			specs := []csctest.CredentialSpec{{ID: "push", Name: "P", Key: csctest.P256, AuthMode: csctest.Implicit, Approval: csctest.Approval{Manual: true}, SCAL: 2, Multisign: 5}}
			w := newWorld(t, csctest.Options{Credentials: specs}, api)
			waits := 0
			a := &csc.ExplicitAuthorizer{Waiting: func(time.Duration) {
				if waits++; waits == 3 {
					w.service.Approve("push")
				}
			}}
			if api == "v1" { // the call itself blocks there
				go settle(t, w.service.Approve)
			}
			s, err := csc.NewSigner(w.session, w.credential("push"), a, csc.SignerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			mustSign(t, s.SignAll(t.Context(), digests(s, "push", 2), nil))

			denied := &csc.ExplicitAuthorizer{Waiting: func(time.Duration) { w.service.Deny("push") }}
			if api == "v1" {
				go settle(t, w.service.Deny)
			}
			s, _ = csc.NewSigner(w.session, w.credential("push"), denied, csc.SignerOptions{})
			wantCode(t, s.SignAll(t.Context(), digests(s, "denied", 1), nil)[0].Err, csc.AuthorizationFailed)

			late := &csc.ExplicitAuthorizer{Timeout: 80 * time.Millisecond}
			s, _ = csc.NewSigner(w.session, w.credential("push"), late, csc.SignerOptions{})
			wantCode(t, s.SignAll(t.Context(), digests(s, "late", 1), nil)[0].Err, csc.TimedOut)

			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			s, _ = csc.NewSigner(w.session, w.credential("push"), &csc.ExplicitAuthorizer{}, csc.SignerOptions{})
			wantCode(t, s.SignAll(ctx, digests(s, "gone", 1), nil)[0].Err, csc.Aborted)
			if w.service.SignedTotal() != 2 {
				t.Errorf("%d signatures", w.service.SignedTotal())
			}
		})
	}
}

// settle answers the service's question to the user as soon as there is one.
func settle(t *testing.T, answer func(string) int) {
	for t.Context().Err() == nil && answer("push") == 0 {
		time.Sleep(time.Millisecond)
	}
}

func TestChallengesReachTheUser(t *testing.T) {
	w := newWorld(t, csctest.Options{Dialect: csctest.Dialect{ChallengeInAnswer: true}}, "v2")
	var shown string
	resent := 0
	a := &csc.ExplicitAuthorizer{Ask: func(ctx context.Context, r csc.FactorRequest) (csc.Factors, error) {
		shown = r.Challenges[r.OTP.ID]
		if err := r.Resend(ctx); err != nil {
			return csc.Factors{}, err
		}
		resent++
		return csc.Factors{Values: map[string]csc.Secret{r.PIN.ID: csctest.DemoPIN, r.OTP.ID: csc.Secret(w.service.OTP(r.Credential.ID))}}, nil
	}}
	s, err := csc.NewSigner(w.session, w.credential("demo-rsa-3072"), a, csc.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mustSign(t, s.SignAll(t.Context(), digests(s, "x", 1), nil))
	if shown == "" || resent != 1 || len(w.service.RequestsTo("credentials/getChallenge")) != 2 {
		t.Errorf("challenge %q, %d requests", shown, len(w.service.RequestsTo("credentials/getChallenge")))
	}
}

func TestManualOTPIsNotRequestedUnasked(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	a := &csc.ExplicitAuthorizer{ManualOTP: true, Ask: func(ctx context.Context, r csc.FactorRequest) (csc.Factors, error) {
		return csc.Factors{}, errors.New("the user closed the dialog")
	}}
	s, err := csc.NewSigner(w.session, w.credential("demo-rsa-3072"), a, csc.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.SignAll(t.Context(), digests(s, "x", 1), nil)[0].Err, csc.AuthorizationFailed)
	if n := len(w.service.RequestsTo("credentials/sendOTP")); n != 0 {
		t.Errorf("%d sendOTP", n)
	}
}

// A wrong PIN must be sent once: the third locks the credential.
func TestWrongPINIsSentOnce(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		w := newWorld(t, csctest.Options{}, api)
		a := &csc.ExplicitAuthorizer{Ask: func(context.Context, csc.FactorRequest) (csc.Factors, error) {
			return csc.Factors{PIN: "000000"}, nil
		}}
		s, err := csc.NewSigner(w.session, w.credential("demo-rsa-2048"), a, csc.SignerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := s.SignAll(t.Context(), digests(s, "x", 3), nil)
		for _, one := range r {
			wantCode(t, one.Err, csc.AuthorizationFailed)
		}
		if n := len(w.service.RequestsTo("credentials/authorize")); n != 1 {
			t.Errorf("%s: %d authorizations", api, n)
		}
	}
}

func TestUnusableCredentialsAskNobody(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		w := newWorld(t, csctest.Options{}, api)
		for _, id := range []string{"demo-disabled", "demo-expired", "demo-revoked"} {
			a := &csc.ExplicitAuthorizer{Ask: func(context.Context, csc.FactorRequest) (csc.Factors, error) {
				t.Errorf("%s: the user was asked", id)
				return csc.Factors{}, nil
			}}
			s, err := csc.NewSigner(w.session, w.credential(id), a, csc.SignerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, s.SignAll(t.Context(), digests(s, id, 1), nil)[0].Err, csc.CredentialUnusable)
		}
		if len(w.service.RequestsTo("credentials/authorize")) != 0 {
			t.Error("an authorization was asked for")
		}
	}
}

func TestPrefetchedSAD(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	obtain := func(id string, hashes [][]byte) csc.Secret {
		a, err := w.session.Authorize(t.Context(), csc.AuthorizationRequest{Session: w.session, Credential: w.credential(id), Hashes: hashes, NumSignatures: max(len(hashes), 2)},
			csc.Factors{PIN: csctest.DemoPIN}, csc.AuthorizeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return a.SAD
	}
	sign := func(id string, a csc.Authorizer, list [][]byte) []csc.SignResult {
		s, err := csc.NewSigner(w.session, w.credential(id), a, csc.SignerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s.SignAll(t.Context(), list, nil)
	}
	t.Run("is used once", func(t *testing.T) {
		p := csc.NewPrefetchedSAD(obtain("demo-rsa-2048", nil), csc.PrefetchedOptions{})
		mustSign(t, sign("demo-rsa-2048", p, [][]byte{sha("a")}))
		before := w.service.SignedTotal()
		wantCode(t, sign("demo-rsa-2048", p, [][]byte{sha("b")})[0].Err, csc.SADReused)
		if w.service.SignedTotal() != before {
			t.Error("it signed again")
		}
	})
	t.Run("under SCAL 2 needs its hashes", func(t *testing.T) {
		list := [][]byte{sha("c"), sha("d")}
		sad := obtain("demo-p-256", list)
		wantCode(t, sign("demo-p-256", csc.NewPrefetchedSAD(sad, csc.PrefetchedOptions{}), list)[0].Err, csc.AuthorizationFailed)
		mustSign(t, sign("demo-p-256", csc.NewPrefetchedSAD(sad, csc.PrefetchedOptions{Hashes: list}), list))
	})
	t.Run("refuses other hashes", func(t *testing.T) {
		p := csc.NewPrefetchedSAD("x", csc.PrefetchedOptions{Hashes: [][]byte{sha("e")}})
		wantCode(t, sign("demo-p-256", p, [][]byte{sha("f")})[0].Err, csc.AuthorizationFailed)
	})
	t.Run("expires", func(t *testing.T) {
		p := csc.NewPrefetchedSAD("x", csc.PrefetchedOptions{ExpiresAt: time.Now().Add(-time.Second)})
		wantCode(t, sign("demo-rsa-2048", p, [][]byte{sha("g")})[0].Err, csc.SADExpired)
	})
}

// Hosts bring their own errors: what has a code keeps it, the rest is an
// authorization that failed.
func TestErrorsOfTheAuthorizer(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	cause := errors.New("popup blocked")
	for _, tc := range []struct {
		err  error
		code csc.Code
	}{{cause, csc.AuthorizationFailed}, {&csc.Error{Code: csc.Aborted, Msg: "closed"}, csc.Aborted}} {
		a := csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) { return nil, tc.err })
		s, _ := csc.NewSigner(w.session, w.credential("demo-p-256"), a, csc.SignerOptions{})
		err := s.SignAll(t.Context(), [][]byte{sha("x")}, nil)[0].Err
		wantCode(t, err, tc.code)
		if !errors.Is(err, tc.err) {
			t.Errorf("the cause %v is lost in %v", tc.err, err)
		}
	}
	empty := csc.AuthorizerFunc(func(context.Context, csc.AuthorizationRequest) (*csc.Authorization, error) { return nil, nil })
	s, _ := csc.NewSigner(w.session, w.credential("demo-p-256"), empty, csc.SignerOptions{})
	wantCode(t, s.SignAll(t.Context(), [][]byte{sha("x")}, nil)[0].Err, csc.AuthorizationFailed)
}
