package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hashout/csc/csctest"
	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/internal/judge"
	"hashout/pdfprep/pades"
)

// blank is a PDF of one empty page.
func blank() []byte {
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, text := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>"} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	start := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

// bytesSource is a pades.Source in memory.
type bytesSource []byte

func (s bytesSource) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(s).ReadAt(p, off)
}
func (s bytesSource) Size() int64 { return int64(len(s)) }
func (s bytesSource) Digest(_ context.Context, h crypto.Hash, before, after []byte) ([]byte, error) {
	d := h.New()
	d.Write(s)
	d.Write(before)
	d.Write(after)
	return d.Sum(nil), nil
}

// key is one kind of signer.
type key struct {
	name      string
	typ       csctest.KeyType
	algorithm sigalg.Algorithm
}

var keys = []key{
	{"RSA-2048", csctest.RSA2048, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
	{"RSA-3072", csctest.RSA3072, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
	{"RSA-4096", csctest.RSA4096, sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA512}},
	{"PSS", csctest.RSA2048, sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA256}},
	{"P-256", csctest.P256, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
	{"P-384", csctest.P384, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA384}},
	{"P-521", csctest.P521, sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA512}},
	{"Ed25519", csctest.Ed25519, sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}},
}

// bench is a service with a credential for each kind of signer, and what it takes to sign natively with their keys.
type bench struct {
	*csctest.Server
	ring *csctest.KeyRing
	web  *web
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{ring: csctest.NewKeyRing(), web: &web{}}
	var specs []csctest.CredentialSpec
	for _, k := range keys {
		specs = append(specs, csctest.CredentialSpec{ID: k.name, Name: "Throw-away " + k.name, Key: k.typ, PIN: "1234"})
	}
	b.Server = csctest.NewServer(t, csctest.Options{Credentials: specs, Keys: b.ring})
	return b
}

func (b *bench) authorities() []pades.Timestamper {
	return []pades.Timestamper{pades.TSA(b.TSAURL(), b.web)}
}

func (b *bench) value(t *testing.T, k key, toBeSigned []byte) []byte {
	t.Helper()
	signer := must(b.ring.Key(k.typ, k.name))
	switch k.algorithm.Scheme {
	case sigalg.PSS:
		return must(signer.Sign(rand.Reader, toBeSigned, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: k.algorithm.Hash}))
	case sigalg.Ed25519:
		return must(signer.Sign(rand.Reader, toBeSigned, crypto.Hash(0)))
	case sigalg.ECDSA:
		return must(ecdsa.SignASN1(rand.Reader, signer.(*ecdsa.PrivateKey), toBeSigned))
	}
	return must(signer.Sign(rand.Reader, toBeSigned, k.algorithm.Hash))
}

// sign makes a signature of level B-B or B-T and gives the update.
func (b *bench) sign(t *testing.T, k key, pdf []byte, level pades.Level, open pdfprep.OpenOptions, o pdfprep.SignOptions, more func(*cms.Options)) []byte {
	t.Helper()
	c := cms.Options{Certificate: certificate(t, b.Server, k.name), Chain: []*x509.Certificate{b.Intermediate()}, Algorithm: k.algorithm, SigningTime: time.Now()}
	if more != nil {
		more(&c)
	}
	plan := must(pades.NewPlan(level, c))
	d := must(pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), open))
	o.ReservedBytes, o.SubFilter, o.SigningTime = plan.ReservedBytes, pdfprep.SubFilter(plan.SubFilter), plan.SigningTime
	if o.Extensions == nil {
		o.Extensions = plan.Extensions
	}
	p, err := d.Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	digest := must(bytesSource(pdf).Digest(t.Context(), k.algorithm.Hash, p.Before(), p.After()))
	attributes := must(cms.NewSignedAttributes(plan.CMS, digest))
	der, err := plan.Complete(t.Context(), attributes, b.value(t, k, attributes.ToBeSigned()), b.authorities())
	if err != nil {
		t.Fatal(err)
	}
	return must(p.Embed(der))
}

