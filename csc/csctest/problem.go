package csctest

import (
	"fmt"
	"net/http"
)

// problem is an error as the service words it: status, code, description.
type problem struct {
	status int
	code   string
	text   string
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.status, p.code, p.text) }

// Error codes of the CSC text (common codes of v1 §10 and the method tables).
const (
	invalidRequest      = "invalid_request"
	invalidToken        = "invalid_token"
	expiredToken        = "expired_token"
	accessDenied        = "access_denied"
	unauthorizedClient  = "unauthorized_client"
	invalidPIN          = "invalid_pin"
	invalidOTP          = "invalid_otp"
	invalidAuthData     = "invalid_authentication_data"
	authenticationError = "authentication_error"
	invalidGrant        = "invalid_grant"
	invalidClient       = "invalid_client"
	invalidScope        = "invalid_scope"
	invalidHash         = "invalid_hash"
	unsupportedToken    = "unsupported_token_type"
	notImplemented      = "not_implemented"
	serverError         = "server_error"
	acceptedRequest     = "accepted_request"
)

// refuse is a 400 invalid_request, the answer to almost everything.
func refuse(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, invalidRequest, fmt.Sprintf(format, args...)}
}

func internal(err error) *problem {
	return &problem{http.StatusInternalServerError, serverError, err.Error()}
}

// reply is a success. A nil body is sent as no body at all.
type reply struct {
	status int
	body   any
}

func ok(body map[string]any) *reply { return &reply{http.StatusOK, body} }

func noContent() *reply { return &reply{http.StatusNoContent, nil} }
