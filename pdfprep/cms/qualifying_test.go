package cms_test

import (
	"crypto"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

func qualified(t testing.TB) cms.Options {
	t.Helper()
	o := p256().options()
	r := must(cms.NewTimestampRequest(crypto.SHA256, digestOf(crypto.SHA256, document)))
	o.ContentTimestamp = must(r.Accept(answer(t, tsa(), must(r.DER()), nil)))
	o.Commitment = cms.ProofOfApproval
	o.Policy = &cms.SignaturePolicy{OID: "2.999.7", Hash: crypto.SHA256, Digest: digestOf(crypto.SHA256, []byte("policy")), URI: "https://policy.example/7"}
	o.Location = &cms.SignerLocation{Country: "AT", Locality: "Wörgl", PostalAddress: []string{"Bahnhofstraße 1", "6300 Wörgl"}}
	return o
}

func TestSignersStatementsAreSignedAndReadableToOpenSSL(t *testing.T) {
	o := qualified(t)
	der := build(t, p256(), o)
	if size := must(cms.EstimateSize(o)); len(der) > size || size-len(der) > 12 {
		t.Errorf("estimated %d, is %d", size, len(der))
	}
	s := must(cms.Parse(der))
	if err := s.CheckProfile(cms.PAdES); err != nil {
		t.Error(err)
	}
	for _, typ := range []string{cms.OIDCommitment, cms.OIDPolicy, cms.OIDLocation, cms.OIDContentTimestamp} {
		if _, ok := s.Signer.Attribute(typ); !ok {
			t.Errorf("attribute %s is absent", typ)
		}
	}
	program, dir := openssl(t), t.TempDir()
	root := write(t, dir, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki().root.Raw}))
	sig := write(t, dir, "sig", der)
	out, err := exec.Command(program, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", sig, "-content", write(t, dir, "doc", document), "-CAfile", root,
		"-purpose", "any", "-out", os.DevNull).CombinedOutput()
	if err != nil {
		t.Errorf("openssl: %s", out)
	}
	text, err := exec.Command(program, "asn1parse", "-inform", "DER", "-in", sig).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl asn1parse: %s", text)
	}
	for _, want := range []string{"Bahnhofstra", "https://policy.example/7", ":AT"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in the signature", want)
		}
	}
}

func TestStatementsThatCannotBeSignedAreRefused(t *testing.T) {
	for name, change := range map[string]func(o *cms.Options){
		"commitment that is no identifier": func(o *cms.Options) { o.Commitment = "approval" },
		"policy that is no identifier":     func(o *cms.Options) { o.Policy.OID = "" },
		"policy digest too short":          func(o *cms.Options) { o.Policy.Digest = o.Policy.Digest[1:] },
		"policy address with a space":      func(o *cms.Options) { o.Policy.URI = "https://policy.example/ 7" },
		"empty location":                   func(o *cms.Options) { o.Location = &cms.SignerLocation{} },
		"address of seven lines":           func(o *cms.Options) { o.Location.PostalAddress = make([]string, 7) },
		"location that is not UTF-8":       func(o *cms.Options) { o.Location.Locality = "W\xf6rgl" },
		"timestamp of another document": func(o *cms.Options) {
			other := *o.ContentTimestamp
			other.Imprint = make([]byte, 32)
			o.ContentTimestamp = &other
		},
	} {
		o := qualified(t)
		change(&o)
		if _, err := cms.NewSignedAttributes(o, digestOf(crypto.SHA256, document)); !errors.Is(err, cms.ErrInvalidArgument) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := cms.EstimateSize(o); !strings.HasPrefix(name, "timestamp") && !errors.Is(err, cms.ErrInvalidArgument) { // an estimate knows no document
			t.Errorf("%s: estimated: %v", name, err)
		}
	}
	o := qualified(t)
	o.Policy.Hash = crypto.SHA1
	if _, err := cms.NewSignedAttributes(o, digestOf(crypto.SHA256, document)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
		t.Errorf("policy digest SHA-1: %v", err)
	}
}
