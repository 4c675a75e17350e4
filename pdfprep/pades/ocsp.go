package pades

import (
	"bytes"
	"crypto"
	"crypto/sha1" // CertID only: RFC 5019 2.1.1 has every responder know it, and nothing is signed with it
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

const (
	oidOCSPBasic   = "1.3.6.1.5.5.7.48.1.1" // RFC 6960 4.2.1
	maxOCSPEntries = 256
)

func oidOCSPNoCheck() asn1.ObjectIdentifier { // RFC 6960 4.2.2.2.1
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
}

var (
	tag0      = cbasn1.Tag(0).ContextSpecific()
	tag1      = cbasn1.Tag(1).ContextSpecific()
	tag2      = cbasn1.Tag(2).ContextSpecific()
	explicit0 = tag0.Constructed()
	explicit1 = tag1.Constructed()
	explicit2 = tag2.Constructed()
)

// ocspRequest asks about one certificate (RFC 6960 4.1.1), without nonce: what comes back is kept for years, and freshness is judged by time.
func ocspRequest(c, issuer *x509.Certificate) ([]byte, error) {
	name, key := sha1.Sum(c.RawIssuer), sha1.Sum(keyBits(issuer))
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, f func(b *cryptobyte.Builder)) { b.AddASN1(cbasn1.SEQUENCE, f) }
	sequence(&b, func(b *cryptobyte.Builder) { // OCSPRequest
		sequence(b, func(b *cryptobyte.Builder) { // TBSRequest
			sequence(b, func(b *cryptobyte.Builder) { // requestList
				sequence(b, func(b *cryptobyte.Builder) { // Request
					sequence(b, func(b *cryptobyte.Builder) { // CertID
						sequence(b, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26})
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(name[:])
						b.AddASN1OctetString(key[:])
						b.AddASN1BigInt(c.SerialNumber)
					})
				})
			})
		})
	})
	return b.Bytes()
}

// keyBits is the inside of the BIT STRING of a certificate's public key, which RFC 6960 4.1.1 hashes.
func keyBits(c *x509.Certificate) []byte {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var spki, algorithm cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&spki, cbasn1.SEQUENCE) || !spki.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !spki.ReadASN1BitString(&bits) {
		return nil
	}
	return bits.RightAlign()
}

// ocspResponse is a BasicOCSPResponse of RFC 6960 4.2.1 that was read.
type ocspResponse struct {
	der          []byte // the whole OCSPResponse
	signed       []byte
	algorithm    []byte
	signature    []byte
	certificates []*x509.Certificate
	name         []byte // responderID: the subject, or
	keyHash      []byte // the SHA-1 of the key
	producedAt   time.Time
	entries      []ocspEntry
}

// ocspEntry is a SingleResponse.
type ocspEntry struct {
	hash              crypto.Hash
	nameHash, keyHash []byte
	serial            *big.Int
	status            byte // 0 good, 1 revoked, 2 unknown
	revokedAt         time.Time
	thisUpdate        time.Time
	nextUpdate        time.Time // zero: newer information is always available
}

// ocspRequests are the ways to ask a responder: by GET, which caches serve and browsers send without asking first, where the request is short
// enough (RFC 5019 5, RFC 6960 A.1), and by POST for responders that know only that.
func ocspRequests(address string, c, issuer *x509.Certificate) []*Request {
	query, err := ocspRequest(c, issuer)
	if err != nil {
		return nil
	}
	post := &Request{Purpose: ForOCSP, URL: address, ContentType: "application/ocsp-request", Accept: "application/ocsp-response", Body: query, MaxBytes: maxOCSPBytes}
	text := url.QueryEscape(base64.StdEncoding.EncodeToString(query))
	if len(text) > 255 || strings.ContainsAny(address, "?#") {
		return []*Request{post}
	}
	get := &Request{Purpose: ForOCSP, URL: strings.TrimSuffix(address, "/") + "/" + text, Accept: post.Accept, MaxBytes: maxOCSPBytes}
	return []*Request{get, post}
}

// parseOCSP reads an OCSPResponse strictly. Nothing is verified yet.
func parseOCSP(der []byte) (*ocspResponse, error) {
	bad := reason("the OCSP response is not readable")
	in := cryptobyte.String(der)
	var outer, wrapped, typed, basic, inner, seq, certs cryptobyte.String
	var status int
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1Enum(&status) {
		return nil, bad
	}
	if status != 0 {
		return nil, reason("the OCSP responder has no answer")
	}
	var typ asn1.ObjectIdentifier
	if !outer.ReadASN1(&wrapped, explicit0) || !outer.Empty() || !wrapped.ReadASN1(&typed, cbasn1.SEQUENCE) ||
		!typed.ReadASN1ObjectIdentifier(&typ) || typ.String() != oidOCSPBasic || !typed.ReadASN1(&basic, cbasn1.OCTET_STRING) ||
		!basic.ReadASN1(&seq, cbasn1.SEQUENCE) || !basic.Empty() {
		return nil, bad
	}
	r := &ocspResponse{der: der}
	var signed, algorithm cryptobyte.String
	var signature []byte
	if !seq.ReadASN1Element(&signed, cbasn1.SEQUENCE) || !seq.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) || !seq.ReadASN1BitStringAsBytes(&signature) {
		return nil, bad
	}
	r.signed, r.algorithm, r.signature = signed, algorithm, signature
	if seq.PeekASN1Tag(explicit0) {
		if !seq.ReadASN1(&inner, explicit0) || !inner.ReadASN1(&certs, cbasn1.SEQUENCE) {
			return nil, bad
		}
		for !certs.Empty() && len(r.certificates) < maxChain {
			var c cryptobyte.String
			if !certs.ReadASN1Element(&c, cbasn1.SEQUENCE) {
				return nil, bad
			}
			if parsed, err := x509.ParseCertificate(c); err == nil {
				r.certificates = append(r.certificates, parsed)
			}
		}
	}
	if !r.readData(signed) {
		return nil, bad
	}
	return r, nil
}

