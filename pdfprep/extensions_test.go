package pdfprep_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/judge"
)

var bothExtensions = []pdfprep.Extension{
	{Prefix: "ESIC", BaseVersion: "1.7", Level: 1},
	{Prefix: "ISO_", BaseVersion: "2.0", Level: 32002, Revision: ":2022"},
}

const (
	esic = "/ESIC<</Type/DeveloperExtensions/BaseVersion/1.7/ExtensionLevel1>>"
	iso  = "<</Type/DeveloperExtensions/BaseVersion/2.0/ExtensionLevel32002/ExtensionRevision(:2022)>>"
	adbe = "/ADBE<</BaseVersion/1.7/ExtensionLevel8>>"

	spaced = "/ADBE<</BaseVersion/1.7/ExtensionLevel 8>>"
)

// TestExtensionsAreDeclaredWhereTheyAreDue, beside those that are there, in every form that the dictionary has in files; and no earlier
// signature is any worse for it, before pyHanko's difference analysis and ours.
func TestExtensionsAreDeclaredWhereTheyAreDue(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	for name, tc := range map[string]struct {
		version, catalog string
		objects          []string // from 4
		certify          pdfprep.DocMDP
		lock             *pdfprep.FieldLock
		want             string // in the update, without white space; "" for nothing declared
	}{
		"PDF 1.7, none there":        {"1.7", "", nil, 0, nil, "/Extensions<<" + esic + ">>"},
		"PDF 2.0, none there":        {"2.0", "", nil, 0, nil, "/Extensions<</ISO_[" + iso + "]>>"},
		"PDF 1.7 that became 2.0":    {"1.7", "/Version/2.0", nil, 0, nil, ""},
		"PDF 1.4":                    {"1.4", "", nil, 0, nil, ""},
		"PDF 1.4 that became 1.7":    {"1.4", "/Version/1.7", nil, 0, nil, ""},
		"another's":                  {"1.7", "/Extensions<<" + spaced + ">>", nil, 0, nil, "/Extensions<<" + adbe + esic + ">>"},
		"an object of its own":       {"1.7", "/Extensions 4 0 R", []string{"<<" + spaced + ">>"}, 0, nil, "40obj<<" + adbe + esic + ">>"},
		"there already":              {"1.7", "/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>", nil, 0, nil, ""},
		"a later level there":        {"1.7", "/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>", nil, 0, nil, ""},
		"one of ISO's":               {"2.0", "/Extensions<</ISO_<</BaseVersion/2.0/ExtensionLevel 32003>>>>", nil, 0, nil, "/ISO_[<</BaseVersion/2.0/ExtensionLevel32003>>" + iso + "]"},
		"a list of ISO's":            {"2.0", "/Extensions<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32003>>]>>", nil, 0, nil, "/ISO_[<</BaseVersion/2.0/ExtensionLevel32003>>" + iso + "]"},
		"a list with it":             {"2.0", "/Extensions<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32003>><</BaseVersion/2.0/ExtensionLevel 32002>>]>>", nil, 0, nil, ""},
		"in a list of its own":       {"2.0", "/Extensions<</ISO_ 4 0 R>>", []string{"[<</BaseVersion/2.0/ExtensionLevel 32003>>]"}, 0, nil, "/ISO_[<</BaseVersion/2.0/ExtensionLevel32003>>" + iso + "]"},
		"in a dictionary of its own": {"2.0", "/Extensions<</ISO_ 4 0 R>>", []string{"<</BaseVersion/2.0/ExtensionLevel 32003>>"}, 0, nil, "/ISO_[40R" + iso + "]"},
		"something else":             {"1.7", "/Extensions[/ESIC]", nil, 0, nil, ""},
		"something else inside":      {"2.0", "/Extensions<</ISO_(32002)>>", nil, 0, nil, ""},
		"nothing behind it":          {"1.7", "/Extensions 9 0 R", nil, 0, nil, ""},
		"certified, form filling":    {"1.7", "", nil, pdfprep.FormFilling, nil, ""},
		"locked, form filling":       {"1.7", "", nil, 0, &pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"other"}, Permissions: pdfprep.FormFilling}, ""},
		"locked":                     {"1.7", "", nil, 0, &pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"other"}}, "/Extensions<<" + esic + ">>"},
		"certified, annotations":     {"1.7", "", nil, pdfprep.Annotations, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMaker()
			m.onePage(tc.catalog)
			for i, text := range tc.objects {
				m.obj(4+i, text)
			}
			pdf := bytes.Replace(m.table(""), []byte("%PDF-1.7"), []byte("%PDF-"+tc.version), 1)
			before := signedBy(t, pdf, "", pdfprep.SignOptions{Certify: tc.certify, Lock: tc.lock})
			after := signedBy(t, before, "", pdfprep.SignOptions{Extensions: bothExtensions})
			update := strings.Join(strings.Fields(string(after[len(before):])), "")
			if tc.want == "" && (strings.Contains(update, "DeveloperExtensions") || strings.Contains(update, "/Extensions<<"+esic)) {
				t.Errorf("declared: %s", update)
			}
			if !strings.Contains(update, tc.want) {
				t.Errorf("%s is not in %s", tc.want, update)
			}
			if again := signedBy(t, after, "", pdfprep.SignOptions{Extensions: bothExtensions}); bytes.Contains(again[len(after):], []byte("DeveloperExtensions")) && tc.want == "" {
				t.Error("declared by the second signature")
			} else if n := strings.Count(strings.Join(strings.Fields(string(again[len(after):])), ""), "ExtensionLevel32002"); n > 1 {
				t.Errorf("declared %d times", n)
			}
			v, err := verified(t, after, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range v.Signatures {
				if !s.OK() || !s.ChangesAllowed {
					t.Errorf("%s: %s, %+v", s.FieldName, s.Explanation, s.Changes)
				}
			}
			path := filepath.Join(t.TempDir(), "file.pdf")
			if err := os.WriteFile(path, after, 0o600); err != nil {
				t.Fatal(err)
			}
			opinions, ok, err := j.PyHanko(t.Context(), path, "")
			switch {
			case !ok:
				t.Skip("SKIPPED: pyHanko is not installed")
			case err != nil || len(opinions) != 2:
				t.Fatalf("%d opinions: %v", len(opinions), err)
			}
			for _, o := range opinions {
				if !o.Accepted {
					t.Errorf("%s: pyHanko: %s", o.Field, o.Why)
				}
			}
		})
	}
}
