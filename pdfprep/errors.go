package pdfprep

import (
	"context"
	"errors"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// Code is a stable name of what went wrong, the same in Go and in JavaScript.
type Code string

// The codes of this package.
const (
	InvalidArgument     Code = "INVALID_ARGUMENT"
	Malformed           Code = "PDF_MALFORMED"
	Encrypted           Code = "PDF_ENCRYPTED"      // a password is needed
	PasswordWrong       Code = "PDF_PASSWORD_WRONG" // the given one does not open the file
	PermissionDenied    Code = "PDF_PERMISSION"     // the file's own permissions forbid signing
	CertifiedNoChanges  Code = "PDF_CERTIFIED_NO_CHANGES"
	FieldNotFound       Code = "PDF_FIELD_NOT_FOUND"
	FieldSigned         Code = "PDF_FIELD_SIGNED"
	FieldLocked         Code = "PDF_FIELD_LOCKED"
	Unsupported         Code = "PDF_UNSUPPORTED"
	PlaceholderTooSmall Code = "PLACEHOLDER_TOO_SMALL"
	SelfCheckFailed     Code = "SELF_CHECK_FAILED"
	detailRepairable         = "repairable"
	detailNeededBytes        = "neededBytes"
	detailReservedBytes      = "reservedBytes"
	detailField              = "field"
)

// Error is the error type of this package. Of a document, Details name at most a field; they stay in the page.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any
	Err     error
}

// The sentinels for errors.Is.
var (
	ErrMalformed           = &Error{Code: Malformed}
	ErrEncrypted           = &Error{Code: Encrypted}
	ErrPasswordWrong       = &Error{Code: PasswordWrong}
	ErrPermission          = &Error{Code: PermissionDenied}
	ErrCertifiedNoChanges  = &Error{Code: CertifiedNoChanges}
	ErrFieldNotFound       = &Error{Code: FieldNotFound}
	ErrFieldSigned         = &Error{Code: FieldSigned}
	ErrFieldLocked         = &Error{Code: FieldLocked}
	ErrUnsupported         = &Error{Code: Unsupported}
	ErrPlaceholderTooSmall = &Error{Code: PlaceholderTooSmall}
	ErrInvalidArgument     = &Error{Code: InvalidArgument}
	ErrSelfCheckFailed     = &Error{Code: SelfCheckFailed}
)

func (e *Error) Error() string {
	text := e.Msg
	if text == "" {
		text = string(e.Code)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
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

// Retryable is false: the same bytes give the same error.
func (e *Error) Retryable() bool { return false }

func refuse(code Code, msg string) *Error { return &Error{Code: code, Msg: msg} }

func (e *Error) with(key string, value any) *Error {
	if e.Details == nil {
		e.Details = make(map[string]any)
	}
	e.Details[key] = value
	return e
}

// explain gives the errors of the inner rooms their public form. Errors of the reader below and of a cancelled context pass unchanged.
func explain(err error) error {
	var own *Error
	switch {
	case err == nil || errors.As(err, &own) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, file.ErrNotPDF):
		return &Error{Code: Malformed, Msg: "this is not a PDF", Details: map[string]any{detailRepairable: false}}
	case errors.Is(err, file.ErrBroken), errors.Is(err, object.ErrSyntax), errors.Is(err, object.ErrIncomplete), errors.Is(err, object.ErrDepth):
		return &Error{Code: Malformed, Msg: "the PDF is damaged", Details: map[string]any{detailRepairable: true}, Err: err}
	case errors.Is(err, file.ErrLimit):
		return &Error{Code: Malformed, Msg: "the PDF asks for more than the limits allow", Details: map[string]any{detailRepairable: false}, Err: err}
	case errors.Is(err, file.ErrFilter):
		return &Error{Code: Unsupported, Msg: "the PDF uses a filter that is not supported", Err: err}
	case errors.Is(err, stdsec.ErrUnsupported):
		return &Error{Code: Unsupported, Msg: "the PDF's encryption is not supported", Err: err}
	case errors.Is(err, stdsec.ErrMalformed):
		return &Error{Code: Malformed, Msg: "the PDF's encryption is damaged", Details: map[string]any{detailRepairable: false}, Err: err}
	}
	return err
}

// isOurs tells a fault of the PDF from one of the reader below it or of the context.
func isOurs(err error) bool {
	var own *Error
	return errors.As(err, &own)
}
