package csc

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"hashout/csc/sigalg"
)

const (
	maxCertificates     = 32
	maxCertificateBytes = 64 << 10
)

// certificates reads cert.certificates: base64 DER, in practice also PEM and
// the base64 body of PEM with its line breaks.
func certificates(r *reader, name string) []*x509.Certificate {
	texts := r.texts(name)
	if len(texts) > maxCertificates {
		r.fail("has more than %d certificates", maxCertificates)
		return nil
	}
	var out []*x509.Certificate
	for n, text := range texts {
		var der []byte
		ok := true
		if block, _ := pem.Decode([]byte(text)); block != nil && block.Type == "CERTIFICATE" {
			der = block.Bytes
		} else if strings.Contains(text, "-----BEGIN") {
			r.fail("has a certificate %d that is not valid PEM", n+1)
			return nil
		} else if der, ok = decodeBase64(text); !ok {
			r.fail("has a certificate %d that is not base64", n+1)
			return nil
		}
		if len(der) > maxCertificateBytes {
			r.fail("has a certificate %d that is larger than %d bytes", n+1, maxCertificateBytes)
			return nil
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			r.fail("has a certificate %d that cannot be parsed", n+1)
			return nil
		}
		out = append(out, cert)
	}
	return out
}

// arrange finds the end entity and orders the rest: its issuer first, then
// that one's issuer. CSC wants the end entity first; some services send the
// chain reversed or unordered. Certificates that do not belong to the chain
// come last.
func arrange(certs []*x509.Certificate) (leaf *x509.Certificate, chain []*x509.Certificate) {
	certs = distinct(certs)
	if len(certs) == 0 {
		return nil, nil
	}
	at := 0
	for n, c := range certs {
		if !isAuthority(c) && !issuesAny(c, certs) {
			at = n
			break
		}
	}
	leaf = certs[at]
	rest := append(append([]*x509.Certificate{}, certs[:at]...), certs[at+1:]...)
	for current := leaf; ; {
		next := -1
		for n, c := range rest {
			if issued(c, current) {
				next = n
				break
			}
		}
		if next < 0 {
			return leaf, append(chain, rest...)
		}
		current = rest[next]
		chain = append(chain, current)
		rest = append(rest[:next], rest[next+1:]...)
	}
}

func distinct(certs []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, c := range certs {
		if !contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func contains(certs []*x509.Certificate, c *x509.Certificate) bool {
	for _, other := range certs {
		if bytes.Equal(other.Raw, c.Raw) {
			return true
		}
	}
	return false
}

func isAuthority(c *x509.Certificate) bool { return c.BasicConstraintsValid && c.IsCA }

func issuesAny(c *x509.Certificate, certs []*x509.Certificate) bool {
	for _, other := range certs {
		if other != c && issued(c, other) {
			return true
		}
	}
	return false
}

// issued goes by names and key identifiers. Signatures are not checked: the
// order is a convenience, trust is judged by whoever validates the document.
func issued(issuer, c *x509.Certificate) bool {
	if !bytes.Equal(issuer.RawSubject, c.RawIssuer) {
		return false
	}
	return len(c.AuthorityKeyId) == 0 || len(issuer.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId)
}

// selfSigned tells whether a certificate names itself as issuer.
func selfSigned(c *x509.Certificate) bool { return issued(c, c) }

// adopt makes the key of an RSASSA-PSS certificate readable, which x509 does
// not do, and tells whether it is such a key.
func adopt(c *x509.Certificate) (pssOnly bool) {
	pub, pssOnly, err := sigalg.PublicKey(c)
	if err == nil && c.PublicKey == nil {
		c.PublicKey = pub
	}
	return pssOnly
}
