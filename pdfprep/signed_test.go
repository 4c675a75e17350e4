package pdfprep_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hashout/pdfprep"
)

const (
	slotDict   = "<</Type/Sig/Filter/F/SubFilter/ETSI.CAdES.detached/ByteRange[                                                  ]/Contents<3003020107>>>"
	slotGap    = "<3003020107>"
	slotFormat = "<</FT/Sig/T(x)/V %s>>"
)

// covering fills in the ByteRange: up to end, without the first Contents.
func covering(pdf []byte, end int) []byte {
	start := bytes.Index(pdf, []byte(slotGap))
	return withRange(pdf, fmt.Sprintf("0 %d %d %d", start, start+len(slotGap), end-start-len(slotGap)))
}

// oneSignature is a file with a field, its signature and more.
func oneSignature(field, signature string, more ...string) []byte {
	m := newMaker()
	m.onePage("/AcroForm<</Fields[5 0 R]>>")
	m.obj(5, field)
	m.obj(6, signature)
	for i, text := range more {
		m.obj(7+i, text)
	}
	return bytes.Clone(m.table(""))
}

// defects are what Signatures says of each, in its order.
func defects(t *testing.T, pdf []byte) (words []string) {
	t.Helper()
	list, err := open(t, pdf, "").Signatures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		words = append(words, list[i].Defect)
	}
	return words
}

