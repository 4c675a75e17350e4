// Package repair opens PDFs whose cross-reference chain is broken: it finds the objects by reading the file from the first byte to the
// last, and hands their places to pdfprep, which appends a full cross-reference section to the untouched original when it signs.
//
//	document, err := pdfprep.Open(ctx, file, size, options)
//	if repair.Helps(err) {
//		document, err = repair.Open(ctx, file, size, repair.Options{Password: options.Password})
//	}
//
// The rules of the scan:
//   - An object begins where two numbers and the keyword obj stand, and is read by the syntax of objects; what is inside its strings
//     and its stream is skipped, so a PDF attached to the PDF lends it nothing.
//   - Of several objects with one number the last in the file counts, whether it stands alone or in an object stream.
//   - The catalog is the last trailer's that leads to one; failing that, the last object of that type.
//
// What is refused, as pdfprep.Malformed with a reason, because a signature would be put under half a document: a file that ends inside an
// object, a linearized file shorter than it says, a file without any trailer (its end is missing, and with it the word whether it is
// encrypted), a stream that is shorter than it says, an object stream that cannot be read.
//
// Costs: the file is held in memory once, up to [Options.MaxBytes]; time is linear in its size, and reading in vain is bounded too.
//
// pdfcpu was to do this work. Measured on the damaged files of our set it does not fit: its table keeps no place for what was in object
// streams, it mixes the rows of a broken chain with what it finds itself, it stops at an unknown password, at a missing line or at junk before
// the header where the objects are all there, it loads everything to answer (4 to 20 times our time), and it would add 0.8 MB to the
// browser's download. So it serves where it is good: as the oracle of the tests, beside qpdf.
package repair
