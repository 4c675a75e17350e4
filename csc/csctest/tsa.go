package csctest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"time"
)

// TSA is the behaviour of the timestamp authority. The zero value behaves.
type TSA struct {
	// Status is the PKIStatus: 0 granted, 1 grantedWithMods, 2 rejection.
	Status int
	// WrongNonce answers another nonce, NoNonce none.
	WrongNonce, NoNonce bool
	// WrongImprint stamps another hash.
	WrongImprint bool
	// NoCertificates leaves them out even when certReq asks for them.
	NoCertificates bool
	// ForeignSigner signs with a key that does not belong to the certificate.
	ForeignSigner bool
	// Bulk repeats the certificates this many times more, as a long chain would.
	Bulk int
	// Skew is added to the time in the token.
	Skew time.Duration
}

// SetTSA changes the behaviour of the timestamp authority from now on; Reset
// restores Options.TSA.
func (s *Server) SetTSA(t TSA) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tsa = t
}

// TSAURL is the address of the RFC 3161 service.
func (s *Server) TSAURL() string { return s.URL + "/tsa" }

// tsaPolicy lies in the example arc 2.999.
var tsaPolicy = asn1.ObjectIdentifier{2, 999, 3161}

type messageImprint struct {
	Algorithm pkix.AlgorithmIdentifier
	Hash      []byte
}

type timeStampReq struct {
	Version    int
	Imprint    messageImprint
	Policy     asn1.ObjectIdentifier `asn1:"optional"`
	Nonce      *big.Int              `asn1:"optional"`
	CertReq    bool                  `asn1:"optional"`
	Extensions []pkix.Extension      `asn1:"optional,tag:0"`
}

type accuracy struct {
	Seconds int `asn1:"optional"`
}

type tstInfo struct {
	Version  int
	Policy   asn1.ObjectIdentifier
	Imprint  messageImprint
	Serial   *big.Int
	GenTime  time.Time `asn1:"generalized"`
	Accuracy accuracy  `asn1:"optional"`
	Nonce    *big.Int  `asn1:"optional"`
}

type pkiStatusInfo struct {
	Status int
	Text   []asn1.RawValue `asn1:"optional"`
	Fail   asn1.BitString  `asn1:"optional"`
}

// Failure bits of RFC 3161 §2.4.2.
const (
	failBadAlg       = 0
	failBadRequest   = 2
	failBadFormat    = 5
	failBadPolicy    = 15
	failBadExtension = 16
	failSystem       = 25
)

// serveTSA is RFC 3161 over HTTP (§3.4).
func (s *Server) serveTSA(x *exchange) {
	if x.http.Method != http.MethodPost {
		x.response.header.Set("Allow", http.MethodPost)
		x.response.text(http.StatusMethodNotAllowed, "only POST is allowed")
		return
	}
	if x.http.Header.Get("Content-Type") != "application/timestamp-query" {
		x.response.text(http.StatusUnsupportedMediaType, "the type is application/timestamp-query")
		return
	}
	x.response.bytes("application/timestamp-reply", s.answerTSA(x.request.Body))
}

func (s *Server) answerTSA(body []byte) []byte {
	var req timeStampReq
	if rest, err := asn1.Unmarshal(body, &req); err != nil || len(rest) > 0 {
		return rejection(failBadFormat)
	}
	h, known := hashByOID(req.Imprint.Algorithm.Algorithm.String())
	switch {
	case req.Version != 1:
		return rejection(failBadRequest)
	case !known:
		return rejection(failBadAlg)
	case len(req.Imprint.Hash) != h.Size() || req.Nonce != nil && req.Nonce.Sign() < 0:
		return rejection(failBadFormat)
	case req.Policy != nil && !req.Policy.Equal(tsaPolicy):
		return rejection(failBadPolicy)
	case len(req.Extensions) > 0:
		return rejection(failBadExtension)
	}
	s.mu.Lock()
	status := s.tsa.Status
	s.mu.Unlock()
	if status > 1 {
		return rejection(failSystem)
	}
	token, err := s.timestampToken(req.Imprint.Hash, h, req.Nonce, req.CertReq)
	if err != nil {
		return rejection(failSystem)
	}
	return timestampResponse(status, token)
}

func timestampResponse(status int, token []byte) []byte {
	return mustDER(struct {
		Status pkiStatusInfo
		Token  asn1.RawValue
	}{pkiStatusInfo{Status: status}, asn1.RawValue{FullBytes: token}})
}

func rejection(bit int) []byte {
	fail := make([]byte, bit/8+1)
	fail[bit/8] = 0x80 >> (bit % 8)
	return mustDER(struct{ Status pkiStatusInfo }{pkiStatusInfo{
		Status: 2, Text: []asn1.RawValue{{Tag: asn1.TagUTF8String, Bytes: []byte("rejected")}}, Fail: asn1.BitString{Bytes: fail, BitLength: bit + 1},
	}})
}

// timestampToken makes a TimeStampToken over a digest.
func (s *Server) timestampToken(imprint []byte, h crypto.Hash, nonce *big.Int, withCerts bool) ([]byte, error) {
	s.mu.Lock()
	how := s.tsa
	s.mu.Unlock()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	if how.WrongImprint {
		imprint = append([]byte(nil), imprint...)
		imprint[0] ^= 1
	}
	switch {
	case how.NoNonce:
		nonce = nil
	case how.WrongNonce && nonce != nil:
		nonce = new(big.Int).Add(nonce, big.NewInt(1))
	}
	info, err := asn1.Marshal(tstInfo{
		Version: 1, Policy: tsaPolicy, Serial: serial, Nonce: nonce,
		Imprint:  messageImprint{pkix.AlgorithmIdentifier{Algorithm: oidOfHash(h)}, imprint},
		GenTime:  s.now().Add(how.Skew).UTC().Truncate(time.Second),
		Accuracy: accuracy{Seconds: 1},
	})
	if err != nil {
		return nil, err
	}
	key := s.pki.tsaKey
	if how.ForeignSigner {
		if key, err = s.opts.Keys.Key(P256, "foreign"); err != nil {
			return nil, err
		}
	}
	d := crypto.SHA256.New()
	d.Write(info)
	j := cmsJob{
		contentType: idTSTInfo, content: info, digest: d.Sum(nil), cert: s.pki.tsaCert, key: key,
		mechanism: mechanism{algo: oidECSHA256, hash: crypto.SHA256},
	}
	if withCerts && !how.NoCertificates {
		for range how.Bulk + 1 {
			j.embedded = append(j.embedded, s.pki.tsaCert, s.pki.inter.cert)
		}
	}
	return j.build()
}
