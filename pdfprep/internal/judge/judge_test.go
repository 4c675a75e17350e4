package judge_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"hashout/pdfprep/internal/judge"
)

// court has throw-away keys and signs by pyHanko, so that the judges are tried on files that are not ours.
type court struct {
	dir, python            string
	rootPEM                []byte
	root, key, certificate string
	original               string
}

func newCourt(t *testing.T) *court {
	t.Helper()
	c := &court{dir: t.TempDir()}
	venv := os.Getenv("HASHOUT_VENV")
	if venv == "" {
		venv, _ = filepath.Abs("../../../.cache/venv")
	}
	c.python = filepath.Join(venv, "bin", "python")
	rootCert, rootKey := certificate(t, "Root", nil, nil)
	leafCert, leafKey := certificate(t, "Signer", rootCert, rootKey)
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	c.rootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootCert.Raw})
	c.root = c.file(t, "root.pem", c.rootPEM)
	c.key = c.file(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	c.certificate = c.file(t, "leaf.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafCert.Raw}))
	c.original = c.file(t, "original.pdf", document())
	return c
}

func certificate(t *testing.T, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}
	if parent == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (c *court) file(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *court) sign(t *testing.T, original, name, field string, options ...string) string {
	t.Helper()
	out := filepath.Join(c.dir, name)
	args := append([]string{"testdata/sign.py", original, out, field, c.key, c.certificate, c.root}, options...)
	if b, err := exec.Command(c.python, args...).CombinedOutput(); err != nil {
		t.Fatalf("pyHanko does not sign: %v: %s", err, b)
	}
	return out
}

// document is a one-page PDF with its cross-references in place.
func document() []byte {
	b := []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	const content = "BT /F1 24 Tf 20 100 Td (I owe 10) Tj ET"
	for _, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		"<</Length 39>>stream\n" + content + "\nendstream",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		at = append(at, len(b))
		b = append(b, []byte(itoa(len(at))+" 0 obj\n"+o+"\nendobj\n")...)
	}
	xref := len(b)
	b = append(b, "xref\n0 6\n0000000000 65535 f \n"...)
	for _, n := range at {
		s := "0000000000" + itoa(n)
		b = append(b, s[len(s)-10:]+" 00000 n \n"...)
	}
	return append(b, "trailer\n<</Size 6/Root 1 0 R/ID[<00112233><00112233>]>>\nstartxref\n"+itoa(xref)+"\n%%EOF\n"...)
}

