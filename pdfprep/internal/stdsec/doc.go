// Package stdsec is the standard security handler of PDF (ISO 32000-2 §7.6.4) as functions on values.
//
// It knows neither PDF syntax nor files. A reader fills [Params] with what the encryption dictionary and the
// trailer hold, [Open] turns a password into a [Handler], and the handler decrypts or encrypts the bytes of one
// string or stream at a time:
//
//	h, err := stdsec.Open(params, password, norm.NFKC.String)
//	plain, err := h.Decrypt(h.StringCipher(), stdsec.ObjectID{Number: 7}, raw)
//	raw, err = h.Encrypt(h.StreamCipher(stdsec.Stream{Type: "Metadata"}), id, plain, h.IVs(seed))
//
// Covered: V 1, 2, 4 and 5 with R 2, 3, 4, 5 and 6; RC4 of 40 to 128 bits, AESV2, AESV3, crypt filters with
// Identity, None, per-stream filters, EncryptMetadata false. Not covered, and [ErrUnsupported]: public-key
// handlers, V 3, R above 6.
//
// What stays with the reader, because only it sees the syntax:
//   - strings inside an object stream are not encrypted on their own, the object stream is;
//   - the strings of the encryption dictionary, the trailer's /ID, a signature's /Contents, and every
//     cross-reference stream are never encrypted;
//   - the object number and generation are those of the indirect object that contains the string.
//
// Passwords. The given password is tried as owner and as user password, then the empty one as user and as owner password, so
// that one password can be offered to a whole batch of which some files need none. For R 5 and 6 a password is
// prepared by the parts of SASLprep (RFC 4013) that can change which file opens: mapping and NFKC. Its prohibition
// tables and the bidi rule serve whoever sets a password; here a forbidden password simply opens nothing.
// NFKC itself comes from the caller: a browser has it (String.prototype.normalize), and golang.org/x/text/unicode/norm would add
// 38 KB of brotli to its download, golang.org/x/text/secure/precis 146 KB.
// The unprepared UTF-8 bytes are tried too, as some writers
// prepare nothing. For R 2 to 4 the password is tried in PDFDocEncoding, then as UTF-8.
//
// The work of [Open] is bounded by the format: at most 287 rounds of 15 KB for each R 6 hash. Decryption
// takes one pass and one copy. Nothing panics on hostile values, and no error holds a password or key.
package stdsec
