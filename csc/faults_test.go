package csc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/cschttp"
	"hashout/csc/csctest"
	"hashout/csc/sigalg"
)

// fault is one way to misbehave and what may come of it when the endpoint that
// suffers is signHash. For other endpoints only the invariants count.
type fault struct {
	action csctest.Action
	// codes a signHash that suffers may end with; nil means that it succeeds.
	codes []csc.Code
}

var (
	refusedCodes   = []csc.Code{csc.ServiceError}
	unknownCodes   = []csc.Code{csc.OutcomeUnknown}
	malformedCodes = []csc.Code{csc.ResponseMalformed}
)

func faults() []fault {
	long := strings.Repeat("x", 100<<10)
	return []fault{
		{csctest.Refuse(400, ""), refusedCodes},
		{csctest.Refuse(400, "SAD of the hash is bad"), refusedCodes},
		{csctest.Refuse(400, `{"message":"no"}`), refusedCodes},
		{csctest.Refuse(400, `{"error":"invalid_request`), refusedCodes},
		{csctest.Refuse(400, long), refusedCodes},
		{csctest.RefuseWith(400, "invalid_request", "No"), refusedCodes},
		{csctest.RefuseWith(400, "invalid_pin", "No"), []csc.Code{csc.AuthorizationFailed}},
		{csctest.RefuseWith(400, "invalid_request", "SAD expired"), []csc.Code{csc.SADExpired}},
		{csctest.RefuseWith(401, "invalid_token", "No"), []csc.Code{csc.TokenExpired}},
		{csctest.Refuse(401, ""), []csc.Code{csc.TokenExpired}},
		{csctest.RefuseWith(403, "access_denied", "No"), []csc.Code{csc.AuthorizationFailed}},
		{csctest.Refuse(404, "<html>not found"), refusedCodes},
		{csctest.RefuseWith(500, "server_error", "Oh"), refusedCodes},
		{csctest.RefuseWith(501, "not_implemented", "No"), refusedCodes},
		{csctest.Refuse(502, "<html>bad gateway"), unknownCodes},
		{csctest.Refuse(504, ""), unknownCodes},
		{csctest.Busy(429, "1"), []csc.Code{csc.RateLimited}},
		{csctest.Busy(429, "3600"), []csc.Code{csc.RateLimited}},
		{csctest.Busy(503, ""), refusedCodes},
		{csctest.TokenExpires(), []csc.Code{csc.TokenExpired}},
		{csctest.SADExpires(), []csc.Code{csc.SADExpired}},
		{csctest.Redirect(302, ""), []csc.Code{csc.RedirectRefused}},
		{csctest.Redirect(307, ""), []csc.Code{csc.RedirectRefused}},
		{csctest.DropBefore(), unknownCodes}, // it cannot be told from DropAfter
		{csctest.DropAfter(), unknownCodes},
		{csctest.Truncate(), unknownCodes},
		{csctest.Answer(500, "application/json", `{"error":"server_error"}`), refusedCodes},
		{csctest.Answer(401, "application/json", `{"error":"invalid_token"}`), []csc.Code{csc.TokenExpired}},
		{csctest.Answer(503, "", ""), refusedCodes},
		{csctest.Answer(200, "application/json", `{"error":"server_error"}`), refusedCodes},
		{csctest.Garbage(), malformedCodes},
		{csctest.HTML(), malformedCodes},
		{csctest.Empty(), malformedCodes},
		{csctest.Null(), malformedCodes},
		{csctest.Array(), malformedCodes},
		{csctest.Object(), malformedCodes},
		{csctest.DeepJSON(), malformedCodes},
		{csctest.TooLarge(5 << 20), []csc.Code{csc.ResponseTooLarge}},
		{csctest.BOM(), malformedCodes},
		{csctest.DuplicateKeys(), malformedCodes},
		{csctest.CaseVariantKeys(), malformedCodes},
		{csctest.WrongTypes(), []csc.Code{csc.ResponseMalformed, csc.SignatureCount, csc.SignatureInvalid}}, // a bare string may be one signature
		{csctest.TrailingData(), malformedCodes},
		{csctest.ContentType("text/plain"), nil},
	}
}

