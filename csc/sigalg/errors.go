package sigalg

// Code is the stable name of a failure.
type Code string

const (
	AlgorithmUnsupported Code = "ALGORITHM_UNSUPPORTED" // unknown, too weak, or not for this key
	SignatureInvalid     Code = "SIGNATURE_INVALID"     // the key does not verify the value
)

// Sentinels for errors.Is.
var (
	ErrAlgorithmUnsupported = &Error{Code: AlgorithmUnsupported}
	ErrSignatureInvalid     = &Error{Code: SignatureInvalid}
)

// Error is the only error type of this package.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any // never secret, fit for JSON
	Err     error
}

func (e *Error) Error() string {
	s := "sigalg: "
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

// Retryable is always false: the same key and bytes give the same answer.
func (e *Error) Retryable() bool { return false }

func unsupported(msg string, details map[string]any) error {
	return &Error{Code: AlgorithmUnsupported, Msg: msg, Details: details}
}

func invalid(msg string, err error) error {
	return &Error{Code: SignatureInvalid, Msg: msg, Err: err}
}
