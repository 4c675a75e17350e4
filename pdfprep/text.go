package pdfprep

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"hashout/pdfprep/internal/object"
)

// pdfDoc holds what PDFDocEncoding puts where Latin-1 has control characters (ISO 32000-2 Annex D.3); 0 is undefined.
var pdfDoc = [...]rune{
	0x18: 0x02D8, 0x19: 0x02C7, 0x1A: 0x02C6, 0x1B: 0x02D9, 0x1C: 0x02DD, 0x1D: 0x02DB, 0x1E: 0x02DA, 0x1F: 0x02DC,
	0x80: 0x2022, 0x81: 0x2020, 0x82: 0x2021, 0x83: 0x2026, 0x84: 0x2014, 0x85: 0x2013, 0x86: 0x0192, 0x87: 0x2044,
	0x88: 0x2039, 0x89: 0x203A, 0x8A: 0x2212, 0x8B: 0x2030, 0x8C: 0x201E, 0x8D: 0x201C, 0x8E: 0x201D, 0x8F: 0x2018,
	0x90: 0x2019, 0x91: 0x201A, 0x92: 0x2122, 0x93: 0xFB01, 0x94: 0xFB02, 0x95: 0x0141, 0x96: 0x0152, 0x97: 0x0160,
	0x98: 0x0178, 0x99: 0x017D, 0x9A: 0x0131, 0x9B: 0x0142, 0x9C: 0x0153, 0x9D: 0x0161, 0x9E: 0x017E, 0xA0: 0x20AC,
}

// decodeText reads a text string (§7.9.2.2): UTF-16BE or UTF-8 by its mark, else PDFDocEncoding.
func decodeText(s object.String) string {
	switch {
	case len(s) >= 2 && s[0] == 0xFE && s[1] == 0xFF:
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	case len(s) >= 3 && s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF:
		return strings.ToValidUTF8(string(s[3:]), string(utf8.RuneError))
	}
	var b strings.Builder
	for _, c := range s {
		r := rune(c)
		if int(c) < len(pdfDoc) && pdfDoc[c] != 0 {
			r = pdfDoc[c]
		}
		b.WriteRune(r)
	}
	return b.String()
}

// encodeText writes a text string: as ASCII where that is enough, else as UTF-16BE, which every reader knows.
func encodeText(text string) object.String {
	ascii := true
	for _, r := range text {
		ascii = ascii && r >= ' ' && r <= '~'
	}
	if ascii {
		return object.String(text)
	}
	s := object.String{0xFE, 0xFF}
	for _, unit := range utf16.Encode([]rune(text)) {
		s = append(s, byte(unit>>8), byte(unit))
	}
	return s
}
