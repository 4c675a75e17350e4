package pades_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep/pades"
)

func TestEvidenceCoversTheChainFromTheLeafAlone(t *testing.T) {
	s := service(t)
	w := &web{}
	e, err := collect(s, w, nil, certificate(t, s, "good"), s.TSACertificate())
	if err != nil {
		t.Fatal(err)
	}
	names := subjects(e.Certificates)
	for _, want := range []string{"Throw-away good", "Demo Time-Stamping Authority", "Demo Intermediate CA", "Demo Root CA", "Demo Intermediate CA OCSP Responder", "Demo Root CA OCSP Responder"} {
		if !strings.Contains(names, want) {
			t.Errorf("%s is not among %s", want, names)
		}
	}
	if len(e.Certificates) != 6 || len(e.OCSPs) != 3 || len(e.CRLs) != 0 {
		t.Errorf("%d certificates, %d OCSP responses, %d lists", len(e.Certificates), len(e.OCSPs), len(e.CRLs))
	}
	// What is there already is not asked for again.
	before := w.calls.Load()
	again, err := collect(s, w, func(o *pades.CollectOptions) { o.Known, o.OCSPs = e.Certificates, e.OCSPs }, certificate(t, s, "good"), s.TSACertificate())
	if err != nil || w.calls.Load() != before || len(again.OCSPs) != 3 {
		t.Errorf("second collection: %d requests, %v", w.calls.Load()-before, err)
	}
}

func TestRevocationListsStandInForOCSP(t *testing.T) {
	s := service(t)
	e, err := collect(s, &web{}, nil, certificate(t, s, "no OCSP"))
	if err != nil || len(e.CRLs) != 1 || len(e.OCSPs) != 1 { // the intermediate's status comes by OCSP
		t.Errorf("%+v, %v", e, err)
	}
	w := &web{lose: func(r *pades.Request) bool { return r.Purpose == pades.ForOCSP }}
	e, err = collect(s, w, nil, certificate(t, s, "good"))
	if err != nil || len(e.CRLs) != 2 || len(e.OCSPs) != 0 {
		t.Errorf("responder down: %+v, %v", e, err)
	}
}

func TestRevokedCertificateStopsTheCollection(t *testing.T) {
	s := service(t)
	for _, id := range []string{"revoked", "revoked by list"} {
		_, err := collect(s, &web{}, nil, certificate(t, s, id))
		var e *pades.Error
		if !errors.As(err, &e) || e.Code != pades.Unusable || e.Details["revokedAt"] == nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestEachMissingPieceIsNamed(t *testing.T) {
	s := service(t)
	for id, tc := range map[string]struct {
		lose func(r *pades.Request) bool
		kind string
		text string
	}{
		"unknown": {nil, "revocation", "does not know"},
		"stale":   {nil, "revocation", "out of date"},
		"nowhere": {nil, "revocation", "does not say where"},
		"no AIA":  {nil, "issuer", "does not say where"},
		"good":    {func(r *pades.Request) bool { return strings.HasSuffix(r.URL, "intermediate.cer") }, "issuer", "connection refused"},
		"no OCSP": {func(r *pades.Request) bool { return strings.HasSuffix(r.URL, "intermediate.crl") }, "revocation", "connection refused"},
	} {
		e, err := collect(s, &web{lose: tc.lose}, nil, certificate(t, s, id))
		var failure *pades.Error
		if !errors.As(err, &failure) || failure.Code != pades.Unavailable || !failure.Retryable() {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if e == nil || len(e.Certificates) == 0 {
			t.Errorf("%s: what was found is lost", id)
		}
		text, err := json.Marshal(failure.Details)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), tc.text) || !strings.Contains(string(text), `"kind":"`+tc.kind+`"`) || !strings.Contains(string(text), "Throw-away "+id) {
			t.Errorf("%s: details are %s", id, text)
		}
	}
}

func TestCollectionWithoutNetworkUsesWhatIsKnown(t *testing.T) {
	s := service(t)
	e, err := collect(s, &web{}, nil, certificate(t, s, "good"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = pades.Collect(context.Background(), pades.CollectOptions{Known: e.Certificates, OCSPs: e.OCSPs, Now: time.Now()}, certificate(t, s, "good"))
	if err != nil {
		t.Error(err)
	}
	_, err = pades.Collect(context.Background(), pades.CollectOptions{Now: time.Now()}, certificate(t, s, "good"))
	if !errors.Is(err, pades.ErrUnavailable) {
		t.Errorf("nothing known: %v", err)
	}
}

func TestCollectionStopsWhenCancelled(t *testing.T) {
	s := service(t)
	ctx, cancel := context.WithCancel(context.Background())
	w := &web{lose: func(*pades.Request) bool { cancel(); return true }}
	_, err := pades.Collect(ctx, pades.CollectOptions{Fetcher: w, Now: time.Now()}, certificate(t, s, "good"))
	if !errors.Is(err, context.Canceled) || w.calls.Load() != 1 {
		t.Errorf("%v after %d requests", err, w.calls.Load())
	}
}

func TestOddAddressesAreNotAskedFor(t *testing.T) {
	s := service(t)
	c := *certificate(t, s, "good")
	c.IssuingCertificateURL = []string{"ldap://directory.example/cn=x", "file:///etc/passwd", "http://user:secret@host.example/", "::", ""}
	w := &web{}
	_, err := collect(s, w, nil, &c)
	if !errors.Is(err, pades.ErrUnavailable) || w.calls.Load() != 0 {
		t.Errorf("%d requests, %v", w.calls.Load(), err)
	}
}

// OpenSSL judges the same evidence: the responses must verify for it too.
func TestOpenSSLAcceptsTheEvidence(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed: no second judge for evidence")
		}
		t.Skip("SKIPPED: openssl is not installed: no second judge for evidence")
	}
	s := service(t)
	leaf := certificate(t, s, "good")
	e, err := collect(s, &web{}, nil, leaf)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	armour := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	root, issuer, cert := file("root.pem", s.RootPEM()), file("issuer.pem", armour(s.Intermediate())), file("leaf.pem", armour(leaf))
	ca := file("ca.pem", append(s.RootPEM(), armour(s.Intermediate())...))
	good := 0
	for _, der := range e.OCSPs {
		response := file("response.der", der)
		for _, args := range [][]string{{"-issuer", issuer, "-cert", cert, "-CAfile", ca}, {"-issuer", root, "-cert", issuer, "-CAfile", root}} {
			out, err := exec.Command(program, append([]string{"ocsp", "-respin", response}, args...)...).CombinedOutput()
			if err == nil && strings.Contains(string(out), "Response verify OK") && strings.Contains(string(out), ": good") {
				good++
			}
		}
	}
	if good != len(e.OCSPs) || good == 0 {
		t.Errorf("openssl accepts %d of %d responses", good, len(e.OCSPs))
	}
}
