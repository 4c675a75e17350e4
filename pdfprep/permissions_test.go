package pdfprep_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/judge"
)

// contract is a page with two empty signature fields and a text field.
func contract(catalog, target string) []byte {
	m := newMaker()
	m.onePage("/AcroForm 4 0 R" + catalog)
	m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[5 0 R 7 0 R 8 0 R]>>")
	m.obj(4, "<</Fields[5 0 R 6 0 R 8 0 R]>>")
	m.obj(5, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Target)/Rect[0 0 0 0]/P 3 0 R"+target+">>")
	m.obj(6, "<</T(a)/Kids[7 0 R]>>")
	m.obj(7, "<</Type/Annot/Subtype/Widget/FT/Sig/T(sig)/Parent 6 0 R/Rect[0 0 0 0]/P 3 0 R>>")
	m.obj(8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[0 0 0 0]/P 3 0 R>>")
	return bytes.Clone(m.table(""))
}

// refusal prepares and says how that ended.
func refusal(t *testing.T, pdf []byte, field string, more pdfprep.SignOptions) error {
	t.Helper()
	more.Field.Name, more.ReservedBytes, more.SigningTime = field, 100, signingTime
	_, err := open(t, pdf, "").Prepare(t.Context(), more)
	return err
}

// TestLocksOfEarlierSignaturesHold for fields that are there and for new ones, by what FieldMDP says and by what Inspect tells.
func TestLocksOfEarlierSignaturesHold(t *testing.T) {
	const locked, closed, free = pdfprep.FieldLocked, pdfprep.CertifiedNoChanges, pdfprep.Code("")
	tests := []struct {
		lock             pdfprep.FieldLock
		target, aSig, nu pdfprep.Code
	}{
		{pdfprep.FieldLock{Action: pdfprep.LockAll}, locked, locked, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockAll, Permissions: pdfprep.NoChanges}, closed, closed, closed},
		{pdfprep.FieldLock{Action: pdfprep.LockAll, Permissions: pdfprep.FormFilling}, locked, locked, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude}, free, free, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"name"}}, free, free, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"name", "Target"}}, locked, free, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"a"}}, free, locked, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"a.sig"}}, free, locked, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"Neu"}}, free, free, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"Targ"}}, free, free, free},
		{pdfprep.FieldLock{Action: pdfprep.LockInclude, Fields: []string{"name"}, Permissions: pdfprep.NoChanges}, closed, closed, closed},
		{pdfprep.FieldLock{Action: pdfprep.LockExclude}, locked, locked, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"name"}}, locked, locked, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"Target"}}, free, locked, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"a"}}, locked, free, locked},
		{pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"Neu", "a.sig"}}, locked, free, free},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.lock), func(t *testing.T) {
			signed := mustSign(t, contract("", ""), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Locker"}, Lock: &test.lock})
			signed = orSignedTwice(t, signed) // a later signature without a lock unlocks nothing
			for field, code := range map[string]pdfprep.Code{"Target": test.target, "a.sig": test.aSig, "Neu": test.nu} {
				t.Run(field, func(t *testing.T) { wantCode(t, refusal(t, signed, field, pdfprep.SignOptions{}), code) })
			}
			for _, f := range inspect(t, signed, "").Fields {
				if f.Name == "Target" && test.target != closed && f.Locked != (test.target == locked) {
					t.Errorf("Inspect says locked: %v", f.Locked)
				}
			}
		})
	}
}

// orSignedTwice adds a second signature where the first one lets it.
func orSignedTwice(t *testing.T, pdf []byte) []byte {
	if signed, err := signWith(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Second"}}); err == nil {
		return signed
	}
	return pdf
}

