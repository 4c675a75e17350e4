// Package object knows the syntax of PDF objects (ISO 32000-2 §7.2 and §7.3): it reads one object from bytes and writes one as bytes.
//
// Every value keeps the bytes it was read from, so that a dictionary can be written again with one entry changed and all others as they
// were. Reading is bounded: nesting deeper than MaxDepth and more than MaxValues values are errors, and an object that does not end
// within the bytes given is ErrIncomplete, so that a caller who reads a file piece by piece can come back with more.
//
// The package resolves no references, decodes no streams and decrypts nothing.
package object
