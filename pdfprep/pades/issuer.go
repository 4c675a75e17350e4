package pades

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"

	"hashout/pdfprep/cms"
)

const (
	maxChain            = 16       // certificates from the signer to the root; real chains have two to five
	maxCertificateBytes = 1 << 20  // of an answer with certificates
	maxOCSPBytes        = 1 << 20  // of an OCSP response
	maxCRLBytes         = 32 << 20 // of a revocation list; national ones reach ten million bytes
)

// issued tells whether issuer may issue and has issued c: names, purpose, signature (RFC 5280 6.1.3, 6.1.4).
func issued(c, issuer *x509.Certificate) bool {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) || !issuer.BasicConstraintsValid || !issuer.IsCA {
		return false
	}
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCertSign == 0 {
		return false
	}
	return verifyCertificate(c, issuer) == nil
}

// selfSigned tells whether a chain ends at c.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && verifyCertificate(c, c) == nil
}

// issuerOf finds the issuer of c among the known certificates.
func issuerOf(c *x509.Certificate, known []*x509.Certificate) *x509.Certificate {
	for _, k := range known {
		if issued(c, k) {
			return k
		}
	}
	return nil
}

// fetchIssuer asks the addresses that c names for its issuer (RFC 5280 4.2.2.1, caIssuers).
func fetchIssuer(ctx context.Context, f Fetcher, c *x509.Certificate) (*x509.Certificate, error) {
	err := error(reason("its certificate does not say where the issuer's is"))
	for _, url := range c.IssuingCertificateURL {
		body, e := fetch(ctx, f, &Request{Purpose: ForCertificate, URL: url, Accept: "application/pkix-cert, application/pkcs7-mime", MaxBytes: maxCertificateBytes})
		if e != nil {
			err = e
			continue
		}
		if i := issuerOf(c, certificatesIn(body)); i != nil {
			return i, nil
		}
		err = reason("the issuer's certificate is not at its address")
	}
	return nil, err
}

// certificatesIn reads what caIssuers addresses serve: a certificate in DER, by the book, or in PEM, or a certs-only CMS.
func certificatesIn(body []byte) []*x509.Certificate {
	if c, err := x509.ParseCertificate(body); err == nil {
		return []*x509.Certificate{c}
	}
	if block, _ := pem.Decode(body); block != nil && block.Type == "CERTIFICATE" {
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			return []*x509.Certificate{c}
		}
		return nil
	}
	list, _ := cms.ParseCertificates(body)
	return list
}
