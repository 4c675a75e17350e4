package cms_test

import (
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// python finds the interpreter that has pyHanko, as .ci/setup installs it.
func python(t *testing.T) string {
	t.Helper()
	venv := os.Getenv("HASHOUT_VENV")
	if venv == "" {
		venv = filepath.Join("..", "..", ".cache", "venv")
	}
	path := filepath.Join(venv, "bin", "python")
	if err := exec.Command(path, "-I", "-c", "import pyhanko").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pyHanko is not installed (make setup): no judge for Ed25519 and for DER")
		}
		t.Skip("SKIPPED: pyHanko is not installed (make setup): no judge for Ed25519 and for DER")
	}
	return path
}

func TestPyHankoAcceptsEveryAlgorithm(t *testing.T) {
	program, dir := python(t), t.TempDir()
	write(t, dir, "root.der", pki().root.Raw)
	write(t, dir, "document", document)
	want := map[string]bool{}
	file := func(name string, der []byte) {
		name = strings.NewReplacer(" ", "-", "/", "-").Replace(name) + ".sig"
		write(t, dir, name, der)
		want[name] = true
	}
	for _, v := range variants() {
		o := v.options()
		o.AlgorithmProtection = true
		file(v.String(), build(t, v, o))
	}
	v := p256()
	file("der", build(t, v, v.options()))
	file("statements", build(t, v, qualified(t)))
	attrs := must(cms.NewSignedAttributes(v.options(), digestOf(crypto.SHA256, document)))
	value := v.sign(t, v.algorithm, attrs.ToBeSigned())
	r := must(cms.SignatureTimestampRequest(crypto.SHA256, value))
	file("stamped", must(attrs.Assemble(value, cms.TimestampAttribute(must(r.Accept(answer(t, tsa(), must(r.DER()), nil)))))))

	other := must(cms.NewSignedAttributes(v.options(), digestOf(crypto.SHA256, []byte("another document"))))
	write(t, dir, "bad.sig", must(other.Assemble(v.sign(t, v.algorithm, other.ToBeSigned()))))

	out, err := exec.Command(program, "-I", filepath.Join("testdata", "validate.py"), dir, noon.Add(time.Hour).Format(time.RFC3339)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	verdicts := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, verdict, _ := strings.Cut(strings.TrimSpace(line), " ")
		verdicts[name] = verdict
	}
	for name := range want {
		if verdicts[name] != "ok" {
			t.Errorf("%s: %q", name, verdicts[name])
		}
	}
	if v := verdicts["bad.sig"]; v == "ok" || v == "" {
		t.Errorf("a signature of another document is %q: the judge is not asked properly", v)
	}
	if len(want) < len(variants())+3 || !want[strings.ReplaceAll(variant{signerOf("Ed25519"), sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}}.String(), " ", "-")+".sig"] {
		t.Error("a variant was not judged")
	}
}
