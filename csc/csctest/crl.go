package csctest

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// serveCRL serves /crl/root.crl, /crl/intermediate.crl, and /crl/stale.crl to
// which certificates made with CertStale point.
func (s *Server) serveCRL(x *exchange) {
	name := strings.TrimSuffix(strings.TrimPrefix(x.request.Endpoint, "crl/"), ".crl")
	ca := map[string]*authority{"root": s.pki.root, "intermediate": s.pki.inter, "stale": s.pki.inter}[name]
	if ca == nil || x.http.Method != http.MethodGet {
		x.response.text(http.StatusNotFound, "not found")
		return
	}
	now := s.now().UTC().Truncate(time.Second)
	t := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(24 * time.Hour)}
	if name == "stale" {
		t.ThisUpdate, t.NextUpdate = now.AddDate(0, 0, -30), now.AddDate(0, 0, -20)
	}
	if ca == s.pki.inter {
		t.RevokedCertificateEntries = s.revokedEntries()
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, ca.cert, ca.key)
	if err != nil {
		x.response.text(http.StatusInternalServerError, "internal error")
		return
	}
	x.response.bytes("application/pkix-crl", der)
}

func (s *Server) revokedEntries() []x509.RevocationListEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []x509.RevocationListEntry
	for _, k := range s.serials {
		e := x509.RevocationListEntry{SerialNumber: k.cert.SerialNumber, RevocationTime: s.revokedAt()}
		switch k.status {
		case CertRevoked:
			e.ReasonCode = reasonSuperseded
		case CertSuspended:
			e.ReasonCode = reasonOnHold
		default:
			continue
		}
		list = append(list, e)
	}
	return list
}

// serveAIA serves the certificates of the authorities.
func (s *Server) serveAIA(x *exchange) {
	name := strings.TrimSuffix(strings.TrimPrefix(x.request.Endpoint, "aia/"), ".cer")
	ca := map[string]*authority{"root": s.pki.root, "intermediate": s.pki.inter}[name]
	if ca == nil || x.http.Method != http.MethodGet {
		x.response.text(http.StatusNotFound, "not found")
		return
	}
	x.response.bytes("application/pkix-cert", ca.cert.Raw)
}
