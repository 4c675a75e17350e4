package pdfprep_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// Files signed by pyHanko: what it makes by the rules passes, with the changes called by their names.
func TestFilesSignedByPyHankoAreJudgedByTheRules(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short asks no outside judge")
	}
	venv := os.Getenv("HASHOUT_VENV")
	if venv == "" {
		venv = filepath.Join("..", ".cache", "venv")
	}
	python := filepath.Join(venv, "bin", "python")
	if err := exec.Command(python, "-I", "-c", "import pyhanko").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pyHanko is not installed: run .ci/setup")
		}
		t.Skip("SKIPPED: pyHanko is not installed: run .ci/setup")
	}
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("form.pdf", formPDF().form())
	write("stream.pdf", corpusFile(t, "syn-xrefstream-plain.pdf"))
	write("encrypted.pdf", corpusFile(t, "syn-enc-aesv2-empty.pdf"))
	var roots []*x509.Certificate
	for name, use := range map[string][]byte{"signer": nil, "tsa": {0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}} { // id-kp-timeStamping
		roots = append(roots, keyPair(t, name, use, write))
	}
	if out, err := exec.Command(python, "-I", "testdata/verify/sign.py", dir).CombinedOutput(); err != nil {
		t.Fatalf("pyHanko: %v: %s", err, out)
	}
	const none, evidence, form = pdfprep.NothingChanged, pdfprep.AddedEvidence, pdfprep.FilledForm
	for name, want := range map[string]struct {
		changes []pdfprep.ChangeKind // after each signature, document timestamps included
		sub     pades.SubIndication  // of the whole
		level   pades.Level          // of the first
	}{
		"once":                    {changes: []pdfprep.ChangeKind{none}},
		"twice":                   {changes: []pdfprep.ChangeKind{form, none}},
		"twice-visible":           {changes: []pdfprep.ChangeKind{form, none}},
		"stream":                  {changes: []pdfprep.ChangeKind{none}, level: pades.BB},
		"encrypted":               {changes: []pdfprep.ChangeKind{none}, level: pades.BB},
		"certified":               {changes: []pdfprep.ChangeKind{none}, level: pades.BB},
		"certified-filled":        {changes: []pdfprep.ChangeKind{form}, level: pades.BB},
		"certified-filled-signed": {changes: []pdfprep.ChangeKind{form, none}, level: pades.BB},
		"no-changes-filled":       {changes: []pdfprep.ChangeKind{form}, sub: pades.FormatFailure},
		"locked-filled":           {changes: []pdfprep.ChangeKind{form}, sub: pades.FormatFailure},
		"stamped":                 {changes: []pdfprep.ChangeKind{none}, level: pades.BLT}, // roots need no evidence
		"lasting":                 {changes: []pdfprep.ChangeKind{evidence, evidence}, level: pades.BLTA},
		"lasting-twice":           {changes: []pdfprep.ChangeKind{form, form, none}, level: pades.BLTA},
	} {
		pdf, err := os.ReadFile(filepath.Join(dir, name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v, err := pades.Verify(t.Context(), d, pades.VerifyOptions{Roots: roots, Time: time.Now()})
		if err != nil || len(v.Signatures) != len(want.changes) {
			t.Errorf("%s: %+v, %v", name, v, err)
			continue
		}
		for i, s := range v.Signatures {
			if s.Defect != "" || !s.Intact || s.Changes.Kind != want.changes[i] {
				t.Errorf("%s: signature %d: %s %s, %+v", name, i, s.Explanation, s.Defect, s.Changes)
			}
		}
		if v.SubIndication != want.sub || v.Signatures[0].Level != want.level {
			t.Errorf("%s: %s %s (%s), level %q", name, v.Indication, v.SubIndication, v.Explanation, v.Signatures[0].Level)
		}
	}
}

// keyPair writes a throw-away key with a self-signed certificate as name.key and name.pem.
func keyPair(t *testing.T, name string, use []byte, write func(string, []byte)) *x509.Certificate {
	t.Helper()
	var key crypto.Signer
	var err error
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); use != nil { // pyHanko's stand-in for a TSA knows RSA only
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Throw-away " + name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}
	if use != nil {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: use}}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	c, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