func itoa(n int) string { return big.NewInt(int64(n)).String() }

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerdicts(t *testing.T) {
	c := newCourt(t)
	j := judge.Require(t, c.rootPEM)
	if len(j.Missing()) > 0 {
		t.Skip("SKIPPED: the judges themselves are tried only where all are installed")
	}
	signed := c.sign(t, c.original, "signed.pdf", "A")

	accepted := func(name string, p judge.Case) {
		t.Run("accepts "+name, func(t *testing.T) {
			v := j.Judge(t.Context(), p)
			if err := v.Err(); err != nil {
				t.Fatal(err)
			}
			for _, check := range v.Checks {
				if check.Outcome != judge.Pass {
					t.Errorf("%s: %s: %s", check.Name, check.Outcome, check.Detail)
				}
			}
		})
	}
	// Every judge that could notice has to: one that never fails is no judge.
	rejected := func(name string, p judge.Case, by ...string) {
		t.Run("rejects "+name, func(t *testing.T) {
			v := j.Judge(t.Context(), p)
			if v.OK || v.Err() == nil {
				t.Fatalf("accepted: %+v", v.Checks)
			}
			for _, check := range by {
				if v.Outcome(check) != judge.Fail {
					t.Errorf("%s says %q", check, v.Outcome(check))
				}
			}
		})
	}

	accepted("a signature", judge.Case{Original: c.original, Signed: signed, Level: "B-B"})
	accepted("a second signature", judge.Case{Original: signed, Signed: c.sign(t, signed, "second.pdf", "B")})
	accepted("a visible signature", judge.Case{Original: c.original, Signed: c.sign(t, c.original, "visible.pdf", "A", "visible"), Visible: true})
	encrypted := filepath.Join(c.dir, "encrypted.pdf")
	if b, err := exec.Command("qpdf", "--encrypt", "usr", "own", "256", "--", c.original, encrypted).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	accepted("a signature in an encrypted file", judge.Case{Original: encrypted, Password: "own", Signed: c.sign(t, encrypted, "signed-encrypted.pdf", "A", "password=own")})
	accepted("a visible signature in an encrypted file", judge.Case{Original: encrypted, Password: "own", Visible: true,
		Signed: c.sign(t, encrypted, "visible-encrypted.pdf", "A", "password=own", "visible")})

	rejected("a file without a new signature", judge.Case{Original: signed, Signed: signed}, "bytes.range")
	rejected("another document", judge.Case{Original: signed, Signed: c.original}, "bytes.prefix")
	rejected("a missing file", judge.Case{Original: c.original, Signed: filepath.Join(c.dir, "none.pdf")}, "bytes.prefix")

	tamper := func(b []byte) []byte { return bytes.Replace(b, []byte("(I owe 10)"), []byte("(I owe 90)"), 1) }
	rejected("a change inside the covered bytes", judge.Case{
		Original: c.file(t, "tampered-original.pdf", tamper(read(t, c.original))), Signed: c.file(t, "tampered.pdf", tamper(read(t, signed)))},
		"pdfsig.valid", "mutool.signature", "openssl.cms", "pyhanko.integrity")
	rejected("appended bytes", judge.Case{Original: c.original, Signed: c.file(t, "appended.pdf", append(read(t, signed), "% hello\n"...))},
		"bytes.range", "pdfsig.coverage", "mutool.signature", "pyhanko.coverage")
	rejected("new content of a page", judge.Case{Original: c.original, Signed: c.sign(t, c.original, "shadow.pdf", "A", "shadow")},
		"poppler.text", "poppler.render", "mutool.render", "pyhanko.objects")
	rejected("new content of a signed page", judge.Case{Original: signed, Signed: c.sign(t, signed, "shadow2.pdf", "B", "shadow")},
		"poppler.text", "pyhanko.objects", "pyhanko.earlier")
	rejected("ink nobody asked for", judge.Case{Original: c.original, Signed: c.sign(t, c.original, "ink.pdf", "A", "visible")},
		"poppler.render", "mutool.render")
	certified := c.sign(t, c.original, "certified.pdf", "A", "certify")
	rejected("a signature that a certification forbids", judge.Case{Original: certified, Signed: c.sign(t, certified, "forbidden.pdf", "B", "force")}, "pyhanko.earlier")
	rejected("a level that is not reached", judge.Case{Original: c.original, Signed: signed, Level: "B-T"}, "pyhanko.level")

	t.Run("rejects an unknown root", func(t *testing.T) {
		other := newCourt(t)
		v := judge.Require(t, other.rootPEM).Judge(context.Background(), judge.Case{Original: c.original, Signed: signed})
		if v.OK {
			t.Fatal("accepted")
		}
		for _, check := range []string{"pdfsig.trust", "openssl.cms", "pyhanko.trust"} {
			if v.Outcome(check) != judge.Fail {
				t.Errorf("%s says %q", check, v.Outcome(check))
			}
		}
	})

	t.Run("NSS has a word of its own", func(t *testing.T) {
		var r [4]int
		m := regexp.MustCompile(`/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)`).FindSubmatch(read(t, signed))
		if m == nil {
			t.Fatal("no byte range")
		}
		for i := range r {
			r[i], _ = strconv.Atoi(string(m[i+1]))
		}
		ranges := fmt.Sprintf("[%d - %d], [%d - %d]", r[0], r[1], r[2], r[2]+r[3])
		if !judge.NSSTrusts(j, t.Context(), signed, ranges) {
			t.Error("a good chain is not trusted")
		}
		if judge.NSSTrusts(j, t.Context(), c.file(t, "tampered-nss.pdf", tamper(read(t, signed))), ranges) {
			t.Error("a changed document is trusted")
		}
		if judge.NSSTrusts(judge.Require(t, newCourt(t).rootPEM), t.Context(), signed, ranges) {
			t.Error("a chain to another root is trusted")
		}
	})

	t.Run("waives a known limit and says so", func(t *testing.T) {
		p := judge.Case{Original: c.original, Signed: signed, Level: "B-T", Waive: map[string]string{"pyhanko.level": "no timestamp here"}}
		if v := j.Judge(t.Context(), p); v.Err() != nil || v.Outcome("pyhanko.level") != judge.Waived {
			t.Errorf("%v, %q", v.Err(), v.Outcome("pyhanko.level"))
		}
	})
}

func TestMissingJudgeIsFatalInCI(t *testing.T) {
	c := newCourt(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HASHOUT_VENV", t.TempDir())
	t.Setenv("CI", "true")
	j, err := judge.New(t.Context(), c.rootPEM)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if len(j.Missing()) != 10 {
		t.Errorf("missing: %v", j.Missing())
	}
	v := j.Judge(t.Context(), judge.Case{Original: c.original, Signed: c.original})
	if v.OK || v.Outcome("pdfsig.valid") != judge.Fail {
		t.Errorf("without any judge: %+v", v)
	}
	t.Setenv("CI", "")
	if v := j.Judge(t.Context(), judge.Case{Original: c.original, Signed: c.original}); v.OK || v.Outcome("pdfsig.valid") != judge.Skipped {
		t.Errorf("without any judge: %+v", v)
	}
}
