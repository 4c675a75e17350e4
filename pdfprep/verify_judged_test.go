package pdfprep_test

import (
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hashout/pdfprep/internal/judge"
	"hashout/pdfprep/pades"
)

// What passes here passes with pyHanko too, and what is permitted here and there is called so here. Where the two differ on purpose, it
// is listed with the reason.
func TestPyHankoAgreesWithVerdicts(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	milder := map[string]string{
		"a note":                              "pyHanko has no rule for annotations and calls each suspicious",
		"a new signature below another field": "pyHanko knows no new fields between the form and a new signature field",
	}
	compare := func(name string, pdf []byte) {
		t.Run(name, func(t *testing.T) {
			v, err := verified(t, pdf, "")
			if err != nil || !slices.ContainsFunc(v.Signatures, func(s pades.VerifiedSignature) bool { return s.OK() }) {
				return // what passes nowhere here needs no second opinion
			}
			path := filepath.Join(t.TempDir(), "file.pdf")
			if err := os.WriteFile(path, pdf, 0o600); err != nil {
				t.Fatal(err)
			}
			opinions, ok, err := j.PyHanko(t.Context(), path, "")
			if !ok {
				t.Skip("SKIPPED: pyHanko is not installed")
			}
			if err != nil {
				t.Fatal(err)
			}
			title, _, _ := strings.Cut(name, ", P=")
			for _, s := range v.Signatures {
				i := slices.IndexFunc(opinions, func(o judge.Opinion) bool { return o.ByteRange == s.ByteRange })
				switch {
				case !s.OK():
				case i < 0:
					t.Errorf("pyHanko does not find %s", s.FieldName)
				case !opinions[i].Intact, !opinions[i].Accepted && milder[title] == "":
					t.Errorf("%s passes here; pyHanko: %s", s.FieldName, opinions[i].Why)
				}
			}
		})
	}
	for _, p := range permitted {
		compare(fmt.Sprintf("%s, P=%d", p.name, p.certify), p.change(t, signedBy(t, formPDF().form(), "", first(p.certify))))
	}
	for _, a := range attacks {
		compare(fmt.Sprintf("%s, P=%d", a.name, a.certify), a.change(t, signedBy(t, formPDF().form(), "", first(a.certify))))
	}
}
