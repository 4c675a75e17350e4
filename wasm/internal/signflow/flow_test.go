package signflow_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hashout/csc"
	"hashout/csc/cschttp"
	"hashout/csc/csctest"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/signflow"
)

// file is a Source over bytes, hashed natively.
type file struct {
	*bytes.Reader
	data []byte
}

func newFile(data []byte) *file { return &file{bytes.NewReader(data), data} }

func (f *file) Digest(_ context.Context, h crypto.Hash, before, after []byte) ([]byte, error) {
	sum := h.New()
	for _, part := range [][]byte{f.data, before, after} {
		sum.Write(part)
	}
	return sum.Sum(nil), nil
}

// world is a running service, and what a page would hold.
type world struct {
	t       *testing.T
	service *csctest.Server
	session *csc.Session
	asked   int
	pin     csc.Secret
	hooks   signflow.Hooks
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, service: csctest.NewServer(t, csctest.Options{Keys: keys}), pin: csctest.DemoPIN}
	token := w.service.AccessToken()
	session, err := csc.NewSession(csc.SessionOptions{
		ServiceURL: w.service.ServiceURL("v1"), Transport: cschttp.New(nil), Token: csc.StaticToken(token), Timeout: 60 * time.Second, // RSA-4096 keys are made on first use
	})
	if err != nil {
		t.Fatal(err)
	}
	w.session = session
	return w
}

var keys = csctest.NewKeyRing()

func (w *world) credential(id string) *csc.Credential {
	w.t.Helper()
	c, err := w.session.Credential(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func options() signflow.Options {
	return signflow.Options{SigningTime: time.Now(), Random: rand.Reader, Reason: "Freigabe", Software: "hashout", EmbedRoots: true}
}

// sign runs a batch the way the border does.
func (w *world) sign(ctx context.Context, id string, o signflow.Options, observe signflow.Observer, originals ...[]byte) []signflow.Result {
	w.t.Helper()
	credential := w.credential(id)
	documents := make([]signflow.Document, len(originals))
	for i, original := range originals {
		documents[i] = signflow.Document{Source: newFile(original)}
	}
	batch, err := signflow.Prepare(ctx, credential, documents, o, observe)
	if err != nil {
		w.t.Fatal(err)
	}
	authorizer := &csc.ExplicitAuthorizer{Ask: func(_ context.Context, r csc.FactorRequest) (csc.Factors, error) {
		w.asked++
		f := csc.Factors{PIN: w.pin}
		if r.OTP != nil {
			f.OTP = csc.Secret(w.service.OTP(r.Credential.ID))
		}
		return f, nil
	}}
	results, err := batch.Finish(ctx, func(digest crypto.Hash) (signflow.Signer, error) {
		return csc.NewSigner(w.session, credential, authorizer, csc.SignerOptions{Digest: digest, PreferPSS: o.PreferPSS, SignTimeout: 2 * time.Second})
	}, w.hooks)
	if err != nil {
		w.t.Fatal(err)
	}
	return results
}

const corpus = "../../../pdfprep/testdata/corpus/"

func pdf(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func code(err error) string {
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) {
		return coded.ErrorCode()
	}
	return ""
}

func TestEveryKeySignsAndOutsideJudgesAgree(t *testing.T) {
	w := newWorld(t)
	cases := []struct {
		credential, file string
		pss              bool
	}{
		{"demo-rsa-2048", "pdfminer-matplotlib.pdf", false},
		{"demo-rsa-2048", "syn-xrefstream-plain.pdf", false},
		{"demo-rsa-2048", "syn-names-hex-escaped.pdf", true},
		{"demo-rsa-3072", "syn-signed-1-table.pdf", false},
		{"demo-rsa-4096", "pypdf-form.pdf", false},
		{"demo-p-256", "syn-signed-12-objstm.pdf", false},
		{"demo-p-384", "qpdf-i3.pdf", false},
		{"demo-p-521", "syn-hybrid-hidden-form.pdf", false},
		{"demo-push", "pdfbox-tiger-as-form-xobject.pdf", false},
	}
	dir := t.TempDir()
	var pairs, pssPairs []string
	for _, c := range cases {
		t.Run(c.credential+"/"+c.file, func(t *testing.T) {
			original := pdf(t, c.file)
			o := options()
			o.PreferPSS = c.pss
			r := w.sign(t.Context(), c.credential, o, nil, original)[0]
			if r.Err != nil || r.State != signflow.Signed {
				t.Fatalf("%s: %v", r.State, r.Err)
			}
			signed := filepath.Join(dir, c.credential+"-"+c.file)
			if err := os.WriteFile(signed, append(bytes.Clone(original), r.Update...), 0o644); err != nil {
				t.Fatal(err)
			}
			if c.pss {
				pssPairs = append(pssPairs, filepath.Join(corpus, c.file), signed)
			} else {
				pairs = append(pairs, filepath.Join(corpus, c.file), signed)
			}
		})
	}
	root := filepath.Join(dir, "root.pem")
	if err := os.WriteFile(root, w.service.RootPEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	judged(t, append([]string{"-root", root}, pairs...))
	judged(t, append([]string{"-root", root, "-waive", "mutool.signature=mutool 1.21 does not verify RSASSA-PSS"}, pssPairs...))
}

// judged asks the judges, which are a room of pdfprep's: from here they are a command.
func judged(t *testing.T, args []string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"run", "hashout/pdfprep/internal/judge/cmd/judge"}, args...)...)
	if verdict, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, verdict)
	} else {
		t.Logf("%s", verdict)
	}
}

