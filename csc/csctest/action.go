package csctest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Actions that answer before the service does anything.

// Refuse answers with a status and a body instead of executing the call. The
// content type is application/json when the body starts with a brace.
func Refuse(status int, body string) Action {
	return Action{Name: "status " + strconv.Itoa(status), before: func(x *exchange) {
		x.answer(status, typeOf(body), body)
	}}
}

// RefuseWith answers with a CSC error body instead of executing the call.
func RefuseWith(status int, code, description string) Action {
	return Action{Name: fmt.Sprintf("%d %s", status, code), before: func(x *exchange) {
		x.answered = true
		x.response.problem(&problem{status, code, description}, Dialect{})
	}}
}

// Busy answers 429 or 503 with a Retry-After header (seconds or a date; empty
// for none) instead of executing the call.
func Busy(status int, retryAfter string) Action {
	return Action{Name: fmt.Sprintf("%d retry after %q", status, retryAfter), before: func(x *exchange) {
		x.answered = true
		x.response.problem(&problem{status, "temporarily_unavailable", "Try again later"}, Dialect{})
		if retryAfter != "" {
			x.response.header.Set("Retry-After", retryAfter)
		}
	}}
}

// TokenExpires ends all tokens just before the call, so that the service
// refuses it truthfully with 401.
func TokenExpires() Action {
	return Action{Name: "token expires", before: func(x *exchange) { x.s.ExpireTokens() }}
}

// SADExpires ends all SADs just before the call, so that the service refuses
// it truthfully.
func SADExpires() Action {
	return Action{Name: "SAD expires", before: func(x *exchange) { x.s.ExpireSADs() }}
}

// Redirect sends the client elsewhere instead of executing the call. An empty
// target means /elsewhere of this service under another host name: a client
// that follows shows up in the log with what it gave away.
func Redirect(status int, target string) Action {
	return Action{Name: "redirect " + strconv.Itoa(status), before: func(x *exchange) {
		x.answer(status, "", "")
		to := target
		if to == "" {
			to = strings.Replace(x.s.URL, "127.0.0.1", "localhost", 1) + "/elsewhere"
		}
		x.response.header.Set("Location", to)
	}}
}

// DropBefore closes the connection without executing the call.
func DropBefore() Action {
	return Action{Name: "drop before", before: func(x *exchange) { x.dropped = true }}
}

// DelayBefore waits before executing, or gives up with the client.
func DelayBefore(d time.Duration) Action {
	return Action{Name: "delay before", Executes: true, before: func(x *exchange) {
		if !x.wait(d) {
			x.dropped = true
		}
	}}
}

// Actions that execute the call and then spoil the answer.

// DropAfter executes the call and closes the connection without an answer.
func DropAfter() Action {
	return after("drop after", func(x *exchange) { x.dropped = true })
}

// DelayAfter executes the call and waits before answering.
func DelayAfter(d time.Duration) Action {
	return after("delay after", func(x *exchange) { x.dropped = !x.wait(d) })
}

// Truncate executes the call and drops the connection in the middle of the
// answer's body.
func Truncate() Action {
	return after("truncated", func(x *exchange) { x.response.cut = len(x.response.body) / 2 })
}

// Answer executes the call and answers something else.
func Answer(status int, contentType, body string) Action {
	return after("answer "+strconv.Itoa(status), func(x *exchange) { x.answer(status, contentType, body) })
}

// Garbage executes the call and answers 200 with bytes that are not JSON.
func Garbage() Action { return spoil("garbage", "\x00\xff\xfe{[not json", "application/json") }

// HTML executes the call and answers 200 with a web page, as a captive portal
// or a gateway does.
func HTML() Action {
	return spoil("HTML", "<!DOCTYPE html><title>Sign in</title><p>Please sign in.", "text/html; charset=utf-8")
}

// Empty executes the call and answers 200 without a body.
func Empty() Action { return spoil("empty", "", "application/json") }

// Null executes the call and answers the JSON value null.
func Null() Action { return spoil("null", "null", "application/json") }

// Array executes the call and answers a JSON array.
func Array() Action { return spoil("array", "[]", "application/json") }

// Object executes the call and answers an object without members.
func Object() Action { return spoil("empty object", "{}", "application/json") }

// DeepJSON executes the call and answers arrays nested 100,000 deep.
func DeepJSON() Action {
	return spoil("deep JSON", `{"signatures":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+"}", "application/json")
}

// TooLarge executes the call and answers valid JSON of n bytes.
func TooLarge(n int) Action {
	return after("too large", func(x *exchange) {
		x.answer(http.StatusOK, "application/json", `{"filler":"`+strings.Repeat("x", max(n-13, 0))+`"}`)
	})
}

// BOM executes the call and puts a byte order mark before the answer.
func BOM() Action {
	return Mutate("BOM", func(_ *int, _ http.Header, b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) })
}

// DuplicateKeys executes the call and repeats each member of the answer with
// another value.
func DuplicateKeys() Action {
	return Mutate("duplicate keys", func(_ *int, _ http.Header, b []byte) []byte { return repeatMembers(b, false) })
}

// CaseVariantKeys executes the call and repeats each member of the answer
// under a name in other case, with another value.
func CaseVariantKeys() Action {
	return Mutate("case variant keys", func(_ *int, _ http.Header, b []byte) []byte { return repeatMembers(b, true) })
}

// WrongTypes executes the call and gives each member of the answer another
// JSON type.
func WrongTypes() Action {
	return Mutate("wrong types", func(_ *int, _ http.Header, b []byte) []byte { return changeTypes(b) })
}

// TrailingData executes the call and puts a second JSON value behind the
// answer.
func TrailingData() Action {
	return Mutate("trailing data", func(_ *int, _ http.Header, b []byte) []byte { return append(b, "{}"...) })
}

// ContentType executes the call and labels the answer as something else.
func ContentType(contentType string) Action {
	return Mutate("content type "+contentType, func(_ *int, h http.Header, b []byte) []byte {
		h.Set("Content-Type", contentType)
		return b
	})
}

// HideCORS executes the call and answers without the headers that let a
// browser read it.
func HideCORS() Action {
	return Mutate("no CORS", func(_ *int, h http.Header, b []byte) []byte {
		h.Del("Access-Control-Allow-Origin")
		return b
	})
}

// Mutate executes the call and lets f change the answer.
func Mutate(name string, f func(status *int, h http.Header, body []byte) []byte) Action {
	return after(name, func(x *exchange) {
		x.response.body = f(&x.response.status, x.response.header, x.response.body)
	})
}

func after(name string, f func(*exchange)) Action {
	return Action{Name: name, Executes: true, after: f}
}

func spoil(name, body, contentType string) Action {
	return after(name, func(x *exchange) { x.answer(http.StatusOK, contentType, body) })
}

func typeOf(body string) string {
	switch {
	case strings.HasPrefix(body, "{"):
		return "application/json"
	case body == "":
		return ""
	}
	return "text/plain; charset=utf-8"
}

// wait tells whether the client was still there afterwards.
func (x *exchange) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.http.Context().Done():
		return false
	}
}
