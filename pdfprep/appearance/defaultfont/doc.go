// Package defaultfont holds the font that appearances use where the host gives none: Latin, Greek and Cyrillic.
//
// It is a part of Noto Sans (README.md says which and how it was made), under the SIL Open Font License (OFL.txt). The package is apart so
// that a program with fonts of its own does not carry this one.
package defaultfont

import _ "embed"

// TTF is the font program.
//
//go:embed hashout-font.ttf
var TTF []byte
