package pdfprep_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"hashout/pdfprep"
)

// TestRereadSeesWhatIsWrong: a finished file is believed by its bytes alone. The cases are those of signature wrapping, incremental saving
// and universal forgery: a range that is not all but Contents, a gap that is not Contents, entries that stand twice.
func TestRereadSeesWhatIsWrong(t *testing.T) {
	m := newMaker()
	m.onePage("")
	original := bytes.Clone(m.table(""))
	open := pdfprep.OpenOptions{}
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(original), int64(len(original)), open)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 64, SigningTime: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	update, err := p.Embed([]byte{0x30, 3, 2, 1, 7})
	if err != nil {
		t.Fatal(err)
	}
	good := append(bytes.Clone(original), update...)
	reread := func(b []byte, p *pdfprep.Prepared) error {
		_, err := pdfprep.Reread(t.Context(), bytes.NewReader(b), int64(len(b)), p, open)
		return err
	}
	if err := reread(good, p); err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) []byte {
		if bytes.Count(good, []byte(old)) != 1 || len(old) != len(new) {
			t.Fatalf("%q cannot be put in place of %q", new, old)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	ranges := fmt.Sprintf("[0 %d %d %d]", p.ByteRange[1], p.ByteRange[2], p.ByteRange[3])
	for name, b := range map[string][]byte{
		"bytes behind the end":       append(bytes.Clone(good), '\n'),
		"the end cut off":            good[:len(good)-1],
		"a range that begins later":  swap(ranges, "[1"+ranges[2:]),
		"a gap that begins earlier":  swap(ranges, fmt.Sprintf("[0 %d %d %d]", p.ByteRange[1]-1, p.ByteRange[2], p.ByteRange[3])),
		"a gap that ends later":      swap(ranges, fmt.Sprintf("[0 %d %d %d]", p.ByteRange[1], p.ByteRange[2]+1, p.ByteRange[3]-1)),
		"a range short of the end":   swap(ranges, fmt.Sprintf("[0 %d %d %d]", p.ByteRange[1], p.ByteRange[2], p.ByteRange[3]-1)),
		"a real number in the range": swap(ranges+"  ", "[0."+ranges[2:]+" "),
		"a second ByteRange":         swap("/Filter /Adobe.PPKLite", "/ByteRange [0 1 2 3]  "),
		"another value":              swap("/V ", "/W "),
		"another type of field":      swap("/FT /Sig", "/FT /Btn"),
		"no field in the form":       swap("/Fields", "/Fjelds"),
		"Contents not hexadecimal":   swap("<3003020107", "<30030201x7"),
		"Contents as a literal":      bytes.Replace(swap("<3003020107", "(3003020107"), []byte("0000>\n"), []byte("0000)\n"), 1),
	} {
		err := reread(b, p)
		var own *pdfprep.Error
		if !errors.As(err, &own) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := *p
	other.FieldName = "Signature2"
	if err := reread(good, &other); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("another field was asked for: %v", err)
	}
}

// TestRereadWantsEarlierSignaturesUntouched: an update that writes a signature again is not ours.
func TestRereadWantsEarlierSignaturesUntouched(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker()
	m.onePage("")
	once, err := s.sign(t.Context(), bytes.Clone(m.table("")), "", pdfprep.SignOptions{SigningTime: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(once), int64(len(once)), pdfprep.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 64, SigningTime: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	p.OriginalSize = 100 // as if the first signature had been part of the update
	twice := append(bytes.Clone(once), p.Update...)
	if _, err := pdfprep.Reread(t.Context(), bytes.NewReader(twice), int64(len(twice)), p, pdfprep.OpenOptions{}); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("%v", err)
	}
}
