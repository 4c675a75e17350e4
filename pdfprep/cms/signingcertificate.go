package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

var tagDirectoryName = asn1.Tag(4).ContextSpecific().Constructed() // GeneralName, RFC 5280 4.2.1.6

// addSigningCertificate writes SigningCertificateV2 of RFC 5035 3 with one ESSCertIDv2.
func (s *signer) addSigningCertificate(b *cryptobyte.Builder) {
	h := s.Digest.New()
	h.Write(s.Certificate.Raw)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { // certs
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { // ESSCertIDv2
				if s.Digest != crypto.SHA256 { // RFC 5035 4: DEFAULT, which DER leaves out
					b.AddBytes(sigalg.HashIdentifier(s.Digest))
				}
				b.AddASN1OctetString(h.Sum(nil))
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(tagDirectoryName, func(b *cryptobyte.Builder) { b.AddBytes(s.Certificate.RawIssuer) })
					})
					b.AddASN1BigInt(s.Certificate.SerialNumber)
				})
			})
		})
	})
}

// certificateReference is the first ESSCertID or ESSCertIDv2: the one of the signer. The others name its chain and bind nothing here.
type certificateReference struct {
	hash   crypto.Hash
	digest []byte
	issuer []byte   // RDNSequence, nil when the reference does not name it
	serial *big.Int // nil with issuer
}

// parseCertificateReference reads signingCertificate (v2 false, RFC 2634 5.4) or signingCertificateV2 (RFC 5035 3).
func parseCertificateReference(value []byte, v2 bool) (*certificateReference, error) {
	bad := malformed("signing certificate reference")
	s := cryptobyte.String(value)
	var outer, certs, id, digest cryptobyte.String
	if !s.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1(&certs, asn1.SEQUENCE) || !certs.ReadASN1(&id, asn1.SEQUENCE) {
		return nil, bad
	}
	ref := &certificateReference{hash: crypto.SHA1}
	if v2 {
		ref.hash = crypto.SHA256
		if id.PeekASN1Tag(asn1.SEQUENCE) {
			var err error
			if ref.hash, err = readHash(&id); err != nil {
				return nil, err
			}
		}
	}
	if !id.ReadASN1(&digest, asn1.OCTET_STRING) {
		return nil, bad
	}
	ref.digest = digest
	if id.Empty() {
		return ref, nil
	}
	var issuerSerial, names, name cryptobyte.String
	ref.serial = new(big.Int)
	if !id.ReadASN1(&issuerSerial, asn1.SEQUENCE) || !id.Empty() || !issuerSerial.ReadASN1(&names, asn1.SEQUENCE) ||
		!names.ReadASN1(&name, tagDirectoryName) || !issuerSerial.ReadASN1Integer(ref.serial) {
		return nil, bad
	}
	ref.issuer = name
	return ref, nil
}

// matches compares the reference with a certificate.
func (r *certificateReference) matches(c *x509.Certificate) bool {
	h := r.hash.New()
	h.Write(c.Raw)
	if !bytes.Equal(h.Sum(nil), r.digest) {
		return false
	}
	return r.serial == nil || r.serial.Cmp(c.SerialNumber) == 0 && bytes.Equal(r.issuer, c.RawIssuer)
}
