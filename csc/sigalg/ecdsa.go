package sigalg

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"
)

// CanonicalECDSA turns the answer of a service into the DER SEQUENCE { r, s } that CMS wants (RFC 5753 2.1.1) and verifies it. The CSC
// specifications do not say which form a service returns, so both DER and r‖s of twice the order's length are read. A value of the right
// length can look like DER by chance, therefore the key decides, not the shape. The error is ErrSignatureInvalid when neither form verifies.
func CanonicalECDSA(pub *ecdsa.PublicKey, digest, signature []byte) ([]byte, error) {
	type value struct{ R, S *big.Int }
	var v value
	if rest, err := asn1.Unmarshal(signature, &v); err == nil && len(rest) == 0 {
		// encoding/asn1 overlooks further elements inside the SEQUENCE: only what encodes back to the same bytes was strict DER.
		if der, err := asn1.Marshal(v); err == nil && bytes.Equal(der, signature) && ecdsa.VerifyASN1(pub, digest, der) {
			return der, nil
		}
	}
	n := (pub.Curve.Params().N.BitLen() + 7) / 8
	if len(signature) == 2*n {
		v = value{new(big.Int).SetBytes(signature[:n]), new(big.Int).SetBytes(signature[n:])}
		if der, err := asn1.Marshal(v); err == nil && ecdsa.VerifyASN1(pub, digest, der) {
			return der, nil
		}
	}
	return nil, &Error{Code: SignatureInvalid, Msg: "the key verifies the signature neither as DER nor as r‖s",
		Details: map[string]any{"bytes": len(signature)}}
}
