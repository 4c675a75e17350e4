package pdfprep_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
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
		if err := reread(b, p); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
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

// handmade is a file with one signature whose Contents is given, and what its maker would say about it. ByteRange has room for change.
func handmade(contents string) ([]byte, *pdfprep.Prepared) {
	const slot = "[                                                  ]"
	m := newMaker()
	m.onePage("/AcroForm<</Fields[5 0 R]>>")
	m.obj(5, "<</FT/Sig/T(x)/V 6 0 R>>")
	m.obj(6, "<</Type/Sig/Filter/F/SubFilter/ETSI.CAdES.detached/Cert<3003020108>/ByteRange"+slot+"/Contents"+contents+">>")
	pdf := bytes.Clone(m.table(""))
	start := int64(bytes.Index(pdf, []byte("/Contents")) + len("/Contents"))
	size, end := int64(len(pdf)), start+int64(len(contents))
	p := &pdfprep.Prepared{OriginalSize: size, ByteRange: [4]int64{0, start, end, size - end}, FieldName: "x"}
	return withRange(pdf, fmt.Sprintf("0 %d %d %d", start, end, size-end)), p
}

var byteRangeOf = regexp.MustCompile(`/ByteRange\[[^\]]*\]`)

// withRange is the file with other text in its ByteRange, as long as before.
func withRange(pdf []byte, text string) []byte {
	at := byteRangeOf.FindIndex(pdf)
	out := bytes.Clone(pdf)
	room := out[at[0]+len("/ByteRange[") : at[1]-1]
	copy(room, fmt.Sprintf("%-*s", len(room), text))
	return out
}

// TestTheGapIsContentsAndNothingElse, even where file and maker agree about another gap: a byte more could be changed unseen, and a byte
// less would be signed before it is known.
func TestTheGapIsContentsAndNothingElse(t *testing.T) {
	const der = "<3003020107>"
	largest := "<3003020107" + strings.Repeat("00", 4<<20-5) + ">"
	good, p := handmade(der)
	cert := int64(bytes.Index(good, []byte("<3003020108>")))
	for name, tc := range map[string]struct {
		contents string
		move     func(r *[4]int64)
		ok       bool
	}{
		"Contents":                            {der, nil, true},
		"Contents as large as can be":         {largest, nil, true},
		"larger Contents":                     {strings.Replace(largest, ">", "00>", 1), nil, false},
		"digits in capitals":                  {"<30030201ff>", nil, true},
		"white space between digits":          {"<3003 2107>", nil, false},
		"a literal string":                    {"(3003020107)", nil, false},
		"a literal string that ends as hex":   {"(300302010>)", nil, false},
		"a literal string that begins as <":   {"(<300302010)", func(r *[4]int64) { r[1]++ }, false},
		"a byte in front of it":               {der, func(r *[4]int64) { r[1]-- }, false},
		"all but its first byte":              {der, func(r *[4]int64) { r[1]++ }, false},
		"all but its last byte":               {der, func(r *[4]int64) { r[2]--; r[3]++ }, false},
		"a byte behind it":                    {der, func(r *[4]int64) { r[2]++; r[3]-- }, false},
		"one byte":                            {der, func(r *[4]int64) { r[2] = r[1] + 1; r[3] = p.ByteRange[2] + p.ByteRange[3] - r[2] }, false},
		"nothing":                             {der, func(r *[4]int64) { r[2] = r[1]; r[3] = p.ByteRange[2] + p.ByteRange[3] - r[2] }, false},
		"another string":                      {der, func(r *[4]int64) { *r = [4]int64{0, cert, cert + 12, p.ByteRange[2] + p.ByteRange[3] - cert - 12} }, false},
		"what begins behind where it ends":    {der, func(r *[4]int64) { r[1], r[2], r[3] = r[2], r[1], r[3]+12 }, false},
		"a string behind the end of the file": {der, func(r *[4]int64) { r[1] += 1 << 40; r[2] += 1 << 40; r[3] -= 1 << 40 }, false},
	} {
		pdf, p := handmade(tc.contents)
		if tc.move != nil {
			tc.move(&p.ByteRange)
		}
		r := p.ByteRange
		pdf = withRange(pdf, fmt.Sprintf("0 %d %d %d", r[1], r[2], r[3]))
		contents, err := pdfprep.Reread(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), p, pdfprep.OpenOptions{})
		if tc.ok != (err == nil) || err != nil && !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
			t.Errorf("%s: %v", name, err)
		}
		if tc.ok && len(contents) != len(tc.contents)/2-1 {
			t.Errorf("%s: %d bytes in Contents", name, len(contents))
		}
	}
	p.ByteRange[1]--
	if _, err := pdfprep.Reread(t.Context(), bytes.NewReader(good), int64(len(good)), p, pdfprep.OpenOptions{}); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("the maker hashed other bytes than the file says: %v", err)
	}
}

