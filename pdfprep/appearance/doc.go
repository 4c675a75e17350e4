// Package appearance draws what a visible signature looks like: text in any script, a picture, handwriting, a QR code, a background and a
// border, laid out in the rectangle of a signature field.
//
//	artist, err := appearance.New(appearance.Spec{Lines: appearance.DefaultLines(), Values: values, Fonts: [][]byte{defaultfont.TTF}})
//	prepared, err := document.Prepare(ctx, pdfprep.SignOptions{Artist: artist, …})
//	preview, err := artist.SVG(canvas)
//
// Promises:
//   - The same Spec and canvas give the same bytes. The SVG shows what the PDF shows: both are written from one list of shapes.
//   - Text is real text: its font is embedded, reduced to the glyphs that are used, and says which characters they stand for, so that text
//     can be searched and read out. Scripts are shaped and ordered by go-text/typesetting (HarfBuzz's rules, Unicode bidirectional text).
//   - A character that no font has is an error that names it ([GlyphMissing]), never an empty box. Text that does not fit at a size that
//     can be read is one too ([TextTooLong]).
//   - For a PDF/A document colours do not depend on the device (ISO 19005-1 §6.2.3), and where it must be, nothing is transparent (§6.4): what
//     shines through elsewhere lies on the background colour, or on white.
//   - Fonts, pictures and texts may be any bytes: what they cost is bounded, and what is wrong with them is an [*Error].
//
// The package opens no connection, reads no clock and keeps nothing between drawings but the fonts. It is large (shaping tables), so the
// browser loads it as a program of its own when a visible signature is wanted; the engine that signs does not contain it.
package appearance
