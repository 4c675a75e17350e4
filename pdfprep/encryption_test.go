package pdfprep_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hashout/pdfprep"
)

// encrypt has qpdf encrypt a PDF: own is the owner's password. What follows -- in mode is about the file, not its encryption.
func encrypt(t *testing.T, pdf []byte, user string, mode ...string) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.pdf"), filepath.Join(t.TempDir(), "out.pdf")
	if err := os.WriteFile(in, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--no-warn", "--warning-exit-0", "--allow-weak-crypto", "--encrypt", user, "own"}, mode...)
	if !slices.Contains(mode, "--") {
		args = append(args, "--")
	}
	qpdf(t, append(args, in, out)...)
	encrypted, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return encrypted
}

// encryption says what qpdf sees of it.
func encryption(t *testing.T, pdf []byte, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	text := string(qpdf(t, "--no-warn", "--warning-exit-0", "--show-encryption", "--password="+password, path))
	text, _, _ = strings.Cut(text, "User password =") // what it says of the password in use is another matter
	return text
}

// encryptions are qpdf's ways.
var encryptions = [][]string{
	{"40"}, {"128", "--use-aes=n"}, {"128", "--use-aes=n", "--force-V4"}, {"128", "--use-aes=y"}, {"128", "--cleartext-metadata"},
	{"256", "--force-R5"}, {"256"}, {"256", "--cleartext-metadata"},
}

// TestEncryptedFilesStayEncrypted and open with either password, in another program too. What is new is readable with the password only.
func TestEncryptedFilesStayEncrypted(t *testing.T) {
	const reason = "Geheimer Grund"
	for _, objects := range []string{"disable", "generate"} {
		for _, mode := range encryptions {
			t.Run(strings.Join(mode, " ")+" "+objects, func(t *testing.T) {
				pdf := encrypt(t, contract("", ""), "usr", append(slices.Clone(mode), "--", "--object-streams="+objects)...)
				for _, password := range []string{"usr", "own"} {
					for _, field := range []string{"Target", "a.neu"} {
						signed := mustSign(t, pdf, password, pdfprep.SignOptions{Reason: reason, ContactInfo: "Straße 東京",
							Field: pdfprep.FieldOptions{Name: field}})
						if bytes.Contains(signed[len(pdf):], []byte(reason)) {
							t.Error("the reason is in clear")
						}
						for _, reader := range []string{"usr", "own"} {
							v := look(t, signed, reader)
							v.want("u:"+reason, v.field(field), "/V", "/Reason")
							v.want("u:Straße 東京", v.field(field), "/V", "/ContactInfo")
							v.want("u:D:20260301123000+02'00'", v.field(field), "/V", "/M")
							if was, is := encryption(t, pdf, reader), encryption(t, signed, reader); was != is {
								t.Errorf("was %s is %s", was, is)
							}
						}
						in := inspect(t, signed, "usr")
						if !in.Encrypted || len(in.Signatures) != 1 || in.Signatures[0].Reason != reason || !in.Signatures[0].WellFormed {
							t.Errorf("%+v", in)
						}
					}
				}
			})
		}
	}
}

// TestPasswords: the right one, the owner's, a wrong one, none; and one that is not needed does no harm.
func TestPasswords(t *testing.T) {
	for _, mode := range encryptions {
		for _, test := range []struct {
			user, password string
			code           pdfprep.Code
			owner          bool
		}{
			{"usr", "usr", "", false}, {"usr", "own", "", true}, {"usr", "", pdfprep.Encrypted, false}, {"usr", "wrong", pdfprep.PasswordWrong, false},
			{"usr", "us", pdfprep.PasswordWrong, false}, {"", "", "", false}, {"", "own", "", true}, {"", "not needed", "", false},
		} {
			t.Run(strings.Join(append(slices.Clone(mode), test.user, test.password), " "), func(t *testing.T) {
				pdf := encrypt(t, plain(), test.user, mode...)
				d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: test.password})
				if wantCode(t, err, test.code); err != nil {
					if strings.Contains(err.Error(), test.password) && test.password == "wrong" {
						t.Errorf("the error repeats the password: %v", err)
					}
					return
				}
				in, err := d.Inspect(t.Context())
				if err != nil || in.OwnerAccess != test.owner {
					t.Errorf("owner's access: %v (%v)", in.OwnerAccess, err)
				}
			})
		}
	}
	if _, err := pdfprep.Open(t.Context(), bytes.NewReader(plain()), int64(len(plain())), pdfprep.OpenOptions{Password: "not needed"}); err != nil {
		t.Errorf("a password for a file that is not encrypted: %v", err)
	}
}

// TestPermissionBitsBindTheUserAlone: table 22 for filling a signature field and for adding one.
func TestPermissionBitsBindTheUserAlone(t *testing.T) {
	const no = pdfprep.PermissionDenied
	for _, test := range []struct {
		mode      string
		fill, add pdfprep.Code
	}{
		{"256", "", ""},
		{"256 --modify=none", no, no},
		{"256 --modify=assembly", no, no},
		{"256 --modify=form", "", no},
		{"256 --modify=annotate", "", no}, // bit 6 without bit 4
		{"256 --modify=all", "", ""},
		{"256 --modify-other=n", "", no},
		{"256 --annotate=n", "", no},
		{"256 --annotate=n --form=n", no, no},
		{"256 --form=n", "", ""}, // bit 6 allows what bit 9 does
		{"256 --print=none --extract=n --accessibility=n --assemble=n", "", ""},
		{"128 --modify=none", no, no},
		{"128 --use-aes=y --modify=form", "", no},
		{"40 --modify=n --annotate=n", no, no},
		{"40 --modify=n", "", no},
		{"40", "", ""},
	} {
		t.Run(test.mode, func(t *testing.T) {
			pdf := encrypt(t, contract("", ""), "usr", strings.Fields(test.mode)...)
			for field, code := range map[string]pdfprep.Code{"Target": test.fill, "Neu": test.add} {
				for password, code := range map[string]pdfprep.Code{"usr": code, "own": ""} {
					_, err := open(t, pdf, password).Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 100, SigningTime: signingTime,
						Field: pdfprep.FieldOptions{Name: field}})
					wantCode(t, err, code)
				}
			}
			user, owner := inspect(t, pdf, "usr"), inspect(t, pdf, "own")
			if user.CanFill != (test.fill == "") || user.CanAddField != (test.add == "") || !owner.CanFill || !owner.CanAddField {
				t.Errorf("Inspect: the user can fill %v, add %v; the owner %v, %v", user.CanFill, user.CanAddField, owner.CanFill, owner.CanAddField)
			}
			if refused := user.Refusal != nil; refused != (test.fill == no) {
				t.Errorf("Inspect: %+v", user.Refusal)
			}
		})
	}
}