func signatureFaults() []fault {
	bad := []csc.Code{csc.SignatureInvalid, csc.ResponseMalformed, ""}
	return []fault{
		{csctest.TooFew(), []csc.Code{csc.SignatureCount}},
		{csctest.TooMany(), []csc.Code{csc.SignatureCount}},
		{csctest.Permute(), []csc.Code{csc.SignatureOrder, ""}},
		{csctest.Repeat(), bad},
		{csctest.ForeignKey(), bad},
		{csctest.FlipBit(), bad},
		{csctest.NotBase64(), bad},
		{csctest.EmptySignature(), bad},
		{csctest.NullSignature(), bad},
		{csctest.NumberSignature(), bad},
		{csctest.HugeSignature(), bad},
	}
}

// combination is one experiment.
type combination struct {
	flow     string // explicit, push, async, oauth
	api      string
	endpoint string
	nth      int
	size     int
	fault    fault
	abort    bool // the caller gives up when the endpoint is reached
}

func (c combination) String() string {
	name := c.fault.action.Name
	if c.abort {
		name = "abort " + name
	}
	return fmt.Sprintf("%s %s %s #%d, %d hashes: %s", c.flow, c.api, c.endpoint, c.nth, c.size, name)
}

// combinations enumerates fault × endpoint × phase × batch size. The phase is
// which call suffers, and whether before or after the service acted.
func combinations() []combination {
	flows := []struct {
		flow, api string
		endpoints []string
		repeated  []string // called more than once
	}{
		{"explicit", "v1", []string{"info", "credentials/list", "credentials/info", "credentials/sendOTP", "credentials/authorize", "credentials/extendTransaction", "signatures/signHash"}, []string{"signatures/signHash"}},
		{"explicit", "v2", []string{"credentials/list", "credentials/getChallenge", "credentials/authorize", "credentials/extendTransaction", "signatures/signHash"}, []string{"signatures/signHash"}},
		{"push", "v2", []string{"credentials/authorizeCheck"}, nil},
		{"async", "v2", []string{"signatures/signHash", "signatures/signPolling"}, nil},
		{"oauth", "v2", []string{"oauth2/pushed_authorize", "oauth2/token", "signatures/signHash"}, nil},
	}
	var out []combination
	for _, f := range flows {
		for _, endpoint := range f.endpoints {
			list := faults()
			switch { // where the signatures are
			case endpoint == "signatures/signPolling":
				list = append(list, slices.DeleteFunc(signatureFaults(), func(f fault) bool { return f.action.Name == csctest.ForeignKey().Name })...)
			case endpoint == "signatures/signHash" && f.flow != "async":
				list = append(list, signatureFaults()...)
			}
			sizes := []int{1, 6}
			switch endpoint {
			case "signatures/signHash":
				sizes = []int{1, 3, 6}
			case "credentials/extendTransaction":
				sizes = []int{3, 6} // one hash leaves nothing to extend
			}
			for _, size := range sizes {
				for _, one := range list {
					if f.flow == "oauth" && one.action.Name == csctest.SADExpires().Name {
						continue // there is no SAD
					}
					out = append(out, combination{f.flow, f.api, endpoint, 1, size, one, false})
					if size > 2 && slices.Contains(f.repeated, endpoint) {
						out = append(out, combination{f.flow, f.api, endpoint, 2, size, one, false})
					}
				}
				for _, when := range []csctest.Action{csctest.DelayBefore(time.Minute), csctest.DelayAfter(time.Minute)} {
					out = append(out, combination{f.flow, f.api, endpoint, 1, size, fault{action: when}, true})
				}
			}
		}
	}
	return out
}