// TestLocksThatOthersWrote: the same for signatures that pyHanko made, and for a /Lock that no FieldMDP repeats.
func TestLocksThatOthersWrote(t *testing.T) {
	const locked, free = pdfprep.FieldLocked, pdfprep.Code("")
	for name, want := range map[string][2]pdfprep.Code{ // for Target and for a new field
		"syn-fieldmdp-all-objstm.pdf":         {locked, locked},
		"syn-fieldmdp-incl-target-objstm.pdf": {locked, free},
		"syn-fieldmdp-incl-name-table.pdf":    {free, free},
		"syn-fieldmdp-excl-target-objstm.pdf": {free, locked},
		"syn-fieldmdp-excl-name-table.pdf":    {locked, locked},
	} {
		t.Run(name, func(t *testing.T) {
			wantCode(t, refusal(t, sample(t, name), "Target", pdfprep.SignOptions{}), want[0])
			wantCode(t, refusal(t, sample(t, name), "Neu", pdfprep.SignOptions{}), want[1])
		})
	}
	m := newMaker()
	m.onePage("/AcroForm<</Fields[5 0 R]>>")
	m.obj(5, "<</FT/Sig/T(x)/Lock<</Action/All>>/V 6 0 R>>")
	m.obj(6, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<00>/ByteRange[0 0 0 0]>>")
	wantCode(t, refusal(t, bytes.Clone(m.table("")), "Neu", pdfprep.SignOptions{}), locked)
}

// TestOwnLocksAreWritten where other readers look for them: in the field and in the signature.
func TestOwnLocksAreWritten(t *testing.T) {
	lock := pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"a.sig", "Größe"}, Permissions: pdfprep.FormFilling}
	v := look(t, mustSign(t, contract("", ""), "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}, Lock: &lock}), "")
	field := v.field("Neu")
	params := v.at(field, "/V", "/Reference", 0, "/TransformParams")
	v.want("/FieldMDP", field, "/V", "/Reference", 0, "/TransformMethod")
	v.want("/1.2", params, "/V")
	reference := v.at(field, "/V", "/Reference", 0)
	if trailer := v.at(v.objects["trailer"].Value); v.raw(reference, "/Data") != v.raw(trailer, "/Root") { // ISO 32000-2 table 256
		t.Errorf("the lock is about %v, want the catalog", v.raw(reference, "/Data"))
	}
	for _, o := range []any{params, v.at(field, "/Lock")} {
		v.want("/Exclude", o, "/Action")
		v.want("[u:a.sig u:Größe]", o, "/Fields")
		v.want("2", o, "/P")
	}
	v.want("/SigFieldLock", field, "/Lock", "/Type")

	// A field's own lock counts, and so does what the caller says in vain.
	own := contract("", "/Lock<</Type/SigFieldLock/Action/Include/Fields[(name)]>>")
	v = look(t, mustSign(t, own, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Target"}, Lock: &lock}), "")
	v.want("/Include", v.field("Target"), "/V", "/Reference", 0, "/TransformParams", "/Action")
	v.want("[u:name]", v.field("Target"), "/V", "/Reference", 0, "/TransformParams", "/Fields")
	wantCode(t, refusal(t, own, "Target", pdfprep.SignOptions{Lock: &pdfprep.FieldLock{Action: "Some"}}), pdfprep.InvalidArgument)
}

// TestCertificationIsTheFirstSignature: each permission is written where readers look, obeyed afterwards, and not given twice.
func TestCertificationIsTheFirstSignature(t *testing.T) {
	for p, next := range map[pdfprep.DocMDP]pdfprep.Code{pdfprep.NoChanges: pdfprep.CertifiedNoChanges, pdfprep.FormFilling: "", pdfprep.Annotations: ""} {
		for name, pdf := range map[string][]byte{"table": contract("", ""), "stream": packed(), "Perms are there": contract("/Perms<</X 1>>", "")} {
			t.Run(fmt.Sprint(int(p), " ", name), func(t *testing.T) {
				signed := mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}, Certify: p})
				v := look(t, signed, "")
				field := v.field("Neu")
				v.want("/DocMDP", field, "/V", "/Reference", 0, "/TransformMethod")
				v.want(fmt.Sprint(int(p)), field, "/V", "/Reference", 0, "/TransformParams", "/P")
				if v.raw(v.at(v.root(), "/Perms"), "/DocMDP") != v.raw(field, "/V") {
					t.Error("the catalog's /Perms do not name the signature")
				}
				if name == "Perms are there" {
					v.want("1", v.root(), "/Perms", "/X")
				}
				in := inspect(t, signed, "")
				if in.Certified != p || in.Signatures[0].Certifies != p || in.CanAddField != (next == "") {
					t.Errorf("Inspect says %d, %d, can add a field: %v", in.Certified, in.Signatures[0].Certifies, in.CanAddField)
				}
				if (in.Refusal == nil) != (next == "") || in.Refusal != nil && in.Refusal.Code != next {
					t.Errorf("Inspect says %+v", in.Refusal)
				}
				wantCode(t, refusal(t, signed, "Next", pdfprep.SignOptions{}), next)
				again := next
				if again == "" {
					again = pdfprep.PermissionDenied
				}
				wantCode(t, refusal(t, signed, "Next", pdfprep.SignOptions{Certify: pdfprep.Annotations}), again)
			})
		}
	}
	approved := mustSign(t, contract("", ""), "", pdfprep.SignOptions{})
	wantCode(t, refusal(t, approved, "Next", pdfprep.SignOptions{Certify: pdfprep.Annotations}), pdfprep.PermissionDenied)
	wantCode(t, refusal(t, contract("", ""), "Next", pdfprep.SignOptions{Certify: 4}), pdfprep.InvalidArgument)
}

// TestCertificationsThatOthersWrote: no /P means 2, and a certification whose field is gone is one all the same.
func TestCertificationsThatOthersWrote(t *testing.T) {
	for params, want := range map[string]pdfprep.Code{"/P 1": pdfprep.CertifiedNoChanges, "/P 2": "", "/P 3": "", "": ""} {
		perms := "/Perms<</DocMDP<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<<" + params + ">>>>]>>>>"
		wantCode(t, refusal(t, contract(perms, ""), "Neu", pdfprep.SignOptions{}), want)
		if want == "" {
			want = pdfprep.PermissionDenied
		}
		wantCode(t, refusal(t, contract(perms, ""), "Neu", pdfprep.SignOptions{Certify: pdfprep.FormFilling}), want)
	}
}

// TestCertifiedAndLockedFilesAreAccepted after they were signed once more, with the first signature as valid as before.
func TestCertifiedAndLockedFilesAreAccepted(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	for name, o := range map[string]pdfprep.SignOptions{
		"certified": {Certify: pdfprep.FormFilling},
		"locked":    {Lock: &pdfprep.FieldLock{Action: pdfprep.LockExclude, Fields: []string{"Target"}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o.Field.Name = "First"
			steps := [][]byte{contract("", "")}
			steps = append(steps, mustSign(t, steps[0], "", o))
			steps = append(steps, mustSign(t, steps[1], "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Target"}}))
			path := func(i int) string { return filepath.Join(dir, fmt.Sprint(i, ".pdf")) }
			for i, pdf := range steps {
				if err := os.WriteFile(path(i), pdf, 0o600); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					continue
				}
				if err := j.Judge(t.Context(), judge.Case{Original: path(i - 1), Signed: path(i)}).Err(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
