package pades_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// signPDF adds the signature of the trial's signer.
func (x *trial) signPDF(t *testing.T, pdf []byte, o pdfprep.SignOptions) []byte {
	t.Helper()
	o.ReservedBytes, o.SigningTime = 4096, noon
	p, err := openPDF(t, pdf).Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	digest := must(p.Digest(t.Context(), crypto.SHA256, bytes.NewReader(pdf)))
	attributes := must(cms.NewSignedAttributes(x.options(), digest))
	der := must(attributes.Assemble(must(ecdsa.SignASN1(rand.Reader, x.leaf.key, attributes.ToBeSigned()))))
	return append(bytes.Clone(pdf), must(p.Embed(der))...)
}

func openPDF(t *testing.T, pdf []byte) *pdfprep.Document {
	t.Helper()
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func verifyPDF(t *testing.T, pdf []byte, o pades.VerifyOptions) *pades.Verification {
	t.Helper()
	v, err := pades.Verify(t.Context(), openPDF(t, pdf), o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Evidence costs a check of a signature for each piece, and a file may bring any number: after ten thousand nothing more is believed.
func TestAVerificationChecksTenThousandSignaturesAtMost(t *testing.T) {
	x := newTrial(shape{})
	once := x.signPDF(t, blank(), pdfprep.SignOptions{})
	good, list := says(x.middle, x.leaf, noon, time.Time{}), lists(x.middle, noon, time.Time{})
	junk := func(n int, last []byte) [][]byte { return append(slices.Repeat([][]byte{{0x30}}, n), last) }
	for name, tc := range map[string]struct {
		pdf         []byte
		ocsps, crls [][]byte
		want        []pades.SubIndication
	}{
		// The link from the signer to its authority is one check, what is said last another.
		"ten thousand with a response":     {once, junk(9_998, good), nil, []pades.SubIndication{""}},
		"one more with a response":         {once, junk(9_999, good), nil, []pades.SubIndication{pades.TryLater}},
		"ten thousand with a list":         {once, nil, junk(9_998, list), []pades.SubIndication{""}},
		"one more with a list":             {once, nil, junk(9_999, list), []pades.SubIndication{pades.TryLater}},
		"ten thousand of both":             {once, junk(9_000, nil), junk(997, list), []pades.SubIndication{""}},
		"nothing left for another's chain": {x.signPDF(t, once, pdfprep.SignOptions{}), junk(9_999, good), nil, []pades.SubIndication{pades.TryLater, pades.NoChain}},
	} {
		for range 2 { // each verification has as much
			v := verifyPDF(t, tc.pdf, pades.VerifyOptions{Roots: []*x509.Certificate{x.middle.cert}, Time: noon, Other: pades.Evidence{OCSPs: tc.ocsps, CRLs: tc.crls}})
			var got []pades.SubIndication
			for _, s := range v.Signatures {
				got = append(got, s.SubIndication)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
		}
	}
}
