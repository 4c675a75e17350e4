package signflow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hashout/csc/csctest"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/signflow"
)

// web fetches over loopback and can be told to lose some requests.
type web struct{ lose func(r *pades.Request) bool }

func (w *web) Fetch(ctx context.Context, r *pades.Request) ([]byte, error) {
	if w.lose != nil && w.lose(r) {
		return nil, errors.New("connection refused")
	}
	method := http.MethodGet
	if r.Body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.ContentType != "" {
		request.Header.Set("Content-Type", r.ContentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(response.Body)
}

func lost(purposes ...pades.Purpose) func(*pades.Request) bool {
	return func(r *pades.Request) bool { return slices.Contains(purposes, r.Purpose) }
}

// helpers are those of a page with a network.
func (w *world) helpers(web *web) pades.ExtendOptions {
	return pades.ExtendOptions{
		Authorities: []pades.Timestamper{pades.TSA("http://127.0.0.1:9/", web), pades.TSA(w.service.TSAURL(), web)},
		Collect:     pades.CollectOptions{Fetcher: web, Now: time.Now()}, Random: rand.Reader,
	}
}

// verified judges the finished file as a stranger would.
func (w *world) verified(original []byte, r signflow.Result) *signflow.Verification {
	w.t.Helper()
	v, err := signflow.Verify(w.t.Context(), signflow.Document{Source: newFile(append(bytes.Clone(original), r.Update...))},
		signflow.VerifyOptions{Trust: [][]byte{w.service.RootPEM()}, Time: time.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// TestEachLevelIsReachedAndVerified, with the second of two authorities where the first is down, and with the service's own. The evidence that is
// fetched for the first document serves the second.
func TestEachLevelIsReachedAndVerified(t *testing.T) {
	w := newWorld(t)
	for _, level := range []pades.Level{pades.BT, pades.BLT, pades.BLTA} {
		for name, authority := range map[string]pades.Timestamper{"": nil, " by the service": signflow.ServiceTimestamps(w.session, "")} {
			t.Run(string(level)+name, func(t *testing.T) {
				w.hooks.Extend = w.helpers(&web{})
				if authority != nil {
					w.hooks.Extend.Authorities = []pades.Timestamper{authority}
				}
				before := len(w.service.RequestsTo("ocsp"))
				o := options()
				o.Level = level
				originals := [][]byte{pdf(t, "pdfminer-jo.pdf"), pdf(t, "syn-signed-1-table.pdf")}
				results := w.sign(t.Context(), "demo-p-256", o, nil, originals...)
				for i, r := range results {
					if r.Err != nil || r.Shortfall != nil || r.Signature.Level != level {
						t.Fatalf("%+v", r)
					}
					if i > 0 {
						continue // the other signature of that file is nobody's here
					}
					v := w.verified(originals[i], r)
					first := v.Signatures[0]
					// Without revocation data nobody can tell whether the authority's certificate still counted.
					if !first.Intact || len(first.Timestamps) != 1 || level != pades.BT && first.Level != level {
						t.Errorf("verified as %s: %+v", first.Level, first.Verdict)
					}
					if level != pades.BT && v.Verdict.Indication != pades.Passed {
						t.Errorf("%+v", v.Verdict)
					}
				}
				if asked := len(w.service.RequestsTo("ocsp")) - before; level != pades.BT && asked != 3 {
					t.Errorf("the responders were asked %d times", asked)
				}
			})
		}
	}
}

// TestShortfallNeverLosesTheSignature: without a timestamp the document is B-B, without revocation data B-T, and what is missing is named.
func TestShortfallNeverLosesTheSignature(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	for name, tc := range map[string]struct {
		want    pades.Level
		reached pades.Level
		code    string
		says    string
		lose    func(*pades.Request) bool
		tsa     csctest.TSA
	}{
		"no authority reached":  {pades.BT, pades.BB, "TSA_FAILED", "connection refused", lost(pades.ForTimestamp), csctest.TSA{}},
		"a wrong nonce":         {pades.BLTA, pades.BB, "TSA_FAILED", "nonce", nil, csctest.TSA{WrongNonce: true}},
		"a foreign signer":      {pades.BT, pades.BB, "TSA_FAILED", "does not hold", nil, csctest.TSA{ForeignSigner: true}},
		"a refusal":             {pades.BT, pades.BB, "TSA_FAILED", "refused", nil, csctest.TSA{Status: 2}},
		"no revocation data":    {pades.BLT, pades.BT, "REVOCATION_UNAVAILABLE", "Demo Signer P-256", lost(pades.ForOCSP, pades.ForCRL), csctest.TSA{}},
		"no issuer certificate": {pades.BLTA, pades.BT, "REVOCATION_UNAVAILABLE", "Demo Intermediate CA", lost(pades.ForOCSP, pades.ForCRL, pades.ForCertificate), csctest.TSA{}},
	} {
		t.Run(name, func(t *testing.T) {
			w.service.SetTSA(tc.tsa)
			w.hooks.Extend = w.helpers(&web{tc.lose})
			o := options()
			o.Level, o.EmbedRoots = tc.want, false
			r := w.sign(t.Context(), "demo-p-256", o, nil, original)[0]
			if r.Err != nil || r.State != signflow.Signed || code(r.Shortfall) != tc.code || r.Signature.Level != tc.reached {
				t.Fatalf("%+v, shortfall %v", r, r.Shortfall)
			}
			var detailed interface{ ErrorDetails() map[string]any }
			if !errors.As(r.Shortfall, &detailed) {
				t.Fatalf("%T", r.Shortfall)
			}
			details, err := json.Marshal(detailed.ErrorDetails())
			if err != nil || !strings.Contains(string(details), tc.says) {
				t.Errorf("details are %s", details)
			}
			if got := w.verified(original, r).Signatures[0]; !got.Intact || len(got.Timestamps) != map[pades.Level]int{pades.BB: 0, pades.BT: 1}[tc.reached] {
				t.Errorf("verified with %d timestamps: %+v", len(got.Timestamps), got.Verdict)
			}
		})
	}
}

// TestSignedFilesAreExtendedStepByStep from B-B to B-LTA and renewed; each step is a longer file with the old one at its beginning.
func TestSignedFilesAreExtendedStepByStep(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	r := w.sign(t.Context(), "demo-rsa-2048", options(), nil, original)[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	signed := append(bytes.Clone(original), r.Update...)
	for i, level := range []pades.Level{pades.BT, pades.BLT, pades.BLTA, pades.BLTA} {
		o := w.helpers(&web{})
		o.Level = level
		x, err := signflow.Extend(t.Context(), signflow.Document{Source: newFile(signed)}, o, pdfprep.Limits{}, nil)
		if err != nil || x.Shortfall != nil || x.Level != level || len(x.Update) == 0 {
			t.Fatalf("step %d: %+v, %v", i, x, err)
		}
		signed = append(signed, x.Update...)
		v := w.verified(signed, signflow.Result{})
		if got := v.Signatures[0]; level != pades.BT && got.Level != level || len(v.Signatures) != []int{2, 2, 3, 4}[i] {
			t.Errorf("step %d: verified as %s with %d signatures: %+v", i, got.Level, len(v.Signatures), got.Verdict)
		}
	}
	o := w.helpers(&web{})
	o.Level = pades.BLTA
	for name, tc := range map[string]struct {
		pdf   []byte
		level pades.Level
	}{"nothing signed": {original, pades.BLTA}, "no level": {signed, pades.BB}, "no PDF": {[]byte("nothing"), pades.BLTA}} {
		o.Level = tc.level
		if x, err := signflow.Extend(t.Context(), signflow.Document{Source: newFile(tc.pdf)}, o, pdfprep.Limits{}, nil); err == nil {
			t.Errorf("%s: %+v", name, x)
		}
	}
}

// TestStatementsAreInTheSignature that a signer makes beside the document.
func TestStatementsAreInTheSignature(t *testing.T) {
	w := newWorld(t)
	o := options()
	o.Reason, o.Commitment, o.AlgorithmProtection = "", cms.ProofOfApproval, true
	o.SignerLocation = &cms.SignerLocation{Country: "DE", Locality: "Ulm"}
	original := bytes.Replace(pdf(t, "pdfminer-jo.pdf"), []byte("PDF-1.3"), []byte("PDF-1.7"), 1)
	r := w.sign(t.Context(), "demo-p-256", o, nil, original)[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if !bytes.Contains(r.Update, []byte("/ESIC")) {
		t.Error("the file does not declare that it has PAdES")
	}
	signed := append(bytes.Clone(original), r.Update...)
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(signed), int64(len(signed)), pdfprep.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.SignatureInfos(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	der, err := cms.TrimPadding(list[0].Contents)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{cms.OIDCommitment, cms.OIDLocation, cms.OIDProtection} {
		if _, ok := s.Signer.Attribute(typ); !ok {
			t.Errorf("attribute %s is not there", typ)
		}
	}
}