func (b *bench) extendOptions(level pades.Level, open pdfprep.OpenOptions) pades.ExtendOptions {
	return pades.ExtendOptions{Level: level, Authorities: b.authorities(), Random: rand.Reader, Document: open,
		Collect: pades.CollectOptions{Fetcher: b.web, Now: time.Now()},
		Open: func(ctx context.Context, r io.ReaderAt, size int64) (*pdfprep.Document, error) {
			return pdfprep.Open(ctx, r, size, open)
		}}
}

// kind is one kind of file to sign.
type kind struct {
	name     string
	password string
	make     func(t *testing.T, b *bench, pdf []byte) []byte
	options  pdfprep.SignOptions
}

func byQPDF(args ...string) func(t *testing.T, _ *bench, pdf []byte) []byte {
	return func(t *testing.T, _ *bench, pdf []byte) []byte {
		in, out := filepath.Join(t.TempDir(), "in.pdf"), filepath.Join(t.TempDir(), "out.pdf")
		if err := os.WriteFile(in, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := exec.Command("qpdf", append(args, in, out)...).CombinedOutput(); err != nil {
			t.Fatalf("qpdf: %v: %s", err, said)
		}
		return must(os.ReadFile(out))
	}
}

// bySigning makes a file that was signed by something that declares no extensions.
func bySigning(o pdfprep.SignOptions) func(t *testing.T, b *bench, pdf []byte) []byte {
	o.Extensions = []pdfprep.Extension{}
	return func(t *testing.T, b *bench, pdf []byte) []byte {
		return append(bytes.Clone(pdf), b.sign(t, keys[4], pdf, pades.BB, pdfprep.OpenOptions{}, o, nil)...)
	}
}

var kinds = []kind{
	{name: "fresh"},
	{name: "signed", make: bySigning(pdfprep.SignOptions{})},
	{name: "certified P2", make: bySigning(pdfprep.SignOptions{Certify: pdfprep.FormFilling})},
	{name: "certified P3", make: bySigning(pdfprep.SignOptions{Certify: pdfprep.Annotations})},
	{name: "certifying P1", options: pdfprep.SignOptions{Certify: pdfprep.NoChanges}},
	{name: "xref stream", make: byQPDF("--object-streams=generate")},
	{name: "PDF 2.0", make: func(_ *testing.T, _ *bench, pdf []byte) []byte {
		return bytes.Replace(pdf, []byte("PDF-1.7"), []byte("PDF-2.0"), 1)
	}},
	{name: "encrypted", password: "usr", make: byQPDF("--encrypt", "usr", "own", "256", "--")},
}

// made is one file of the matrix.
type made struct {
	name, original, signed, password string
	level                            pades.Level
	key                              string
}

// build signs one kind of file with one kind of key, extends it step by step, and keeps each level as a file.
func (b *bench) build(t *testing.T, dir string, k key, f kind) (list []made) {
	t.Helper()
	pdf, open := blank(), pdfprep.OpenOptions{Password: f.password}
	if f.make != nil {
		pdf = f.make(t, b, pdf)
	}
	name := strings.ReplaceAll(k.name+"-"+f.name, " ", "-")
	original := filepath.Join(dir, name+".pdf")
	write := func(path string, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(original, pdf)
	keep := func(level pades.Level, update []byte) {
		one := made{name: name + " " + string(level), original: original, signed: filepath.Join(dir, name+"-"+string(level)+".pdf"), password: f.password, level: level, key: k.name}
		write(one.signed, append(bytes.Clone(pdf), update...))
		list = append(list, one)
	}
	keep(pades.BB, b.sign(t, k, pdf, pades.BB, open, f.options, nil))
	update := b.sign(t, k, pdf, pades.BT, open, f.options, nil)
	keep(pades.BT, update)
	for _, level := range []pades.Level{pades.BLT, pades.BLTA} {
		o := b.extendOptions(level, open)
		o.Update = update
		x := pades.Extend(t.Context(), bytesSource(pdf), o)
		if x.Shortfall != nil || x.Level != level || !bytes.HasPrefix(x.Update, update) {
			t.Fatalf("%s: reached %s: %v", name, x.Level, x.Shortfall)
		}
		update = x.Update
		keep(level, update)
	}
	return list
}

// wanted picks, of 256 files, those that are judged: all with HASHOUT_MATRIX=full; else every level of every key in a fresh file and of one key
// in every kind of file, and the highest level, which has all the others in it, of every key in every kind.
func wanted(k key, f kind, level pades.Level) bool {
	return os.Getenv("HASHOUT_MATRIX") == "full" || k.name == "P-256" || f.name == "fresh" || level == pades.BLTA
}

// TestEveryLevelWithEveryKeyInEveryKindOfFile is judged by pyHanko, offline, by its validation of B-LTA and with revocation data demanded, by
// pdfsig, and by EU DSS, which must name the very level that was asked for. HASHOUT_OUT=folder keeps the files.
func TestEveryLevelWithEveryKeyInEveryKindOfFile(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("SKIPPED: the judges are programs, which a browser does not start")
	}
	b := newBench(t)
	j := judge.Require(t, b.RootPEM())
	dir := os.Getenv("HASHOUT_OUT")
	if dir == "" {
		dir = t.TempDir()
	} else if err := os.WriteFile(filepath.Join(dir, "root.pem"), b.RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	var all []made
	for _, k := range keys {
		for _, f := range kinds {
			for _, one := range b.build(t, dir, k, f) {
				if wanted(k, f, one.level) {
					all = append(all, one)
				}
			}
		}
	}
	t.Run("Verify", func(t *testing.T) { verifyMade(t, b, all) })
	t.Run("judges", func(t *testing.T) { // side by side: each is one process
		t.Run("EU DSS", func(t *testing.T) {
			t.Parallel()
			judgeByDSS(t, j, all)
		})
		t.Run("pyHanko", func(t *testing.T) {
			t.Parallel()
			for _, one := range all {
				c := judge.Case{Original: one.original, Signed: one.signed, Password: one.password, Level: string(one.level), Waive: map[string]string{}}
				if one.key == "Ed25519" || one.key == "PSS" {
					c.Waive["pdfsig.valid"] = "NSS in poppler 22.12 does not know the algorithm"
					c.Waive["pdfsig.trust"] = c.Waive["pdfsig.valid"]
				}
				if err := j.Signatures(t.Context(), c).Err(); err != nil {
					t.Errorf("%s: %v", one.name, err)
				}
			}
		})
	})
}

func judgeByDSS(t *testing.T, j *judge.Judge, all []made) []judge.DSSReport {
	t.Helper()
	var paths []string
	for _, one := range all {
		paths = append(paths, one.signed)
	}
	reports, ok, err := j.DSS(t.Context(), "usr", paths...)
	switch {
	case !ok && os.Getenv("CI") == "true":
		t.Fatal("EU DSS is not installed; run .ci/setup")
	case !ok:
		t.Skip("SKIPPED: EU DSS is not installed, so no reference validator names the levels; run .ci/setup")
	case err != nil:
		t.Fatal(err)
	}
	for i, r := range reports {
		one := all[i]
		if r.Error != "" || len(r.Signatures) == 0 {
			t.Errorf("%s: %s, %d signatures", one.name, r.Error, len(r.Signatures))
			continue
		}
		s := r.Signatures[len(r.Signatures)-1]
		if want := "PAdES-BASELINE-" + strings.TrimPrefix(string(one.level), "B-"); s.Format != want {
			t.Errorf("%s: EU DSS calls it %s: %s %s", one.name, s.Format, s.Indication, s.Why)
		}
		want := "TOTAL_PASSED "
		switch {
		case one.level == pades.BB || one.level == pades.BT: // nothing in the file tells whether a certificate was revoked, and DSS is offline
			want = "INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE"
		case one.key == "Ed25519": // the policy of DSS authorises no EdDSA, in whatever file
			want = "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
		}
		if got := s.Indication + " " + s.SubIndication; got != want {
			t.Errorf("%s: EU DSS says %s: %s", one.name, got, s.Why)
		}
	}
	return reports
}
