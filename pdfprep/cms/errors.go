package cms

// Code is the stable name of a failure.
type Code string

const (
	InvalidArgument  Code = "INVALID_ARGUMENT"  // the caller's options contradict one another or the clauses
	SignatureInvalid Code = "SIGNATURE_INVALID" // a SignedData that is malformed or does not hold
	CertMismatch     Code = "CERT_MISMATCH"     // the signing certificate is absent or another than the one referred to
	TSAFailed        Code = "TSA_FAILED"        // a timestamp authority refused, or its answer does not hold
)

// Sentinels for errors.Is.
var (
	ErrInvalidArgument  = &Error{Code: InvalidArgument}
	ErrSignatureInvalid = &Error{Code: SignatureInvalid}
	ErrCertMismatch     = &Error{Code: CertMismatch}
	ErrTSAFailed        = &Error{Code: TSAFailed}
)

// Error is the error type of this package. What concerns an algorithm comes as *sigalg.Error instead.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any // never secret, fit for JSON
	Err     error
}

func (e *Error) Error() string {
	s := "cms: "
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

// Retryable is always false: the same bytes give the same answer.
func (e *Error) Retryable() bool { return false }

func argument(msg string) error {
	return &Error{Code: InvalidArgument, Msg: msg}
}

// malformed says what is wrong with the structure of a SignedData.
func malformed(msg string) error {
	return &Error{Code: SignatureInvalid, Msg: msg, Details: map[string]any{"reason": "malformed"}}
}
