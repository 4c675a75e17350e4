package sigalg_test

//lint:file-ignore SA1019 recovering a key needs the point arithmetic that products should not use

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
)

// keyFor recovers a public key for which r, s signs a fixed digest: Q = r⁻¹(sR − eG).
func keyFor(curve elliptic.Curve, r, s *big.Int) (*ecdsa.PublicKey, []byte, bool) {
	p := curve.Params()
	y := new(big.Int).Exp(r, big.NewInt(3), p.P)
	y.Sub(y, new(big.Int).Mul(r, big.NewInt(3))).Add(y, p.B).Mod(y, p.P)
	if y.ModSqrt(y, p.P) == nil {
		return nil, nil, false
	}
	digest := sum(crypto.SHA256, []byte("document"))
	inv := new(big.Int).ModInverse(r, p.N)
	x1, y1 := curve.ScalarMult(r, y, new(big.Int).Mod(new(big.Int).Mul(s, inv), p.N).Bytes())
	e := new(big.Int).Mul(new(big.Int).Neg(new(big.Int).SetBytes(digest)), inv)
	x2, y2 := curve.ScalarBaseMult(e.Mod(e, p.N).Bytes())
	x, yy := curve.Add(x1, y1, x2, y2)
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: yy}, digest, true
}
