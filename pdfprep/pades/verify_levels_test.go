package pades_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/pades"
)

// verifyMade asks Verify about the same files as EU DSS: the level is the one that was asked for, and what DSS passes passes.
func verifyMade(t *testing.T, b *bench, all []made) {
	for _, one := range all {
		pdf := must(os.ReadFile(one.signed))
		d := must(pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: one.password}))
		v, err := pades.Verify(t.Context(), d, pades.VerifyOptions{Roots: []*x509.Certificate{b.Root()}, Time: time.Now()})
		if err != nil {
			t.Errorf("%s: %v", one.name, err)
			continue
		}
		var newest *pades.VerifiedSignature
		for i := range v.Signatures {
			s := &v.Signatures[i]
			if !s.Intact || !s.ChangesAllowed {
				t.Errorf("%s: %s: %s, %+v", one.name, s.FieldName, s.Explanation, s.Changes)
			}
			if !s.Timestamp {
				newest = s
			} else if !s.OK() {
				t.Errorf("%s: the document timestamp: %s", one.name, s.Explanation)
			}
		}
		if newest == nil {
			t.Errorf("%s: no signature is found", one.name)
			continue
		}
		want := pades.SubIndication("")
		if one.level == pades.BB || one.level == pades.BT { // nothing tells whether the certificate was revoked
			want = pades.TryLater
		}
		if newest.Level != one.level || newest.SubIndication != want || newest.Proven != (one.level != pades.BB && newest.OK()) && one.level != pades.BT {
			t.Errorf("%s: %s %s at level %q, proven %v: %s", one.name, newest.Indication, newest.SubIndication, newest.Level, newest.Proven, newest.Explanation)
		}
	}
}
