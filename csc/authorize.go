package csc

import (
	"context"
	"time"
)

// Defaults for waiting on a user who approves on another device.
const (
	firstPoll = time.Second
	longPoll  = 5 * time.Second
)

// AuthorizeOptions go with Session.Authorize.
type AuthorizeOptions struct {
	// Timeout bounds the call and, in v2, the polling after it; 0 means
	// DefaultSignTimeout. A v1 service may hold the call open until the user
	// approved on another device.
	Timeout time.Duration
	// Waiting is told after each poll how long the wait has taken; may be nil.
	Waiting func(elapsed time.Duration)
}

// Authorize calls credentials/authorize (CSC §11.6) and, when the service
// answers that the user is still to approve, polls credentials/authorizeCheck
// (CSC 2.0 §11.7). It is never repeated: wrong factors lock credentials.
func (s *Session) Authorize(ctx context.Context, r AuthorizationRequest, f Factors, o AuthorizeOptions) (*Authorization, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if n := len([]rune(r.Description)); n > 500 { // CSC §11.6
		return nil, invalid("the description of the authorization has %d characters; 500 are allowed", n)
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultSignTimeout
	}
	start := s.o.Now()
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	reply, err := s.do(limited, operation{
		method: "credentials/authorize", kind: act, body: s.wire().authorize(r, f), secrets: f.secrets(), timeout: o.Timeout,
	})
	wait := firstPoll
	for {
		if err != nil {
			return nil, refine(ctx, err)
		}
		a, handle, err2 := parseAuthorization(reply, s.o.Now)
		if err2 != nil || a != nil {
			return a, err2
		}
		if o.Waiting != nil {
			o.Waiting(s.o.Now().Sub(start))
		}
		if s.o.Sleep(limited, wait) != nil {
			return nil, refine(ctx, s.interrupted(limited, operation{method: "credentials/authorizeCheck"}, true))
		}
		wait = min(wait*5/4, longPoll)
		reply, err = s.do(limited, operation{
			method: "credentials/authorizeCheck", kind: read, body: s.wire().authorizeCheck(handle), secrets: []Secret{handle},
		})
	}
}

// refine words a refused or timed-out authorization.
func refine(ctx context.Context, err error) error {
	e := asError(err, AuthorizationFailed, "the authorization failed")
	if e.Code == TimedOut && ctx.Err() == nil {
		late := fail(TimedOut, "the authorization was not given in time").because(e.Err)
		late.Details = e.Details
		return late
	}
	// What else a service refuses here is the authorization (PIN locked, key
	// disabled, too many signatures): all of it is 400 invalid_request.
	if status := statusOf(e); e.Code == ServiceError && (status == 400 || status == 403) {
		refused := fail(AuthorizationFailed, "the service did not authorize the use of the credential").because(e.Err)
		refused.Details = e.Details
		return refused
	}
	return e
}

// parseAuthorization reads the answer of authorize, authorizeCheck or
// extendTransaction: an authorization, or a handle to poll with.
func parseAuthorization(r *reply, now func() time.Time) (*Authorization, Secret, error) {
	obj, err := parseObject(r.body, "the answer to credentials/authorize")
	if err != nil {
		return nil, "", err
	}
	if handle := obj.text("handle"); handle != "" && !obj.has("SAD") {
		if err := obj.done(); err != nil {
			return nil, "", err
		}
		return nil, Secret(handle), nil
	}
	a := &Authorization{SAD: Secret(obj.need("SAD"))}
	lifetime := defaultLifetime
	if seconds, ok := obj.integer("expiresIn", "expires_in"); ok {
		lifetime = time.Duration(seconds) * time.Second
	}
	if lifetime <= 0 {
		obj.fail("has a member %q that is not above 0", "expiresIn")
	}
	if err := obj.done(); err != nil {
		return nil, "", err
	}
	// Counted from before the request, so that the service's clock is ahead.
	// A push approval may have taken minutes; then this answer's request
	// counts, which is the last poll.
	a.ExpiresAt = r.sentAt.Add(lifetime)
	a.lifetime = lifetime
	return a, "", nil
}

// defaultLifetime of tokens and SADs that come without one (CSC §8.3, §11.6).
const defaultLifetime = time.Hour

// SendOTP calls credentials/sendOTP (v1 §11.8; deprecated in 2.1).
func (s *Session) SendOTP(ctx context.Context, credentialID string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	// The answer has no content; one service returns the OTP itself here.
	_, err := s.do(ctx, operation{method: "credentials/sendOTP", kind: act, body: s.wire().sendOTP(credentialID, "")})
	return err
}

// GetChallenge calls credentials/getChallenge (CSC 2.0 §11.8). The challenge
// is what to show the user; it is empty when the service delivers it itself.
func (s *Session) GetChallenge(ctx context.Context, credentialID, authObjectID string) (challenge string, err error) {
	if err := s.ready(ctx); err != nil {
		return "", err
	}
	r, err := s.do(ctx, operation{method: "credentials/getChallenge", kind: act, body: s.wire().getChallenge(credentialID, authObjectID)})
	if err != nil || len(r.body) == 0 {
		return "", err
	}
	obj, err := parseObject(r.body, "the answer to credentials/getChallenge")
	if err != nil {
		return "", err
	}
	challenge = presentable(obj.text("challenge"))
	return challenge, obj.done()
}

// ExtendTransaction calls credentials/extendTransaction (CSC §11.7 in v1): a
// new SAD for the rest of the transaction, bound to the given hashes.
func (s *Session) ExtendTransaction(ctx context.Context, r AuthorizationRequest, current *Authorization) (*Authorization, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	reply, err := s.do(ctx, operation{
		method: "credentials/extendTransaction", kind: act, secrets: []Secret{current.SAD},
		body: s.wire().extend(r.Credential.ID, current.SAD, r.Hashes, r.HashAlgo, r.ClientData),
	})
	if err != nil {
		return nil, err
	}
	a, _, err := parseAuthorization(reply, s.o.Now)
	if err == nil && a == nil {
		err = fail(ResponseMalformed, "the answer to credentials/extendTransaction lacks \"SAD\"")
	}
	return a, err
}
