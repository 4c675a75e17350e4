package csctest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"
)

// openssl runs the outside judge, or skips and says so.
func openssl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed: no outside judge")
		}
		t.Skip("SKIPPED: openssl is not installed: no outside judge")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *client) raw(address, contentType string, body []byte) []byte {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	a := c.do(r)
	if a.status != 200 {
		c.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a.raw
}

func TestOpensslTrustsTheChains(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	root, inter := write(t, "root.pem", c.s.RootPEM()), write(t, "inter.pem", certPEM(c.s.Intermediate()))
	for _, id := range []string{"demo-rsa-2048", "demo-p-256", "demo-p-384", "demo-p-521", "demo-ed25519"} {
		cert, err := c.s.Certificate(id)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := openssl(t, "verify", "-x509_strict", "-CAfile", root, "-untrusted", inter, write(t, "c.pem", certPEM(cert))); err != nil {
			t.Fatalf("%s: %s", id, out)
		}
	}
	tsa := write(t, "tsa.pem", certPEM(c.s.TSACertificate()))
	if out, err := openssl(t, "verify", "-x509_strict", "-purpose", "timestampsign", "-CAfile", root, "-untrusted", inter, tsa); err != nil {
		t.Fatal(out)
	}
}

func TestOpensslAcceptsOCSPAndCRL(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	root, inter := write(t, "root.pem", c.s.RootPEM()), write(t, "inter.pem", certPEM(c.s.Intermediate()))
	crl := write(t, "crl.der", c.get(c.s.URL+"/crl/intermediate.crl").raw)
	for id, want := range map[string]string{"demo-p-256": ": good", "demo-revoked": ": revoked"} {
		cert, err := c.s.Certificate(id)
		if err != nil {
			t.Fatal(err)
		}
		out, err := openssl(t, "ocsp", "-issuer", inter, "-cert", write(t, "c.pem", certPEM(cert)),
			"-url", c.s.URL+"/ocsp", "-CAfile", root, "-verify_other", inter)
		if err != nil || !strings.Contains(out, want) || !strings.Contains(out, "Response verify OK") {
			t.Fatalf("%s: %v %s", id, err, out)
		}
	}
	if out, err := openssl(t, "crl", "-inform", "DER", "-in", crl, "-CAfile", inter, "-noout"); err != nil || !strings.Contains(out, "verify OK") {
		t.Fatal(out)
	}
}

// askOCSP asks by GET and by POST and wants the same answer.
func (c *client) askOCSP(cert, issuer *x509.Certificate) *ocsp.Response {
	c.t.Helper()
	req, err := ocsp.CreateRequest(cert, issuer, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	byPost, err := ocsp.ParseResponseForCert(c.raw(c.s.URL+"/ocsp", "application/ocsp-request", req), cert, issuer)
	if err != nil {
		c.t.Fatal(err)
	}
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(base64.StdEncoding.EncodeToString(req))
	byGet, err := ocsp.ParseResponseForCert(c.get(c.s.URL+"/ocsp/"+escaped).raw, cert, issuer)
	if err != nil || byGet.Status != byPost.Status {
		c.t.Fatalf("GET and POST differ: %v", err)
	}
	return byPost
}

func TestOCSPStatuses(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	cert, err := c.s.Certificate("demo-p-256")
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[CertStatus]int{CertValid: ocsp.Good, CertRevoked: ocsp.Revoked, CertSuspended: ocsp.Revoked, CertUnknown: ocsp.Unknown, CertStale: ocsp.Good} {
		c.s.SetStatus("demo-p-256", status)
		r := c.askOCSP(cert, c.s.Intermediate())
		if r.Status != want || r.NextUpdate.Before(c.s.now()) != (status == CertStale) {
			t.Errorf("%q: status %d, next update %v", status, r.Status, r.NextUpdate)
		}
	}
	if r := c.askOCSP(c.s.Intermediate(), c.s.Root()); r.Status != ocsp.Good {
		t.Errorf("intermediate: %d", r.Status)
	}
	if r := c.askOCSP(c.s.TSACertificate(), c.s.Intermediate()); r.Status != ocsp.Good {
		t.Errorf("TSA: %d", r.Status)
	}
	other := newClient(t, Options{Keys: NewKeyRing()}, "v1")
	req, err := ocsp.CreateRequest(cert, other.s.Intermediate(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ocsp.ParseResponse(c.raw(c.s.URL+"/ocsp", "application/ocsp-request", req), nil); err == nil {
		t.Error("a foreign issuer was served")
	}
	if _, err := ocsp.ParseResponse(c.raw(c.s.URL+"/ocsp", "application/ocsp-request", []byte("junk")), nil); err == nil {
		t.Error("junk was served")
	}
}

func TestPKIEndpointsRefuseTokens(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	for _, path := range []string{"/tsa", "/ocsp", "/crl/root.crl", "/aia/root.cer"} {
		r, err := http.NewRequest(http.MethodGet, c.s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		if a := c.do(r); a.status != 400 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestPointersLeadSomewhere(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	cert, err := c.s.Certificate("demo-p-256")
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(c.get(cert.IssuingCertificateURL[0]).raw)
	if err != nil || !issuer.Equal(c.s.Intermediate()) {
		t.Fatal(err)
	}
	if root, err := x509.ParseCertificate(c.get(issuer.IssuingCertificateURL[0]).raw); err != nil || !root.Equal(c.s.Root()) {
		t.Fatal(err)
	}
	if _, err := c.s.Certificate("demo-revoked"); err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(c.get(cert.CRLDistributionPoints[0]).raw)
	if err != nil || list.CheckSignatureFrom(issuer) != nil || len(list.RevokedCertificateEntries) != 1 {
		t.Fatalf("%v %v", err, list)
	}
	if cert.OCSPServer[0] != c.s.URL+"/ocsp" {
		t.Fatal(cert.OCSPServer)
	}
}

func TestOpensslAcceptsTimestamps(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	root, inter := write(t, "root.pem", c.s.RootPEM()), write(t, "inter.pem", certPEM(c.s.Intermediate()))
	data := write(t, "data", []byte("data"))
	query := filepath.Join(t.TempDir(), "q.tsq")
	if out, err := openssl(t, "ts", "-query", "-data", data, "-sha512", "-cert", "-out", query); err != nil {
		t.Fatal(out)
	}
	q, err := os.ReadFile(query)
	if err != nil {
		t.Fatal(err)
	}
	verifyReply := func() (string, error) {
		reply := write(t, "r.tsr", c.raw(c.s.TSAURL(), "application/timestamp-query", q))
		return openssl(t, "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", root, "-untrusted", inter)
	}
	if out, err := verifyReply(); err != nil {
		t.Fatal(out)
	}
	for name, bad := range map[string]TSA{
		"rejection": {Status: 2}, "wrong nonce": {WrongNonce: true}, "no nonce": {NoNonce: true},
		"wrong imprint": {WrongImprint: true}, "no certificates": {NoCertificates: true}, "foreign signer": {ForeignSigner: true},
	} {
		c.s.SetTSA(bad)
		if out, err := verifyReply(); err == nil {
			t.Errorf("%s accepted: %s", name, out)
		}
	}
	c.s.Reset()
	c.token = c.s.AccessToken()
	sum := sha256.Sum256([]byte("data"))
	token := unb64(t, c.must("signatures/timestamp", map[string]any{"hash": b64(sum[:]), "hashAlgo": oidSHA256, "nonce": "0a1b"})["timestamp"])
	out, err := openssl(t, "ts", "-verify", "-data", data, "-in", write(t, "t", token), "-token_in", "-CAfile", root, "-untrusted", inter)
	if err != nil {
		t.Fatal(out)
	}
}

func TestOpensslAcceptsSignDoc(t *testing.T) {
	c := newClient(t, Options{}, "v2")
	content := []byte("the bytes of a ByteRange")
	sum := sha256.Sum256(content)
	anchors := write(t, "ca.pem", append(c.s.RootPEM(), certPEM(c.s.Intermediate())...))
	for _, tc := range []struct{ id, algo, level string }{
		{"demo-p-521", oidECSHA256, "AdES-B-B"}, {"demo-rsa-2048", oidRSASHA256, "Ades-B-T"},
		{"demo-rsa-2048", oidPSS, "AdES-B-LT"}, {"demo-p-256", oidECSHA256, "AdES-B-T"},
	} {
		params := ""
		if tc.algo == oidPSS {
			params = pssParamsFor(oidSHA256)
		}
		entry := map[string]any{
			"hashes": []string{b64(sum[:])}, "signature_format": "P", "conformance_level": tc.level, "signAlgo": tc.algo,
			"hashAlgorithmOID": oidSHA256, "signed_envelope_property": "Revision",
		}
		if params != "" {
			entry["signAlgoParams"] = params
		}
		sad := c.must("credentials/authorize", map[string]any{
			"credentialID": tc.id, "numSignatures": 1, "hashes": []string{b64(sum[:])}, "hashAlgorithmOID": oidSHA256,
			"authData": []any{map[string]any{"id": "PIN", "value": DemoPIN}},
		})["SAD"]
		a := c.must("signatures/signDoc", map[string]any{
			"credentialID": tc.id, "SAD": sad, "documentDigests": []any{entry}, "hashAlgorithmOID": oidSHA256,
		})
		if (a["validationInfo"] != nil) != (tc.level == "AdES-B-LT") {
			t.Fatalf("%s: validationInfo %v", tc.level, a["validationInfo"])
		}
		sig := write(t, "sig.der", unb64(t, a["SignatureObject"].([]any)[0]))
		out, err := openssl(t, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", sig,
			"-content", write(t, "content", content), "-CAfile", anchors, "-purpose", "any", "-out", os.DevNull)
		if err != nil {
			t.Fatalf("%+v: %s", tc, out)
		}
	}
}