// The judges that the others go to do not know Ed25519 in CMS; pyHanko judges it in pdfprep/cms. Here the flow's own rereading verifies it.
func TestEd25519SignsTheAttributesThemselves(t *testing.T) {
	w := newWorld(t)
	if r := w.sign(t.Context(), "demo-ed25519", options(), nil, pdf(t, "pdfminer-jo.pdf"))[0]; r.Err != nil || r.State != signflow.Signed {
		t.Fatalf("%s %q: %v", r.State, code(r.Err), r.Err)
	}
}

func TestBatchNeedsOneAuthorizationAndFewCalls(t *testing.T) {
	w := newWorld(t)
	originals := make([][]byte, 7)
	for i := range originals {
		originals[i] = pdf(t, "pdfminer-jo.pdf")
	}
	for i, r := range w.sign(t.Context(), "demo-rsa-2048", options(), nil, originals...) {
		if r.Err != nil {
			t.Errorf("document %d: %v", i, r.Err)
		}
	}
	if n := len(w.service.RequestsTo("credentials/authorize")); n != 1 || w.asked != 1 {
		t.Errorf("%d authorizations, the user was asked %d times", n, w.asked)
	}
	if n := len(w.service.RequestsTo("signatures/signHash")); n != 1 {
		t.Errorf("%d signHash calls", n)
	}
	if w.service.SignedTotal() != 7 || w.service.SignedMost() != 1 {
		t.Errorf("%d signatures, one hash %d times", w.service.SignedTotal(), w.service.SignedMost())
	}
}

func TestOneBadDocumentLosesNoOther(t *testing.T) {
	w := newWorld(t)
	good := pdf(t, "pdfminer-jo.pdf")
	results := w.sign(t.Context(), "demo-p-256", options(), nil,
		good, []byte("this is no PDF"), good[:len(good)/3], pdf(t, "syn-enc-rc4-40-user.pdf"), pdf(t, "syn-cert-p1-objstm.pdf"), good)
	want := []string{"", "PDF_MALFORMED", "PDF_MALFORMED", "PDF_ENCRYPTED", "PDF_CERTIFIED_NO_CHANGES", ""}
	for i, r := range results {
		if code(r.Err) != want[i] || (want[i] == "") != (r.Update != nil) {
			t.Errorf("document %d: %q (%v), want %q", i, code(r.Err), r.Err, want[i])
		}
	}
}

