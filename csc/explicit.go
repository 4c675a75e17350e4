package csc

import (
	"context"
	"errors"
	"time"
)

// FactorRequest tells the page which factors to ask the user for.
type FactorRequest struct {
	AuthorizationRequest
	PIN, OTP *Factor      // nil: not wanted
	Objects  []AuthObject // v2: all that the service described, PIN and OTP among them
	// Challenges holds what the service said to show, by auth object id.
	Challenges map[string]string
	// Resend asks the service for a new one-time password; nil when the OTP
	// does not come from the service.
	Resend func(ctx context.Context) error
}

// ExplicitAuthorizer authorizes through credentials/authorize: with factors
// that Ask collects, or without any for credentials whose service asks the
// user itself. It serves v1 and v2.
type ExplicitAuthorizer struct {
	// Ask collects the factors. It is not called when the credential wants
	// none; it may be nil then. It may return a SAD or a credential-scope
	// access token instead of factors.
	Ask func(ctx context.Context, r FactorRequest) (Factors, error)
	// ManualOTP leaves requesting an online one-time password to Ask, by
	// FactorRequest.Resend. Otherwise it is requested before Ask is called.
	ManualOTP bool
	// Timeout bounds the authorization once the factors are there; it includes
	// the wait for a user who approves on another device. 0 means
	// DefaultSignTimeout.
	Timeout time.Duration
	// Waiting is told, while the user is expected to approve on another
	// device, how long that has taken; nil is not told.
	Waiting func(elapsed time.Duration)
}

// Authorize implements Authorizer.
func (a *ExplicitAuthorizer) Authorize(ctx context.Context, r AuthorizationRequest) (*Authorization, error) {
	var given Factors
	if a.asks(r.Credential) {
		if a.Ask == nil {
			return nil, fail(AuthorizationFailed, "the credential wants a PIN or a one-time password, and nobody is there to ask for it")
		}
		var err error
		if given, err = a.collect(ctx, r); err != nil {
			return nil, err
		}
	}
	switch {
	case given.SAD != "":
		return &Authorization{SAD: given.SAD}, nil
	case given.AccessToken != "":
		return r.Session.placeToken(given.AccessToken, time.Time{}), nil
	case r.Credential.AuthMode == AuthOAuth2Code:
		return nil, fail(AuthorizationFailed, "the credential is authorized on the service's own page (OAuth), not by PIN or one-time password")
	}
	return r.Session.Authorize(ctx, r, given, AuthorizeOptions{Timeout: a.Timeout, Waiting: a.Waiting})
}

// asks tells whether the user has something to give. An OAuth credential is
// worth asking for, because Ask may come back with its token.
func (a *ExplicitAuthorizer) asks(c *Credential) bool {
	if c.AuthMode == AuthOAuth2Code {
		return a.Ask != nil
	}
	if c.AuthMode == AuthImplicit {
		return false
	}
	for _, o := range c.AuthObjects {
		if !o.outOfBand() {
			return true
		}
	}
	return c.PIN != nil || c.OTP != nil
}

func (a *ExplicitAuthorizer) collect(ctx context.Context, r AuthorizationRequest) (Factors, error) {
	q := FactorRequest{AuthorizationRequest: r, PIN: r.Credential.PIN, OTP: r.Credential.OTP, Objects: r.Credential.AuthObjects, Challenges: map[string]string{}}
	request := func(ctx context.Context) error { return r.Session.requestOTP(ctx, r.Credential, q.Challenges) }
	if r.Credential.wantsChallenge() {
		q.Resend = request
		if !a.ManualOTP {
			if err := request(ctx); err != nil {
				return Factors{}, err
			}
		}
	}
	given, err := a.Ask(ctx, q)
	if err != nil {
		return given, notGiven(err)
	}
	return given, nil
}

// notGiven words what Ask came back with. A code of its own may say that the
// user gave up, which is no failure.
func notGiven(err error) *Error {
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) && coded.ErrorCode() == string(Aborted) {
		return &Error{Code: Aborted, Msg: "the authorization was given up", Err: err}
	}
	return asError(err, AuthorizationFailed, "the PIN or one-time password was not given")
}

func (c *Credential) wantsChallenge() bool {
	for _, o := range c.AuthObjects {
		if o.Type == "ChallengeResponse" {
			return true
		}
	}
	return len(c.AuthObjects) == 0 && c.OTP != nil && c.OTP.Online
}

// requestOTP triggers the delivery of one-time passwords: sendOTP in v1,
// getChallenge for each object that has a challenge in v2.
func (s *Session) requestOTP(ctx context.Context, c *Credential, challenges map[string]string) error {
	if len(c.AuthObjects) == 0 {
		return s.SendOTP(ctx, c.ID)
	}
	for _, o := range c.AuthObjects {
		if o.Type != "ChallengeResponse" {
			continue
		}
		challenge, err := s.GetChallenge(ctx, c.ID, o.ID)
		if err != nil {
			return err
		}
		if challenge != "" {
			challenges[o.ID] = challenge
		}
	}
	return nil
}

// placeToken makes an authorization of a credential-scope token.
func (s *Session) placeToken(token Secret, expiresAt time.Time) *Authorization {
	placement := s.o.Dialect.CredentialToken
	if placement == TokenAsBearer || placement == TokenDefault && s.API() == V2 {
		return &Authorization{Bearer: token, ExpiresAt: expiresAt}
	}
	return &Authorization{SAD: token, ExpiresAt: expiresAt}
}
