package csctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
)

// mechanism is a judged combination of signAlgo, hashAlgo and signAlgoParams.
type mechanism struct {
	algo string
	hash crypto.Hash // 0 for Ed25519
	salt int         // PSS only
}

// newMechanism judges the combination (v1 §11.9, v2 §11.10): hashAlgo is
// needed where signAlgo does not imply it, must agree where it does, and PSS
// needs explicit parameters.
func newMechanism(signAlgo, hashAlgo, params string) (mechanism, *problem) {
	m := mechanism{algo: signAlgo, hash: impliedHash(signAlgo)}
	if hashAlgo != "" {
		h, known := hashByOID(hashAlgo)
		if !known || m.hash != 0 && m.hash != h {
			return m, refuse("Invalid parameter hashAlgo")
		}
		m.hash = h
	}
	switch signAlgo {
	case oidRSA, oidEC:
		if m.hash == 0 {
			return m, refuse("Missing (or invalid type) string parameter hashAlgo")
		}
	case oidEd25519:
		// RFC 8032 pure EdDSA has no pre-hash: the service signs the bytes it
		// is given, and a digest algorithm would be a misunderstanding.
		if m.hash != 0 {
			return m, refuse("Invalid parameter hashAlgo")
		}
	case oidPSS:
		h, salt, p := parsePSS(params)
		if p != nil {
			return m, p
		}
		if m.hash != 0 && m.hash != h {
			return m, refuse("Parameter hashAlgo contradicts signAlgoParams")
		}
		m.hash, m.salt = h, salt
		return m, nil
	case oidRSASHA256, oidRSASHA384, oidRSASHA512, oidECSHA256, oidECSHA384, oidECSHA512:
	default:
		return m, refuse("Invalid parameter signAlgo")
	}
	if params != "" {
		return m, refuse("Invalid parameter signAlgoParams")
	}
	return m, nil
}

type pssParams struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"explicit,tag:0,optional"`
	MGF     pkix.AlgorithmIdentifier `asn1:"explicit,tag:1,optional"`
	Salt    int                      `asn1:"explicit,tag:2,optional,default:20"`
	Trailer int                      `asn1:"explicit,tag:3,optional,default:1"`
}

// parsePSS reads RSASSA-PSS-params (RFC 4055 §3.1). The defaults mean SHA-1,
// so every field but the trailer must be there.
func parsePSS(params string) (crypto.Hash, int, *problem) {
	if params == "" {
		return 0, 0, refuse("Missing (or invalid type) string parameter signAlgoParams")
	}
	bad := refuse("Invalid parameter signAlgoParams")
	der, err := strictBase64(params)
	if err != nil {
		return 0, 0, bad
	}
	var p pssParams
	if rest, err := asn1.Unmarshal(der, &p); err != nil || len(rest) > 0 {
		return 0, 0, bad
	}
	h, known := hashByOID(p.Hash.Algorithm.String())
	if !known || p.MGF.Algorithm.String() != "1.2.840.113549.1.1.8" || p.Trailer != 1 {
		return 0, 0, bad
	}
	var inner pkix.AlgorithmIdentifier
	rest, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &inner)
	if err != nil || len(rest) > 0 || !inner.Algorithm.Equal(p.Hash.Algorithm) {
		return 0, 0, bad
	}
	if p.Salt != h.Size() {
		return 0, 0, refuse("Invalid parameter signAlgoParams: the salt is not as long as the hash")
	}
	return h, p.Salt, nil
}

// checkLength wants raw digests, not DigestInfo and not hex.
func (m mechanism) checkLength(hashes [][]byte) *problem {
	for _, h := range hashes {
		if m.hash != 0 && len(h) != m.hash.Size() {
			return refuse("Invalid digest value length")
		}
		if m.hash == 0 && len(h) > 64<<10 {
			return refuse("Invalid digest value length")
		}
	}
	return nil
}

// sign uses the key. PKCS #1 v1.5 gets its DigestInfo here.
func (m mechanism) sign(key crypto.Signer, digest []byte, raw bool) ([]byte, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if m.algo == oidPSS {
			return rsa.SignPSS(rand.Reader, k, m.hash, digest, &rsa.PSSOptions{SaltLength: m.salt, Hash: m.hash})
		}
		return rsa.SignPKCS1v15(rand.Reader, k, m.hash, digest)
	case *ecdsa.PrivateKey:
		der, err := ecdsa.SignASN1(rand.Reader, k, digest)
		if err != nil || !raw {
			return der, err
		}
		return rawECDSA(k.Curve.Params().BitSize, der)
	case ed25519.PrivateKey:
		return ed25519.Sign(k, digest), nil
	}
	return nil, fmt.Errorf("no signing with %T", key)
}

func rawECDSA(bits int, der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	n := (bits + 7) / 8
	out := make([]byte, 2*n)
	sig.R.FillBytes(out[:n])
	sig.S.FillBytes(out[n:])
	return out, nil
}

// pssParamsFor is RSASSA-PSS-params with one digest throughout, in base64.
func pssParamsFor(hashOID string) string {
	h, known := hashByOID(hashOID)
	if !known {
		return ""
	}
	inner := pkix.AlgorithmIdentifier{Algorithm: oidOfHash(h)}
	return base64.StdEncoding.EncodeToString(mustDER(pssParams{
		Hash: inner,
		MGF: pkix.AlgorithmIdentifier{
			Algorithm:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8},
			Parameters: asn1.RawValue{FullBytes: mustDER(inner)},
		},
		Salt: h.Size(), Trailer: 1,
	}))
}