func TestFaultsOfTheServiceAreTypedAndWithholdTheFile(t *testing.T) {
	sign, authorize := "signatures/signHash", "credentials/authorize"
	cases := []struct {
		name, endpoint string
		do             csctest.Action
		code           string
		state          signflow.State
	}{
		{"service down before", authorize, csctest.Refuse(503, "down"), "SERVICE_ERROR", signflow.Prepared},
		{"garbage", sign, csctest.Garbage(), "RESPONSE_MALFORMED", signflow.Failed},
		{"too few signatures", sign, csctest.TooFew(), "SIGNATURE_COUNT", signflow.Failed},
		{"signature of another key", sign, csctest.ForeignKey(), "SIGNATURE_INVALID", signflow.Failed},
		{"flipped bit", sign, csctest.FlipBit(), "SIGNATURE_INVALID", signflow.Failed},
		{"redirect", sign, csctest.Redirect(307, "http://127.0.0.1:1/"), "REDIRECT_REFUSED", signflow.Failed},
		{"answer lost", sign, csctest.DropAfter(), "OUTCOME_UNKNOWN", signflow.Unknown},
		{"token expired", authorize, csctest.TokenExpires(), "TOKEN_EXPIRED", signflow.Prepared},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.service.Inject(csctest.Fault{Endpoint: c.endpoint, Times: -1, Do: []csctest.Action{c.do}})
			r := w.sign(t.Context(), "demo-rsa-2048", options(), nil, pdf(t, "pdfminer-jo.pdf"))[0]
			if r.Update != nil || code(r.Err) != c.code || r.State != c.state {
				t.Errorf("%s %q (%v), want %s %q", r.State, code(r.Err), r.Err, c.state, c.code)
			}
			if w.service.SignedMost() > 1 {
				t.Error("a hash was signed twice")
			}
		})
	}
}

func TestWrongPINCanBeGivenAgain(t *testing.T) {
	w := newWorld(t)
	w.pin = "000000"
	if r := w.sign(t.Context(), "demo-rsa-2048", options(), nil, pdf(t, "pdfminer-jo.pdf"))[0]; code(r.Err) != "AUTHORIZATION_FAILED" {
		t.Fatalf("%q: %v", code(r.Err), r.Err)
	}
	w.pin = csctest.DemoPIN
	if r := w.sign(t.Context(), "demo-rsa-2048", options(), nil, pdf(t, "pdfminer-jo.pdf"))[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
}

func TestAbortTellsWhatLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		phase signflow.Phase
		code  string
	}{
		{"while preparing", signflow.PhasePrepare, "ABORTED"},
		{"while authorizing", signflow.PhaseAuthorize, "ABORTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			results := w.sign(ctx, "demo-rsa-2048", options(), func(e signflow.Event) {
				if e.Phase == c.phase {
					cancel()
				}
			}, pdf(t, "pdfminer-jo.pdf"), pdf(t, "qpdf-i3.pdf"))
			for i, r := range results {
				if code(r.Err) != c.code {
					t.Errorf("document %d: %q (%v), want %s", i, code(r.Err), r.Err, c.code)
				}
			}
			if w.service.SignedTotal() != 0 {
				t.Error("something was signed")
			}
		})
	}
	t.Run("after the hash left", func(t *testing.T) {
		w := newWorld(t)
		w.service.Inject(csctest.Fault{Endpoint: "signatures/signHash", Do: []csctest.Action{csctest.DelayAfter(5 * time.Second)}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := w.sign(ctx, "demo-rsa-2048", options(), func(e signflow.Event) {
			if e.Phase == signflow.PhaseSign {
				time.AfterFunc(300*time.Millisecond, cancel)
			}
		}, pdf(t, "pdfminer-jo.pdf"))[0]
		if code(r.Err) != "OUTCOME_UNKNOWN" || r.State != signflow.Unknown {
			t.Errorf("%s %q: %v", r.State, code(r.Err), r.Err)
		}
	})
}

func TestFieldThatAsksForADigestGetsItInTheSameBatch(t *testing.T) {
	w := newWorld(t)
	results := w.sign(t.Context(), "demo-rsa-2048", options(), nil, pdf(t, "pdfminer-jo.pdf"), pdf(t, "syn-empty-sv-sha512-objstm.pdf"))
	want := []crypto.Hash{crypto.SHA256, crypto.SHA512}
	for i, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if r.Signature.Digest != want[i] {
			t.Errorf("document %d was hashed with %v, want %v", i, r.Signature.Digest, want[i])
		}
	}
}

