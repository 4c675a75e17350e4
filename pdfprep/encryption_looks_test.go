package pdfprep_test

import (
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/judge"
)

// TestVisibleSignaturesInEncryptedFiles: fonts, pictures and drawing of an appearance are encrypted as the rest of the file. All judges
// accept it, and who has the password sees the golden picture.
func TestVisibleSignaturesInEncryptedFiles(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	artist := looks(t)["right"] // text, a picture that is transparent in part, a QR code, a background
	plain, rect := turnedPage(0)
	dir := t.TempDir()
	for i, mode := range encryptions {
		for _, objects := range []string{"disable", "generate"} {
			t.Run(strings.Join(mode, " ")+" "+objects, func(t *testing.T) {
				original := encrypt(t, plain, "usr", append(slices.Clone(mode), "--", "--object-streams="+objects)...)
				signed, err := s.sign(t.Context(), original, "usr", pdfprep.SignOptions{SigningTime: signingTime, Artist: artist, Field: pdfprep.FieldOptions{Name: "Neu", Page: 1, Rect: rect}})
				if err != nil {
					t.Fatal(err)
				}
				base := filepath.Join(dir, fmt.Sprintf("%d-%s", i, objects))
				for path, data := range map[string][]byte{base + ".pdf": original, base + "-signed.pdf": signed} {
					if err := os.WriteFile(path, data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				verdict := j.Judge(t.Context(), judge.Case{Original: base + ".pdf", Signed: base + "-signed.pdf", Password: "usr", Visible: true})
				if err := verdict.Err(); err != nil {
					t.Error(err)
				}
				must := []string{"qpdf.structure", "pdfsig.valid", "openssl.cms", "pyhanko.integrity", "pyhanko.coverage", "poppler.render", "mutool.render"}
				switch {
				case len(j.Missing()) > 0:
					must = nil // said loudly already
				case slices.Contains(mode, "--force-R5"):
					must = must[:3] // pyHanko does not open AES-256 of the old revision 5
				}
				for _, name := range must {
					if said := verdict.Outcome(name); said != judge.Pass {
						t.Errorf("%s: %s", name, said)
					}
				}
				renderers := map[string]*exec.Cmd{
					"poppler": exec.Command("pdftoppm", "-upw", "usr", "-cropbox", "-r", fmt.Sprint(lookDPI), "-png", "-singlefile", base+"-signed.pdf", base+"-poppler"),
					"mupdf":   exec.Command("mutool", "draw", "-q", "-p", "usr", "-r", fmt.Sprint(lookDPI), "-o", base+"-mupdf.png", base+"-signed.pdf", "1"),
				}
				for name, render := range renderers {
					if render.Err != nil {
						missing(t, render.Err)
					}
					if said, err := render.CombinedOutput(); err != nil {
						t.Fatalf("%s: %v %s", name, err, said)
					}
					if d, err := unlike(looksDir+"golden/right.png", base+"-"+name+".png"); err != nil || d > alike {
						t.Errorf("%s shows what differs by %.3f (%v)", name, d, err)
					}
				}
			})
		}
	}
}
