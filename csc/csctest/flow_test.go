package csctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"testing"
)

// verify judges a signature with the standard library alone.
func verify(pub crypto.PublicKey, signAlgo string, h crypto.Hash, digest, sig []byte) bool {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if signAlgo == oidPSS {
			return rsa.VerifyPSS(k, h, digest, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(k, h, digest, sig) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, sig)
	case ed25519.PublicKey:
		return ed25519.Verify(k, digest, sig)
	}
	return false
}

func TestEveryKeyTypeSignsWhatItsCertificateVerifies(t *testing.T) {
	for _, tc := range []struct{ id, signAlgo, hashAlgo, params string }{
		{"demo-rsa-2048", oidRSA, oidSHA256, ""},
		{"demo-rsa-2048", oidRSASHA256, "", ""},
		{"demo-rsa-2048", oidPSS, oidSHA256, pssParamsFor(oidSHA256)},
		{"demo-rsa-2048", oidPSS, "", pssParamsFor(oidSHA256)},
		{"demo-p-256", oidECSHA256, oidSHA256, ""},
		{"demo-p-521", oidECSHA256, "", ""},
		{"demo-ed25519", oidEd25519, "", ""},
	} {
		t.Run(tc.id+" "+tc.signAlgo, func(t *testing.T) {
			c := newClient(t, Options{}, "v1")
			info := c.must("credentials/info", map[string]any{"credentialID": tc.id, "certificates": "chain"})
			certs := info["cert"].(map[string]any)["certificates"].([]any)
			if len(certs) != 3 {
				t.Fatalf("chain of %d", len(certs))
			}
			leaf, err := x509.ParseCertificate(unb64(t, certs[0]))
			if err != nil {
				t.Fatal(err)
			}
			h := digest(tc.id + tc.signAlgo)
			sad := c.must("credentials/authorize", map[string]any{
				"credentialID": tc.id, "numSignatures": 1, "hash": []string{b64(h)}, "PIN": DemoPIN,
			})["SAD"]
			req := map[string]any{"credentialID": tc.id, "SAD": sad, "hash": []string{b64(h)}, "signAlgo": tc.signAlgo}
			if tc.hashAlgo != "" {
				req["hashAlgo"] = tc.hashAlgo
			}
			if tc.params != "" {
				req["signAlgoParams"] = tc.params
			}
			sigs := c.must("signatures/signHash", req)["signatures"].([]any)
			if len(sigs) != 1 || !verify(leaf.PublicKey, tc.signAlgo, crypto.SHA256, h, unb64(t, sigs[0])) {
				t.Fatal("signature does not verify")
			}
			if c.s.SignedCount(h) != 1 || c.s.SignedTotal() != 1 {
				t.Fatal("the signature was not counted once")
			}
			c.call("signatures/signHash", req).refused(t, 400, invalidRequest, "SAD")
		})
	}
}

func TestServiceStartsFast(t *testing.T) {
	// RSA keys are made on first use: a start without any must be quick.
	s := NewServer(t, Options{})
	if len(s.RootPEM()) == 0 {
		t.Fatal("no root")
	}
}