func TestDamagedFileIsSignedAfterAScan(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	at := bytes.LastIndex(original, []byte("startxref"))
	broken := append(bytes.Clone(original[:at]), "startxref\n7\n%%EOF\n"...)
	r := w.sign(t.Context(), "demo-rsa-2048", options(), nil, broken)[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	found, err := signflow.Inspect(t.Context(), signflow.Document{Source: newFile(append(broken, r.Update...))})
	if err != nil || len(found.Signatures) != 1 || !found.Signatures[0].CoversWholeFile || found.XRef == "rebuilt" {
		t.Fatalf("the signed file reads as %+v, %v", found, err)
	}
}

func TestEstimateIsWhatIsReserved(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"demo-rsa-2048", "demo-p-256", "demo-p-521"} {
		estimate, err := signflow.EstimateSize(w.credential(id), options())
		if err != nil {
			t.Fatal(err)
		}
		r := w.sign(t.Context(), id, options(), nil, pdf(t, "pdfminer-jo.pdf"))[0]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if spare := estimate.ContentsBytes - r.Signature.ContentsBytes; spare < 0 || spare > 16 {
			t.Errorf("%s: %d bytes estimated, %d used", id, estimate.ContentsBytes, r.Signature.ContentsBytes)
		}
	}
}

func TestInspectionTellsSignerAndLevelShape(t *testing.T) {
	cases := []struct {
		file       string
		shape      pades.Level
		signatures int
	}{
		{"syn-pades-subfilter-objstm.pdf", pades.BB, 1},
		{"syn-signed-12-objstm.pdf", "", 12},
		{"pdfcpu-testpades-blta.pdf", pades.BLTA, 2},
		{"pdfminer-jo.pdf", "", 0},
	}
	for _, c := range cases {
		found, err := signflow.Inspect(t.Context(), signflow.Document{Source: newFile(pdf(t, c.file))})
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		if len(found.Signatures) != c.signatures {
			t.Errorf("%s: %d signatures", c.file, len(found.Signatures))
			continue
		}
		if c.signatures > 0 && (found.Signatures[0].LevelShape != c.shape || found.Signatures[0].Signer == nil) {
			t.Errorf("%s: %q, signer %+v", c.file, found.Signatures[0].LevelShape, found.Signatures[0].Signer)
		}
	}
}

func TestInspectionTellsEncryptionAndPermissions(t *testing.T) {
	found, err := signflow.Inspect(t.Context(), signflow.Document{Source: newFile(pdf(t, "syn-enc-aesv3-r6-user-objstm.pdf")), Password: "usr"})
	if err != nil || found.Encryption != "AESV3 R6" || len(found.Permissions) == 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// liar makes signatures that are not of the digests.
type liar struct{}

func (liar) SignAll(_ context.Context, digests [][]byte, _ func(csc.SignEvent) error) []csc.SignResult {
	results := make([]csc.SignResult, len(digests))
	for i := range results {
		results[i].Signature = bytes.Repeat([]byte{1}, 256)
	}
	return results
}

func TestUnverifiedSignatureNeverReachesADocument(t *testing.T) {
	w := newWorld(t)
	batch, err := signflow.Prepare(t.Context(), w.credential("demo-rsa-2048"), []signflow.Document{{Source: newFile(pdf(t, "pdfminer-jo.pdf"))}}, options(), nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := batch.Finish(t.Context(), func(crypto.Hash) (signflow.Signer, error) { return liar{}, nil }, signflow.Hooks{})
	if err != nil || results[0].Err == nil || results[0].Update != nil {
		t.Fatalf("%+v, %v", results, err)
	}
}

func TestWrongArgumentsRefuseTheWholeBatch(t *testing.T) {
	w := newWorld(t)
	one := []signflow.Document{{Source: newFile(pdf(t, "pdfminer-jo.pdf"))}}
	for name, change := range map[string]func(*signflow.Options){
		"no time":                 func(o *signflow.Options) { o.SigningTime = time.Time{} },
		"no random":               func(o *signflow.Options) { o.Random = nil },
		"commitment with reason":  func(o *signflow.Options) { o.Commitment = cms.ProofOfApproval },
		"two places of signature": func(o *signflow.Options) { o.Location, o.SignerLocation = "Ulm", &cms.SignerLocation{Locality: "Ulm"} },
	} {
		o := options()
		change(&o)
		if _, err := signflow.Prepare(t.Context(), w.credential("demo-rsa-2048"), one, o, nil); !errors.Is(err, signflow.ErrInvalidArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signflow.Prepare(t.Context(), w.credential("demo-rsa-2048"), nil, options(), nil); !errors.Is(err, signflow.ErrInvalidArgument) {
		t.Errorf("no documents: %v", err)
	}
	if _, err := signflow.Prepare(t.Context(), w.credential("demo-expired"), one, options(), nil); !errors.Is(err, csc.ErrCredentialUnusable) {
		t.Errorf("expired certificate: %v", err)
	}
}
