package pades_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// trial is a signature at noon with all that is known about it, each part of which a test can make worse: a signer and a timestamp
// authority, each under an authority of its own, both under one root. Everything about it is made here and needs no service. Timestamps
// come from digitorus/timestamp.
type trial struct {
	root, middle, leaf *holder
	stamper, tsa       *holder // the timestamp authority and who issued its certificate
	attributes         *cms.SignedAttributes
	value              []byte
}

// shape changes the certificates of a trial.
type shape struct{ root, middle, leaf, stamper, tsa func(*x509.Certificate) }

var covered = []byte("the covered bytes")

func newTrial(s shape) *trial {
	both := func(first, second func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			first(c)
			if second != nil {
				second(c)
			}
		}
	}
	x := &trial{}
	x.root = issue("root", nil, both(authority, s.root))
	x.middle = issue("middle", x.root, both(authority, s.middle))
	x.leaf = issue("signer", x.middle, s.leaf)
	x.stamper = issue("stamper", x.root, both(authority, s.stamper))
	x.tsa = issue("TSA", x.stamper, both(forTimestamps, s.tsa))
	x.sign(x.options())
	return x
}

func (x *trial) sign(o cms.Options) {
	digest := sha256.Sum256(covered)
	x.attributes = must(cms.NewSignedAttributes(o, digest[:]))
	x.value = must(ecdsa.SignASN1(rand.Reader, x.leaf.key, x.attributes.ToBeSigned()))
}

func (x *trial) options() cms.Options {
	return cms.Options{Certificate: x.leaf.cert, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}
}

// forTimestamps is RFC 3161 2.3: the only purpose, and critical.
func forTimestamps(c *x509.Certificate) {
	c.KeyUsage = x509.KeyUsageDigitalSignature
	purpose := must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}))
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: purpose}}
}

// contents is the signature with timestamps over its value.
func (x *trial) contents(tokens ...[]byte) []byte {
	var unsigned []cms.Attribute
	for _, token := range tokens {
		unsigned = append(unsigned, cms.TimestampAttribute(must(cms.ParseTimestamp(token))))
	}
	return must(x.attributes.Assemble(x.value, unsigned...))
}

// token is a timestamp over the signature value.
func (x *trial) token(at time.Time, change func(*timestamp.Timestamp)) []byte {
	return x.tokenBy(x.tsa, crypto.SHA256, at, change)
}

func (x *trial) tokenBy(tsa *holder, h crypto.Hash, at time.Time, change func(*timestamp.Timestamp)) []byte {
	digest := sha256.Sum256(x.value)
	return tokenOver(digest[:], tsa, h, at, change)
}

func tokenOver(digest []byte, tsa *holder, h crypto.Hash, at time.Time, change func(*timestamp.Timestamp)) []byte {
	stamp := &timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: digest, Time: at, Policy: asn1.ObjectIdentifier{2, 999, 1}, AddTSACertificate: true}
	if change != nil {
		change(stamp)
	}
	answer := must(stamp.CreateResponseWithOpts(tsa.cert, tsa.key, h))
	return must(timestamp.ParseResponse(answer)).RawToken
}

// parallel is a signature as digitorus/pkcs7 makes it, which refuses less than ours.
func (x *trial) parallel(change func(*pkcs7.SignedData), config pkcs7.SignerInfoConfig, detached bool) []byte {
	s := must(pkcs7.NewSignedData(covered))
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if change != nil {
		change(s)
	}
	if err := s.AddSigner(x.leaf.cert, x.leaf.key, config); err != nil {
		panic(err)
	}
	if detached {
		s.Detach()
	}
	return must(s.Finish())
}

// says is what an authority's OCSP responder says about a certificate; revoked is zero for a good one.
func says(by, about *holder, at, revoked time.Time) []byte {
	r := ocsp.Response{Status: ocsp.Good, SerialNumber: about.cert.SerialNumber, ThisUpdate: at, NextUpdate: at.Add(time.Hour)}
	if !revoked.IsZero() {
		r.Status, r.RevokedAt = ocsp.Revoked, revoked
	}
	return must(ocsp.CreateResponse(by.cert, by.cert, r, by.key))
}

// lists is a revocation list that names the given certificates.
func lists(by *holder, at, revoked time.Time, about ...*holder) []byte {
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: at, NextUpdate: at.Add(time.Hour)}
	for _, h := range about {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: h.cert.SerialNumber, RevocationTime: revoked})
	}
	return must(x509.CreateRevocationList(rand.Reader, l, by.cert, by.key))
}

// evidence is all that the trial's chains need, good at noon.
func (x *trial) evidence() pades.Evidence {
	never := time.Time{}
	return pades.Evidence{
		Certificates: []*x509.Certificate{x.middle.cert, x.stamper.cert},
		OCSPs:        [][]byte{says(x.middle, x.leaf, noon, never), says(x.root, x.middle, noon, never), says(x.stamper, x.tsa, noon, never), says(x.root, x.stamper, noon, never)},
	}
}

// trust has the evidence in the document.
func (x *trial) trust() pades.Trust {
	return pades.Trust{Roots: []*x509.Certificate{x.root.cert}, Now: noon, Document: x.evidence()}
}

// without is the evidence less one status.
func without(e pades.Evidence, ocsp int) pades.Evidence {
	e.OCSPs = slices.Delete(slices.Clone(e.OCSPs), ocsp, ocsp+1)
	return e
}

func (x *trial) validate(t *testing.T, contents []byte, trust pades.Trust, proofs ...pades.Proof) *pades.Report {
	t.Helper()
	return (&scene{}).validate(t, contents, covered, trust, proofs...)
}

// withCRL puts a revocation list into a SignedData.
func withCRL(der, crl []byte) []byte {
	outer := cbasn1.Tag(0).ContextSpecific().Constructed()
	in := cryptobyte.String(der)
	var info, typ, wrapped, signed, part cryptobyte.String
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1Element(&typ, cbasn1.OBJECT_IDENTIFIER) || !info.ReadASN1(&wrapped, outer) || !wrapped.ReadASN1(&signed, cbasn1.SEQUENCE) {
		panic("no SignedData")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(typ)
		b.AddASN1(outer, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for !signed.Empty() {
					var tag cbasn1.Tag
					if !signed.ReadAnyASN1Element(&part, &tag) {
						panic("no SignedData")
					}
					if signed.Empty() { // the signer comes last
						b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(crl) })
					}
					b.AddBytes(part)
				}
			})
		})
	})
	return b.BytesOrPanic()
}
