package pades

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// clockSkew is how far the clocks of a responder and of this machine may be apart.
const clockSkew = 5 * time.Minute

// Status is what revocation data say about a certificate.
type Status struct {
	Revoked    bool
	RevokedAt  time.Time         // when Revoked
	ThisUpdate time.Time         // what is said was so at this moment
	NextUpdate time.Time         // zero when the source does not promise one
	Responder  *x509.Certificate // of a delegated OCSP responder, nil otherwise
}

// Current tells whether the data speak about the moment now: RFC 6960 3.2, RFC 5280 6.3.3. Without a promise of newer data they last a day.
func (s *Status) Current(now time.Time) error {
	next := s.NextUpdate
	if next.IsZero() {
		next = s.ThisUpdate.Add(24 * time.Hour)
	}
	switch {
	case s.ThisUpdate.After(now.Add(clockSkew)):
		return reason("the revocation data are from the future")
	case now.After(next.Add(clockSkew)):
		return reason("the revocation data are out of date")
	}
	return nil
}

// speaksOf tells whether the data speak about a moment up to now: they were current then, or are younger.
func (s *Status) speaksOf(at, now time.Time) error {
	switch {
	case s.ThisUpdate.After(now.Add(clockSkew)):
		return reason("the revocation data are from the future")
	case s.ThisUpdate.Before(at):
		return s.Current(at)
	}
	return nil
}

// JudgeOCSP reads an OCSPResponse and verifies that it speaks about c and is signed on behalf of issuer. Whether it is recent enough is for
// the caller: see [Status.Current].
func JudgeOCSP(der []byte, c, issuer *x509.Certificate) (*Status, error) {
	r, err := parseOCSP(der)
	if err != nil {
		return nil, err
	}
	responder, err := r.responder(issuer)
	if err != nil {
		return nil, err
	}
	for _, e := range r.entries {
		if !e.about(c, issuer) {
			continue
		}
		if e.status == 2 {
			return nil, reason("the OCSP responder does not know the certificate")
		}
		return &Status{Revoked: e.status == 1, RevokedAt: e.revokedAt, ThisUpdate: e.thisUpdate, NextUpdate: e.nextUpdate, Responder: responder}, nil
	}
	return nil, reason("the OCSP response is about another certificate")
}

// JudgeCRL reads a CertificateList and verifies that it covers c, is signed by issuer. Indirect lists, lists
// of some reasons and lists of changes are refused. Whether it is recent enough is for the caller: see [Status.Current].
func JudgeCRL(der []byte, c, issuer *x509.Certificate) (*Status, error) {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, reason("the revocation list is not readable")
	}
	if !bytes.Equal(list.RawIssuer, c.RawIssuer) || !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
		return nil, reason("the revocation list is of another issuer")
	}
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 { // RFC 5280 6.3.3 (f)
		return nil, reason("the issuer may not sign revocation lists")
	}
	if err := verifyList(list, issuer); err != nil {
		return nil, err
	}
	for _, e := range list.Extensions {
		if err := scope(e.Id, e.Critical, e.Value, c); err != nil {
			return nil, err
		}
	}
	s := &Status{ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate}
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(c.SerialNumber) == 0 && e.ReasonCode != 8 { // 8 is removeFromCRL
			s.Revoked, s.RevokedAt = true, e.RevocationTime
		}
	}
	return s, nil
}

// scope refuses lists that do not speak about all certificates like c: RFC 5280 5.2.
func scope(id asn1.ObjectIdentifier, critical bool, value []byte, c *x509.Certificate) error {
	switch id.String() {
	case "2.5.29.27":
		return reason("the revocation list holds changes only")
	case "2.5.29.28": // issuingDistributionPoint, 5.2.5
		in := cryptobyte.String(value)
		var seq cryptobyte.String
		if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
			return reason("the revocation list is not readable")
		}
		for !seq.Empty() {
			var inside cryptobyte.String
			var tag cbasn1.Tag
			if !seq.ReadAnyASN1(&inside, &tag) {
				return reason("the revocation list is not readable")
			}
			set := len(inside) == 1 && inside[0] != 0
			switch tag {
			case explicit0: // distributionPoint: the address where this list was found
			case tag1: // onlyContainsUserCerts
				if set && c.IsCA {
					return reason("the revocation list is for end certificates only")
				}
			case tag2: // onlyContainsCACerts
				if set && !c.IsCA {
					return reason("the revocation list is for authorities only")
				}
			default: // onlySomeReasons, indirectCRL, onlyContainsAttributeCerts
				return reason("the revocation list covers a part only")
			}
		}
	case "2.5.29.20", "2.5.29.35": // number, key of the issuer
	default:
		if critical {
			return reason("the revocation list has an unknown critical extension")
		}
	}
	return nil
}

// verifyList checks the signature of a CertificateList, RFC 5280 5.1.
func verifyList(list *x509.RevocationList, issuer *x509.Certificate) error {
	return verifyOuter(list.Raw, issuer, "the revocation list does not bear the issuer's signature")
}

// verifyCertificate checks the signature of a certificate, RFC 5280 4.1. Whether issuer may issue is judged apart.
func verifyCertificate(c, issuer *x509.Certificate) error {
	return verifyOuter(c.Raw, issuer, "the certificate does not bear the issuer's signature")
}

// verifyOuter checks SEQUENCE { signed, algorithm, value }.
func verifyOuter(der []byte, issuer *x509.Certificate, otherwise reason) error {
	in := cryptobyte.String(der)
	var outer, signed, algorithm cryptobyte.String
	var signature []byte
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1Element(&signed, cbasn1.SEQUENCE) || !outer.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) ||
		!outer.ReadASN1BitStringAsBytes(&signature) || verifySigned(issuer, signed, algorithm, signature) != nil {
		return otherwise
	}
	return nil
}
