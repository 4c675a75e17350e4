package sigalg

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// PublicKey is the key of a certificate. crypto/x509 does not read keys that are marked for RSASSA-PSS only (RFC 4055 1.2); pssOnly tells that
// this is one.
func PublicKey(c *x509.Certificate) (pub crypto.PublicKey, pssOnly bool, err error) {
	if c.PublicKey != nil {
		return c.PublicKey, false, nil
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if rest, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &spki); err != nil || len(rest) > 0 {
		return nil, false, unsupported("unknown kind of public key", nil)
	}
	if oid := spki.Algorithm.Algorithm.String(); oid != OIDPSS {
		return nil, false, unsupported("unknown kind of public key", map[string]any{"oid": oid})
	}
	key, err := x509.ParsePKCS1PublicKey(spki.Key.RightAlign())
	if err != nil {
		return nil, false, &Error{Code: AlgorithmUnsupported, Msg: "RSA key is not readable", Err: err}
	}
	return (*rsa.PublicKey)(key), true, nil
}
