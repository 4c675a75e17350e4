package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// The TSA of these tests is digitorus/timestamp, and OpenSSL where it is installed: neither shares code with what is tested.

func authorityFor(purpose ...x509.ExtKeyUsage) *signer {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	t := template("Throw-away TSA", 77)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	if len(purpose) > 0 {
		var oids []asn1.ObjectIdentifier
		for _, p := range purpose {
			oids = append(oids, map[x509.ExtKeyUsage]asn1.ObjectIdentifier{
				x509.ExtKeyUsageTimeStamping: {1, 3, 6, 1, 5, 5, 7, 3, 8}, x509.ExtKeyUsageServerAuth: {1, 3, 6, 1, 5, 5, 7, 3, 1},
			}[p])
		}
		t.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: must(asn1.Marshal(oids))}}
	}
	return &signer{"TSA", key, issue(t, pki().intermediate, key.Public(), pki().intermediateKey)}
}

var tsa = sync.OnceValue(func() *signer { return authorityFor(x509.ExtKeyUsageTimeStamping) })

// answer is what an honest TSA gives; change may make it less honest.
func answer(t testing.TB, a *signer, request []byte, change func(*timestamp.Timestamp)) []byte {
	t.Helper()
	r, err := timestamp.ParseRequest(request)
	if err != nil {
		t.Fatalf("the request is not readable to another implementation: %v", err)
	}
	ts := &timestamp.Timestamp{
		HashAlgorithm: r.HashAlgorithm, HashedMessage: r.HashedMessage, Nonce: r.Nonce, Time: noon, Accuracy: 1500 * time.Millisecond,
		Policy: asn1.ObjectIdentifier{2, 999, 1}, AddTSACertificate: r.Certificates,
	}
	if r.TSAPolicyOID != nil {
		ts.Policy = r.TSAPolicyOID
	}
	if change != nil {
		change(ts)
	}
	out, err := ts.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func question(t testing.TB) (*cms.TimestampRequest, []byte) {
	t.Helper()
	r, err := cms.SignatureTimestampRequest(crypto.SHA256, []byte("signature value"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := r.DER()
	if err != nil {
		t.Fatal(err)
	}
	return r, der
}

func TestTimestampOfAnHonestAuthorityIsAccepted(t *testing.T) {
	r, request := question(t)
	response := answer(t, tsa(), request, nil)
	ts, err := r.Accept(response)
	if err != nil {
		t.Fatal(err)
	}
	if !ts.Time.Equal(noon) || ts.Policy != "2.999.1" || ts.Nonce.Cmp(r.Nonce) != 0 || ts.Accuracy != 1500*time.Millisecond {
		t.Errorf("read back %v, %s, accuracy %v", ts.Time, ts.Policy, ts.Accuracy)
	}
	if bare, err := r.Accept(ts.Token); err != nil || !bytes.Equal(bare.Token, ts.Token) {
		t.Errorf("bare token, as CSC gives it: %v", err)
	}
	r.Policy = "2.999.5"
	request, _ = r.DER()
	if _, err := r.Accept(answer(t, tsa(), request, nil)); err != nil {
		t.Errorf("policy asked for: %v", err)
	}
}

func TestNoncesDiffer(t *testing.T) {
	a, _ := question(t)
	b, _ := question(t)
	if a.Nonce.Cmp(b.Nonce) == 0 || a.Nonce.BitLen() != 63 {
		t.Errorf("nonces %v and %v", a.Nonce, b.Nonce)
	}
}

func TestDishonestTimestampsAreRefused(t *testing.T) {
	r, request := question(t)
	wanting, _ := question(t)
	wanting.Nonce, wanting.Policy = r.Nonce, "2.999.9"
	honest := answer(t, tsa(), request, nil)
	thief := &signer{"thief", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), tsa().cert}
	document := p256()
	for name, tc := range map[string]struct {
		r      *cms.TimestampRequest
		answer []byte
		reason string
	}{
		"other nonce":        {r, answer(t, tsa(), request, func(ts *timestamp.Timestamp) { ts.Nonce = big.NewInt(5) }), "nonce"},
		"no nonce":           {r, answer(t, tsa(), request, func(ts *timestamp.Timestamp) { ts.Nonce = nil }), "nonce"},
		"other imprint":      {r, answer(t, tsa(), request, func(ts *timestamp.Timestamp) { ts.HashedMessage = make([]byte, 32) }), "imprint"},
		"other policy":       {wanting, honest, "policy"},
		"no certificate":     {r, answer(t, tsa(), request, func(ts *timestamp.Timestamp) { ts.AddTSACertificate = false }), "signature"},
		"stolen certificate": {r, answer(t, thief, request, nil), "signature"},
		"not a TSA":          {r, answer(t, authorityFor(), request, nil), "certificate"},
		"also a web server":  {r, answer(t, authorityFor(x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageServerAuth), request, nil), "certificate"},
		"refused":            {r, must(timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadRequest)), "refused"},
		"waiting":            {r, must(timestamp.CreateErrorResponse(timestamp.Waiting, timestamp.SystemFailure)), "refused"},
		"granted nothing":    {r, []byte{0x30, 5, 0x30, 3, 2, 1, 0}, "malformed"},
		"a signed document":  {r, build(t, document, document.options()), "malformed"},
		"bytes behind it":    {r, append(bytes.Clone(honest), 0), "malformed"},
		"no status":          {r, sequence(sequence(octets(nil)), sequence()), "malformed"},
		"text":               {r, []byte("<html>not found</html>"), "malformed"},
		"empty":              {r, nil, "malformed"},
		"cut":                {r, honest[:len(honest)-10], "malformed"},
	} {
		_, err := tc.r.Accept(tc.answer)
		var e *cms.Error
		if !errors.As(err, &e) || e.Code != cms.TSAFailed || e.Details["reason"] != tc.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Accept(sequence(sequence(integer(0)))); !strings.Contains(err.Error(), "no timestamp") {
		t.Errorf("granted nothing: %v", err)
	}
}

// PKIStatusInfo of RFC 3161 2.4.2: a number, texts, a failure.
func TestTheReasonOfARefusalIsHandedOn(t *testing.T) {
	r, _ := question(t)
	text := func(s string) []byte { return sequence(tlv(12, []byte(s))) }
	policy := []byte{3, 3, 0, 0, 1} // bit 15
	long := strings.Repeat("x", 499)
	for name, tc := range map[string]struct {
		status []byte
		want   map[string]any
	}{
		"by another hand":      {must(timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.UnacceptedPolicy)), map[string]any{"status": 2, "failure": "unacceptedPolicy"}},
		"a number":             {sequence(sequence(integer(3))), map[string]any{"status": 3}},
		"a text":               {sequence(sequence(integer(2), text("no such policy"))), map[string]any{"status": 2, "text": "no such policy"}},
		"a text and a failure": {sequence(sequence(integer(2), text("no"), policy)), map[string]any{"status": 2, "text": "no", "failure": "unacceptedPolicy"}},
		"a failure":            {sequence(sequence(integer(2), policy)), map[string]any{"status": 2, "failure": "unacceptedPolicy"}},
		"a failure of no name": {sequence(sequence(integer(2), []byte{3, 2, 0, 0x40})), map[string]any{"status": 2}},
		"a text of no text":    {sequence(sequence(integer(2), sequence(octets([]byte("no"))), policy)), map[string]any{"status": 2, "failure": "unacceptedPolicy"}},
		"no text at all":       {sequence(sequence(integer(2), sequence(), policy)), map[string]any{"status": 2, "failure": "unacceptedPolicy"}},
		"a text not in UTF-8":  {sequence(sequence(integer(2), text("caf\xe9"))), map[string]any{"status": 2, "text": "caf?"}},
		"a long text":          {sequence(sequence(integer(2), text(long))), map[string]any{"status": 2, "text": long}},
		"a longer text":        {sequence(sequence(integer(2), text(long+"x"))), map[string]any{"status": 2}},
	} {
		_, err := r.Accept(tc.status)
		tc.want["reason"] = "refused"
		var e *cms.Error
		if !errors.As(err, &e) || !maps.Equal(e.Details, tc.want) {
			t.Errorf("%s: %v %v", name, err, e.Details)
		}
	}
}

func TestARequestWithoutANonceNeedsNone(t *testing.T) {
	r, request := question(t)
	response := answer(t, tsa(), request, func(ts *timestamp.Timestamp) { ts.Nonce = nil })
	r.Nonce = nil
	if _, err := r.Accept(response); err != nil {
		t.Error(err)
	}
}

func TestModifiedGrantIsATimestampToo(t *testing.T) {
	r, request := question(t)
	response := answer(t, tsa(), request, nil)
	at := bytes.Index(response, []byte{0x30, 3, 2, 1, 0})
	response[at+4] = 1
	if _, err := r.Accept(response); err != nil {
		t.Error(err)
	}
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	if _, err := cms.NewTimestampRequest(crypto.SHA1, make([]byte, 20)); !errors.Is(err, sigalg.ErrAlgorithmUnsupported) {
		t.Errorf("SHA-1: %v", err)
	}
	if _, err := cms.NewTimestampRequest(crypto.SHA256, make([]byte, 20)); !errors.Is(err, cms.ErrInvalidArgument) {
		t.Errorf("short imprint: %v", err)
	}
	r := &cms.TimestampRequest{Hash: crypto.SHA256, Imprint: make([]byte, 32), Policy: "none"}
	if _, err := r.DER(); !errors.Is(err, cms.ErrInvalidArgument) {
		t.Errorf("policy that is no identifier: %v", err)
	}
}

func TestSignatureTimestampTravelsUnsignedAndOpenSSLStillAccepts(t *testing.T) {
	v := p256()
	attrs := must(cms.NewSignedAttributes(v.options(), digestOf(crypto.SHA256, document)))
	value := v.sign(t, v.algorithm, attrs.ToBeSigned())
	r := must(cms.SignatureTimestampRequest(crypto.SHA256, value))
	ts := must(r.Accept(answer(t, tsa(), must(r.DER()), nil)))
	der, err := attrs.Assemble(value, cms.TimestampAttribute(ts))
	if err != nil {
		t.Fatal(err)
	}
	if size := must(cms.EstimateSize(v.options(), cms.TimestampAttribute(ts))); len(der) > size {
		t.Errorf("estimated %d, is %d", size, len(der))
	}
	s := must(cms.Parse(der))
	if err := s.CheckProfile(cms.PAdES); err != nil {
		t.Error(err)
	}
	list, err := s.Signer.Timestamps()
	if err != nil || len(list) != 1 || list[0].Verify() != nil {
		t.Fatalf("timestamps %v, %v", list, err)
	}
	// The same timestamp in another signature covers nothing there.
	moved := must(cms.Parse(build(t, v, v.options(), cms.TimestampAttribute(ts))))
	if _, err := moved.Signer.Timestamps(); !errors.Is(err, cms.ErrTSAFailed) {
		t.Errorf("moved timestamp: %v", err)
	}
	program, dir := openssl(t), t.TempDir()
	root := write(t, dir, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki().root.Raw}))
	out, err := exec.Command(program, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", write(t, dir, "sig", der), "-content", write(t, dir, "doc", document),
		"-CAfile", root, "-purpose", "any", "-out", os.DevNull).CombinedOutput()
	if err != nil {
		t.Errorf("openssl: %s", out)
	}
}

