package csctest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
)

// Object identifiers of CMS (RFC 5652, 5035) and timestamps (RFC 3161).
var (
	idData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	idSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	idContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	idMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	idSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	idTimeStamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	idTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// newAttribute wraps one DER value.
func newAttribute(oid asn1.ObjectIdentifier, der []byte) attribute {
	return attribute{oid, []asn1.RawValue{{FullBytes: der}}}
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type signerInfo struct {
	Version            int
	SID                issuerAndSerial
	DigestAlgorithm    pkix.AlgorithmIdentifier
	SignedAttrs        asn1.RawValue
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
	UnsignedAttrs      asn1.RawValue `asn1:"optional"`
}

type encapsulated struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"optional"`
}

type signedData struct {
	Version          int
	DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
	Encapsulated     encapsulated
	Certificates     asn1.RawValue `asn1:"optional"`
	SignerInfos      []signerInfo  `asn1:"set"`
}

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue
}

// cmsJob is everything a SignedData with one signer needs.
type cmsJob struct {
	contentType asn1.ObjectIdentifier
	content     []byte // nil for a detached signature
	digest      []byte // of the content
	attributes  []attribute
	cert        *x509.Certificate
	embedded    []*x509.Certificate
	mechanism   mechanism // hash 0 means Ed25519
	key         crypto.Signer
	unsigned    func(signature []byte) ([]attribute, error)
}

// build signs and encodes the SignedData in DER.
func (j cmsJob) build() ([]byte, error) {
	h := j.mechanism.hash
	if h == 0 {
		h = crypto.SHA512 // RFC 8419 §2.3 for Ed25519
	}
	digestAlg := pkix.AlgorithmIdentifier{Algorithm: oidOfHash(h)}
	attrs := append([]attribute{
		newAttribute(idContentType, mustDER(j.contentType)),
		newAttribute(idMessageDigest, mustDER(j.digest)),
		newAttribute(idSigningCertV2, signingCertV2(j.cert)),
	}, j.attributes...)
	set, err := asn1.MarshalWithParams(attrs, "set") // sorts, as DER wants
	if err != nil {
		return nil, err
	}
	tbs := set // RFC 5652 §5.4: the SET OF tag is signed, not [0]
	if j.mechanism.hash != 0 {
		d := h.New()
		d.Write(set)
		tbs = d.Sum(nil)
	}
	sig, err := j.mechanism.sign(j.key, tbs, false)
	if err != nil {
		return nil, err
	}
	si := signerInfo{
		Version:            1,
		SID:                issuerAndSerial{asn1.RawValue{FullBytes: j.cert.RawIssuer}, j.cert.SerialNumber},
		DigestAlgorithm:    digestAlg,
		SignedAttrs:        retag(set, 0),
		SignatureAlgorithm: j.mechanism.identifier(),
		Signature:          sig,
	}
	if j.unsigned != nil {
		extra, err := j.unsigned(sig)
		if err != nil {
			return nil, err
		}
		if len(extra) > 0 {
			der, err := asn1.MarshalWithParams(extra, "set")
			if err != nil {
				return nil, err
			}
			si.UnsignedAttrs = retag(der, 1)
		}
	}
	sd := signedData{
		Version:          1,
		DigestAlgorithms: []pkix.AlgorithmIdentifier{digestAlg},
		Encapsulated:     encapsulated{Type: j.contentType},
		SignerInfos:      []signerInfo{si},
	}
	if !j.contentType.Equal(idData) {
		sd.Version = 3 // RFC 5652 §5.1
	}
	if j.content != nil {
		sd.Encapsulated.Content = explicit(0, mustDER(j.content))
	}
	if len(j.embedded) > 0 {
		var all []byte
		for _, c := range j.embedded {
			all = append(all, c.Raw...)
		}
		sd.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: all}
	}
	der, err := asn1.Marshal(sd)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(contentInfo{idSignedData, explicit(0, der)})
}

// signingCertV2 is ESSCertIDv2 with the default digest and no issuerSerial.
func signingCertV2(c *x509.Certificate) []byte {
	type essCertID struct{ Hash []byte }
	sum := sha256.Sum256(c.Raw)
	return mustDER(struct{ Certs []essCertID }{[]essCertID{{sum[:]}}})
}

func explicit(tag int, der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: der}
}

// retag turns a constructed value into the same under an implicit tag.
func retag(der []byte, tag int) asn1.RawValue {
	var v asn1.RawValue
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		panic("csctest: internal error: " + err.Error()) // der was made here
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: v.Bytes}
}

// identifier is the signatureAlgorithm of CMS for a mechanism.
func (m mechanism) identifier() pkix.AlgorithmIdentifier {
	oid := m.algo
	switch m.algo {
	case oidRSA:
		oid = map[crypto.Hash]string{crypto.SHA256: oidRSASHA256, crypto.SHA384: oidRSASHA384, crypto.SHA512: oidRSASHA512}[m.hash]
	case oidEC:
		oid = map[crypto.Hash]string{crypto.SHA256: oidECSHA256, crypto.SHA384: oidECSHA384, crypto.SHA512: oidECSHA512}[m.hash]
	}
	id := pkix.AlgorithmIdentifier{Algorithm: parseOID(oid)}
	switch oid {
	case oidRSASHA256, oidRSASHA384, oidRSASHA512:
		id.Parameters = asn1.NullRawValue
	case oidPSS:
		der, err := strictBase64(pssParamsFor(oidOfHash(m.hash).String()))
		if err != nil {
			panic("csctest: internal error: " + err.Error())
		}
		id.Parameters = asn1.RawValue{FullBytes: der}
	}
	return id
}

func parseOID(dotted string) asn1.ObjectIdentifier {
	var oid asn1.ObjectIdentifier
	n := 0
	for _, r := range dotted + "." {
		if r == '.' {
			oid, n = append(oid, n), 0
			continue
		}
		n = n*10 + int(r-'0')
	}
	return oid
}
