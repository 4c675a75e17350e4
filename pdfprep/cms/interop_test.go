package cms_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digitorus/pkcs7"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

func openssl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed: no second judge for CMS")
		}
		t.Skip("SKIPPED: openssl is not installed: no second judge for CMS")
	}
	return path
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLAcceptsEveryAlgorithm(t *testing.T) {
	program, dir := openssl(t), t.TempDir()
	ca := write(t, dir, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki().root.Raw}))
	good := write(t, dir, "document", document)
	bad := write(t, dir, "other", []byte("another document"))
	verify := func(sig, content string, cades bool) (string, error) {
		args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", sig, "-content", content, "-CAfile", ca, "-purpose", "any", "-out", os.DevNull}
		if cades {
			args = append(args, "-cades")
		}
		out, err := exec.Command(program, args...).CombinedOutput()
		return string(out), err
	}
	for _, v := range variants() {
		if v.algorithm.Scheme == sigalg.Ed25519 {
			continue // OpenSSL 3.0 digests signed attributes before Ed25519 and fails; pkcs7 below is the judge for it
		}
		t.Run(v.String(), func(t *testing.T) {
			o := v.options()
			o.AlgorithmProtection = true
			sig := write(t, dir, "sig", build(t, v, o))
			if out, err := verify(sig, good, true); err != nil {
				t.Errorf("refused: %s", out)
			}
			if _, err := verify(sig, bad, true); err == nil {
				t.Error("openssl accepts another document: the judge is not asked properly")
			}
		})
	}
}

// An asn1 tool that is not ours must agree that the encoding is DER: parsing and writing again gives the same bytes.
func TestOpenSSLWritesTheSameBytesAgain(t *testing.T) {
	program, dir := openssl(t), t.TempDir()
	for _, v := range []variant{p256(), rsa2048()} {
		der := build(t, v, v.options())
		out, err := exec.Command(program, "cms", "-cmsout", "-inform", "DER", "-in", write(t, dir, "sig", der), "-outform", "DER").Output()
		if err != nil || string(out) != string(der) {
			t.Errorf("%v: %v, %d bytes become %d", v, err, len(der), len(out))
		}
	}
}

func TestPKCS7AcceptsWhatItKnows(t *testing.T) {
	roots := x509.NewCertPool()
	roots.AddCert(pki().root)
	for _, v := range variants() {
		if v.algorithm.Scheme == sigalg.PSS {
			continue // it takes PSS for an unknown algorithm
		}
		p7, err := pkcs7.Parse(build(t, v, v.options()))
		if err != nil {
			t.Errorf("%v: %v", v, err)
			continue
		}
		p7.Content = document
		if err := p7.VerifyWithChainAtTime(roots, noon); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestWhatOpenSSLSignsIsRead(t *testing.T) {
	program, dir := openssl(t), t.TempDir()
	content := write(t, dir, "document", document)
	for name, tc := range map[string]struct {
		v    variant
		args []string
		want sigalg.Scheme
	}{
		"CAdES":               {p256(), []string{"-cades"}, sigalg.ECDSA},
		"plain CMS":           {rsa2048(), nil, sigalg.PKCS1v15},
		"PSS":                 {rsa2048(), []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"}, sigalg.PSS},
		"key identifier":      {p256(), []string{"-keyid"}, sigalg.ECDSA},
		"no attributes":       {rsa2048(), []string{"-noattr"}, sigalg.PKCS1v15},
		"BER with indefinite": {rsa2048(), []string{"-stream"}, sigalg.PKCS1v15},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := x509.MarshalPKCS8PrivateKey(tc.v.key)
			if err != nil {
				t.Fatal(err)
			}
			cert := write(t, dir, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tc.v.cert.Raw}))
			keyFile := write(t, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
			out := filepath.Join(dir, "out")
			args := append([]string{"cms", "-sign", "-binary", "-md", "sha256", "-in", content, "-signer", cert, "-inkey", keyFile, "-outform", "DER", "-out", out}, tc.args...)
			if msg, err := exec.Command(program, args...).CombinedOutput(); err != nil {
				t.Fatalf("openssl: %s", msg)
			}
			der, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			s, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if s.BER != strings.HasPrefix(name, "BER") || s.Signer.Algorithm.Scheme != tc.want {
				t.Errorf("BER %v, %v", s.BER, s.Signer.Algorithm)
			}
			if err := s.Verify(digestOf(crypto.SHA256, document)); err != nil {
				t.Error(err)
			}
			if err := s.Verify(digestOf(crypto.SHA256, nil)); err == nil {
				t.Error("holds for another document")
			}
		})
	}
}