func TestOpenSSLAsTimestampAuthority(t *testing.T) {
	program, dir := openssl(t), t.TempDir()
	key := must(x509.MarshalPKCS8PrivateKey(tsa().key))
	write(t, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	write(t, dir, "tsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tsa().cert.Raw}))
	chain := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki().root.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki().intermediate.Raw})...)
	write(t, dir, "chain.pem", chain)
	write(t, dir, "serial", []byte("01\n"))
	write(t, dir, "tsa.cnf", []byte("[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = key.pem\nsigner_digest = sha256\n"+
		"default_policy = 2.999.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1, millisecs:500, microsecs:100\nclock_precision_digits = 3\nordering = yes\ntsa_name = yes\n"))
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %s", args, out)
		}
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		r := must(cms.SignatureTimestampRequest(h, document))
		write(t, dir, "query", must(r.DER()))
		run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
		ts, err := r.Accept(must(os.ReadFile(filepath.Join(dir, "reply"))))
		if err != nil {
			t.Fatal(err)
		}
		if ts.Accuracy != 1500100*time.Microsecond || time.Since(ts.Time) > time.Hour || ts.Serial.Sign() == 0 {
			t.Errorf("accuracy %v, time %v, serial %v", ts.Accuracy, ts.Time, ts.Serial)
		}
		write(t, dir, "token", ts.Token)
		write(t, dir, "stamped", document)
		run("ts", "-verify", "-token_in", "-in", "token", "-data", "stamped", "-CAfile", "chain.pem")
	}
}

func FuzzTimestampAnswer(f *testing.F) {
	r, request := question(f)
	response := answer(f, tsa(), request, nil)
	f.Add(response)
	f.Add(must(timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadRequest)))
	f.Add(must(r.Accept(response)).Token)
	f.Fuzz(func(t *testing.T, in []byte) {
		ts, err := r.Accept(in)
		if err != nil && !errors.Is(err, cms.ErrTSAFailed) {
			t.Errorf("error is %v", err)
		}
		if err == nil && (!ts.Covers(r.Imprint) || ts.Nonce.Cmp(r.Nonce) != 0) {
			t.Error("accepted something else")
		}
	})
}
