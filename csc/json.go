package csc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds for answers. A signHash answer with 1,000 RSA-4096 signatures has
// 700 KB; a credential with a long chain has 30 KB.
const (
	maxAnswerBytes = 4 << 20
	maxErrorBytes  = 64 << 10
	maxDepth       = 24
	maxValues      = 200_000
	maxTextBytes   = 256 << 10
	maxListLength  = 10_000
)

// parseObject reads an answer that must be one JSON object. It refuses what a
// lenient reader would pass over: duplicate members, trailing data, depth.
func parseObject(body []byte, what string) (*reader, error) {
	malformed := func(format string, args ...any) error {
		return fail(ResponseMalformed, "%s %s", what, fmt.Sprintf(format, args...))
	}
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return nil, malformed("is empty")
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")), bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		return nil, malformed("starts with a byte order mark")
	case trimmed[0] == '<':
		return nil, malformed("is HTML or XML, not JSON")
	case !utf8.Valid(body):
		return nil, malformed("is not UTF-8")
	case trimmed[0] != '{':
		return nil, malformed("is not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	p := parser{d: d}
	v, err := p.value(0)
	if err != nil {
		return nil, malformed("%s", err)
	}
	if rest := bytes.TrimSpace(body[d.InputOffset():]); len(rest) != 0 {
		return nil, malformed("has data after the JSON object")
	}
	return &reader{what: what, m: v.(map[string]any), err: new(error)}, nil
}

type parser struct {
	d      *json.Decoder
	values int
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("is nested more than %d levels deep", maxDepth)
	}
	if p.values++; p.values > maxValues {
		return nil, fmt.Errorf("has more than %d values", maxValues)
	}
	t, err := p.d.Token()
	if err != nil {
		return nil, broken(err)
	}
	switch t {
	case json.Delim('{'):
		m := map[string]any{}
		for p.d.More() {
			k, err := p.d.Token()
			if err != nil {
				return nil, broken(err)
			}
			name := k.(string) // the decoder admits no other token here
			if _, twice := m[name]; twice {
				return nil, fmt.Errorf("has the member %s twice", quote(name))
			}
			if m[name], err = p.value(depth + 1); err != nil {
				return nil, err
			}
		}
		if _, err := p.d.Token(); err != nil {
			return nil, broken(err)
		}
		return m, nil
	case json.Delim('['):
		list := []any{}
		for p.d.More() {
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		if _, err := p.d.Token(); err != nil {
			return nil, broken(err)
		}
		return list, nil
	}
	return t, nil
}

// broken words a decoder error without its text, which quotes the input.
func broken(err error) error {
	if syntax, ok := err.(*json.SyntaxError); ok {
		return fmt.Errorf("is not valid JSON at byte %d", syntax.Offset)
	}
	return fmt.Errorf("ends in the middle of the JSON")
}

// quote bounds and quotes a name from outside for use in a message.
func quote(name string) string {
	if len(name) > 40 {
		name = name[:40] + "…"
	}
	return strconv.QuoteToGraphic(strings.ToValidUTF8(name, "?"))
}

// reader takes members out of a JSON object. The first problem sticks and is
// shared with the readers of inner objects; done reports it.
type reader struct {
	what string
	m    map[string]any
	err  *error
}

func (r *reader) done() error { return *r.err }

func (r *reader) fail(format string, args ...any) {
	if *r.err == nil {
		*r.err = fail(ResponseMalformed, "%s %s", r.what, fmt.Sprintf(format, args...))
	}
}

// get returns a member; null counts as absent (CSC 2.0 says so, many v1
// services do it). Aliases are spellings seen in the field. Any other spelling
// that differs in case only is refused: it would be lost silently.
func (r *reader) get(name string, aliases ...string) (any, bool) {
	var found any
	present := ""
	for k, v := range r.m {
		known := k == name || slices.Contains(aliases, k)
		if !known && !strings.EqualFold(k, name) {
			continue
		}
		if !known {
			r.fail("has a member %s; %q was expected", quote(k), name)
			return nil, false
		}
		if present != "" {
			r.fail("has the member %q twice, in different spellings", name)
			return nil, false
		}
		found, present = v, k
	}
	return found, present != "" && found != nil
}

// has reports presence without judging the type.
func (r *reader) has(name string) bool { _, ok := r.get(name); return ok }

// text is an optional string.
func (r *reader) text(name string, aliases ...string) string {
	v, ok := r.get(name, aliases...)
	if !ok {
		return ""
	}
	s, isText := v.(string)
	if !isText {
		r.fail("has a member %q that is not a string", name)
	}
	if len(s) > maxTextBytes {
		r.fail("has a member %q that is too long", name)
		return ""
	}
	return s
}

// need is a required, non-empty string.
func (r *reader) need(name string) string {
	s := r.text(name)
	if s == "" {
		r.fail("lacks %q", name)
	}
	return s
}

// integer is an optional whole number, also as a numeric string.
func (r *reader) integer(name string, aliases ...string) (n int, ok bool) {
	v, ok := r.get(name, aliases...)
	if !ok {
		return 0, false
	}
	n, ok = wholeNumber(v)
	if !ok {
		r.fail("has a member %q that is not a whole number", name)
	}
	return n, ok
}

func wholeNumber(v any) (int, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = strings.TrimSpace(v)
	default:
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return int(n), true
	}
	// 3600.0 and 3.6e3 are the same JSON number as 3600.
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != float64(int32(f)) {
		return 0, false
	}
	return int(f), true
}

