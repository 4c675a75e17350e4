package pdfprep_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/internal/judge"
	"hashout/pdfprep/pades"
)

var _ = sha512.New

// signer is a throw-away key with a self-signed certificate.
type signer struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

var throwAway = sync.OnceValues(func() (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Throw-away signer"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &signer{key, cert}, err
})

// sign runs the whole way natively: open, prepare, hash, sign, embed, reread, verify.
func (s *signer) sign(ctx context.Context, original []byte, password string, o pdfprep.SignOptions) ([]byte, error) {
	r, size := bytes.NewReader(original), int64(len(original))
	d, err := pdfprep.Open(ctx, r, size, pdfprep.OpenOptions{Password: password})
	if err != nil {
		return nil, err
	}
	return s.signDocument(ctx, d, original, password, o)
}

func (s *signer) signDocument(ctx context.Context, d *pdfprep.Document, original []byte, password string, o pdfprep.SignOptions) ([]byte, error) {
	r, size := bytes.NewReader(original), int64(len(original))
	asked, err := d.Constraints(ctx, o.Field)
	if err != nil {
		return nil, err
	}
	hash := crypto.SHA256
	if len(asked.Digests) > 0 {
		hash = asked.Digests[0]
	}
	o.DigestMethod = hash
	plan, err := pades.NewPlan(pades.BB, cms.Options{Certificate: s.cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: hash}, Digest: hash, SigningTime: o.SigningTime, EmbedRoots: true})
	if err != nil {
		return nil, err
	}
	o.ReservedBytes += plan.ReservedBytes // what the caller wants is room to spare
	p, err := d.Prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	digest, err := p.Digest(ctx, hash, r)
	if err != nil {
		return nil, err
	}
	attributes, err := cms.NewSignedAttributes(plan.CMS, digest)
	if err != nil {
		return nil, err
	}
	value, err := ecdsa.SignASN1(rand.Reader, s.key, attributes.ToBeSigned())
	if err != nil {
		return nil, err
	}
	der, err := attributes.Assemble(value)
	if err != nil {
		return nil, err
	}
	update, err := p.Embed(der)
	if err != nil {
		return nil, err
	}
	signed := append(bytes.Clone(original), update...)
	contents, err := pdfprep.Reread(ctx, bytes.NewReader(signed), size+int64(len(update)), p, pdfprep.OpenOptions{Password: password})
	if err != nil {
		return nil, err
	}
	// Not the digest of before: what a stranger would hash.
	again, err := p.Digest(ctx, hash, pdfprep.Concat(r, size, update))
	if err != nil {
		return nil, err
	}
	return signed, plan.Check(contents, again)
}

// entry is one row of testdata/corpus/index.tsv.
type entry struct{ file, password, outcome, expected string }

func corpus(t testing.TB) []entry {
	t.Helper()
	text, err := os.ReadFile("testdata/corpus/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []entry
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		c := strings.Split(line, "\t")
		if i == 0 || len(c) < 10 {
			continue
		}
		list = append(list, entry{file: c[0], password: c[7], outcome: c[8], expected: c[9]})
	}
	return list
}

var signingTime = time.Date(2026, 3, 1, 12, 30, 0, 0, time.FixedZone("", 2*3600))

// Limits of the judges that some files meet.
const (
	marksEmptyFields = "mutool draws a mark of its own into signature fields that are not signed yet"
	repairsHeaders   = "mutool takes a file whose header does not come first for broken, repairs it, and then measures another length"
)

// waivers are checks that fail by a limit of the judge, by file. Only checks named here are not counted.
var waivers = map[string]map[string]string{
	"syn-sig-empty-nested-2widgets.pdf":   {"mutool.render": marksEmptyFields},
	"syn-fieldmdp-incl-name-table.pdf":    {"mutool.render": marksEmptyFields},
	"syn-fieldmdp-excl-target-objstm.pdf": {"mutool.render": marksEmptyFields},
	"syn-empty-sv-sha512-objstm.pdf":      {"mutool.render": marksEmptyFields},
	"syn-empty-sv-certify-table.pdf":      {"mutool.render": marksEmptyFields},
	"syn-empty-locked-all-p1-objstm.pdf":  {"mutool.render": marksEmptyFields},
	"syn-cert-p2-emptyfield-objstm.pdf":   {"mutool.render": marksEmptyFields},
	"syn-header-offset-599-absolute.pdf":  {"mutool.signature": repairsHeaders},
	"pdfpig-23056-pmc2132516.pdf":         {"mutool.signature": repairsHeaders},
	"pdflib-sample-form.pdf": {
		"mutool.render":     marksEmptyFields,
		"pyhanko.integrity": "pyHanko judges the field's seed values too and stumbles over one that is a reference",
	},
}

// TestCorpusEndsAsItsTableSays signs every file of the corpus, or sees it refused, and gives what was signed to the outside judges:
// structure no worse than before, earlier signatures with the verdict they had, pages that look and read the same.
// HASHOUT_OUT=folder keeps the signed files.
func TestCorpusEndsAsItsTableSays(t *testing.T) {
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	var j *judge.Judge // in a browser there is nobody to ask: there the outcome itself is the test
	if runtime.GOOS != "js" {
		j = judge.Require(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	}
	dir := os.Getenv("HASHOUT_OUT")
	if dir == "" {
		dir = t.TempDir()
	}
	for _, e := range corpus(t) {
		t.Run(e.file, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata/corpus", e.file)
			original, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			signed, err := s.sign(t.Context(), original, e.password, pdfprep.SignOptions{SigningTime: signingTime, Location: "Zürich 東京", Software: "hashout", Extensions: bothExtensions})
			var own *pdfprep.Error
			switch {
			case err != nil && !errors.As(err, &own):
				t.Fatalf("an error without a code: %v", err)
			case err != nil && e.outcome == "sign":
				t.Fatalf("refused (%s: %v), but %s", own.Code, err, e.expected)
			case err == nil && e.outcome == "refuse":
				t.Fatalf("signed, but %s", e.expected)
			case err != nil:
				t.Logf("%s: %v", own.Code, err)
				return
			}
			if !bytes.HasPrefix(signed, original) {
				t.Fatal("the original is not a prefix of the signed file")
			}
			if j == nil {
				return
			}
			out := filepath.Join(dir, e.file)
			if err := os.WriteFile(out, signed, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := j.Judge(t.Context(), judge.Case{Original: path, Signed: out, Password: e.password, Waive: waivers[e.file]}).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
