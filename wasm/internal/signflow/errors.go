package signflow

import (
	"context"
	"errors"
)

// Code is a stable name of what went wrong, the same in Go and in JavaScript.
type Code string

// The codes this room raises itself; the errors of the other rooms pass through with their own.
const (
	InvalidArgument Code = "INVALID_ARGUMENT"
	Aborted         Code = "ABORTED"
	SelfCheckFailed Code = "SELF_CHECK_FAILED"
	FileUnreadable  Code = "FILE_UNREADABLE"
	JournalFailed   Code = "JOURNAL_FAILED"
)

// Error is an error of the flow itself.
type Error struct {
	Code    Code
	Msg     string
	Details map[string]any
	Err     error
}

// The sentinels for errors.Is.
var (
	ErrInvalidArgument = &Error{Code: InvalidArgument}
	ErrAborted         = &Error{Code: Aborted}
	ErrSelfCheckFailed = &Error{Code: SelfCheckFailed}
	ErrFileUnreadable  = &Error{Code: FileUnreadable}
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

// ErrorCode, ErrorDetails and Retryable are what the border asks of every room's error.
func (e *Error) ErrorCode() string { return string(e.Code) }

// ErrorDetails gives the facts, where there are some.
func (e *Error) ErrorDetails() map[string]any { return e.Details }

// Retryable tells whether doing the same again may succeed: only after the caller's own abort.
func (e *Error) Retryable() bool { return e.Code == Aborted }

// coded is what every room's error can do.
type coded interface{ ErrorCode() string }

// as is errors.As, under a name that reads in a sentence.
func as(err error, target any) bool { return errors.As(err, target) }

// stopped turns an error that stems from the caller's cancellation into ErrAborted, and leaves errors with a code of their own alone:
// a request that had left when the caller gave up is OUTCOME_UNKNOWN, not merely aborted.
func stopped(ctx context.Context, err error) error {
	var own coded
	if err == nil || errors.As(err, &own) || ctx.Err() == nil {
		return err
	}
	return &Error{Code: Aborted, Msg: "the work was cancelled", Err: context.Cause(ctx)}
}