// boolean is an optional true or false, also as a string.
func (r *reader) boolean(name string) bool {
	v, ok := r.get(name)
	if !ok {
		return false
	}
	switch v {
	case true, "true":
		return true
	case false, "false":
		return false
	}
	r.fail("has a member %q that is not true or false", name)
	return false
}

// list is an optional array.
func (r *reader) list(name string) []any {
	v, ok := r.get(name)
	if !ok {
		return nil
	}
	l, isList := v.([]any)
	if !isList {
		r.fail("has a member %q that is not an array", name)
		return nil
	}
	if len(l) > maxListLength {
		r.fail("has a member %q with more than %d entries", name, maxListLength)
		return nil
	}
	return l
}

// texts is an optional array of strings; a bare string is an array of one.
func (r *reader) texts(name string) []string {
	if v, _ := r.get(name); v != nil {
		if s, isText := v.(string); isText {
			return []string{s}
		}
	}
	var out []string
	for i, v := range r.list(name) {
		s, isText := v.(string)
		if !isText {
			r.fail("has an entry %d of %q that is not a string", i+1, name)
			return nil
		}
		out = append(out, s)
	}
	return out
}

// child is an optional inner object, nil when absent.
func (r *reader) child(name string) *reader {
	v, ok := r.get(name)
	if !ok {
		return nil
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		r.fail("has a member %q that is not an object", name)
		return nil
	}
	return &reader{what: strconv.Quote(name) + " in " + r.what, m: m, err: r.err}
}

// children is an optional array of objects.
func (r *reader) children(name string) []*reader {
	var out []*reader
	for i, v := range r.list(name) {
		m, isObject := v.(map[string]any)
		if !isObject {
			r.fail("has an entry %d of %q that is not an object", i+1, name)
			return nil
		}
		out = append(out, &reader{what: fmt.Sprintf("entry %d of %q in %s", i+1, name, r.what), m: m, err: r.err})
	}
	return out
}

// raw is the object as JSON again.
func (r *reader) raw() json.RawMessage {
	b, err := json.Marshal(r.m)
	if err != nil { // cannot happen for a tree that was read from JSON
		return nil
	}
	return b
}

var base64Cleaner = strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "", "-", "+", "_", "/")

// decodeBase64 accepts what services send: line breaks, missing padding, the
// URL alphabet. Output is always strict standard base64.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(base64Cleaner.Replace(s), "=")
	if s == "" {
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

func encodeBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