// TestDefectsOfASignatureAreFound: universal forgery, incremental saving, wrapping, and whatever makes two readers see two things. Each file
// has one signature; what is wrong with it is said in words.
func TestDefectsOfASignatureAreFound(t *testing.T) {
	const (
		form, gap   = "The ByteRange does not have the form", "The ByteRange leaves out something other"
		end, absent = "does not cover a whole revision", "is not in the revision of the file that it covers"
		unreadable  = "The revision of the file that the signature covers cannot be read."
		one, two    = "must have one entry ", "must not have two entries "
	)
	field := fmt.Sprintf(slotFormat, "6 0 R")
	whole := func(pdf []byte) []byte { return covering(pdf, len(pdf)) }
	with := func(more string) []byte {
		return whole(oneSignature(field, strings.Replace(slotDict, "/Type/Sig", "/Type/Sig"+more, 1)))
	}
	written := func(old, new string) []byte {
		return whole(oneSignature(field, strings.Replace(slotDict, old, new, 1)))
	}
	good := oneSignature(field, slotDict)
	shifted := func(from, to int) []byte {
		start, size := bytes.Index(good, []byte(slotGap)), len(good)
		return withRange(good, fmt.Sprintf("0 %d %d %d", start+from, start+len(slotGap)+to, size-start-len(slotGap)-to))
	}
	largest := "<" + strings.Repeat("00", 4<<20) + ">"
	large, _ := handmade(largest)
	larger, _ := handmade(strings.Replace(largest, ">", "00>", 1))
	// Up to a place in the file, which an update behind it makes readable.
	upTo := func(mark string) []byte {
		return covering(update(good, ""), bytes.LastIndex(good, []byte(mark))+len(mark))
	}
	tail := func(text string) []byte {
		pdf := append(bytes.Clone(good), text...)
		return covering(update(pdf, "/Prev "+string(startOf.FindSubmatch(good)[1])), len(pdf))
	}
	escapedRange := bytes.Replace(bytes.Replace(whole(good), []byte("/ByteRange["), []byte("/Byte#52ange["), 1), []byte("  ]/Contents"), []byte("]/Contents"), 1)
	padded := append(bytes.Clone(good), bytes.Repeat([]byte{'\n'}, 2048-len(good)+bytes.LastIndex(good, []byte("startxref")))...)
	stream := newMaker()
	stream.onePage("/AcroForm<</Fields[5 0 R]>>")
	stream.obj(5, field)
	stream.stream(7, fmt.Sprintf("/Type/ObjStm/N 1/First 4/Length %d", 4+len(slotDict)), []byte("6 0 "+slotDict))
	// The signature is there from the beginning, but not as what it is now.
	unlisted := oneSignature("null", slotDict)
	otherwise := oneSignature(fmt.Sprintf(slotFormat, "7 0 R"), slotDict, "<</Type/Sig>>")
	fieldLater := newMaker()
	fieldLater.onePage("/AcroForm<</Fields[8 0 R]>>")
	fieldLater.obj(6, slotDict)
	fieldLater.obj(8, "<</FT/Tx/T(y)>>")
	late := bytes.Clone(fieldLater.table(""))
	empty := newMaker()
	empty.onePage("/AcroForm<</Fields[5 0 R]>>")
	empty.obj(5, field)
	empty.obj(6, "<</Type/Sig>>")
	shadow := empty.b.Len()
	fmt.Fprintf(&empty.b, "6 0 obj\n%s\nendobj\n", slotDict) // not in the table
	hidden := bytes.Clone(empty.table(""))
	inside := newMaker()
	inside.onePage("/AcroForm<</Fields[" + fmt.Sprintf(slotFormat, slotDict) + "]>>")
	for name, tc := range map[string]struct {
		pdf  []byte
		want string
	}{
		"none":                                {whole(good), ""},
		"none, with an update behind":         {covering(update(good, ""), len(good)), ""},
		"none, without the last line end":     {covering(good, len(good)-1), ""},
		"none, white space at the end":        {whole(padded), ""},
		"none, as large as can be":            {large, ""},
		"none, in the field itself":           {whole(oneSignature(fmt.Sprintf(slotFormat, slotDict), "null")), ""},
		"two ByteRanges":                      {with("/ByteRange 7"), one + "ByteRange"},
		"two Contents":                        {with("/Contents<00>"), one + "Contents"},
		"two SubFilters":                      {with("/SubFilter/X"), one + "SubFilter"},
		"no SubFilter":                        {written("/SubFilter", "/SubFylter"), one + "SubFilter"},
		"two Filters":                         {with("/Filter/F"), two + "Filter"},
		"two Types":                           {with("/Type/Sig"), two + "Type"},
		"two References":                      {with("/Reference[]/Reference[]"), two + "Reference"},
		"no range":                            {good, form},
		"a gap that begins earlier":           {shifted(-1, 0), gap},
		"a gap that begins later":             {shifted(1, 0), gap},
		"a gap that ends earlier":             {shifted(0, -1), gap},
		"a gap that ends later":               {shifted(0, 1), gap},
		"larger than can be":                  {larger, "too large"},
		"a literal string":                    {bytes.Replace(whole(good), []byte(slotGap), []byte("(3003020107)"), 1), gap},
		"Contents behind an escape":           {whole(oneSignature(field, strings.Replace(slotDict, "/Contents", "/C#6fntents", 1))), gap},
		"ByteRange behind an escape":          {escapedRange, gap},
		"SubFilter behind an escape":          {written("/SubFilter", "/Sub#46ilter"), gap},
		"V behind an escape":                  {whole(oneSignature(strings.Replace(fmt.Sprintf(slotFormat, slotDict), "/V", "/#56", 1), "null")), gap},
		"two Vs":                              {whole(oneSignature(strings.Replace(field, "/V", "/V 6 0 R/V", 1), slotDict)), gap},
		"V of the parent":                     {whole(oneSignature("<</FT/Sig/T(x)/V 6 0 R/Kids[7 0 R]>>", slotDict, "<</T(y)/Parent 5 0 R>>")), gap},
		"in a field that is no object":        {whole(inside.table("")), gap},
		"in a stream's dictionary":            {whole(oneSignature(field, strings.Replace(slotDict, "/Type", "/Length 0/Type", 1)+"\nstream\n\nendstream")), gap},
		"in an object stream":                 {whole(stream.xrefStream(8, map[int]place{6: {7, 0}}, "")), gap},
		"by way of another reference":         {whole(oneSignature(fmt.Sprintf(slotFormat, "7 0 R"), slotDict, "6 0 R")), gap},
		"ends in the middle":                  {upTo("endobj\n"), end},
		"ends before the number":              {upTo("startxref\n"), end},
		"ends behind the number":              {covering(update(good, ""), bytes.LastIndex(good, []byte("%%EOF"))), end},
		"ends before the last letter":         {upTo("%%EO"), end},
		"ends with something behind the end":  {tail("x"), end},
		"ends with an end that leads nowhere": {tail("startxref\n1\n%%EOF\n"), unreadable},
		"the field came later":                {covering(update(late, "", "1 <</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>", "5 "+field), len(late)), absent},
		"the field was something else":        {covering(update(unlisted, "", "5 "+field), len(unlisted)), absent},
		"the field had another signature":     {covering(update(otherwise, "", "5 "+field), len(otherwise)), absent},
		"the signature was another object":    {covering(updateAt(hidden, "", map[int]int{6: shadow}), len(hidden)), absent},
	} {
		t.Run(name, func(t *testing.T) {
			if got := defects(t, tc.pdf); len(got) != 1 || (got[0] == "") != (tc.want == "") || !strings.Contains(got[0], tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestOnlyOneSignatureClosesARevision, and what has a defect of its own closes none.
func TestOnlyOneSignatureClosesARevision(t *testing.T) {
	const twin = "Another signature claims to close"
	signatures := func(fields string, more ...string) []string {
		m := newMaker()
		m.onePage("/AcroForm<</Fields[" + fields + "]>>")
		m.obj(5, fmt.Sprintf(slotFormat, "6 0 R"))
		m.obj(6, slotDict)
		m.obj(7, "<</FT/Sig/T(y)/V 6 0 R>>")
		m.obj(8, "<</FT/Sig/T(z)/V 9 0 R>>")
		m.obj(9, strings.Replace(slotDict, slotGap, "<3003020108>", 1))
		pdf := bytes.Clone(m.table(""))
		pdf = covering(pdf, len(pdf))
		at := byteRangeOf.FindIndex(pdf)
		return defects(t, bytes.Replace(pdf, []byte("/ByteRange["+strings.Repeat(" ", 50)+"]"), pdf[at[0]:at[1]], 1))
	}
	for fields, want := range map[string][]string{
		"5 0 R":             {""},
		"5 0 R 7 0 R":       {"", twin},
		"8 0 R 5 0 R":       {"The ByteRange leaves out", ""},
		"5 0 R 8 0 R":       {"", "The ByteRange leaves out"},
		"5 0 R 8 0 R 7 0 R": {"", "The ByteRange leaves out", ""},
	} {
		got := signatures(fields)
		if len(got) != len(want) {
			t.Errorf("%s: %q", fields, got)
			continue
		}
		for i := range want {
			if (got[i] == "") != (want[i] == "") || !strings.Contains(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", fields, got, want)
			}
		}
	}
}

// TestAFileMayHaveFiveHundredSignatures and not one more.
func TestAFileMayHaveFiveHundredSignatures(t *testing.T) {
	for n, want := range map[int]pdfprep.Code{500: "", 501: pdfprep.Malformed} {
		m := newMaker()
		m.onePage("/AcroForm<</Fields[" + refs(10, n) + "]>>")
		m.obj(5, "<</Type/Sig>>")
		for i := range n {
			m.obj(10+i, fmt.Sprintf("<</FT/Sig/T(f%d)/V 5 0 R>>", i))
		}
		list, err := open(t, bytes.Clone(m.table("")), "").Signatures(t.Context())
		wantCode(t, err, want)
		if err == nil && len(list) != n {
			t.Errorf("%d of %d signatures", len(list), n)
		}
	}
}

// TestEveryQuestionHasTheWholeBudget: what an earlier one cost does not count against the next.
func TestEveryQuestionHasTheWholeBudget(t *testing.T) {
	pdf := mustSign(t, plain(), "", pdfprep.SignOptions{})
	for work := int64(1 << 10); ; work *= 2 {
		o := pdfprep.OpenOptions{}
		o.Limits.MaxWork = work
		d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), o)
		if err != nil {
			continue
		}
		if _, err := d.Signatures(t.Context()); err != nil {
			continue
		}
		for range 500 {
			if _, err := d.Signatures(t.Context()); err != nil {
				t.Fatalf("with a budget of %d: %v", work, err)
			}
		}
		break
	}
}

// TestALostFileIsNoDefect: an error of the reader comes back, from whichever read it hits.
func TestALostFileIsNoDefect(t *testing.T) {
	pdf := mustSign(t, mustSign(t, packed(), "", pdfprep.SignOptions{}), "", pdfprep.SignOptions{})
	reads := 0
	for left := 0; ; left++ {
		n := left
		r := faulty{bytes.NewReader(pdf), func(int64) error {
			if n--; n < 0 {
				return errLost
			}
			return nil
		}}
		var list []pdfprep.Signature
		d, err := pdfprep.Open(t.Context(), r, int64(len(pdf)), pdfprep.OpenOptions{})
		if err == nil {
			list, err = d.Signatures(t.Context())
		}
		if err == nil {
			if len(list) != 2 || list[0].Defect != "" || list[1].Defect != "" {
				t.Errorf("after %d reads: %+v", left, list)
			}
			break
		}
		if reads++; !errors.Is(err, errLost) {
			t.Errorf("read %d: %v", left, err)
		}
	}
	if reads < 4 {
		t.Errorf("only %d reads", reads)
	}
}
