// Package pdfprep prepares PDFs for signing and puts the signature in: it opens a PDF reading only what it needs, appends an incremental
// update with a signature field and an empty Contents, says which bytes to hash, and fills Contents.
//
//	document, err := pdfprep.Open(ctx, file, size, pdfprep.OpenOptions{})
//	prepared, err := document.Prepare(ctx, pdfprep.SignOptions{ReservedBytes: 8192, SigningTime: now})
//	digest, err := prepared.Digest(ctx, crypto.SHA256, file)       // or hash original ∥ Before ∥ After elsewhere
//	update, err := prepared.Embed(signedData)                      // the signed file is original ∥ update
//	contents, err := pdfprep.Reread(ctx, pdfprep.Concat(file, size, update), size+int64(len(update)), prepared, pdfprep.OpenOptions{})
//
// Promises:
//   - The original is never changed and never held in memory: a signed file is the original's bytes and what is appended to them.
//   - The same document with the same options gives the same update, byte for byte.
//   - What forbids signing is found before anything is signed, as a typed error: earlier certifications, locked fields, permissions of an
//     encrypted file, seed values (ISO 32000-2 §12.7.5.5, §12.8.2, §7.6.4.2).
//   - Offsets are recorded while writing; nothing is searched for in what was written. Reread, by contrast, trusts nothing but bytes.
//   - Any bytes may be opened. Memory, time and recursion are bounded by [Limits]; a hostile file gets an [*Error].
//
// Contents is opaque here: what goes into it is pdfprep/cms's business. The package opens no connection and knows no certificate.
package pdfprep
