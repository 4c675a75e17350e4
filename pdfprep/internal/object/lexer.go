package object

import (
	"bytes"
	"errors"
)

// MaxDepth is how deep arrays and dictionaries may nest.
const MaxDepth = 100

// MaxValues is how many values one object may hold: each takes some 50 bytes of memory, however short it is in the file.
const MaxValues = 1 << 20

// The errors of reading.
var (
	// ErrIncomplete: the bytes end before the object does.
	ErrIncomplete = errors.New("the object does not end here")
	// ErrSyntax: the bytes are no object.
	ErrSyntax = errors.New("not a PDF object")
	// ErrDepth: nesting beyond MaxDepth.
	ErrDepth = errors.New("objects nest too deeply")
	// ErrValues: more than MaxValues values.
	ErrValues = errors.New("an object holds too many values")
)

// IsSpace tells white space (ISO 32000-2 table 1).
func IsSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !IsSpace(c) && !isDelimiter(c) }

// IsDigit tells a decimal digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// SkipSpace gives the position of the first byte at or after pos that is neither white space nor in a comment.
func SkipSpace(b []byte, pos int) int {
	for pos < len(b) {
		switch c := b[pos]; {
		case IsSpace(c):
			pos++
		case c == '%':
			for pos < len(b) && b[pos] != '\n' && b[pos] != '\r' {
				pos++
			}
		default:
			return pos
		}
	}
	return pos
}

// Keyword tells whether a keyword stands at pos, not merely the beginning of a longer one.
func Keyword(b []byte, pos int, word string) bool {
	end := pos + len(word)
	return pos >= 0 && end <= len(b) && string(b[pos:end]) == word && (end == len(b) || !isRegular(b[end]))
}

// Int reads an unsigned integer at pos after white space and gives the position behind it; ok is false where there is none or it
// has more than 18 digits.
func Int(b []byte, pos int) (n int64, end int, ok bool) {
	pos = SkipSpace(b, pos)
	start := pos
	for pos < len(b) && IsDigit(b[pos]) {
		n = n*10 + int64(b[pos]-'0')
		pos++
	}
	if pos == start || pos-start > 18 || pos < len(b) && isRegular(b[pos]) && !startsKeyword(b[pos:]) {
		return 0, start, false
	}
	return n, pos, true
}

// startsKeyword tolerates "0obj" and "5R": numbers glued to a keyword occur in real files.
func startsKeyword(b []byte) bool { return b[0] == 'o' || b[0] == 'R' || b[0] == 'e' }

func (p *parser) name() (Name, error) {
	p.pos++ // the slash
	start := p.pos
	escaped := false
	for p.pos < len(p.b) && isRegular(p.b[p.pos]) {
		escaped = escaped || p.b[p.pos] == '#'
		p.pos++
	}
	if p.pos == len(p.b) {
		return "", ErrIncomplete
	}
	raw := p.b[start:p.pos]
	if !escaped {
		return Name(raw), nil
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) && hexDigit(raw[i+1]) >= 0 && hexDigit(raw[i+2]) >= 0 {
			out = append(out, byte(hexDigit(raw[i+1])<<4|hexDigit(raw[i+2])))
			i += 2
			continue
		}
		out = append(out, raw[i])
	}
	return Name(out), nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// literal reads a string in parentheses (ISO 32000-2 §7.3.4.2).
func (p *parser) literal() (String, error) {
	p.pos++
	out := String{}
	for open := 1; p.pos < len(p.b); p.pos++ {
		switch c := p.b[p.pos]; c {
		case '(':
			open++
			out = append(out, c)
		case ')':
			if open--; open == 0 {
				p.pos++
				return out, nil
			}
			out = append(out, c)
		case '\\':
			out = p.escape(out)
		case '\r': // an end of line in any form reads as a line feed
			if p.pos+1 < len(p.b) && p.b[p.pos+1] == '\n' {
				p.pos++
			}
			out = append(out, '\n')
		default:
			out = append(out, c)
		}
	}
	p.pos = len(p.b) // a backslash at the very end has gone beyond
	return nil, ErrIncomplete
}

var escapes = [256]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '(': '(', ')': ')', '\\': '\\'}

// escape reads what follows a backslash and leaves pos on its last byte.
func (p *parser) escape(out String) String {
	p.pos++
	if p.pos >= len(p.b) {
		return out
	}
	c := p.b[p.pos]
	switch {
	case c >= '0' && c <= '7':
		n := 0
		for i := 0; i < 3 && p.pos < len(p.b) && p.b[p.pos] >= '0' && p.b[p.pos] <= '7'; i++ {
			n = n<<3 | int(p.b[p.pos]-'0')
			p.pos++
		}
		p.pos--
		return append(out, byte(n))
	case c == '\r':
		if p.pos+1 < len(p.b) && p.b[p.pos+1] == '\n' {
			p.pos++
		}
		return out
	case c == '\n':
		return out
	case escapes[c] != 0:
		return append(out, escapes[c])
	}
	return append(out, c) // an unknown escape stands for its character
}

// hexadecimal reads a string in angle brackets (§7.3.4.3).
func (p *parser) hexadecimal() (String, error) {
	p.pos++
	end := bytes.IndexByte(p.b[p.pos:], '>')
	if end < 0 {
		return nil, ErrIncomplete
	}
	digits := p.b[p.pos : p.pos+end]
	p.pos += end + 1
	out := make(String, 0, len(digits)/2+1)
	high := -1
	for _, c := range digits {
		d := hexDigit(c)
		if d < 0 {
			if IsSpace(c) {
				continue
			}
			return nil, ErrSyntax
		}
		if high < 0 {
			high = d
			continue
		}
		out = append(out, byte(high<<4|d))
		high = -1
	}
	if high >= 0 { // an odd last digit counts as if a 0 followed
		out = append(out, byte(high<<4))
	}
	return out, nil
}
