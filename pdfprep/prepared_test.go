package pdfprep_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"

	"hashout/pdfprep"
)

// sized is a PDF of exactly so many bytes, no two places of which look alike.
func sized(size int) []byte {
	var pdf []byte
	for filler := 1; len(pdf) != size; filler += size - len(pdf) {
		m := newMaker()
		m.onePage("")
		data := make([]byte, filler)
		for i := range data {
			data[i] = byte(i*i>>8 + i)
		}
		m.stream(4, fmt.Sprintf("/Length %8d", filler), data)
		pdf = bytes.Clone(m.table(""))
	}
	return pdf
}

// TestTheDigestCoversAllButContents: two pieces of the signed file, in front of Contents' '<' and behind its '>', and no byte else. The
// sizes lie about those of the pieces in which an original is read.
func TestTheDigestCoversAllButContents(t *testing.T) {
	for _, size := range []int{1000, 256<<10 - 1, 256 << 10, 256<<10 + 1, 512 << 10} {
		original := sized(size)
		p, err := open(t, original, "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 8, SigningTime: signingTime})
		if err != nil {
			t.Fatal(err)
		}
		update, err := p.Embed([]byte{0x30, 3, 2, 1, 7})
		if err != nil {
			t.Fatal(err)
		}
		signed, r := append(bytes.Clone(original), update...), p.ByteRange
		if gap := string(signed[r[1]:r[2]]); gap != "<3003020107000000>" || r[0] != 0 || r[2]+r[3] != int64(len(signed)) {
			t.Errorf("%d bytes: ByteRange %v leaves out %q", size, r, gap)
		}
		covered := append(bytes.Clone(signed[:r[1]]), signed[r[2]:]...)
		if !bytes.Equal(append(append(bytes.Clone(signed[:size]), p.Before()...), p.After()...), covered) {
			t.Errorf("%d bytes: Before and After are not what the ByteRange covers", size)
		}
		want := sha256.Sum256(covered)
		digests := map[string]func() ([]byte, error){
			"of what was prepared": func() ([]byte, error) { return p.Digest(t.Context(), crypto.SHA256, bytes.NewReader(original)) },
			"of the signed file": func() ([]byte, error) {
				return open(t, signed, "").Digest(t.Context(), crypto.SHA256, r)
			},
		}
		for name, digest := range digests {
			if got, err := digest(); err != nil || !bytes.Equal(got, want[:]) {
				t.Errorf("%d bytes: the digest %s is %x (%v), want %x", size, name, got, err, want)
			}
		}
	}
}

// faulty is a reader that calls before with every place and fails with the error that it gives.
type faulty struct {
	io.ReaderAt
	before func(off int64) error
}

func (f faulty) ReadAt(p []byte, off int64) (int, error) {
	if err := f.before(off); err != nil {
		return 0, err
	}
	return f.ReaderAt.ReadAt(p, off)
}

var errLost = errors.New("the file is gone")

// TestNoDigestOfAPart: where the original cannot be read to its end, or nobody waits any longer, there is an error and no digest.
func TestNoDigestOfAPart(t *testing.T) {
	const size = 600 << 10
	pdf := sized(size)
	original := bytes.NewReader(pdf)
	p, err := open(t, pdf, "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 8, SigningTime: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for name, tc := range map[string]struct {
		hash     crypto.Hash
		original io.ReaderAt
		want     error
	}{
		"a hash that is not there":        {crypto.MD4, original, pdfprep.ErrInvalidArgument},
		"an original without its end":     {crypto.SHA256, io.NewSectionReader(original, 0, size-1), io.ErrUnexpectedEOF},
		"an original of whole pieces":     {crypto.SHA256, io.NewSectionReader(original, 0, 512<<10), io.ErrUnexpectedEOF},
		"an original that is lost":        {crypto.SHA256, faulty{original, func(int64) error { return errLost }}, errLost},
		"cancelled after the first piece": {crypto.SHA256, faulty{original, func(int64) error { cancel(); return nil }}, context.Canceled},
	} {
		ctx := ctx
		if tc.want != context.Canceled {
			ctx = t.Context()
		}
		if got, err := p.Digest(ctx, tc.hash, tc.original); !errors.Is(err, tc.want) || got != nil {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	d := open(t, pdf, "")
	if got, err := d.Digest(t.Context(), crypto.MD4, [4]int64{0, 1, 2, 3}); !errors.Is(err, pdfprep.ErrInvalidArgument) || got != nil {
		t.Errorf("of a range, by a hash that is not there: %x, %v", got, err)
	}
	if got, err := d.Digest(t.Context(), crypto.SHA256, [4]int64{0, 1, 2, size}); !errors.Is(err, io.ErrUnexpectedEOF) || got != nil {
		t.Errorf("of a range behind the end: %x, %v", got, err)
	}
}