// laboratory is a service with the credentials that the experiments use.
func laboratory(t *testing.T) *csctest.Server {
	spec := csctest.CredentialSpec{Name: "L", Key: csctest.P256, PIN: csctest.DemoPIN, SCAL: 2, Multisign: 4}
	explicit, push, oauth := spec, spec, spec
	explicit.ID, explicit.OTP = "explicit", csctest.OTPOnline
	push.ID, push.AuthMode, push.PIN = "push", csctest.Implicit, ""
	oauth.ID, oauth.AuthMode, oauth.PIN = "oauth", csctest.OAuth2Code, ""
	return csctest.NewServer(t, csctest.Options{
		Keys: keys(), Credentials: []csctest.CredentialSpec{explicit, push, oauth}, SADCalls: csctest.SADOneCall, AutoApprove: true, MaxWrongFactors: 1 << 20,
	})
}

// TestFaults runs every combination and holds what the package promises
// against what the service saw: no hash is signed twice, what is returned
// verifies, what is called not sent was not sent, what may have been signed is
// not called retryable, and no secret is in any error.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out thousands of exchanges")
	}
	all := combinations()
	if len(all) < 1000 {
		t.Fatalf("only %d combinations", len(all))
	}
	start := time.Now()
	queue := make(chan combination)
	var wg sync.WaitGroup
	var signed, failed atomic.Int64
	transport := cschttp.New(&http.Transport{MaxIdleConnsPerHost: 8})
	defer transport.CloseIdleConnections()
	for range 6 {
		service := laboratory(t)
		wg.Go(func() {
			for c := range queue {
				ok, bad := experiment(t, service, transport, c)
				signed.Add(ok)
				failed.Add(bad)
			}
		})
	}
	for _, c := range all {
		queue <- c
	}
	close(queue)
	wg.Wait()
	t.Logf("%d combinations, %d signatures, %d errors, %.1f s", len(all), signed.Load(), failed.Load(), time.Since(start).Seconds())
}

func experiment(t *testing.T, service *csctest.Server, transport csc.Transport, c combination) (signed, failed int64) {
	service.Reset()
	token := service.AccessToken()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var reached atomic.Bool
	giveUp := csctest.Mutate("give up", func(_ *int, _ http.Header, b []byte) []byte { // once the service has acted
		if c.abort {
			cancel()
		}
		return b
	})
	service.Inject(csctest.Fault{Endpoint: c.endpoint, Nth: c.nth, Do: []csctest.Action{giveUp, c.fault.action}, When: func(r *csctest.Request) bool {
		if r.Method == http.MethodGet {
			return false // the second try of info
		}
		reached.Store(true)
		if c.abort && strings.Contains(c.fault.action.Name, "before") {
			cancel()
		}
		return true
	}})
	results, list, alg, err := runFlow(ctx, t, service, transport, token, c)
	if !reached.Load() {
		t.Errorf("%v: the endpoint was never reached (%v)", c, err)
	}
	if service.SignedMost() > 1 {
		t.Errorf("%v: a hash was signed %d times", c, service.SignedMost())
	}
	if err != nil {
		judgeError(t, c, token, err)
		if service.SignedTotal() != 0 {
			t.Errorf("%v: signed before the flow failed with %v", c, err)
		}
		return 0, 1
	}
	cert, err := service.Certificate(credentialOf(c))
	if err != nil {
		t.Error(err)
		return
	}
	suffered := 0
	sent := service.RequestsTo("signatures/signHash")
	for i, r := range results {
		times, left := service.SignedCount(list[i]), 0
		for _, one := range sent {
			left += strings.Count(string(one.Body), b64(list[i]))
		}
		if left > 1 {
			t.Errorf("%v: hash %d left %d times", c, i, left)
		}
		if r.Err == nil {
			signed++
			if times != 1 || sigalg.Verify(cert.PublicKey, alg, list[i], r.Signature) != nil {
				t.Errorf("%v: signature %d does not verify or was made %d times", c, i, times)
			}
			continue
		}
		failed++
		judgeError(t, c, token, r.Err)
		var e *csc.Error
		errors.As(r.Err, &e)
		submitted, told := e.Details[csc.DetailSubmitted].(bool)
		if !told || !submitted && left != 0 {
			t.Errorf("%v: hash %d left %d times and was signed %d times; the error says submitted: %v", c, i, left, times, e.Details[csc.DetailSubmitted])
		}
		if times != 0 && e.Retryable() && c.fault.action.Name != "answer 401" && c.fault.action.Name != "answer 503" { // these lie
			t.Errorf("%v: hash %d was signed, and %v looks retryable", c, i, e)
		}
		if submitted {
			suffered++
			if c.endpoint == "signatures/signHash" && !c.abort && !slices.Contains(c.fault.codes, e.Code) {
				t.Errorf("%v: hash %d: %v (%s)", c, i, r.Err, e.Code)
			}
		}
	}
	if c.endpoint == "signatures/signHash" && !c.abort && suffered == 0 && !slices.Contains(c.fault.codes, "") && c.fault.codes != nil {
		t.Errorf("%v: nobody suffered", c)
	}
	return signed, failed
}

