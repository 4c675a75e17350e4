package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// signPDF adds the signature of the trial's signer.
func (x *trial) signPDF(t *testing.T, pdf []byte, o pdfprep.SignOptions) []byte {
	t.Helper()
	return embedded(t, pdf, o, func(covered []byte) []byte {
		digest := sha256.Sum256(covered)
		attributes := must(cms.NewSignedAttributes(x.options(), digest[:]))
		return must(attributes.Assemble(must(ecdsa.SignASN1(rand.Reader, x.leaf.key, attributes.ToBeSigned()))))
	})
}

// embedded adds a signature dictionary with whatever is made of the bytes that it covers.
func embedded(t *testing.T, pdf []byte, o pdfprep.SignOptions, contents func(covered []byte) []byte) []byte {
	t.Helper()
	o.ReservedBytes, o.SigningTime = 4096, noon
	p, err := openPDF(t, pdf).Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(pdf), must(p.Embed(contents(slices.Concat(pdf, p.Before(), p.After()))))...)
}

// stampPDF adds a document timestamp of the trial's authority.
func (x *trial) stampPDF(t *testing.T, pdf []byte, at time.Time, change func(*timestamp.Timestamp)) []byte {
	t.Helper()
	return stamped(t, pdf, func(covered []byte) []byte {
		digest := sha256.Sum256(covered)
		return tokenOver(digest[:], x.tsa, crypto.SHA256, at, change)
	})
}

func stamped(t *testing.T, pdf []byte, contents func(covered []byte) []byte) []byte {
	t.Helper()
	p, err := openPDF(t, pdf).PrepareTimestamp(t.Context(), pdfprep.TimestampOptions{ReservedBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(pdf), must(p.Embed(contents(slices.Concat(pdf, p.Before(), p.After()))))...)
}

// withStore adds evidence to the document.
func withStore(t *testing.T, pdf []byte, e pades.Evidence) []byte {
	t.Helper()
	add := pdfprep.SecurityStore{OCSPs: e.OCSPs, CRLs: e.CRLs}
	for _, c := range e.Certificates {
		add.Certificates = append(add.Certificates, c.Raw)
	}
	update, err := openPDF(t, pdf).PrepareStore(t.Context(), pdfprep.StoreOptions{Add: add})
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(pdf), update...)
}

// turned is the file with another page: nobody permits that.
func turned(pdf []byte) []byte {
	starts := regexp.MustCompile(`startxref\s+(\d+)`).FindAllSubmatch(pdf, -1)
	out := append(bytes.Clone(pdf), "\n"...)
	page := len(out)
	out = append(out, "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Rotate 180/Resources<<>>>>\nendobj\n"...)
	start := len(out)
	return fmt.Appendf(out, "xref\n3 1\n%010d 00000 n \ntrailer\n<</Size 99/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n", page, starts[len(starts)-1][1], start)
}

