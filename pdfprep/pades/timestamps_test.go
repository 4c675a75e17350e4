package pades_test

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// A signature is as old as the earliest good proof over it, and no older.
func TestTheEarliestGoodProofCounts(t *testing.T) {
	x := newTrial(shape{})
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	token := func(minutes int) []byte { return x.token(at(minutes), nil) }
	forged := slices.Clone(token(-50))
	forged[len(forged)-1] ^= 1
	proof := func(minutes int) pades.Proof { return pades.Proof{Time: at(minutes)} }
	for name, tc := range map[string]struct {
		tokens [][]byte
		proofs []pades.Proof
		want   time.Time
		proven bool
	}{
		"none":                         {want: noon},
		"one timestamp":                {[][]byte{token(-20)}, nil, at(-20), true},
		"the earlier first":            {[][]byte{token(-20), token(-10)}, nil, at(-20), true},
		"the earlier last":             {[][]byte{token(-10), token(-20)}, nil, at(-20), true},
		"a forged one is earlier":      {[][]byte{forged, token(-10)}, nil, at(-10), true},
		"a proof":                      {nil, []pades.Proof{proof(-20)}, at(-20), true},
		"the earlier proof first":      {nil, []pades.Proof{proof(-20), proof(-10)}, at(-20), true},
		"the earlier proof last":       {nil, []pades.Proof{proof(-10), proof(-20)}, at(-20), true},
		"a proof of now":               {nil, []pades.Proof{proof(0)}, noon, false},
		"a timestamp before the proof": {[][]byte{token(-20)}, []pades.Proof{proof(-10)}, at(-20), true},
		// Nothing that is younger than the proof over it can be inside; clocks may differ by five minutes.
		"a timestamp after the proof":      {[][]byte{token(-4)}, []pades.Proof{proof(-10)}, at(-10), true},
		"a timestamp just after the proof": {[][]byte{token(-8)}, []pades.Proof{proof(-10)}, at(-10), true},
	} {
		r := x.validate(t, x.contents(tc.tokens...), x.trust(), tc.proofs...)
		if !r.OK() || !r.Time.Equal(tc.want) || r.Proven != tc.proven || len(r.Timestamps) != len(tc.tokens) {
			t.Errorf("%s: %v, proven %v, %v", name, r.Time, r.Proven, r.Verdict)
		}
	}
}

