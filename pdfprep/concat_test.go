package pdfprep_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"hashout/pdfprep"
)

// TestConcatReadsLikeOneFile at every place and length.
func TestConcatReadsLikeOneFile(t *testing.T) {
	whole := []byte("0123456789abc")
	for split := 0; split <= len(whole); split++ {
		joined := pdfprep.Concat(bytes.NewReader(whole[:split]), int64(split), whole[split:])
		one := bytes.NewReader(whole)
		for off := 0; off <= len(whole)+1; off++ {
			for n := 1; n <= len(whole)+2; n++ {
				got, want := make([]byte, n), make([]byte, n)
				gotN, gotErr := joined.ReadAt(got, int64(off))
				wantN, wantErr := one.ReadAt(want, int64(off))
				if gotN != wantN || !errors.Is(gotErr, wantErr) || !bytes.Equal(got[:gotN], want[:wantN]) {
					t.Fatalf("split at %d, %d bytes at %d: %q %v, want %q %v", split, n, off, got[:gotN], gotErr, want[:wantN], wantErr)
				}
			}
		}
	}
}

// TestConcatDoesNotPaperOverAShortOriginal: the update never takes the place of bytes that are missing.
func TestConcatDoesNotPaperOverAShortOriginal(t *testing.T) {
	joined := pdfprep.Concat(bytes.NewReader([]byte("012")), 5, []byte("abc"))
	p := make([]byte, 8)
	if n, err := joined.ReadAt(p, 0); n != 3 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestATamperedUpdateFailsTheSelfCheck or is still the same signature to a reader: no byte of it makes anything else of the file, and none
// makes it look like a fault of the user's PDF.
func TestATamperedUpdateFailsTheSelfCheck(t *testing.T) {
	for name, pdf := range map[string][]byte{"table": plain(), "stream": packed()} {
		t.Run(name, func(t *testing.T) {
			p, err := open(t, pdf, "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 8, SigningTime: signingTime})
			if err != nil {
				t.Fatal(err)
			}
			der := []byte{0x30, 3, 2, 1, 7}
			update, err := p.Embed(der)
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for i := range update {
				tampered := bytes.Clone(update)
				tampered[i] ^= 1
				size := int64(len(pdf) + len(update))
				contents, err := pdfprep.Reread(t.Context(), pdfprep.Concat(bytes.NewReader(pdf), int64(len(pdf)), tampered), size, p, pdfprep.OpenOptions{})
				at := int64(len(pdf) + i)
				switch {
				case err != nil:
					failed++
					wantCode(t, err, pdfprep.SelfCheckFailed)
				case at > p.ContentsStart && at < p.ContentsEnd-1:
					if bytes.HasPrefix(contents, der) && at <= p.ContentsStart+int64(2*len(der)) {
						t.Errorf("byte %d of Contents changed unseen", i)
					}
				case !bytes.HasPrefix(contents, der):
					t.Errorf("byte %d of the update changes Contents to %x", i, contents)
				}
			}
			if failed < len(update)/4 {
				t.Errorf("only %d of %d changed bytes were seen", failed, len(update))
			}
		})
	}
}

// TestASignatureThatDoesNotFitSaysBothSizes.
func TestASignatureThatDoesNotFitSaysBothSizes(t *testing.T) {
	p, err := open(t, plain(), "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 8, SigningTime: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Embed(make([]byte, 8)); err != nil {
		t.Errorf("what fits exactly: %v", err)
	}
	_, err = p.Embed(make([]byte, 9))
	var own *pdfprep.Error
	if !errors.As(err, &own) || own.Code != pdfprep.PlaceholderTooSmall || own.Details["neededBytes"] != 9 || own.Details["reservedBytes"] != 8 {
		t.Errorf("%v", err)
	}
	for _, n := range []int{0, -1, 4<<20 + 1} {
		_, err := open(t, plain(), "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: n, SigningTime: signingTime})
		wantCode(t, err, pdfprep.InvalidArgument)
	}
}
