//go:build js && wasm

package main

import (
	"context"
	"errors"

	"hashout/csc"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// borderError is an error of the border itself.
type borderError struct {
	code, message string
	err           error
}

func (e *borderError) Error() string     { return e.message }
func (e *borderError) Unwrap() error     { return e.err }
func (e *borderError) ErrorCode() string { return e.code }

func invalidArgument(message string, cause error) error {
	return &borderError{code: "INVALID_ARGUMENT", message: message, err: cause}
}

// errAborted is the cause of a context that the host cancelled.
var errAborted = &borderError{code: "ABORTED", message: "the work was cancelled"}

// What the errors of the rooms may offer; the border asks and adds nothing of its own.
type (
	coded     interface{ ErrorCode() string }
	detailed  interface{ ErrorDetails() map[string]any }
	retryable interface{ Retryable() bool }
)

// errorRecord is an error as it crosses the border: see ErrorObject in js/src/protocol.ts.
type errorRecord struct {
	Code      string         `json:"code"`
	Message   string         `json:"message"`
	Details   map[string]any `json:"details"`
	Retryable bool           `json:"retryable"`
	Service   *serviceRecord `json:"service,omitempty"`
}

type serviceRecord struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Status      int    `json:"status"`
}

// record flattens an error. An error without a code is a fault of ours: INTERNAL.
func record(err error) *errorRecord {
	r := &errorRecord{Code: "INTERNAL", Message: err.Error(), Details: map[string]any{}}
	var code coded
	switch {
	case errors.As(err, &code):
		r.Code = code.ErrorCode()
	case errors.Is(err, context.Canceled):
		r.Code = errAborted.code
	}
	var details detailed
	if errors.As(err, &details) {
		for k, v := range details.ErrorDetails() {
			r.Details[k] = v
		}
	}
	var again retryable
	if errors.As(err, &again) {
		r.Retryable = again.Retryable()
	}
	r.Service = serviceAnswer(r.Details)
	return r
}

// serviceAnswer picks a service's own words out of the details, where csc keeps them.
func serviceAnswer(details map[string]any) *serviceRecord {
	status, ok := details[csc.DetailStatus].(int)
	if !ok {
		return nil
	}
	s := &serviceRecord{Status: status}
	s.Error, _ = details[csc.DetailError].(string)
	s.Description, _ = details[csc.DetailDescription].(string)
	return s
}

// errorObject is the plain object a promise is rejected with; js makes a HashoutError of it.
func errorObject(err error) safejs.Value {
	value, failure := jsvalue.Encode(record(err))
	if failure != nil {
		return safejs.Null()
	}
	return value
}
