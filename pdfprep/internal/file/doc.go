// Package file finds objects in a PDF without reading the PDF: through the cross-reference chain, a block at a time.
//
// [Open] reads the tail and the cross-reference sections' heads; a row of a table, a row of a stream or an object is read when it is asked
// for. Nothing is kept per object, so a file with a million objects costs what its sections cost. Tables, streams, hybrid files and /Prev
// chains are understood (ISO 32000-2 §7.5.4, §7.5.8), and headers that do not stand at the file's first byte.
//
// Every size that a file states is checked against [Limits] before memory is taken for it; chains and references that loop end. A chain
// that cannot be followed is [ErrBroken]: the file may be repairable by a scan, which is not done here ([OpenTable] takes its outcome).
//
// The package does not know what a page, a form or a signature is.
package file
