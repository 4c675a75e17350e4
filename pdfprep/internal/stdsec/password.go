package stdsec

import (
	"strings"
	"unicode/utf8"
)

// passwords lists the byte strings a writer may have made of a password, the rule's first. None for the empty one.
func passwords(password string, r int, nfkc func(string) string) [][]byte {
	if password == "" {
		return nil
	}
	prepared, limit := pdfDocEncoded, 32
	if r >= 5 {
		prepared, limit = func(s string) (string, bool) { return saslPrepared(s, nfkc) }, 127
	}
	raw := []byte(password)
	out := [][]byte{raw[:min(len(raw), limit)]}
	if p, ok := prepared(password); ok && p != password {
		out = append([][]byte{[]byte(p[:min(len(p), limit)])}, out...)
	}
	return out
}

// saslPrepared does the mapping and normalization of RFC 4013 §2.1 and §2.2.
func saslPrepared(s string, nfkc func(string) string) (string, bool) {
	if isASCII(s) {
		return s, true
	}
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.Map(saslMap, s)
	if nfkc != nil {
		s = nfkc(s)
	}
	return s, true
}

// saslMap is table C.1.2 of RFC 3454 (to space) and table B.1 (to nothing).
func saslMap(r rune) rune {
	switch {
	case r == 0x00A0, r == 0x1680, 0x2000 <= r && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000:
		return ' '
	case r == 0x00AD, r == 0x034F, r == 0x1806, 0x180B <= r && r <= 0x180D, 0x200B <= r && r <= 0x200D, r == 0x2060,
		0xFE00 <= r && r <= 0xFE0F, r == 0xFEFF:
		return -1
	}
	return r
}

// pdfDocEncoded encodes by ISO 32000-2 annex D.3; false if a character has no code there.
func pdfDocEncoded(s string) (string, bool) {
	if isASCII(s) {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r < 0x80, 0xA1 <= r && r <= 0xFF && r != 0xAD:
			out = append(out, byte(r))
		case r == '€':
			out = append(out, 0xA0)
		default:
			i := strings.IndexRune(pdfDocUpper, r)
			if i < 0 {
				return "", false
			}
			out = append(out, byte(0x80+utf8.RuneCountInString(pdfDocUpper[:i])))
		}
	}
	return string(out), true
}

// pdfDocUpper holds the characters with codes 0x80 to 0x9E in their order.
const pdfDocUpper = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
