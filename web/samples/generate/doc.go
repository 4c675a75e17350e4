// Command generate writes the sample PDFs of the demo page, so that their
// origin is plain: every byte comes from this folder.
//
//	go run ./web/samples/generate -out web/samples
package main
