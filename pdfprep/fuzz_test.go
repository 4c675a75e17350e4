package pdfprep_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"hashout/pdfprep"
)

// FuzzPrepare: whatever the bytes are, opening, inspecting and preparing end in time, with a typed error or with an update that reads back.
func FuzzPrepare(f *testing.F) {
	if testing.Short() {
		f.Skip("SKIPPED: -short does not go through the corpus")
	}
	for _, e := range corpus(f) {
		pdf, err := os.ReadFile("testdata/corpus/" + e.file)
		if err != nil {
			f.Fatal(err)
		}
		if len(pdf) < 12<<10 {
			f.Add(pdf, e.password)
		}
	}
	for _, h := range hostile {
		if pdf := h.make(newMaker()); len(pdf) < 12<<10 {
			f.Add(bytes.Clone(pdf), "")
		}
	}
	f.Fuzz(func(t *testing.T, pdf []byte, password string) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		open := pdfprep.OpenOptions{Password: password}
		original, size := bytes.NewReader(pdf), int64(len(pdf))
		d, err := pdfprep.Open(ctx, original, size, open)
		if err != nil {
			typed(t, err)
			return
		}
		if _, err := d.Inspect(ctx); err != nil {
			typed(t, err)
		}
		o := pdfprep.SignOptions{ReservedBytes: 16, SigningTime: signingTime, Reason: "Grüße"}
		p, err := d.Prepare(ctx, o)
		if err != nil {
			typed(t, err)
			return
		}
		if again, err := d.Prepare(ctx, o); err != nil || !bytes.Equal(again.Update, p.Update) {
			t.Fatalf("preparing again gives something else (%v)", err)
		}
		der := []byte{0x30, 3, 2, 1, 7}
		update, err := p.Embed(der)
		if err != nil {
			t.Fatal(err)
		}
		whole := append(bytes.Clone(pdf), update...)
		if r := p.ByteRange; r[0] != 0 || whole[r[1]] != '<' || whole[r[2]-1] != '>' || r[2]+r[3] != int64(len(whole)) {
			t.Fatalf("ByteRange %v of %d bytes", r, len(whole))
		}
		contents, err := pdfprep.Reread(ctx, bytes.NewReader(whole), int64(len(whole)), p, open)
		if err != nil {
			t.Fatalf("what was prepared does not read back: %v", err)
		}
		if !bytes.HasPrefix(contents, der) {
			t.Fatalf("Contents reads back as %x", contents)
		}
	})
}

func typed(t *testing.T, err error) {
	t.Helper()
	var own *pdfprep.Error
	if !errors.As(err, &own) {
		t.Fatalf("an error without a code: %v", err)
	}
}