// A bad timestamp is named for what is wrong with it. It proves nothing, and the signature is judged without it.
func TestTimestampsThatProveNothing(t *testing.T) {
	purposes := func(critical bool, list ...int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			var oids []asn1.ObjectIdentifier
			for _, last := range list {
				oids = append(oids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, last})
			}
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: must(asn1.Marshal(oids))}}
		}
	}
	const timestamping, serverAuth = 8, 1
	for name, tc := range map[string]struct {
		shape  shape
		hash   crypto.Hash
		at     time.Duration // from noon
		change func(*timestamp.Timestamp)
		trust  func(*trial, *pades.Trust)
		spoil  func([]byte)
		want   pades.Indication
		why    pades.SubIndication
		intact bool
	}{
		"good":                              {want: pades.Passed, intact: true},
		"of another value":                  {change: func(s *timestamp.Timestamp) { s.HashedMessage[0] ^= 1 }, want: pades.Failed, why: pades.HashFailure},
		"forged":                            {spoil: func(b []byte) { b[len(b)-1] ^= 1 }, want: pades.Failed, why: pades.SigCryptoFailure},
		"from the future":                   {at: 6 * time.Minute, want: pades.Indeterminate, why: pades.TimestampOrder, intact: true},
		"of a clock that is fast":           {at: 5 * time.Minute, want: pades.Passed, intact: true},
		"by one who may not stamp":          {shape: shape{tsa: purposes(true, serverAuth)}, want: pades.Indeterminate, why: pades.ChainConstraints},
		"by one who may do more than stamp": {shape: shape{tsa: purposes(true, timestamping, serverAuth)}, want: pades.Indeterminate, why: pades.ChainConstraints},
		"by one who need not only stamp":    {shape: shape{tsa: purposes(false, timestamping)}, want: pades.Indeterminate, why: pades.ChainConstraints},
		"with SHA-1":                        {hash: crypto.SHA1, want: pades.Indeterminate, why: pades.CryptoConstraints, intact: true},
		"by nobody known":                   {trust: func(_ *trial, t *pades.Trust) { t.Document.Certificates = t.Document.Certificates[:1] }, want: pades.Indeterminate, why: pades.NoChain, intact: true},
		"with SHA-1 by nobody known":        {hash: crypto.SHA1, trust: func(_ *trial, t *pades.Trust) { t.Document.Certificates = t.Document.Certificates[:1] }, want: pades.Indeterminate, why: pades.NoChain, intact: true},
		"by one of whom nothing is known":   {trust: func(_ *trial, t *pades.Trust) { t.Document = without(t.Document, 2) }, want: pades.Indeterminate, why: pades.TryLater, intact: true},
		"by one who was revoked before": {trust: func(x *trial, t *pades.Trust) {
			t.Document = without(t.Document, 2)
			t.Document.OCSPs = append(t.Document.OCSPs, says(x.stamper, x.tsa, noon, noon.Add(-time.Minute)))
		}, want: pades.Indeterminate, why: pades.Revoked, intact: true},
		// It cannot vouch for its own time: who has the key can make old ones.
		"by one who was revoked since, with nothing over it": {at: -time.Hour, trust: func(x *trial, t *pades.Trust) {
			t.Document = without(t.Document, 2)
			t.Document.OCSPs = append(t.Document.OCSPs, says(x.stamper, x.tsa, noon, noon.Add(-time.Minute)))
		}, want: pades.Indeterminate, why: pades.Revoked, intact: true},
	} {
		x := newTrial(tc.shape)
		h := tc.hash
		if h == 0 {
			h = crypto.SHA256
		}
		token := x.tokenBy(x.tsa, h, noon.Add(tc.at), tc.change)
		if tc.spoil != nil {
			tc.spoil(token)
		}
		trust := x.trust()
		if tc.trust != nil {
			tc.trust(x, &trust)
		}
		r := x.validate(t, x.contents(token), trust)
		if !r.OK() || !r.Time.Equal(noon) || r.Proven || len(r.Timestamps) != 1 {
			t.Fatalf("%s: the signature: %v, %v, %d timestamps", name, r.Verdict, r.Time, len(r.Timestamps))
		}
		if s := r.Timestamps[0]; s.Indication != tc.want || s.SubIndication != tc.why || s.Intact != tc.intact || s.Explanation == "" {
			t.Errorf("%s: %v, intact %v", name, s.Verdict, s.Intact)
		}
	}
}

// The purposes of an authority bind what it issues, also when a certificate of its own says more.
func TestAnAuthorityIssuesForItsPurposesOnly(t *testing.T) {
	purpose := func(list ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = list }
	}
	for name, tc := range map[string]struct {
		stamper func(*x509.Certificate)
		want    pades.SubIndication
	}{
		"none":                  {nil, ""},
		"timestamps":            {purpose(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageTimeStamping), ""},
		"any":                   {purpose(x509.ExtKeyUsageAny), ""},
		"another":               {purpose(x509.ExtKeyUsageServerAuth), pades.ChainConstraints},
		"one that nobody knows": {func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{2, 999, 1}} }, pades.ChainConstraints},
		"such a one, and this one": {func(c *x509.Certificate) {
			purpose(x509.ExtKeyUsageTimeStamping)(c)
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{2, 999, 1}}
		}, ""},
	} {
		x := newTrial(shape{stamper: tc.stamper})
		if s := x.validate(t, x.contents(x.token(noon, nil)), x.trust()).Timestamps[0]; s.SubIndication != tc.want || s.OK() != (tc.want == "") {
			t.Errorf("%s: %v", name, s.Verdict)
		}
		// Documents are signed with certificates of every purpose.
		if r := newTrial(shape{middle: tc.stamper}); !r.validate(t, r.contents(), r.trust()).OK() {
			t.Errorf("%s: a signature does not pass", name)
		}
	}
}