// readData reads ResponseData.
func (r *ocspResponse) readData(in cryptobyte.String) bool {
	var data, inner, list cryptobyte.String
	if !in.ReadASN1(&data, cbasn1.SEQUENCE) || !data.SkipOptionalASN1(explicit0) {
		return false
	}
	switch {
	case data.PeekASN1Tag(explicit1):
		if !data.ReadASN1(&inner, explicit1) {
			return false
		}
		r.name = inner
	case data.PeekASN1Tag(explicit2):
		var key cryptobyte.String
		if !data.ReadASN1(&inner, explicit2) || !inner.ReadASN1(&key, cbasn1.OCTET_STRING) {
			return false
		}
		r.keyHash = key
	default:
		return false
	}
	if !readTime(&data, &r.producedAt) || !data.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var single cryptobyte.String
		if len(r.entries) == maxOCSPEntries || !list.ReadASN1(&single, cbasn1.SEQUENCE) {
			return false
		}
		e, ok := readEntry(single)
		if !ok {
			return false
		}
		if e != nil {
			r.entries = append(r.entries, *e)
		}
	}
	return true
}

// readEntry reads a SingleResponse; one with a digest that is not known here is passed over as nil.
func readEntry(in cryptobyte.String) (*ocspEntry, bool) {
	var id, algorithm, name, key, status, next cryptobyte.String
	var tag cbasn1.Tag
	var hash asn1.ObjectIdentifier
	e := &ocspEntry{serial: new(big.Int)}
	if !in.ReadASN1(&id, cbasn1.SEQUENCE) || !id.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&hash) ||
		!id.ReadASN1(&name, cbasn1.OCTET_STRING) || !id.ReadASN1(&key, cbasn1.OCTET_STRING) || !id.ReadASN1Integer(e.serial) || !id.Empty() ||
		!in.ReadAnyASN1(&status, &tag) {
		return nil, false
	}
	e.nameHash, e.keyHash = name, key
	switch tag {
	case tag0:
	case explicit1:
		e.status = 1
		if !readTime(&status, &e.revokedAt) {
			return nil, false
		}
	case tag2:
		e.status = 2
	default:
		return nil, false
	}
	if !readTime(&in, &e.thisUpdate) {
		return nil, false
	}
	if in.PeekASN1Tag(explicit0) && (!in.ReadASN1(&next, explicit0) || !readTime(&next, &e.nextUpdate)) {
		return nil, false
	}
	var err error
	if e.hash, err = sigalg.HashFromOID(hash.String()); err != nil {
		return nil, true
	}
	return e, true
}

func readTime(in *cryptobyte.String, t *time.Time) bool {
	var text cryptobyte.String
	if !in.ReadASN1(&text, cbasn1.GeneralizedTime) {
		return false
	}
	var err error
	*t, err = time.Parse("20060102150405Z", string(text))
	return err == nil
}

// about tells whether the entry is about c, issued by issuer: name, key and serial number.
func (e *ocspEntry) about(c, issuer *x509.Certificate) bool {
	digest := func(b []byte) []byte {
		h := e.hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return e.serial.Cmp(c.SerialNumber) == 0 && bytes.Equal(e.nameHash, digest(c.RawIssuer)) && bytes.Equal(e.keyHash, digest(keyBits(issuer)))
}

// responder finds who signed: the issuer itself, or a certificate of the issuer's for OCSP signing (RFC 6960 4.2.2.2). nil for the issuer.
func (r *ocspResponse) responder(issuer *x509.Certificate) (*x509.Certificate, error) {
	if r.is(issuer) && verifySigned(issuer, r.signed, r.algorithm, r.signature) == nil {
		return nil, nil
	}
	err := error(reason("the OCSP response is not signed by the issuer or its responder"))
	for _, c := range r.certificates {
		if !r.is(c) || !delegated(c) || !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
			continue
		}
		if r.producedAt.Before(c.NotBefore) || r.producedAt.After(c.NotAfter) {
			err = reason("the OCSP responder's certificate was out of date")
			continue
		}
		if verifyCertificate(c, issuer) == nil && verifySigned(c, r.signed, r.algorithm, r.signature) == nil {
			return c, nil
		}
	}
	return nil, err
}

// is compares responderID with a certificate.
func (r *ocspResponse) is(c *x509.Certificate) bool {
	if r.keyHash != nil {
		h := sha1.Sum(keyBits(c))
		return bytes.Equal(r.keyHash, h[:])
	}
	return bytes.Equal(r.name, c.RawSubject)
}

func delegated(c *x509.Certificate) bool {
	for _, use := range c.ExtKeyUsage {
		if use == x509.ExtKeyUsageOCSPSigning {
			return true
		}
	}
	return false
}

// noCheck tells whether a certificate is exempt from revocation checks by id-pkix-ocsp-nocheck.
func noCheck(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidOCSPNoCheck()) {
			return true
		}
	}
	return false
}