func credentialOf(c combination) string {
	if c.flow == "async" {
		return "explicit"
	}
	return c.flow
}

// runFlow goes the whole way; the error is of a step before SignAll.
func runFlow(ctx context.Context, t *testing.T, service *csctest.Server, transport csc.Transport, token string, c combination) (results []csc.SignResult, list [][]byte, alg sigalg.Algorithm, err error) {
	session, err := csc.NewSession(csc.SessionOptions{
		ServiceURL: service.ServiceURL(c.api), Transport: transport, Dialect: csc.Dialect{SingleUseSAD: true},
		Token: csc.TokenFunc(func(_ context.Context, refresh bool) (string, error) {
			if refresh {
				return service.AccessToken(), nil
			}
			return token, nil
		}),
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Error(err)
		return
	}
	if _, err = session.Info(ctx); err != nil {
		return
	}
	credentials, err := session.Credentials(ctx, csc.ListOptions{})
	if err != nil {
		return
	}
	i := slices.IndexFunc(credentials, func(k *csc.Credential) bool { return k.ID == credentialOf(c) })
	if i < 0 || credentials[i].Problem != nil {
		err = &csc.Error{Code: csc.ResponseMalformed, Msg: "the credential is not listed"}
		if i >= 0 {
			err = credentials[i].Problem
		}
		return
	}
	var authorizer csc.Authorizer = &csc.ExplicitAuthorizer{Ask: func(_ context.Context, r csc.FactorRequest) (csc.Factors, error) {
		return csc.Factors{PIN: csctest.DemoPIN, OTP: csc.Secret(service.OTP(r.Credential.ID))}, nil
	}}
	if c.flow == "oauth" {
		oauth, err := session.OAuth(ctx, csc.OAuthClient{ID: csctest.DemoClient().ID, RedirectURI: callback})
		if err != nil {
			return nil, nil, alg, err
		}
		authorizer = &csc.OAuthAuthorizer{OAuth: oauth, Request: csc.OAuthRequest{Push: true}, Visit: visit}
	}
	signer, err := csc.NewSigner(session, credentials[i], authorizer, csc.SignerOptions{BatchSize: 2, Async: c.flow == "async"})
	if err != nil {
		return
	}
	list = digests(signer, c.String(), c.size)
	return signer.SignAll(ctx, list, nil), list, signer.Mechanism().Algorithm, nil
}

func judgeError(t *testing.T, c combination, token string, err error) {
	var e *csc.Error
	if !errors.As(err, &e) || e.Code == "" || e.Msg == "" {
		t.Errorf("%v: an untyped error: %v", c, err)
		return
	}
	text := fmt.Sprintf("%v %+v %#v %v", err, err, e, e.ErrorDetails())
	for _, secret := range []string{token, csctest.DemoPIN, "SAD-"} {
		if strings.Contains(text, secret) {
			t.Errorf("%v: a secret is in %s", c, text)
		}
	}
	if c.abort && e.Code != csc.Aborted && e.Code != csc.OutcomeUnknown {
		t.Errorf("%v: %v (%s)", c, err, e.Code)
	}
}
