package pdfprep_test

import (
	"bytes"
	"strings"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// Each signature is judged by the strictest of what it certifies, of what its lock permits and of the certifications before it.
func TestTheStrictestPermissionBinds(t *testing.T) {
	const passes, certification, amount = "", "its certification does not permit", "The field amount, which the signature locks,"
	certified := func(p pdfprep.DocMDP, lock *pdfprep.FieldLock) pdfprep.SignOptions {
		o := first(p)
		o.Lock = lock
		return o
	}
	locks := func(field string, p pdfprep.DocMDP) *pdfprep.FieldLock {
		return &pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{field}, Permissions: p}
	}
	third := pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "third"}}
	for name, tc := range map[string]struct {
		first, second *pdfprep.SignOptions
		change        func(*testing.T, []byte) []byte
		want          []string // of each signature
	}{
		"a lock permits notes":                           {first: new(certified(0, locks("second", pdfprep.Annotations))), change: note, want: []string{passes}},
		"a lock permits no notes":                        {first: new(certified(0, locks("second", pdfprep.FormFilling))), change: note, want: []string{certification}},
		"a lock permits to fill in":                      {first: new(certified(0, locks("second", pdfprep.FormFilling))), change: fillAmount, want: []string{passes}},
		"a lock permits nothing":                         {first: new(certified(0, locks("second", pdfprep.NoChanges))), change: fillAmount, want: []string{certification}},
		"a lock says nothing of it":                      {first: new(certified(0, locks("second", 0))), change: note, want: []string{passes}},
		"a lock is about the field":                      {first: new(certified(0, locks("amount", 0))), change: fillAmount, want: []string{amount}},
		"a lock is stricter than the certification":      {first: new(certified(pdfprep.Annotations, locks("second", pdfprep.FormFilling))), change: note, want: []string{certification}},
		"a lock is milder than the certification":        {first: new(certified(pdfprep.FormFilling, locks("second", pdfprep.Annotations))), change: note, want: []string{certification}},
		"a lock beside the certification":                {first: new(certified(pdfprep.FormFilling, locks("second", 0))), change: note, want: []string{certification}},
		"an earlier certification permits notes":         {first: new(certified(pdfprep.Annotations, nil)), second: &third, change: note, want: []string{passes, passes}},
		"an earlier certification permits no notes":      {first: new(certified(pdfprep.FormFilling, nil)), second: &third, change: note, want: []string{certification, certification}},
		"an earlier signature certifies nothing":         {first: new(certified(0, nil)), second: &third, change: note, want: []string{passes, passes}},
		"an earlier lock is that signature's own affair": {first: new(certified(0, locks("amount", 0))), second: &third, change: fillAmount, want: []string{amount, passes}},
	} {
		pdf := signedBy(t, formPDF().form(), "", *tc.first)
		if tc.second != nil {
			pdf = signedBy(t, pdf, "", *tc.second)
		}
		judgedAs(t, name, tc.change(t, pdf), tc.want)
	}
	// A certification that covers nothing certifies nothing.
	pdf := signedBy(t, formPDF().form(), "", certified(pdfprep.FormFilling, nil))
	pdf = signedBy(t, bytes.Replace(pdf, []byte("/ByteRange [0 "), []byte("/ByteRange [1 "), 1), "", third)
	judgedAs(t, "a certification with a defect", note(t, pdf), []string{"The ByteRange", passes})
}

// judgedAs compares the words about each signature, where one does not pass.
func judgedAs(t *testing.T, name string, pdf []byte, want []string) {
	t.Helper()
	v, err := verified(t, pdf, "")
	if err != nil || len(v.Signatures) != len(want) {
		t.Errorf("%s: %d signatures, %v", name, len(v.Signatures), err)
		return
	}
	for i, s := range v.Signatures {
		if s.OK() != (want[i] == "") || want[i] != "" && (s.SubIndication != pades.FormatFailure || !strings.Contains(s.Explanation, want[i])) {
			t.Errorf("%s: signature %d: %s %+v", name, i, s.Explanation, s.Changes)
		}
		if s.ChangesAllowed != s.OK() {
			t.Errorf("%s: signature %d: changes allowed is %v", name, i, s.ChangesAllowed)
		}
	}
}