// A level is what stands in the document, whatever is believed besides (EN 319 142-1 6.3).
func TestTheLevelIsThatOfTheDocument(t *testing.T) {
	x := newTrial(shape{})
	stamped, bare := x.contents(x.token(noon.Add(-time.Minute), nil)), x.contents()
	forged := x.token(noon, nil)
	forged[len(forged)-1] ^= 1
	elsewhere := func(i int) pades.Trust {
		trust := x.trust()
		trust.Other = pades.Evidence{OCSPs: trust.Document.OCSPs[i : i+1]}
		trust.Document = without(trust.Document, i)
		return trust
	}
	revoked := x.trust()
	revoked.Document.OCSPs = append(without(revoked.Document, 2).OCSPs, says(x.stamper, x.tsa, noon, noon.Add(-time.Hour)))
	long, short := pades.Proof{Time: noon.Add(-time.Minute), Long: true}, pades.Proof{Time: noon.Add(-time.Minute)}
	withContent := func(young bool) *trial { // a timestamp over the document, signed with it
		digest, at := sha256.Sum256(covered), noon.Add(-time.Hour)
		if young {
			at = noon.Add(time.Hour)
		}
		o, y := x.options(), *x
		o.ContentTimestamp = must(cms.ParseTimestamp(tokenOver(digest[:], x.tsa, crypto.SHA256, at, nil)))
		y.sign(o)
		return &y
	}
	stampedContent := func(young bool) []byte {
		y := withContent(young)
		return y.contents(y.token(noon, nil))
	}
	for name, tc := range map[string]struct {
		contents []byte
		trust    pades.Trust
		proofs   []pades.Proof
		want     pades.Level
	}{
		"bare":                                   {bare, x.trust(), nil, pades.BB},
		"stamped, all there":                     {stamped, x.trust(), nil, pades.BLT},
		"stamped, the signer's status elsewhere": {stamped, elsewhere(0), nil, pades.BT},
		"stamped, the authority's elsewhere":     {stamped, elsewhere(1), nil, pades.BT},
		"stamped, the timestamp's elsewhere":     {stamped, elsewhere(2), nil, pades.BT},
		"stamped, its authority's elsewhere":     {stamped, elsewhere(3), nil, pades.BT},
		"stamped, the timestamp's revoked":       {stamped, revoked, nil, pades.BT},
		"forged":                                 {x.contents(forged), x.trust(), nil, pades.BB},
		"forged and good":                        {x.contents(forged, x.token(noon, nil)), x.trust(), nil, pades.BT},
		"good and forged":                        {x.contents(x.token(noon, nil), forged), x.trust(), nil, pades.BT},
		"under a document timestamp":             {bare, x.trust(), []pades.Proof{short}, pades.BLT},
		"forged, under a document timestamp":     {x.contents(forged), x.trust(), []pades.Proof{short}, pades.BT},
		"under one that covers the store":        {bare, x.trust(), []pades.Proof{long}, pades.BLTA},
		"under both":                             {bare, x.trust(), []pades.Proof{long, short}, pades.BLTA},
		"under both, the other way round":        {bare, x.trust(), []pades.Proof{short, long}, pades.BLTA},
		"under one, with something elsewhere":    {bare, elsewhere(1), []pades.Proof{long}, pades.BT},
		"nobody is trusted":                      {stamped, pades.Trust{Now: noon, Document: x.evidence()}, []pades.Proof{long}, pades.BT},
		"a content timestamp alone":              {withContent(false).contents(), x.trust(), nil, pades.BB},
		"stamped, a content timestamp":           {stampedContent(false), x.trust(), nil, pades.BLT},
		"stamped, a bad content timestamp":       {stampedContent(true), x.trust(), nil, pades.BT},
		"not by the profile":                     {x.parallel(nil, pkcs7.SignerInfoConfig{}, true), x.trust(), nil, ""},
	} {
		if r := x.validate(t, tc.contents, tc.trust, tc.proofs...); r.Level != tc.want || !r.Intact {
			t.Errorf("%s: %q, %v", name, r.Level, r.Verdict)
		}
	}
}