// replaced puts other text of the same length in the place of a text that is there once.
func replaced(t *testing.T, pdf []byte, old, new string) []byte {
	t.Helper()
	if bytes.Count(pdf, []byte(old)) != 1 {
		t.Fatalf("%q is there %d times", old, bytes.Count(pdf, []byte(old)))
	}
	return bytes.Replace(pdf, []byte(old), fmt.Appendf(nil, "%-*s", len(old), new), 1)
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

// A document timestamp proves that what it covers is older, as long as it is good itself: what is judged at its time passes though today it
// would not. It proves nothing about what came later.
func TestDocumentTimestampsProveWhatTheyCover(t *testing.T) {
	x := newTrial(shape{})
	signed := x.signPDF(t, blank(), pdfprep.SignOptions{})
	stored := withStore(t, signed, x.evidence())
	once := x.stampPDF(t, stored, noon, nil)
	twice := x.stampPDF(t, once, noon.Add(time.Minute), nil)
	bare := x.stampPDF(t, signed, noon, nil)
	o := pades.VerifyOptions{Roots: []*x509.Certificate{x.root.cert}, Time: noon.Add(3 * time.Hour), Other: x.evidence()}
	inside := o
	inside.Other = pades.Evidence{}
	good, old := pades.SubIndication(""), pades.TryLater
	for name, tc := range map[string]struct {
		pdf     []byte
		options pades.VerifyOptions
		want    []pades.SubIndication // of the signatures, in the order of the file
		times   []time.Time
		levels  []pades.Level
	}{
		"nothing proves the time":     {stored, inside, []pades.SubIndication{old}, []time.Time{o.Time}, []pades.Level{pades.BB}},
		"a timestamp":                 {once, inside, []pades.SubIndication{good, good}, []time.Time{noon, noon}, []pades.Level{pades.BLTA, ""}},
		"two timestamps":              {twice, inside, []pades.SubIndication{good, good, good}, []time.Time{noon, noon, noon.Add(time.Minute)}, []pades.Level{pades.BLTA, "", ""}},
		"a timestamp without a store": {bare, o, []pades.SubIndication{good, good}, []time.Time{noon, noon}, []pades.Level{pades.BT, ""}},
		"a store after the timestamp": {withStore(t, bare, x.evidence()), inside, []pades.SubIndication{good, good}, []time.Time{noon, noon}, []pades.Level{pades.BLT, ""}},
		"a signature after the timestamp": {x.signPDF(t, once, pdfprep.SignOptions{}), inside, []pades.SubIndication{good, good, old}, []time.Time{noon, noon, o.Time},
			[]pades.Level{pades.BLTA, "", pades.BB}},
		"only a timestamp": {x.stampPDF(t, withStore(t, blank(), x.evidence()), noon, nil), inside, []pades.SubIndication{good}, []time.Time{noon}, []pades.Level{""}},
		// Each shows that it was not the one to prove the signature's time.
		"over something else": {x.stampPDF(t, stored, noon, func(s *timestamp.Timestamp) { s.HashedMessage[0] ^= 1 }), inside, []pades.SubIndication{old, pades.HashFailure},
			[]time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
		"no timestamp in its place": {stamped(t, stored, func([]byte) []byte { return []byte{0x30, 3, 2, 1, 7} }), inside, []pades.SubIndication{old, pades.FormatFailure},
			[]time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
		"nothing in its place": {stamped(t, stored, func([]byte) []byte { return nil }), inside, []pades.SubIndication{old, pades.FormatFailure},
			[]time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
		"a form that nobody knows": {replaced(t, once, "/ETSI.RFC3161", "/ETSI.RFC3162"), inside, []pades.SubIndication{old, pades.FormatFailure},
			[]time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
		"a range that is none": {replaced(t, once, fmt.Sprintf("/ByteRange [0 %d", len(stored)+bytes.Index(once[len(stored):], []byte("/Contents <"))+10), "/ByteRange [0 1"), inside,
			[]pades.SubIndication{old, pades.FormatFailure}, []time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
		"the page turned afterwards": {turned(once), inside, []pades.SubIndication{pades.FormatFailure, pades.FormatFailure}, []time.Time{o.Time, o.Time}, []pades.Level{pades.BB, ""}},
	} {
		v := verifyPDF(t, tc.pdf, tc.options)
		if len(v.Signatures) != len(tc.want) {
			t.Errorf("%s: %d signatures", name, len(v.Signatures))
			continue
		}
		for i, s := range v.Signatures {
			if s.SubIndication != tc.want[i] || s.OK() != (tc.want[i] == good) || !s.Report.Time.Equal(tc.times[i]) || s.Proven != !tc.times[i].Equal(o.Time) || s.Level != tc.levels[i] {
				t.Errorf("%s: %d: %v, %v proven %v, level %q", name, i, s.Verdict, s.Report.Time, s.Proven, s.Level)
			}
			if s.Timestamp && s.OK() && (s.Algorithm != x.options().Algorithm || len(s.Timestamps) != 1 || !s.Timestamps[0].Time.Equal(tc.times[i]) || !s.Intact || len(s.Chain) != 3 || !s.Certificate.Equal(x.tsa.cert)) {
				t.Errorf("%s: %d: the timestamp is not described: %+v", name, i, s.Report)
			}
		}
	}
}

// A timestamp over a timestamp proves when that one was there already: before its authority was revoked.
func TestATimestampIsJudgedAtTheTimeOfTheNext(t *testing.T) {
	x := newTrial(shape{})
	next := issue("next TSA", x.stamper, forTimestamps)
	once := x.stampPDF(t, x.signPDF(t, blank(), pdfprep.SignOptions{}), noon, nil)
	twice := stamped(t, once, func(covered []byte) []byte {
		digest := sha256.Sum256(covered)
		return tokenOver(digest[:], next, crypto.SHA256, noon.Add(time.Minute), nil)
	})
	later := noon.Add(2 * time.Hour)
	e := without(x.evidence(), 2)
	e.OCSPs = append(e.OCSPs, says(x.stamper, x.tsa, later, noon.Add(90*time.Minute)), says(x.stamper, next, later, time.Time{}))
	o := pades.VerifyOptions{Roots: []*x509.Certificate{x.root.cert}, Time: later, Other: e}
	if v := verifyPDF(t, once, o); v.Signatures[1].SubIndication != pades.Revoked || v.Signatures[0].Proven {
		t.Errorf("alone: %v", v.Signatures[1].Verdict)
	}
	if v := verifyPDF(t, twice, o); !v.Signatures[1].OK() || !v.Signatures[0].OK() || !v.Signatures[0].Report.Time.Equal(noon) {
		t.Errorf("under another: %v, %v", v.Signatures[1].Verdict, v.Signatures[0].Verdict)
	}
}

// Signatures of every form, and those that prove nothing about the file.
func TestFormsOfSignatures(t *testing.T) {
	x := newTrial(shape{})
	pdf := x.signPDF(t, blank(), pdfprep.SignOptions{})
	const pades0, none = "/ETSI.CAdES.detached", "/ByteRange [0 "
	old := replaced(t, pdf, pades0, "/adbe.pkcs7.sha1")
	sha1 := func(covered []byte) []byte {
		s := must(pkcs7.NewSignedData(covered))
		s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA1)
		if err := s.AddSigner(x.leaf.cert, x.leaf.key, pkcs7.SignerInfoConfig{}); err != nil {
			panic(err)
		}
		s.Detach()
		return must(s.Finish())
	}
	for name, tc := range map[string]struct {
		pdf    []byte
		want   pades.SubIndication
		level  pades.Level
		intact bool
	}{
		"PAdES":                    {pdf, "", pades.BB, true},
		"PKCS #7":                  {x.signPDF(t, blank(), pdfprep.SignOptions{SubFilter: pdfprep.AdbePKCS7Detached}), "", "", true},
		"PKCS #7 with SHA-1":       {embedded(t, blank(), pdfprep.SignOptions{SubFilter: pdfprep.AdbePKCS7Detached}, sha1), pades.CryptoConstraints, "", true},
		"the old form":             {old, pades.CryptoConstraints, "", false},
		"the other old form":       {replaced(t, pdf, pades0, "/adbe.x509.rsa_sha1"), pades.CryptoConstraints, "", false},
		"the old form, a defect":   {replaced(t, old, none, "/ByteRange [1 "), pades.FormatFailure, "", false},
		"a form that nobody knows": {replaced(t, pdf, pades0, "/ETSI.CAdES.attached"), pades.FormatFailure, "", false},
		"a defect":                 {replaced(t, pdf, none, "/ByteRange [1 "), pades.FormatFailure, "", false},
		"a byte changed":           {replaced(t, pdf, "%PDF-1.7", "%PDF-1.6"), pades.HashFailure, pades.BB, false},
		"a byte, and the page":     {turned(replaced(t, pdf, "%PDF-1.7", "%PDF-1.6")), pades.HashFailure, pades.BB, false},
		"the page turned":          {turned(pdf), pades.FormatFailure, pades.BB, true},
	} {
		// What hashes for others is asked about everything but SHA-1, which no browser's faster way has to know.
		asked := 0
		d := openPDF(t, tc.pdf)
		digest := func(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error) {
			if asked++; h == crypto.SHA1 {
				t.Errorf("%s: asked for SHA-1", name)
			}
			return d.Digest(ctx, h, byteRange)
		}
		v, err := pades.Verify(t.Context(), d, pades.VerifyOptions{Roots: []*x509.Certificate{x.root.cert}, Time: noon, Other: x.evidence(), Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		s := v.Signatures[0]
		if s.SubIndication != tc.want || s.OK() != (tc.want == "") || s.Intact != tc.intact || s.Intact && s.Level != tc.level || !s.Report.Time.Equal(noon) || v.Verdict != s.Verdict {
			t.Errorf("%s: %v, intact %v, level %q, %v", name, s.Verdict, s.Intact, s.Level, s.Report.Time)
		}
		if s.Defect != "" && s.Explanation != s.Defect || s.Explanation == "" {
			t.Errorf("%s: the defect is %q, the words are %q", name, s.Defect, s.Explanation)
		}
		if hashed := tc.intact && tc.want != pades.CryptoConstraints || tc.want == pades.HashFailure; hashed != (asked == 1) || asked > 1 {
			t.Errorf("%s: the digest was asked for %d times", name, asked)
		}
	}
}

// The file is worth as much as its worst signature, the first of several; timestamps count where there is nothing else.
func TestTheWorstSignatureSpeaksForTheFile(t *testing.T) {
	x, y := newTrial(shape{}), newTrial(shape{})
	roots := []*x509.Certificate{x.root.cert}
	e := x.evidence()
	badStamp := func(s *timestamp.Timestamp) { s.HashedMessage[0] ^= 1 }
	junk := func(pdf []byte) []byte {
		return embedded(t, pdf, pdfprep.SignOptions{}, func([]byte) []byte { return []byte{0x30, 0} })
	}
	unknown := func(pdf []byte) []byte { return y.signPDF(t, pdf, pdfprep.SignOptions{}) } // by an authority of another root
	good := func(pdf []byte) []byte { return x.signPDF(t, pdf, pdfprep.SignOptions{}) }
	other := embedded(t, junk(blank()), pdfprep.SignOptions{}, func([]byte) []byte { return x.token(noon, nil) })
	for name, tc := range map[string]struct {
		pdf  []byte
		want pades.Indication
		of   int
	}{
		"good":                          {good(blank()), pades.Passed, 0},
		"good, unknown":                 {unknown(good(blank())), pades.Indeterminate, 1},
		"unknown, good":                 {good(unknown(blank())), pades.Indeterminate, 0},
		"unknown, wrong":                {junk(unknown(blank())), pades.Failed, 1},
		"wrong, unknown":                {unknown(junk(blank())), pades.Failed, 0},
		"two that are wrong":            {other, pades.Failed, 0},
		"good, a wrong timestamp":       {x.stampPDF(t, good(blank()), noon, badStamp), pades.Passed, 0},
		"unknown, a wrong timestamp":    {x.stampPDF(t, unknown(blank()), noon, badStamp), pades.Indeterminate, 0},
		"unknown, a good timestamp":     {x.stampPDF(t, unknown(blank()), noon, nil), pades.Indeterminate, 0},
		"a good timestamp":              {x.stampPDF(t, blank(), noon, nil), pades.Passed, 0},
		"a wrong timestamp":             {x.stampPDF(t, blank(), noon, badStamp), pades.Failed, 0},
		"a good timestamp, a wrong one": {x.stampPDF(t, x.stampPDF(t, blank(), noon, nil), noon, badStamp), pades.Failed, 1},
	} {
		v := verifyPDF(t, tc.pdf, pades.VerifyOptions{Roots: roots, Time: noon, Other: e})
		if v.Indication != tc.want || v.Verdict != v.Signatures[tc.of].Verdict {
			t.Errorf("%s: %v", name, v.Verdict)
		}
	}
	if v := verifyPDF(t, blank(), pades.VerifyOptions{Time: noon}); v.Verdict != (pades.Verdict{}) || len(v.Signatures) != 0 {
		t.Errorf("no signature: %+v", v)
	}
}

// Errors that are none of the signature's.
func TestAVerificationThatCannotBeMade(t *testing.T) {
	x := newTrial(shape{})
	lost := errors.New("the file is gone")
	digest := func(context.Context, crypto.Hash, [4]int64) ([]byte, error) { return []byte("half"), lost }
	for name, pdf := range map[string][]byte{"signature": x.signPDF(t, blank(), pdfprep.SignOptions{}), "timestamp": x.stampPDF(t, blank(), noon, nil)} {
		if _, err := pades.Verify(t.Context(), openPDF(t, pdf), pades.VerifyOptions{Time: noon, Digest: digest}); !errors.Is(err, lost) {
			t.Errorf("%s: %v", name, err)
		}
		var own *pades.Error
		if _, err := pades.Verify(t.Context(), openPDF(t, pdf), pades.VerifyOptions{}); !errors.As(err, &own) || own.Code != pades.InvalidArgument {
			t.Errorf("%s: no time: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := pades.Verify(ctx, openPDF(t, pdf), pades.VerifyOptions{Time: noon}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled: %v", name, err)
		}
	}
}

// Trusted certificates come as people have them: DER, PEM, many in one text with remarks between them.
func TestRootsAreReadInEveryForm(t *testing.T) {
	a, b := issue("A", nil, authority).cert, issue("B", nil, authority).cert
	text := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	for name, tc := range map[string]struct {
		in   [][]byte
		want []*x509.Certificate
	}{
		"nothing":        {nil, nil},
		"DER":            {[][]byte{a.Raw}, []*x509.Certificate{a}},
		"DER and DER":    {[][]byte{a.Raw, b.Raw}, []*x509.Certificate{a, b}},
		"PEM":            {[][]byte{text(a)}, []*x509.Certificate{a}},
		"two in one PEM": {[][]byte{append(text(a), text(b)...)}, []*x509.Certificate{a, b}},
		"remarks around": {[][]byte{slices.Concat([]byte("A:\n"), text(a), []byte("\nB:\n"), text(b), []byte("\n--\n"))}, []*x509.Certificate{a, b}},
		"DER and PEM":    {[][]byte{a.Raw, text(b)}, []*x509.Certificate{a, b}},
	} {
		if got, err := pades.RootsOf(tc.in...); err != nil || !slices.EqualFunc(got, tc.want, (*x509.Certificate).Equal) {
			t.Errorf("%s: %s, %v", name, subjects(got), err)
		}
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a.Raw})
	for name, in := range map[string][]byte{"junk": []byte("junk"), "empty": nil, "cut off": a.Raw[:100], "a key": key, "PEM of junk": []byte(strings.Replace(string(text(a)), "MII", "AAA", 1))} {
		var own *pades.Error
		if got, err := pades.RootsOf(b.Raw, in); !errors.As(err, &own) || own.Code != pades.InvalidArgument || got != nil {
			t.Errorf("%s: %s, %v", name, subjects(got), err)
		}
	}
}
