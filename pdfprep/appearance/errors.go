package appearance

// Code is a stable name of what went wrong, the same in Go and in JavaScript.
type Code string

// The codes of this package.
const (
	InvalidArgument Code = "INVALID_ARGUMENT"
	GlyphMissing    Code = "GLYPH_MISSING" // Details["characters"] has no glyph in any font
	TextTooLong     Code = "TEXT_TOO_LONG" // for its rectangle, at a size that can be read
)

// Error is the error type of this package.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any
	Err     error
}

// The sentinels for errors.Is.
var (
	ErrInvalidArgument = &Error{Code: InvalidArgument}
	ErrGlyphMissing    = &Error{Code: GlyphMissing}
	ErrTextTooLong     = &Error{Code: TextTooLong}
)

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Msg + ": " + e.Err.Error()
	}
	return e.Msg
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches by code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// ErrorCode is the code as text.
func (e *Error) ErrorCode() string { return string(e.Code) }

// ErrorDetails is what a program may want to know about the failure.
func (e *Error) ErrorDetails() map[string]any { return e.Details }

// Retryable is false: the same input gives the same error.
func (e *Error) Retryable() bool { return false }

func invalid(msg string) *Error { return &Error{Code: InvalidArgument, Msg: msg} }
