package sigalg

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// pssParams is RSASSA-PSS-params of RFC 8017 A.2.3. Absent fields mean SHA-1 and a salt of 20 bytes.
type pssParams struct {
	Hash         pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
	MGF          pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:1"`
	SaltLength   int                      `asn1:"explicit,optional,tag:2,default:20"`
	TrailerField int                      `asn1:"explicit,optional,tag:3,default:1"`
}

// PSSParams is the DER of RSASSA-PSS-params with h, MGF1 over h and a salt of h's length; nil for a digest without identifier. In base64 it
// is what CSC calls signAlgoParams.
func PSSParams(h crypto.Hash) []byte {
	oid := HashOID(h)
	if oid == "" {
		return nil
	}
	// NULL parameters: RFC 4055 2.1 has implementations accept both forms and generate this one within PSS.
	hash := pkix.AlgorithmIdentifier{Algorithm: mustOID(oid), Parameters: asn1.NullRawValue}
	mgf := pkix.AlgorithmIdentifier{Algorithm: mustOID(OIDMGF1), Parameters: asn1.RawValue{FullBytes: mustDER(hash)}}
	return mustDER(pssParams{Hash: hash, MGF: mgf, SaltLength: h.Size(), TrailerField: 1})
}

// ParsePSSParams reads RSASSA-PSS-params. MGF1 over another digest than the message's is ErrAlgorithmUnsupported.
func ParsePSSParams(der []byte) (h crypto.Hash, saltLength int, err error) {
	var p pssParams
	if rest, err := asn1.Unmarshal(der, &p); err != nil || len(rest) > 0 {
		return 0, 0, &Error{Code: AlgorithmUnsupported, Msg: "PSS parameters are not readable", Err: err}
	}
	h, mgfHash := crypto.SHA1, crypto.SHA1
	if p.Hash.Algorithm != nil {
		if h, err = HashFromOID(p.Hash.Algorithm.String()); err != nil {
			return 0, 0, err
		}
	}
	if p.MGF.Algorithm != nil {
		var inner pkix.AlgorithmIdentifier
		rest, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &inner)
		if err != nil || len(rest) > 0 || p.MGF.Algorithm.String() != OIDMGF1 {
			return 0, 0, unsupported("PSS mask generation is not MGF1", nil)
		}
		if mgfHash, err = HashFromOID(inner.Algorithm.String()); err != nil {
			return 0, 0, err
		}
	}
	if mgfHash != h {
		return 0, 0, unsupported("PSS mask generation uses another digest than the message", nil)
	}
	if p.SaltLength < 0 || p.TrailerField != 1 { // RFC 8017 A.2.3: the only trailer is 0xBC
		return 0, 0, unsupported("PSS salt length or trailer is out of range", nil)
	}
	return h, p.SaltLength, nil
}

// Identifier is the DER AlgorithmIdentifier of a as CMS signatureAlgorithm, nil for a combination that has none.
func (a Algorithm) Identifier() []byte {
	oid := a.OID()
	if oid == "" {
		return nil
	}
	id := pkix.AlgorithmIdentifier{Algorithm: mustOID(oid)}
	switch a.Scheme {
	case PKCS1v15:
		id.Parameters = asn1.NullRawValue // RFC 4055 5: NULL must be present
	case PSS:
		params := PSSParams(a.Hash) // RFC 4056 3: parameters must be present
		if params == nil {
			return nil
		}
		id.Parameters = asn1.RawValue{FullBytes: params}
	case ECDSA, Ed25519: // RFC 5758 3.2, RFC 8410 3: parameters are absent
	}
	return mustDER(id)
}

// HashIdentifier is the DER AlgorithmIdentifier of a digest without parameters (RFC 5754 2), nil for a digest without identifier.
func HashIdentifier(h crypto.Hash) []byte {
	oid := HashOID(h)
	if oid == "" {
		return nil
	}
	return mustDER(pkix.AlgorithmIdentifier{Algorithm: mustOID(oid)})
}

// FromIdentifier names the algorithm of a DER AlgorithmIdentifier. h is the digest named beside it (CMS digestAlgorithm), 0 for none.
// saltLength is 0 but for PSS.
func FromIdentifier(der []byte, h crypto.Hash) (a Algorithm, saltLength int, err error) {
	var id pkix.AlgorithmIdentifier
	if rest, err := asn1.Unmarshal(der, &id); err != nil || len(rest) > 0 {
		return a, 0, &Error{Code: AlgorithmUnsupported, Msg: "algorithm identifier is not readable", Err: err}
	}
	oid := id.Algorithm.String()
	if oid != OIDPSS {
		a, err = FromOID(oid, h)
		return a, 0, err
	}
	own, saltLength, err := ParsePSSParams(id.Parameters.FullBytes)
	if err != nil {
		return a, 0, err
	}
	if h != 0 && h != own { // RFC 4056 3: the digests of PSS and of CMS are the same
		return a, 0, unsupported("PSS uses another digest than the one beside it", nil)
	}
	return Algorithm{PSS, own}, saltLength, nil
}

// mustOID and mustDER serve constants of this package only; their failure is a programming error that any test meets.
func mustOID(dotted string) asn1.ObjectIdentifier {
	oid, err := ParseOID(dotted)
	if err != nil {
		panic("sigalg: internal error: " + dotted)
	}
	return oid
}

func mustDER(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic("sigalg: internal error: " + err.Error())
	}
	return der
}
