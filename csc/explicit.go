package csc

import (
	"context"
	"time"
)

// FactorRequest tells the page which factors to ask the user for.
type FactorRequest struct {
	AuthorizationRequest
	PIN, OTP *Factor      // nil: not wanted
	Objects  []AuthObject // v2: those whose values are wanted, PIN and OTP among them
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
	// none; it may be nil then.
	Ask func(ctx context.Context, r FactorRequest) (Factors, error)
	// ManualOTP leaves requesting an online one-time password to Ask, by
	// FactorRequest.Resend. Otherwise it is requested before Ask is called.
	ManualOTP bool
	// Timeout bounds the whole authorization once the factors are there; it
	// includes the wait for a user who approves on another device. 0 means
	// DefaultSignTimeout.
	Timeout time.Duration
	// Waiting is told, while the user is expected to approve on another
	// device, how long that has taken; nil is not told.
	Waiting func(elapsed time.Duration)
}
