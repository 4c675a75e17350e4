package csctest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sort"
	"unicode/utf8"
)

const maxRequestDepth = 16

// parseStrict reads one JSON object and refuses what a lenient parser lets
// pass: a byte order mark, invalid UTF-8, duplicate members, deep nesting,
// trailing data.
func parseStrict(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("body is not UTF-8")
	}
	if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
		return nil, errors.New("body starts with a byte order mark")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("data after the JSON value")
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		return nil, errors.New("body is not a JSON object")
	}
	return m, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxRequestDepth {
		return nil, errors.New("JSON is nested too deeply")
	}
	t, err := d.Token()
	if err != nil {
		return nil, errors.New("body is not JSON")
	}
	switch t {
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, errors.New("body is not JSON")
			}
			name := k.(string) // the decoder admits nothing else here
			if _, twice := m[name]; twice {
				return nil, fmt.Errorf("member %q appears twice", name)
			}
			if m[name], err = parseValue(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

// params reads the members of a request. The first problem sticks; finish
// reports it, or the members that nobody asked for.
type params struct {
	m    map[string]any
	seen map[string]bool
	err  *problem
}

func newParams(m map[string]any) *params { return &params{m: m, seen: map[string]bool{}} }

func (p *params) fail(pr *problem) {
	if p.err == nil {
		p.err = pr
	}
}

func (p *params) get(name string) (any, bool) {
	p.seen[name] = true
	v, present := p.m[name]
	return v, present
}

// has reports presence and marks the member as known.
func (p *params) has(name string) bool { _, present := p.get(name); return present }

func (p *params) text(name string, required bool) string {
	v, present := p.get(name)
	s, isText := v.(string)
	if present && !isText || required && !present {
		p.fail(refuse("Missing (or invalid type) string parameter %s", name))
	}
	return s
}

// id is a required, non-empty string.
func (p *params) id(name string) string {
	s := p.text(name, true)
	if s == "" {
		p.fail(refuse("Missing (or invalid type) string parameter %s", name))
	}
	return s
}

func (p *params) boolean(name string) bool {
	v, present := p.get(name)
	b, isBool := v.(bool)
	if present && !isBool {
		p.fail(refuse("Invalid type of boolean parameter %s", name))
	}
	return b
}

// integer wants digits: 1.0 and 1e0 are JSON numbers but not integers.
func (p *params) integer(name string, required bool) int {
	v, present := p.get(name)
	if !present && !required {
		return 0
	}
	n, isNumber := v.(json.Number)
	i, isInt := new(big.Int).SetString(n.String(), 10)
	if !isNumber || !isInt {
		p.fail(refuse("Missing (or invalid type) integer parameter %s", name))
		return 0
	}
	const most = 1 << 30
	if i.CmpAbs(big.NewInt(most)) > 0 {
		return most * i.Sign()
	}
	return int(i.Int64())
}

func (p *params) list(name string, required bool) []any {
	v, present := p.get(name)
	l, isList := v.([]any)
	if present && !isList || required && !present {
		p.fail(refuse("Missing (or invalid type) array parameter %s", name))
	}
	return l
}

// hashes is a list of digests in strict standard base64.
func (p *params) hashes(name string, required bool) [][]byte {
	l := p.list(name, required)
	if p.has(name) && len(l) == 0 {
		p.fail(refuse("Empty %s array", name))
	}
	var out [][]byte
	for _, v := range l {
		s, _ := v.(string)
		b, err := strictBase64(s)
		if err != nil || len(b) == 0 {
			p.fail(refuse("Invalid base64 %s string parameter", name))
			return nil
		}
		out = append(out, b)
	}
	return out
}

// clientData is allowed on almost every method.
func (p *params) clientData() string {
	v, present := p.get("clientData")
	s, isText := v.(string)
	if present && !isText {
		p.fail(refuse("Invalid parameter clientData"))
	}
	return s
}

// limited is an optional string with a maximal length in characters.
func (p *params) limited(name string, limit int) string {
	s := p.text(name, false)
	if utf8.RuneCountInString(s) > limit {
		p.fail(refuse("Parameter %s is longer than %d characters", name, limit))
	}
	return s
}

func (p *params) finish() *problem {
	if p.err != nil {
		return p.err
	}
	var extra []string
	for name := range p.m {
		if !p.seen[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		sort.Strings(extra)
		return refuse("Unknown parameter %s", extra[0])
	}
	return nil
}

// strictBase64 is RFC 4648 §4 with padding, without line breaks and without
// stray bits in the last character.
func strictBase64(s string) ([]byte, error) {
	for i := range len(s) {
		if s[i] == '\n' || s[i] == '\r' { // the decoder would skip them
			return nil, errors.New("line break in base64")
		}
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}
