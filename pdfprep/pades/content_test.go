package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hashout/csc/csctest"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/internal/judge"
	"hashout/pdfprep/pades"
)

// signContent signs a blank page with a content timestamp; spoil, if there is one, gives another than that over the document.
func (b *bench) signContent(t *testing.T, k key, level pades.Level, spoil func(digest []byte) *cms.Timestamp) (pdf, update []byte, checked error) {
	t.Helper()
	pdf = blank()
	plan := must(pades.NewPlan(level, cms.Options{Certificate: certificate(t, b.Server, k.name), Chain: []*x509.Certificate{b.Intermediate()}, Algorithm: k.algorithm, SigningTime: time.Now()}))
	if err := plan.ReserveContentTimestamp(0); err != nil {
		t.Fatal(err)
	}
	d := must(pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{}))
	p := must(d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: plan.ReservedBytes, SigningTime: plan.SigningTime}))
	digest := must(bytesSource(pdf).Digest(t.Context(), k.algorithm.Hash, p.Before(), p.After()))
	if again, err := plan.StampContent(t.Context(), digest, b.authorities()); again || err != nil {
		t.Fatal(again, err)
	}
	if spoil != nil {
		plan.CMS.ContentTimestamp = spoil(digest)
	}
	attributes := must(cms.NewSignedAttributes(plan.CMS, digest))
	der := must(plan.Complete(t.Context(), attributes, b.value(t, k, attributes.ToBeSigned()), b.authorities()))
	return pdf, must(p.Embed(der)), plan.Check(der, digest)
}

// TestContentTimestampIsJudged: what is not over the document, does not hold, is not readable or came after the signature takes the verdict of
// the signature with it.
func TestContentTimestampIsJudged(t *testing.T) {
	b := newBench(t)
	p256 := keys[4]
	token := func(digest []byte, how csctest.TSA) *cms.Timestamp {
		b.SetTSA(how)
		defer b.SetTSA(csctest.TSA{})
		r := must(cms.NewTimestampRequest(p256.algorithm.Hash, digest))
		answer := must(b.authorities()[0].Timestamp(t.Context(), r))
		stamp, err := r.Accept(answer)
		if stamp == nil { // a foreign signer's is given with the error
			t.Fatal(err)
		}
		return stamp
	}
	for name, tc := range map[string]struct {
		spoil     func(digest []byte) *cms.Timestamp
		signature pades.SubIndication
		timestamp pades.SubIndication
		verdict   pades.Indication
	}{
		"good": {nil, "", "", pades.Passed},
		"over something else": {func(digest []byte) *cms.Timestamp {
			other := token(make([]byte, len(digest)), csctest.TSA{})
			other.Imprint = digest // as the signer would have it believed
			return other
		}, pades.HashFailure, pades.HashFailure, pades.Failed},
		"not holding": {func(digest []byte) *cms.Timestamp { return token(digest, csctest.TSA{ForeignSigner: true}) },
			pades.SigConstraints, pades.SigCryptoFailure, pades.Indeterminate},
		"not readable": {func(digest []byte) *cms.Timestamp {
			return &cms.Timestamp{Token: []byte{0x30, 0}, Hash: p256.algorithm.Hash, Imprint: digest}
		}, pades.SigConstraints, pades.SigConstraints, pades.Indeterminate},
		"younger than the signature": {func(digest []byte) *cms.Timestamp { return token(digest, csctest.TSA{Skew: time.Hour}) },
			pades.TimestampOrder, pades.TimestampOrder, pades.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			pdf, update, checked := b.signContent(t, p256, pades.BT, tc.spoil)
			if (checked == nil) != (tc.spoil == nil || tc.timestamp == pades.TimestampOrder) { // a plan does not compare clocks
				t.Errorf("the plan's own check says %v", checked)
			}
			o := b.extendOptions(pades.BLT, pdfprep.OpenOptions{})
			o.Update = update
			x := pades.Extend(t.Context(), bytesSource(pdf), o)
			file := append(pdf, x.Update...)
			d := must(pdfprep.Open(t.Context(), bytes.NewReader(file), int64(len(file)), pdfprep.OpenOptions{}))
			hashed := map[[4]int64]int{}
			v := must(pades.Verify(t.Context(), d, pades.VerifyOptions{
				Roots: []*x509.Certificate{b.Root()}, Time: time.Now(), Other: *x.Evidence,
				Digest: func(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error) {
					hashed[byteRange]++
					return d.Digest(ctx, h, byteRange)
				},
			}))
			s := v.Signatures[0]
			if hashed[s.ByteRange] != 1 {
				t.Errorf("the document was hashed %d times", hashed[s.ByteRange])
			}
			if s.Indication != tc.verdict || s.SubIndication != tc.signature || !s.Intact {
				t.Errorf("intact %v, %s %s: %s", s.Intact, s.Indication, s.SubIndication, s.Explanation)
			}
			if len(s.ContentTimestamps) != 1 || s.ContentTimestamps[0].SubIndication != tc.timestamp {
				t.Errorf("the timestamp: %+v", s.ContentTimestamps)
			}
			if (s.Level == pades.BLT) != (tc.spoil == nil) {
				t.Errorf("the level is %s", s.Level)
			}
		})
	}
}

// TestContentTimestampIsThereForOutsideJudges: at every level and with every hash, pyHanko and EU DSS accept the file, and EU DSS finds the
// timestamp over the document.
func TestContentTimestampIsThereForOutsideJudges(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("SKIPPED: the judges are programs, which a browser does not start")
	}
	b := newBench(t)
	j := judge.Require(t, b.RootPEM())
	dir := t.TempDir()
	var all []made
	for _, k := range []key{keys[0], keys[4], keys[5], keys[6]} {
		original := filepath.Join(dir, "original.pdf")
		if err := os.WriteFile(original, blank(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, level := range []pades.Level{pades.BB, pades.BT, pades.BLT, pades.BLTA} {
			start := level
			if level != pades.BB {
				start = pades.BT
			}
			pdf, update, err := b.signContent(t, k, start, nil)
			if err != nil {
				t.Fatalf("%s %s: %v", k.name, level, err)
			}
			o := b.extendOptions(level, pdfprep.OpenOptions{})
			o.Update = update
			x := pades.Extend(t.Context(), bytesSource(pdf), o)
			if x.Shortfall != nil {
				t.Fatalf("%s %s: %v", k.name, level, x.Shortfall)
			}
			one := made{name: k.name + " " + string(level), original: original, signed: filepath.Join(dir, k.name+string(level)+".pdf"), level: level, key: k.name}
			if err := os.WriteFile(one.signed, append(pdf, x.Update...), 0o600); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
			if err := j.Signatures(t.Context(), judge.Case{Original: original, Signed: one.signed, Level: string(level)}).Err(); err != nil {
				t.Errorf("%s: %v", one.name, err)
			}
		}
	}
	verifyMade(t, b, all)
	for i, r := range judgeByDSS(t, j, all) {
		found := 0
		for _, s := range r.Signatures[0].Timestamps {
			if s.Type == "CONTENT_TIMESTAMP" {
				found++
				// Below B-LT nothing in the file tells whether the authority's certificate was revoked, and EU DSS is offline.
				if want := all[i].level == pades.BLT || all[i].level == pades.BLTA; !s.Valid || (s.Indication == "PASSED") != want {
					t.Errorf("%s: EU DSS says of the content timestamp: %+v", all[i].name, s)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: EU DSS finds %d content timestamps: %+v", all[i].name, found, r.Signatures[0].Timestamps)
		}
	}
}
