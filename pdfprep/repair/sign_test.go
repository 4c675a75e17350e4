package repair_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/internal/judge"
	"hashout/pdfprep/pades"
	"hashout/pdfprep/repair"
)

// notary signs repaired documents with a throw-away key under a throw-away root.
type notary struct {
	key        *ecdsa.PrivateKey
	leaf, root *x509.Certificate
}

func newNotary(t *testing.T) *notary {
	t.Helper()
	n := &notary{}
	var rootKey *ecdsa.PrivateKey
	n.root, rootKey = certify(t, "Root", nil, nil)
	n.leaf, n.key = certify(t, "Signer", n.root, rootKey)
	return n
}

func certify(t *testing.T, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}
	if parent == nil {
		template.IsCA, template.KeyUsage, parent, parentKey = true, x509.KeyUsageCertSign, template, key
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

func (n *notary) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.root.Raw})
}

var errHealthy = errors.New("opens without repair")

// sign goes the way that a product goes: repair only where it helps.
func (n *notary) sign(ctx context.Context, original []byte, password string) ([]byte, error) {
	r, size := bytes.NewReader(original), int64(len(original))
	open := pdfprep.OpenOptions{Password: password}
	document, err := pdfprep.Open(ctx, r, size, open)
	if err == nil {
		_, err = document.Prepare(ctx, pdfprep.SignOptions{ReservedBytes: 1, SigningTime: time.Now()})
	}
	if err == nil {
		return nil, errHealthy
	}
	if !repair.Helps(err) {
		return nil, err
	}
	if document, err = repair.Open(ctx, r, size, repair.Options{Password: password}); err != nil {
		return nil, err
	}
	plan, err := pades.NewPlan(pades.BB, cms.Options{Certificate: n.leaf, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}, Digest: crypto.SHA256})
	if err != nil {
		return nil, err
	}
	p, err := document.Prepare(ctx, pdfprep.SignOptions{ReservedBytes: plan.ReservedBytes, SigningTime: time.Now(), Field: pdfprep.FieldOptions{Name: "Repaired"}})
	if err != nil {
		return nil, err
	}
	digest, err := p.Digest(ctx, crypto.SHA256, r)
	if err != nil {
		return nil, err
	}
	attributes, err := cms.NewSignedAttributes(plan.CMS, digest)
	if err != nil {
		return nil, err
	}
	value, err := ecdsa.SignASN1(rand.Reader, n.key, attributes.ToBeSigned())
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
	_, err = pdfprep.Reread(ctx, bytes.NewReader(signed), int64(len(signed)), p, open)
	return signed, err
}

var (
	startxref = regexp.MustCompile(`startxref\s+\d+`)
	tableRow  = regexp.MustCompile(`(?m)^\d{10} \d{5} n`)
)

// damages break the cross-reference of a healthy file and nothing else.
var damages = map[string]func([]byte) []byte{
	"a wrong startxref": func(b []byte) []byte {
		all := startxref.FindAllIndex(b, -1)
		last := all[len(all)-1]
		return bytes.Join([][]byte{b[:last[0]], []byte("startxref\n7"), b[last[1]:]}, nil)
	},
	"no startxref": func(b []byte) []byte {
		all := startxref.FindAllIndex(b, -1)
		last := all[len(all)-1]
		return append(bytes.Clone(b[:last[0]]), b[last[1]:]...)
	},
	"bytes put in": func(b []byte) []byte {
		at := bytes.IndexByte(b, '\n') + 1
		return bytes.Join([][]byte{b[:at], []byte("% a line that an editor put in\n"), b[at:]}, nil)
	},
	"rows of zeros": func(b []byte) []byte { return tableRow.ReplaceAll(b, []byte("0000000003 00000 n")) },
}

func TestRepairedDocumentsAreSignedOrRefused(t *testing.T) {
	n := newNotary(t)
	j := judge.Require(t, n.pem())
	type row struct{ file, password string }
	var rows []row
	index, err := os.ReadFile("../testdata/corpus/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(index)) {
		if c := strings.Split(line, "\t"); strings.HasSuffix(c[0], ".pdf") {
			rows = append(rows, row{c[0], c[7]})
		}
	}
	dir := t.TempDir()
	signed, refused, healthy := 0, 0, 0
	try := func(name string, b, undamaged []byte, password string, must bool) {
		t.Run(name, func(t *testing.T) {
			out, err := n.sign(t.Context(), b, password)
			var typed *pdfprep.Error
			switch {
			case errors.Is(err, errHealthy):
				healthy++
				return
			case err != nil && must:
				t.Fatalf("refused: %v", err)
			case errors.As(err, &typed):
				refused++
				t.Logf("refused: %s: %v", typed.Code, err)
				return
			case err != nil:
				t.Fatalf("an error without a code: %v", err)
			}
			from, to, looks := filepath.Join(dir, "from.pdf"), filepath.Join(dir, "to.pdf"), filepath.Join(dir, "looks.pdf")
			for path, b := range map[string][]byte{from: b, to: out, looks: undamaged} {
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			verdict := j.Judge(t.Context(), judge.Case{Original: from, Signed: to, Looks: looks, Password: password})
			if err := verdict.Err(); err != nil {
				t.Error(err)
			}
			signed++
		})
	}
	for _, r := range rows {
		b, err := os.ReadFile(filepath.Join("../testdata/corpus", r.file))
		if err != nil {
			t.Fatal(err)
		}
		try(r.file, b, b, r.password, false)
	}
	for _, name := range []string{"syn-linearized-table.pdf", "syn-enc-aesv3-r6-user-objstm.pdf", "syn-stream-with-fake-objects.pdf", "syn-enc-aesv2-empty.pdf",
		"pdfpig-felltypes-test.pdf", "pdfminer-jo.pdf"} {
		b, err := os.ReadFile(filepath.Join("../testdata/corpus", name))
		if err != nil {
			t.Fatal(err)
		}
		password := ""
		if strings.Contains(name, "user") {
			password = "usr"
		}
		for damage, apply := range damages {
			try(fmt.Sprintf("%s with %s", name, damage), apply(b), b, password, true)
		}
	}
	t.Logf("%d signed, %d refused, %d opened without repair", signed, refused, healthy)
	if signed < 20 {
		t.Errorf("only %d signed", signed)
	}
}
