package csctest

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Structures of RFC 6960 §4.

type certID struct {
	Algorithm  pkix.AlgorithmIdentifier
	NameHash   []byte
	KeyHash    []byte
	SerialNumb *big.Int
}

type ocspRequest struct {
	TBS struct {
		Version    int           `asn1:"explicit,tag:0,default:0,optional"`
		Requestor  asn1.RawValue `asn1:"explicit,tag:1,optional"`
		Requests   []ocspSingleRequest
		Extensions []pkix.Extension `asn1:"explicit,tag:2,optional"`
	}
	Signature asn1.RawValue `asn1:"explicit,tag:0,optional"`
}

type ocspSingleRequest struct {
	ID         certID
	Extensions []pkix.Extension `asn1:"explicit,tag:0,optional"`
}

type ocspSingleResponse struct {
	ID         certID
	Status     asn1.RawValue
	ThisUpdate time.Time `asn1:"generalized"`
	NextUpdate time.Time `asn1:"generalized,explicit,tag:0"`
}

type ocspResponseData struct {
	Responder  asn1.RawValue
	ProducedAt time.Time `asn1:"generalized"`
	Responses  []ocspSingleResponse
	Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
}

type basicOCSPResponse struct {
	Data         asn1.RawValue
	Algorithm    pkix.AlgorithmIdentifier
	Signature    asn1.BitString
	Certificates []asn1.RawValue `asn1:"explicit,tag:0"`
}

// Response statuses of RFC 6960 §4.2.1.
const (
	ocspMalformed    = 1
	ocspInternal     = 2
	ocspUnauthorized = 6
)

var (
	idOCSPBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	idOCSPNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// serveOCSP takes POST and GET (RFC 6960 appendix A.1).
func (s *Server) serveOCSP(x *exchange) {
	var der []byte
	switch r := x.http; {
	case r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/ocsp-request":
		der = x.request.Body
	case r.Method == http.MethodGet:
		// The base64 text is URL-encoded as one path segment; a "/" of base64
		// may come plain or as %2F.
		escaped := strings.TrimPrefix(r.URL.EscapedPath(), s.base+"/ocsp/")
		text, err := url.PathUnescape(escaped)
		if err == nil {
			der, err = base64.StdEncoding.DecodeString(text)
		}
		if err != nil {
			x.response.text(http.StatusBadRequest, "the path is not a request")
			return
		}
	default:
		x.response.text(http.StatusUnsupportedMediaType, "the type is application/ocsp-request")
		return
	}
	x.response.bytes("application/ocsp-response", s.answerOCSP(der))
}

func ocspError(status asn1.Enumerated) []byte {
	return mustDER(struct{ Status asn1.Enumerated }{status})
}

func (s *Server) answerOCSP(der []byte) []byte {
	var req ocspRequest
	if rest, err := asn1.Unmarshal(der, &req); err != nil || len(rest) > 0 ||
		req.TBS.Version != 0 || len(req.TBS.Requests) == 0 || len(req.TBS.Requests) > 20 {
		return ocspError(ocspMalformed)
	}
	ca := s.authorityOf(req.TBS.Requests[0].ID)
	if ca == nil {
		return ocspError(ocspUnauthorized)
	}
	now := s.now().UTC().Truncate(time.Second)
	data := ocspResponseData{
		Responder:  explicit(2, mustDER(ca.responderCert.SubjectKeyId)), // byKey
		ProducedAt: now,
	}
	for _, one := range req.TBS.Requests {
		if s.authorityOf(one.ID) != ca {
			return ocspError(ocspUnauthorized)
		}
		status := s.statusOf(ca, one.ID.SerialNumb)
		single := ocspSingleResponse{ID: one.ID, Status: s.ocspStatus(status), ThisUpdate: now, NextUpdate: now.Add(24 * time.Hour)}
		if status == CertStale {
			single.ThisUpdate, single.NextUpdate = now.AddDate(0, 0, -30), now.AddDate(0, 0, -20)
			data.ProducedAt = single.ThisUpdate
		}
		data.Responses = append(data.Responses, single)
	}
	for _, e := range req.TBS.Extensions {
		if e.Id.Equal(idOCSPNonce) {
			data.Extensions = append(data.Extensions, pkix.Extension{Id: e.Id, Value: e.Value})
		}
	}
	tbs := mustDER(data)
	sum := sha256.Sum256(tbs)
	m := mechanism{algo: oidECSHA256, hash: crypto.SHA256}
	sig, err := m.sign(ca.responderKey, sum[:], false)
	if err != nil {
		return ocspError(ocspInternal)
	}
	basic := mustDER(basicOCSPResponse{
		Data: asn1.RawValue{FullBytes: tbs}, Algorithm: m.identifier(),
		Signature:    asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)},
		Certificates: []asn1.RawValue{{FullBytes: ca.responderCert.Raw}},
	})
	type responseBytes struct {
		Type     asn1.ObjectIdentifier
		Response []byte
	}
	return mustDER(struct {
		Status asn1.Enumerated
		Bytes  responseBytes `asn1:"explicit,tag:0"`
	}{0, responseBytes{idOCSPBasic, basic}})
}

