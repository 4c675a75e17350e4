package csctest

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// pki is the throw-away hierarchy: root → intermediate → signers, with one
// OCSP responder under each authority and a TSA under the intermediate.
type pki struct {
	url   string
	now   time.Time
	root  *authority
	inter *authority

	tsaKey  crypto.Signer
	tsaCert *x509.Certificate
}

// authority is a certificate authority with its delegated OCSP responder.
type authority struct {
	name          string // file name in the CRL and AIA URLs
	key           crypto.Signer
	cert          *x509.Certificate
	responderKey  crypto.Signer
	responderCert *x509.Certificate
}

// The authorities use P-256 whatever the signers use: making them must not
// delay the start of a test.
func newPKI(url string, now time.Time, keys *KeyRing) (*pki, error) {
	p := &pki{url: url, now: now.UTC().Truncate(time.Second)}
	var err error
	if p.root, err = p.newAuthority(keys, nil, "root", "Demo Root CA"); err != nil {
		return nil, err
	}
	if p.inter, err = p.newAuthority(keys, p.root, "intermediate", "Demo Intermediate CA"); err != nil {
		return nil, err
	}
	if p.tsaKey, err = keys.Key(P256, "tsa"); err != nil {
		return nil, err
	}
	// RFC 3161 §2.3: extendedKeyUsage is critical and holds timeStamping alone.
	tsa := p.template("Demo Time-Stamping Authority", p.inter, 5*365)
	tsa.KeyUsage = x509.KeyUsageDigitalSignature
	tsa.ExtraExtensions = []pkix.Extension{{
		Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
		Value: mustDER([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}),
	}}
	p.tsaCert, err = p.sign(tsa, p.inter, p.tsaKey.Public())
	return p, err
}

func (p *pki) newAuthority(keys *KeyRing, issuer *authority, name, cn string) (*authority, error) {
	a := &authority{name: name}
	var err error
	if a.key, err = keys.Key(P256, "ca/"+name); err != nil {
		return nil, err
	}
	t := p.template(cn, issuer, 10*365)
	t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	if issuer == nil {
		a.cert, err = p.selfSign(t, a.key)
	} else {
		t.MaxPathLenZero = true
		a.cert, err = p.sign(t, issuer, a.key.Public())
	}
	if err != nil {
		return nil, err
	}
	if a.responderKey, err = keys.Key(P256, "ocsp/"+name); err != nil {
		return nil, err
	}
	r := p.template(cn+" OCSP Responder", a, 365)
	r.KeyUsage = x509.KeyUsageDigitalSignature
	r.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	// RFC 6960 §4.2.2.2.1 id-pkix-ocsp-nocheck: the responder's own
	// certificate needs no status, so it points nowhere.
	r.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: asn1.NullBytes}}
	r.OCSPServer, r.CRLDistributionPoints = nil, nil
	a.responderCert, err = p.sign(r, a, a.responderKey.Public())
	return a, err
}

func (p *pki) issueSigner(spec CredentialSpec, pub crypto.PublicKey) (*x509.Certificate, error) {
	t := p.template(spec.Name, p.inter, 365)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	policy, err := x509.OIDFromInts([]uint64{2, 999, 1}) // the example arc
	if err != nil {
		return nil, err
	}
	t.Policies = []x509.OID{policy}
	if spec.Status == CertExpired {
		t.NotBefore, t.NotAfter = p.now.AddDate(-2, 0, 0), p.now.AddDate(0, 0, -1)
	}
	if spec.Status == CertStale {
		t.CRLDistributionPoints = []string{p.url + "/crl/stale.crl"}
	}
	if spec.NoOCSP {
		t.OCSPServer = nil
	}
	if spec.NoCRL {
		t.CRLDistributionPoints = nil
	}
	if spec.NoAIA {
		t.IssuingCertificateURL = nil
	}
	return p.sign(t, p.inter, pub)
}

func (p *pki) template(cn string, issuer *authority, days int) *x509.Certificate {
	t := &x509.Certificate{
		Subject:               pkix.Name{CommonName: cn, Organization: []string{"Throw-away Demo PKI"}, Country: []string{"ZZ"}},
		NotBefore:             p.now.Add(-time.Hour),
		NotAfter:              p.now.AddDate(0, 0, days),
		BasicConstraintsValid: true,
	}
	if issuer != nil {
		t.OCSPServer = []string{p.url + "/ocsp"}
		t.CRLDistributionPoints = []string{p.url + "/crl/" + issuer.name + ".crl"}
		t.IssuingCertificateURL = []string{p.url + "/aia/" + issuer.name + ".cer"}
	}
	return t
}

func (p *pki) selfSign(t *x509.Certificate, key crypto.Signer) (*x509.Certificate, error) {
	return create(t, t, key.Public(), key)
}

func (p *pki) sign(t *x509.Certificate, issuer *authority, pub crypto.PublicKey) (*x509.Certificate, error) {
	return create(t, issuer.cert, pub, issuer.key)
}

func create(t, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial.SetBit(serial, 120, 1) // full length, positive
	if t.SubjectKeyId, err = keyID(pub); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("csctest: certificate %q: %w", t.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

// keyID is the SHA-1 of the subjectPublicKey bits (RFC 5280 §4.2.1.2 (1)),
// an identifier, not a protection.
func keyID(pub crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(publicKeyBits(der))
	return sum[:], nil
}

// mustDER encodes values whose shape is fixed in this package.
func mustDER(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic("csctest: internal error: " + err.Error())
	}
	return der
}

// RootPEM is the trust anchor of everything the service issues.
func (s *Server) RootPEM() []byte { return certPEM(s.pki.root.cert) }

// Root is the certificate in RootPEM.
func (s *Server) Root() *x509.Certificate { return s.pki.root.cert }

// Intermediate is the issuer of all signers and of the TSA.
func (s *Server) Intermediate() *x509.Certificate { return s.pki.inter.cert }

// TSACertificate is the certificate that signs timestamp tokens.
func (s *Server) TSACertificate() *x509.Certificate { return s.pki.tsaCert }

// Certificate is the end-entity certificate of a credential.
func (s *Server) Certificate(credentialID string) (*x509.Certificate, error) {
	c := s.creds[credentialID]
	if c == nil {
		return nil, fmt.Errorf("csctest: no credential %q", credentialID)
	}
	if err := s.load(c); err != nil {
		return nil, err
	}
	return c.cert, nil
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
