package csc

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Secret is a token, SAD, PIN, one-time password or client secret. Every way
// of printing or marshalling it yields a placeholder; convert it to string to
// use it.
type Secret string

const concealed = "[secret]"

// String returns a placeholder, or "" when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return concealed
}

// Format makes every fmt verb print the placeholder.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText makes every encoder print the placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// scrub removes secrets from text that others wrote, such as an
// error_description that quotes the request.
func scrub(text string, secrets []Secret) string {
	// Longest first: one secret may contain another.
	ordered := slices.Clone(secrets)
	slices.SortFunc(ordered, func(a, b Secret) int { return len(b) - len(a) })
	for _, s := range ordered {
		if s == "" {
			continue
		}
		for _, form := range s.forms() {
			text = strings.ReplaceAll(text, form, concealed)
		}
	}
	return text
}

// forms lists how a secret looks in text that quotes a request: as it is, in a
// URL or form, inside a JSON string, and without the scheme of its header.
func (s Secret) forms() []string {
	plain := string(s)
	forms := []string{plain, url.QueryEscape(plain), url.PathEscape(plain)}
	for _, quoted := range []string{string(marshal(plain)), strconv.Quote(plain)} {
		forms = append(forms, quoted[1:len(quoted)-1])
	}
	if html, err := json.Marshal(plain); err == nil { // escapes < > &
		forms = append(forms, string(html[1:len(html)-1]))
	}
	if _, value, found := strings.Cut(plain, " "); found && strings.HasPrefix(plain, "Basic ") {
		forms = append(forms, value)
	}
	return forms
}

// scrubbedError stands for a cause whose text quoted a secret. Its chain is
// cut, because the original would print it.
type scrubbedError struct {
	text string
	is   error // a context error to keep for errors.Is, or nil
}

func (e *scrubbedError) Error() string { return e.text }
func (e *scrubbedError) Unwrap() error { return e.is }