// authorityOf finds the issuer that a request names, by the hashes of its name
// and key. SHA-1 is what clients send (RFC 5019 §2.1.1).
func (s *Server) authorityOf(id certID) *authority {
	var h crypto.Hash
	switch oid := id.Algorithm.Algorithm.String(); oid {
	case "1.3.14.3.2.26":
		h = crypto.SHA1
	default:
		h, _ = hashByOID(oid)
	}
	if h == 0 || id.SerialNumb == nil {
		return nil
	}
	for _, ca := range []*authority{s.pki.inter, s.pki.root} {
		name, key := h.New(), h.New()
		name.Write(ca.cert.RawSubject)
		key.Write(publicKeyBits(ca.cert.RawSubjectPublicKeyInfo))
		if bytes.Equal(name.Sum(nil), id.NameHash) && bytes.Equal(key.Sum(nil), id.KeyHash) {
			return ca
		}
	}
	return nil
}

func publicKeyBits(spki []byte) []byte {
	var v struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &v); err != nil {
		panic("csctest: internal error: " + err.Error())
	}
	return v.Key.Bytes
}

// statusOf is what the authority says about a serial number now.
func (s *Server) statusOf(ca *authority, serial *big.Int) CertStatus {
	if ca == s.pki.root {
		for _, own := range []*authority{s.pki.inter, s.pki.root} {
			if own.cert.SerialNumber.Cmp(serial) == 0 {
				return CertValid
			}
		}
		return CertUnknown
	}
	if serial.Cmp(s.pki.tsaCert.SerialNumber) == 0 {
		return CertValid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.serials[serial.String()]; k != nil {
		return k.status
	}
	return CertUnknown
}

// revokedAt is when revoked and suspended certificates became so.
func (s *Server) revokedAt() time.Time { return s.pki.now.Add(-30 * time.Minute) }

// Reason codes of RFC 5280 §5.3.1.
const (
	reasonSuperseded = 4
	reasonOnHold     = 6
)

func (s *Server) ocspStatus(status CertStatus) asn1.RawValue {
	switch status {
	case CertRevoked, CertSuspended:
		reason := asn1.Enumerated(reasonSuperseded)
		if status == CertSuspended {
			reason = reasonOnHold
		}
		return retag(mustDER(struct {
			Time   time.Time       `asn1:"generalized"`
			Reason asn1.Enumerated `asn1:"explicit,tag:0"`
		}{s.revokedAt(), reason}), 1)
	case CertUnknown:
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2}
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0}
}

// ocspRequestFor asks about one certificate.
func ocspRequestFor(cert, issuer *x509.Certificate) []byte {
	name := sha1.Sum(issuer.RawSubject)
	key := sha1.Sum(publicKeyBits(issuer.RawSubjectPublicKeyInfo))
	var req struct {
		TBS struct{ Requests []struct{ ID certID } }
	}
	req.TBS.Requests = []struct{ ID certID }{{certID{
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, Parameters: asn1.NullRawValue},
		name[:], key[:], cert.SerialNumber,
	}}}
	return mustDER(req)
}
