package pdfprep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// Forgeries that need a structure of their own. Each gives a signed file and what was made of it.
var structures = []struct {
	name   string
	forge  func(t *testing.T) []byte
	passes bool
}{
	{"an object stream is replaced", func(t *testing.T) []byte {
		m := newMaker()
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 2/First 10/Length 28", []byte("10 0 11 5 <<>> <</Old true>>"))
		signed := signedBy(t, m.xrefStream(12, map[int]place{10: {5, 0}, 11: {5, 1}}, ""), "", pdfprep.SignOptions{})
		return update(signed, "", "5 <</Type/ObjStm/N 2/First 10/Length 28>>\nstream\n10 0 11 5 <<>> <</New true>>\nendstream")
	}, false},
	{"an object stream is left alone", func(t *testing.T) []byte {
		m := newMaker()
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 2/First 10/Length 28", []byte("10 0 11 5 <<>> <</Old true>>"))
		return signedBy(t, signedBy(t, m.xrefStream(12, map[int]place{10: {5, 0}, 11: {5, 1}}, ""), "", pdfprep.SignOptions{}), "", pdfprep.SignOptions{})
	}, true},
	{"a hybrid update hides the change", func(t *testing.T) []byte {
		return hybridUpdate(signedBy(t, formPDF().form(), "", first(0)), false)
	}, false},
	{"a hybrid update says two things", func(t *testing.T) []byte {
		return hybridUpdate(signedBy(t, formPDF().form(), "", first(0)), true)
	}, false},
	{"an object ends behind what was signed", func(t *testing.T) []byte {
		m := formPDF()
		m.at(14) // from here on the file is a string to those who ask for object 14
		m.b.WriteString("14 0 obj\n(")
		return append(update(signedBy(t, m.form(), "", first(0)), "", "40 null"), ")\nendobj\nstartxref\n0\n%%EOF\n"...)
	}, false},
	{"encrypted, untouched", func(t *testing.T) []byte {
		return signedBy(t, corpusFile(t, "syn-enc-aesv2-empty.pdf"), "", pdfprep.SignOptions{})
	}, true},
	{"encrypted, signed twice", func(t *testing.T) []byte {
		return signedBy(t, signedBy(t, corpusFile(t, "syn-enc-aesv2-empty.pdf"), "", pdfprep.SignOptions{}), "", pdfprep.SignOptions{})
	}, true},
	{"encrypted, a page more", func(t *testing.T) []byte {
		return update(signedBy(t, corpusFile(t, "syn-enc-aesv2-empty.pdf"), "", pdfprep.SignOptions{}), "", "2 <</Type/Pages/Kids[]/Count 0>>")
	}, false},
	{"encryption dropped", func(t *testing.T) []byte {
		return update(signedBy(t, formPDF().form(), "", first(0)), "/Encrypt null")
	}, true}, // it never had any
	{"a locked field is filled", func(t *testing.T) []byte {
		o := first(0)
		o.Lock = &pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"amount"}}
		return fillAmount(t, signedBy(t, formPDF().form(), "", o))
	}, false},
	{"another field than the locked one is filled", func(t *testing.T) []byte {
		o := first(0)
		o.Lock = &pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"second"}}
		return fillAmount(t, signedBy(t, formPDF().form(), "", o))
	}, true},
	{"all fields are locked and one is signed", func(t *testing.T) []byte {
		o := first(0)
		o.Lock = &pdfprep.FieldLock{Action: pdfprep.LockAll}
		signed := signedBy(t, formPDF().form(), "", o)
		return update(signed, "", formOf(signed, "40 0 R"), "40 <</Type/Annot/Subtype/Widget/FT/Sig/T(more)/Rect[0 0 0 0]/V 41 0 R>>", "41 <</Type/Sig/Filter/X>>")
	}, false},
	{"a change between two signatures", func(t *testing.T) []byte {
		signed := later("5 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>")(t, signedBy(t, formPDF().form(), "", first(0)))
		return signedBy(t, signed, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
	}, false},
	{"a change that was taken back before another signature", func(t *testing.T) []byte {
		signed := later("5 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>")(t, signedBy(t, formPDF().form(), "", first(0)))
		signed = signedBy(t, signed, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
		return update(signed, "", "5 <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	}, false},
	{"the signature is taken out", func(t *testing.T) []byte {
		signed := signedBy(t, formPDF().form(), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
		return update(signed, "", "10 <</Type/Annot/Subtype/Widget/FT/Sig/T(second)/Rect[100 20 180 40]/F 4/P 3 0 R>>")
	}, false},
	{"the signature is replaced", func(t *testing.T) []byte {
		signed := signedBy(t, formPDF().form(), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
		return signedBy(t, update(signed, "", "10 <</Type/Annot/Subtype/Widget/FT/Sig/T(second)/Rect[100 20 180 40]/F 4/P 3 0 R>>"), "",
			pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "third"}})
	}, true}, // who signs last signs what is there; the first signature is not
	{"two fields hold one signature", func(t *testing.T) []byte {
		signed := signedBy(t, formPDF().form(), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "second"}})
		at := bytes.LastIndex(signed, []byte("/V "))
		ref := strings.Fields(string(signed[at+3 : at+20]))[0]
		return update(signed, "", formOf(signed, "40 0 R"), "40 <</Type/Annot/Subtype/Widget/FT/Sig/T(twin)/Rect[0 0 0 0]/V "+ref+" 0 R>>")
	}, false},
}

func corpusFile(t *testing.T, name string) []byte {
	t.Helper()
	pdf, err := os.ReadFile("testdata/corpus/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// hybridUpdate appends a table whose trailer points at a cross-reference stream that changes object 4; twice lists it in the table as well.
func hybridUpdate(pdf []byte, twice bool) []byte {
	out := bytes.Clone(pdf)
	evil := len(out)
	out = append(out, "4 0 obj\n<</Length 4>>\nstream\nq Q \nendstream\nendobj\n"...)
	hidden := len(out)
	row := []byte{1, byte(evil >> 24), byte(evil >> 16), byte(evil >> 8), byte(evil), 0, 0}
	out = append(out, "40 0 obj\n<</Type/XRef/W[1 4 2]/Index[4 1]/Size 99/Root 1 0 R/Length 7>>\nstream\n"...)
	out = append(append(out, row...), "\nendstream\nendobj\n"...)
	rows := map[int]int{}
	if twice {
		rows[4] = bytes.Index(pdf, []byte("\n4 0 obj")) + 1
	}
	starts := startOf.FindAllSubmatch(pdf, -1)
	return updateAt(out, fmt.Sprintf("/XRefStm %d/Prev %s", hidden, starts[len(starts)-1][1]), rows)
}

func TestForgedStructuresNeverPass(t *testing.T) {
	for _, s := range structures {
		t.Run(s.name, func(t *testing.T) {
			pdf := s.forge(t)
			if !s.passes {
				neverPasses(t, pdf, "")
				return
			}
			v, err := verified(t, pdf, "")
			if err != nil || v.Indication != pades.Passed {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
}

// Without roots nobody is known: what holds is INDETERMINATE, and what does not hold is no better.
func TestCorpusNeverPassesWithoutTrust(t *testing.T) {
	intact := 0
	for _, e := range corpus(t) {
		v, err := verified(t, corpusFile(t, e.file), e.password)
		if err != nil {
			typed(t, err)
			continue
		}
		for _, s := range v.Signatures {
			if s.Indication == pades.Passed {
				t.Errorf("%s: %s passes", e.file, s.FieldName)
			}
			if s.Intact {
				intact++
				if s.Indication == pades.Indeterminate && s.SubIndication != pades.NoChain && s.SubIndication != pades.CryptoConstraints && s.SubIndication != pades.OutOfBounds {
					t.Errorf("%s: %s is %s", e.file, s.FieldName, s.SubIndication)
				}
			}
			if strings.HasPrefix(e.file, "syn-") && !s.Timestamp && (!s.Intact || !s.ChangesAllowed) {
				t.Errorf("%s: %s: %s, %+v", e.file, s.FieldName, s.Explanation, s.Changes)
			}
		}
	}
	if intact < 25 {
		t.Errorf("only %d signatures of the corpus hold", intact)
	}
}

// Files that make a verification expensive. All end within bounds, with an error that has a code or with verdicts.
func TestHostileFilesAreVerifiedWithinBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short measures nothing")
	}
	const (
		promise = 4 * time.Second
		memory  = 192 << 20
	)
	bombs := map[string]func(t *testing.T) []byte{
		"many fields with one large signature": func(t *testing.T) []byte {
			m := newMaker()
			m.onePage("/AcroForm<</Fields[" + refs(10, 400) + "]>>")
			for i := range 400 {
				m.obj(10+i, fmt.Sprintf("<</FT/Sig/T(f%d)/V 5 0 R>>", i))
			}
			m.obj(5, "<</Type/Sig/SubFilter/ETSI.CAdES.detached/Contents<"+strings.Repeat("30", 1<<21)+">/ByteRange[0 10 20 30]>>")
			return m.table("")
		},
		"many signatures that end in the middle": func(t *testing.T) []byte {
			m := newMaker()
			m.onePage("/AcroForm<</Fields[" + refs(10, 450) + "]>>")
			for i := range 450 {
				m.obj(10+i, fmt.Sprintf("<</FT/Sig/T(f%d)/V<</SubFilter/ETSI.CAdES.detached/ByteRange[0 00000 00000 00000]/Contents<30>>>>>", i))
			}
			return m.table("")
		},
		"many updates after a signature": func(t *testing.T) []byte {
			pdf := signedBy(t, formPDF().form(), "", first(0))
			for range 300 {
				pdf = update(pdf, "", "11 <</Title(x)>>")
			}
			return pdf
		},
		"a large object written again and again": func(t *testing.T) []byte {
			pdf := signedBy(t, formPDF().form(), "", first(0))
			for range 8 {
				pdf = update(pdf, "", "4 ["+refs(1, 100_000)+"]")
			}
			return pdf
		},
	}
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			pdf := bomb(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var err error
			var took time.Duration
			peak := peakHeap(func() {
				start := cpuTime()
				var d *pdfprep.Document
				if d, err = pdfprep.Open(ctx, bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{}); err == nil {
					_, err = pades.Verify(ctx, d, pades.VerifyOptions{Time: time.Now()})
				}
				took = cpuTime() - start
			})
			t.Logf("%d KB, %v, %d MB, %v", len(pdf)>>10, took.Round(time.Millisecond), peak>>20, err)
			var own *pdfprep.Error
			if err != nil && !errors.As(err, &own) {
				t.Fatalf("an error without a code: %v", err)
			}
			if took > promise || peak > uint64(4*len(pdf)+memory) {
				t.Errorf("%d KB of input took %v and %d MB", len(pdf)>>10, took, peak>>20)
			}
		})
	}
}

// Whatever file we sign, sign again and fill the empty field of, the signatures of before stay valid: what our own writer does is what the
// rules permit.
func TestOurOwnUpdatesArePermittedInEveryFile(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short does not go through the corpus")
	}
	judged := 0
	for _, e := range corpus(t) {
		pdf, password := corpusFile(t, e.file), e.password
		s, err := throwAway()
		if err != nil {
			t.Fatal(err)
		}
		o := pdfprep.SignOptions{SigningTime: time.Now()}
		once, err := s.sign(t.Context(), pdf, password, o)
		if err != nil {
			continue // refused, or one for the repairer
		}
		twice, err := s.sign(t.Context(), once, password, o)
		if err != nil {
			continue // the first signature locks the rest
		}
		v, err := verified(t, twice, password)
		if err != nil {
			t.Errorf("%s: %v", e.file, err)
			continue
		}
		passed := 0
		for _, one := range v.Signatures {
			if one.OK() {
				passed++
			} else if one.Certificate != nil && one.Certificate.Equal(s.cert) {
				t.Errorf("%s: %s: %s %+v", e.file, one.FieldName, one.Explanation, one.Changes)
			}
		}
		if judged++; passed != 2 {
			t.Errorf("%s: %d of our signatures pass", e.file, passed)
		}
	}
	if judged < 80 {
		t.Errorf("only %d files were signed twice", judged)
	}
}