// TestOnlyOneShapeOfByteRangeCounts: [0 a b c] with a before b, inside the file. Whatever else stands there covers nothing.
func TestOnlyOneShapeOfByteRangeCounts(t *testing.T) {
	pdf, p := handmade("<3003020107>")
	a, b, c := p.ByteRange[1], p.ByteRange[2], p.ByteRange[3]
	for text, ok := range map[string]bool{
		fmt.Sprintf("0 %d %d %d", a, b, c):               true,
		fmt.Sprintf("0 %d %d %d", a, b, c-1):             true,
		fmt.Sprintf("0 %d %d %d", a, b, c+1):             false,
		fmt.Sprintf("0 %d %d", a, b):                     false,
		fmt.Sprintf("0 %d %d %d 0", a, b, c):             false,
		fmt.Sprintf("1 %d %d %d", a, b, c):               false,
		fmt.Sprintf("0.0 %d %d %d", a, b, c):             false,
		fmt.Sprintf("0 %d.0 %d %d", a, b, c):             false,
		fmt.Sprintf("0 -1 %d %d", b, c):                  false,
		fmt.Sprintf("0 %d %d -1", a, b):                  false,
		fmt.Sprintf("0 %d %d %d", b, a, c):               false,
		fmt.Sprintf("0 %d %d %d", b, b, c):               false,
		fmt.Sprintf("0 %d 9223372036854775807 %d", a, c): false,
		fmt.Sprintf("0 %d %d 9223372036854775807", a, b): false,
		fmt.Sprintf("(0) (%d) (%d) (%d)", a, b, c):       false,
		"": false,
	} {
		want := [4]int64{}
		if ok {
			_, _ = fmt.Sscan(text, &want[0], &want[1], &want[2], &want[3])
		}
		s := inspect(t, withRange(pdf, text), "").Signatures[0]
		if s.ByteRange != want || s.CoversWholeFile != (ok && want[3] == c) || s.WellFormed != ok {
			t.Errorf("[%s]: %v, covers all %v, well formed %v", text, s.ByteRange, s.CoversWholeFile, s.WellFormed)
		}
	}
	for _, text := range []string{"/ByteRange 77 ", "/ByteRange<<>>", "/ByterangE [0]"} {
		broken := bytes.Replace(pdf, byteRangeOf.Find(pdf), fmt.Appendf(nil, "%-*s", len(byteRangeOf.Find(pdf)), text), 1)
		if s := inspect(t, broken, "").Signatures[0]; s.ByteRange != [4]int64{} || s.CoversWholeFile || s.WellFormed {
			t.Errorf("%s: %v", text, s.ByteRange)
		}
	}
}

// TestAnEarlierSignatureStandsInTheOriginal: what holds it begins before the original ends, be it the signature or the object stream
// around it. One whose dictionary cannot be read is not found to be untouched.
func TestAnEarlierSignatureStandsInTheOriginal(t *testing.T) {
	const body = "<</Type/Sig/Filter/F/SubFilter/adbe.pkcs7.detached/Contents<00>/ByteRange[0 1 2 3]>>"
	alone := newMaker()
	alone.onePage("/AcroForm<</Fields[5 0 R]>>")
	alone.obj(5, "<</FT/Sig/T(x)/V 6 0 R>>")
	alone.obj(6, body)
	inStream := newMaker()
	inStream.onePage("/AcroForm<</Fields[5 0 R]>>")
	inStream.obj(5, "<</FT/Sig/T(x)/V 6 0 R>>")
	inStream.stream(7, fmt.Sprintf("/Type/ObjStm/N 1/First 4/Length %d", 4+len(body)), []byte("6 0 "+body))
	for name, tc := range map[string]struct {
		pdf []byte
		at  int
	}{
		"an object":           {bytes.Clone(alone.table("")), alone.offsets[6]},
		"in an object stream": {bytes.Clone(inStream.xrefStream(8, map[int]place{6: {7, 0}}, "")), inStream.offsets[7]},
	} {
		for originalSize, want := range map[int]pdfprep.Code{tc.at: pdfprep.SelfCheckFailed, tc.at + 1: ""} {
			err := pdfprep.RereadStore(t.Context(), bytes.NewReader(tc.pdf), int64(len(tc.pdf)), int64(originalSize), &pdfprep.SecurityStore{}, pdfprep.OpenOptions{})
			wantCode(t, err, want)
			var own *pdfprep.Error
			if want != "" && (!errors.As(err, &own) || own.Details["field"] != "x") {
				t.Errorf("%s: the field is not named: %v", name, err)
			}
		}
	}
	broken := newMaker()
	broken.onePage("/AcroForm<</Fields[5 0 R]>>")
	broken.obj(5, "<</FT/Sig/T(x)/V 6 0 R>>")
	broken.obj(6, strings.Replace(body, "/Filter", "/Reference 9 0 R/Filter", 1))
	broken.obj(9, "[ (")
	pdf := bytes.Clone(broken.table(""))
	wantCode(t, pdfprep.RereadStore(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), int64(len(pdf)), &pdfprep.SecurityStore{}, pdfprep.OpenOptions{}), pdfprep.SelfCheckFailed)
}

// TestAReadersOwnErrorComesBack from whichever read it hits: a lost file is not a wrong one.
func TestAReadersOwnErrorComesBack(t *testing.T) {
	for name, pdf := range map[string][]byte{"table": plain(), "stream": packed()} {
		once := mustSign(t, pdf, "", pdfprep.SignOptions{})
		p, err := open(t, once, "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 8, SigningTime: signingTime})
		if err != nil {
			t.Fatal(err)
		}
		whole := append(bytes.Clone(once), p.Update...)
		reads := 0
		for left := 0; ; left++ {
			n := left
			r := faulty{bytes.NewReader(whole), func(int64) error {
				if n--; n < 0 {
					return errLost
				}
				return nil
			}}
			if _, err := pdfprep.Reread(t.Context(), r, int64(len(whole)), p, pdfprep.OpenOptions{}); err == nil {
				break
			} else if !errors.Is(err, errLost) || errors.Is(err, pdfprep.ErrSelfCheckFailed) {
				t.Errorf("%s: read %d: %v", name, left, err)
			}
			reads++
		}
		if reads < 2 {
			t.Errorf("%s: only %d reads", name, reads)
		}
	}
}
