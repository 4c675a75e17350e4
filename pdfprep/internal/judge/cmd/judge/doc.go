// Command judge asks outside judges about pairs of an original and its signed file:
//
//	go run ./pdfprep/internal/judge/cmd/judge -root root.pem [-password p] [-visible] [-level B-T] [-json] ORIGINAL SIGNED ...
//
// It exits with 1 if a verdict is not OK and with 2 if it could not judge at all.
package main
