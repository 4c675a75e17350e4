package csc

import (
	"fmt"
	"net/url"
	"slices"
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
		for _, form := range []string{string(s), url.QueryEscape(string(s)), url.PathEscape(string(s))} {
			text = strings.ReplaceAll(text, form, concealed)
		}
	}
	return text
}

// scrubbedError stands for a cause whose text quoted a secret. Its chain is
// cut, because the original would print it.
type scrubbedError struct {
	text string
	is   error // a context error to keep for errors.Is, or nil
}

func (e *scrubbedError) Error() string { return e.text }
func (e *scrubbedError) Unwrap() error { return e.is }
