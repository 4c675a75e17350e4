package csc

import (
	"fmt"
	"strings"
	"unicode"
)

// complaint is what a service said about a failure, as it came.
type complaint struct{ code, text string }

// presentable makes text fit to be shown and removes secrets from it: before characters are taken out, which may be part of one; after,
// because what stood between the pieces of one may be gone; and before the text is cut, which might leave half of one.
func (c complaint) presentable(secrets []Secret) complaint {
	clean := func(s string) string { return shortened(scrub(printable(scrub(s, secrets)), secrets)) }
	return complaint{clean(c.code), clean(c.text)}
}

// maxComplaint bounds the service's words in our errors, in characters.
const maxComplaint = 500

// complaintOf reads an error body. CSC §10 wants {"error",
// "error_description"}; services also send text, nothing, {"message"}, or
// {"member": "what is wrong with it"}.
func complaintOf(resp *Response) complaint {
	body := resp.Body
	if len(body) > maxErrorBytes {
		body = body[:maxErrorBytes]
	}
	obj, err := parseObject(body, "the error")
	if err != nil {
		text := strings.TrimSpace(string(body))
		if text == "" || strings.HasPrefix(text, "<") || strings.HasPrefix(text, "{") {
			return complaint{} // nothing that helps a user
		}
		return complaint{text: text}
	}
	c := complaint{code: strings.TrimSpace(textOf(obj.m["error"]))}
	for _, name := range []string{"error_description", "errorDescription", "message", "error_message", "detail", "title"} {
		if c.text = strings.TrimSpace(textOf(obj.m[name])); c.text != "" {
			return c
		}
	}
	if c.code == "" && len(obj.m) == 1 {
		for name, v := range obj.m {
			if text := textOf(v); text != "" {
				c.text = name + ": " + text
			}
		}
	}
	return c
}

// complaintIn200 finds an error object in an answer with a success status.
func complaintIn200(resp *Response) (complaint, bool) {
	if !strings.Contains(string(resp.Body), `"error"`) {
		return complaint{}, false
	}
	// signPolling says {"error":"accepted_request"} with 202: not a failure.
	if resp.Status == 202 {
		return complaint{}, false
	}
	obj, err := parseObject(resp.Body, "the error")
	if err != nil {
		return complaint{}, false
	}
	code := textOf(obj.m["error"])
	if code == "" || code == "0" {
		return complaint{}, false
	}
	return complaintOf(resp), true
}

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// presentable bounds text from outside and takes control characters out.
func presentable(s string) string { return shortened(printable(s)) }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

func shortened(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > maxComplaint {
		s = string(r[:maxComplaint]) + "…"
	}
	return s
}

// classify chooses the code of a refused call. It goes by status and error
// code; the description decides in one case only, as a hint.
func classify(op operation, status int, said complaint) *Error {
	refusal := func(code Code, what string) *Error { return fail(code, "the service refused %s: %s", op.method, what) }
	switch said.code {
	case "invalid_pin":
		return refusal(AuthorizationFailed, "the PIN is wrong")
	case "invalid_otp":
		return refusal(AuthorizationFailed, "the one-time password is wrong")
	case "invalid_authentication_data", "authentication_error":
		return refusal(AuthorizationFailed, "the PIN, password or one-time password is wrong, or the user refused")
	case "invalid_grant":
		return refusal(AuthorizationFailed, "the authorization is not valid any more")
	case "invalid_client":
		return refusal(AuthorizationFailed, "the client was not accepted")
	case "access_denied":
		return refusal(AuthorizationFailed, "access was denied")
	case "invalid_token", "expired_token":
		return refusal(TokenExpired, "the access token is not valid")
	case "temporarily_unavailable":
		if status != 429 {
			return fail(ServiceError, "the service is not available at present")
		}
	}
	switch {
	case status == 429:
		return fail(RateLimited, "the service received too many requests")
	case status == 401 && (op.form || op.anonymous):
		return refusal(AuthorizationFailed, "the user or the client was not accepted")
	case status == 401:
		return refusal(TokenExpired, "the access token is not valid")
	case op.kind == commit && (status == 502 || status == 504):
		// A gateway speaks, not the service: the request may have got through.
		return unknownOutcome("a gateway answered instead of the service")
	case status == 501 || status == 404 || status == 405:
		return refusal(ServiceError, "it does not offer this method")
	case status >= 500:
		return fail(ServiceError, "the service failed at %s", op.method)
	case op.kind == commit && mentionsExpiredSAD(said.text):
		return refusal(SADExpired, "the authorization has expired")
	}
	return fail(ServiceError, "the service refused %s", op.method)
}

// mentionsExpiredSAD is a hint from the description: CSC has one code,
// invalid_request, for an expired SAD and for much else (v1 §11.9).
func mentionsExpiredSAD(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "sad") && strings.Contains(text, "expired")
}
