package pades

// Code is the stable name of a failure.
type Code string

const (
	InvalidArgument Code = "INVALID_ARGUMENT"       // no such level, or options that contradict the level
	Unsupported     Code = "PDF_UNSUPPORTED"        // more to do than the limits allow
	TSAFailed       Code = "TSA_FAILED"             // no timestamp authority gave a valid timestamp
	Unavailable     Code = "REVOCATION_UNAVAILABLE" // certificates or revocation data are missing; details name each
	Unusable        Code = "CREDENTIAL_UNUSABLE"    // a certificate of the chain is revoked
)

// Sentinels for errors.Is.
var (
	ErrInvalidArgument = &Error{Code: InvalidArgument}
	ErrTSAFailed       = &Error{Code: TSAFailed}
	ErrUnavailable     = &Error{Code: Unavailable}
	ErrUnusable        = &Error{Code: Unusable}
)

// Error is the error type of this package.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any // never secret, fit for JSON
	Err     error
}

func (e *Error) Error() string {
	s := "pades: "
	if e.Msg != "" {
		s += e.Msg
	} else {
		s += string(e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Is matches any *Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// ErrorCode is the stable name of the failure.
func (e *Error) ErrorCode() string { return string(e.Code) }

// ErrorDetails carries what a program may want to know about the failure.
func (e *Error) ErrorDetails() map[string]any { return e.Details }

// Retryable is true for what depends on services that may be back in a minute.
func (e *Error) Retryable() bool { return e.Code == TSAFailed || e.Code == Unavailable }
