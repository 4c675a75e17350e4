package csc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/cschttp"
	"hashout/csc/sigalg"
)

// A service that is not ours: certomancer-csc-dummy from PyPI.

// interpreter is the Python that has the service, or "" after saying why not.
func interpreter(t *testing.T) string {
	venv := os.Getenv("HASHOUT_VENV")
	if venv == "" {
		venv = filepath.Join("..", ".cache", "venv")
	}
	python, err := filepath.Abs(filepath.Join(venv, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", "import csc_dummy.runner").CombinedOutput()
	if err == nil {
		return python
	}
	why := fmt.Sprintf("certomancer-csc-dummy is not in the Python environment (HASHOUT_VENV, made by make setup): %v %s", err, out)
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip("SKIPPED, not judged by a foreign service: " + why)
	return ""
}

// foreign starts the service with throw-away keys.
func foreign(t *testing.T, scal int) *csc.Session {
	t.Helper()
	python := interpreter(t)
	dir := t.TempDir()
	names := map[string]any{"root": 0, "tsa": 0, "rsa": 2048, "ec256": elliptic.P256(), "ec384": elliptic.P384(), "ec521": elliptic.P521()}
	var keyList, certs strings.Builder
	for name, kind := range names {
		writeKey(t, filepath.Join(dir, name+".pem"), kind)
		fmt.Fprintf(&keyList, "      %s: {path: %s.pem}\n", name, name)
		issuer, usage := "root", "[digital_signature, non_repudiation]"
		if name == "root" {
			usage = "[key_cert_sign, crl_sign]"
		}
		fmt.Fprintf(&certs, "      %s:\n        subject: %s\n        issuer: %s\n        validity: {valid-from: '2020-01-01T00:00:00+0000', valid-to: '2100-01-01T00:00:00+0000'}\n        extensions:\n"+
			"          - {id: basic_constraints, critical: true, value: {ca: %v}}\n          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: %s}}\n", name, name, issuer, name == "root", usage)
		if name == "tsa" {
			certs.WriteString("          - {id: extended_key_usage, critical: true, value: [time_stamping]}\n")
		}
	}
	config := "keysets:\n  keys:\n    keys:\n" + keyList.String() +
		"pki-architectures:\n  arch:\n    keyset: keys\n    entities:\n"
	for name := range names {
		config += fmt.Sprintf("      %s: {common-name: Foreign %s}\n", name, name)
	}
	config += "    certs:\n" + certs.String() + "    services:\n      time-stamping:\n        tsa: {signing-cert: tsa}\n"
	path := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	cmd := exec.Command(python, "-c", fmt.Sprintf("from csc_dummy.runner import run_from_file; run_from_file('config.yml', %d, %s)", port, map[int]string{1: "False", 2: "True"}[scal]))
	cmd.Dir = dir
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	session, err := csc.NewSession(csc.SessionOptions{ServiceURL: fmt.Sprintf("http://localhost:%d", port), API: csc.V1, Transport: cschttp.New(nil), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := session.Info(t.Context()); err == nil {
			return session
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the foreign service ended: %v\n%s", err, log.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatal("the foreign service did not start")
		}
	}
}

func writeKey(t *testing.T, path string, kind any) {
	t.Helper()
	var key any
	var err error
	switch kind := kind.(type) {
	case elliptic.Curve:
		key, err = ecdsa.GenerateKey(kind, rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestForeignServiceUnderstandsUs(t *testing.T) {
	for _, scal := range []int{1, 2} {
		t.Run(fmt.Sprintf("SCAL%d", scal), func(t *testing.T) {
			session := foreign(t, scal)
			list, err := session.Credentials(t.Context(), csc.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 6 {
				t.Errorf("%d credentials", len(list))
			}
			for _, c := range list {
				if c.Problem != nil {
					t.Errorf("%s: %v", c.ID, c.Problem)
				}
			}
			for _, tc := range []struct {
				id string
				o  csc.SignerOptions
				n  int
			}{
				{"arch/rsa", csc.SignerOptions{}, 10},
				{"arch/rsa", csc.SignerOptions{Digest: crypto.SHA512}, 1},
				{"arch/rsa", csc.SignerOptions{PreferPSS: true}, 3},
				{"arch/rsa", csc.SignerOptions{PreferPSS: true, Digest: crypto.SHA384}, 1},
				{"arch/rsa", csc.SignerOptions{SignAlgo: sigalg.OIDRSAEncryption}, 1},
				{"arch/ec256", csc.SignerOptions{}, 25},
				{"arch/ec384", csc.SignerOptions{BatchSize: 2}, 5},
				{"arch/ec521", csc.SignerOptions{}, 2},
			} {
				credential, err := session.Credential(t.Context(), tc.id)
				if err != nil {
					t.Fatal(err)
				}
				if credential.SCAL != scal || len(credential.Chain) != 1 || credential.MaxBatch != 10 || credential.AuthMode != csc.AuthImplicit {
					t.Errorf("%+v", credential)
				}
				s, err := csc.NewSigner(session, credential, &csc.ExplicitAuthorizer{}, tc.o)
				if err != nil {
					t.Fatal(err)
				}
				mustSign(t, s.SignAll(t.Context(), digests(s, tc.id, tc.n), nil))
			}
			token, err := session.Timestamp(t.Context(), csc.TimestampRequest{Hash: sha("stamp"), Algorithm: crypto.SHA256, Nonce: []byte{1, 2, 3}, ClientData: "arch/tsa"})
			if err != nil || len(token) < 100 {
				t.Errorf("timestamp: %d bytes, %v", len(token), err)
			}
			_, err = session.Credential(t.Context(), "arch/unknown")
			wantCode(t, err, csc.ServiceError)
		})
	}
}
