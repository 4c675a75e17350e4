package csc

import (
	"errors"
	"fmt"
	"maps"
)

// Code is the stable, documented kind of an error.
type Code string

// The codes of this package. README.md says what each one means to a user.
const (
	InvalidArgument      Code = "INVALID_ARGUMENT"
	Aborted              Code = "ABORTED"
	CredentialUnusable   Code = "CREDENTIAL_UNUSABLE"
	AlgorithmUnsupported Code = "ALGORITHM_UNSUPPORTED"
	AuthorizationFailed  Code = "AUTHORIZATION_FAILED"
	SADExpired           Code = "SAD_EXPIRED"
	SADReused            Code = "SAD_REUSED"
	TokenExpired         Code = "TOKEN_EXPIRED"
	SignatureCount       Code = "SIGNATURE_COUNT"
	SignatureOrder       Code = "SIGNATURE_ORDER"
	SignatureInvalid     Code = "SIGNATURE_INVALID"
	ResponseMalformed    Code = "RESPONSE_MALFORMED"
	ResponseTooLarge     Code = "RESPONSE_TOO_LARGE"
	RedirectRefused      Code = "REDIRECT_REFUSED"
	InsecureURL          Code = "INSECURE_URL"
	NetworkFailure       Code = "NETWORK"
	TimedOut             Code = "TIMEOUT"
	OutcomeUnknown       Code = "OUTCOME_UNKNOWN"
	RateLimited          Code = "RATE_LIMITED"
	ServiceError         Code = "SERVICE_ERROR"
)

// Keys of Error.Details. Values are strings, integers and booleans.
const (
	DetailEndpoint    = "endpoint"          // CSC method or OAuth endpoint
	DetailStatus      = "status"            // HTTP status
	DetailError       = "error"             // the service's own error code
	DetailDescription = "error_description" // the service's own words, secrets removed
	DetailRetryAfter  = "retryAfterSeconds" // what the service asked for
	DetailSubmitted   = "submitted"         // whether the digest had left for the service
	DetailResponseID  = "responseID"        // handle of an asynchronous signature whose result is not known
)

// Error is the only error type of the package.
type Error struct {
	Code    Code
	Msg     string         // fit to show to a user, without secrets
	Details map[string]any // see the Detail constants; may be nil
	Err     error          // the cause, or nil
}

// Error returns the message with the service's own words.
func (e *Error) Error() string {
	s := e.Msg
	if d, ok := e.Details[DetailDescription].(string); ok && d != "" {
		s += ": " + d
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches another *Error by its code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// ErrorCode returns the code as a string.
func (e *Error) ErrorCode() string { return string(e.Code) }

// ErrorDetails returns a copy of the details.
func (e *Error) ErrorDetails() map[string]any { return maps.Clone(e.Details) }

// Retryable tells whether the same call may be made again without harm: it
// certainly did not sign anything, and waiting may help.
func (e *Error) Retryable() bool {
	switch e.Code {
	case NetworkFailure, TimedOut, RateLimited, TokenExpired, SADExpired:
		return true
	case ServiceError:
		// A 500 from signHash does not say whether the key was used.
		status, _ := e.Details[DetailStatus].(int)
		submitted, _ := e.Details[DetailSubmitted].(bool)
		return status == 503 || status >= 500 && !submitted
	}
	return false
}

// CodeOf returns the code of the first *Error in err's tree, or "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Targets for errors.Is, one for each code that callers branch on.
var (
	ErrAborted              = &Error{Code: Aborted, Msg: "aborted"}
	ErrCredentialUnusable   = &Error{Code: CredentialUnusable, Msg: "the credential cannot be used"}
	ErrAlgorithmUnsupported = &Error{Code: AlgorithmUnsupported, Msg: "the algorithm is not supported"}
	ErrAuthorizationFailed  = &Error{Code: AuthorizationFailed, Msg: "the authorization failed"}
	ErrSADExpired           = &Error{Code: SADExpired, Msg: "the authorization has expired"}
	ErrSADReused            = &Error{Code: SADReused, Msg: "the authorization was used before"}
	ErrTokenExpired         = &Error{Code: TokenExpired, Msg: "the access token is not valid"}
	ErrResponseMalformed    = &Error{Code: ResponseMalformed, Msg: "the answer cannot be read"}
	ErrOutcomeUnknown       = &Error{Code: OutcomeUnknown, Msg: "the outcome is not known"}
)

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error { return fail(InvalidArgument, format, args...) }

// with returns a copy that carries one more detail.
func (e *Error) with(key string, value any) *Error {
	c := *e
	c.Details = maps.Clone(e.Details)
	if c.Details == nil {
		c.Details = map[string]any{}
	}
	c.Details[key] = value
	return &c
}

// because returns a copy with a cause.
func (e *Error) because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// asError turns any error into an *Error: itself if it is one, otherwise one
// of the given code around it.
func asError(err error, code Code, msg string) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: code, Msg: msg, Err: err}
}
