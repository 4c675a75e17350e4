package pdfprep_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// FuzzVerify: whatever the bytes are, a verification ends in time, with an error that has a code or with a verdict on each signature; and
// what passes covers exactly the bytes that the throw-away signer signed: nobody forges a signature.
func FuzzVerify(f *testing.F) {
	signed, err := os.ReadFile("testdata/verify/certified.pdf")
	if err != nil {
		f.Fatal(err)
	}
	root, err := os.ReadFile("testdata/verify/root.pem")
	if err != nil {
		f.Fatal(err)
	}
	roots, err := pades.RootsOf(root)
	if err != nil {
		f.Fatal(err)
	}
	for _, pdf := range [][]byte{signed, fillAmount(nil, signed), update(signed, "", "11 <</Title(x)>>"), update(signed, "", "4 null"), note(nil, signed)} {
		f.Add(pdf, "")
	}
	for _, e := range corpus(f) {
		if pdf, err := os.ReadFile("testdata/corpus/" + e.file); err == nil && bytes.Contains(pdf, []byte("/ByteRange")) && len(pdf) < 16<<10 {
			f.Add(pdf, e.password)
		}
	}
	f.Fuzz(func(t *testing.T, pdf []byte, password string) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		d, err := pdfprep.Open(ctx, bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: password})
		if err != nil {
			typed(t, err)
			return
		}
		v, err := pades.Verify(ctx, d, pades.VerifyOptions{Roots: roots, Time: time.Now()})
		if err != nil {
			var judged *pades.Error
			if !errors.As(err, &judged) {
				typed(t, err)
			}
			return
		}
		for i := range v.Signatures {
			one := &v.Signatures[i]
			if one.Indication == "" || one.Explanation == "" || one.OK() != (one.SubIndication == "") {
				t.Fatalf("signature %d has no whole verdict: %+v", i, one.Verdict)
			}
			r := one.ByteRange
			if one.OK() && (one.End != int64(len(signed)) || !bytes.Equal(pdf[:r[1]], signed[:r[1]]) || !bytes.Equal(pdf[r[2]:one.End], signed[r[2]:])) {
				t.Fatalf("a forged signature passes: %v", one.ByteRange)
			}
		}
	})
}
