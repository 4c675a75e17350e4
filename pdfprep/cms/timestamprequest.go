package cms

import (
	"crypto"
	"crypto/rand"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hashout/csc/sigalg"
)

// TimestampRequest is a request for a timestamp (RFC 3161 2.4.1), kept so that the answer can be compared with the question.
type TimestampRequest struct {
	Hash    crypto.Hash
	Imprint []byte   // digest of what is stamped
	Nonce   *big.Int // nil for none
	Policy  string   // wanted TSA policy in dotted form, "" for any
}

// NewTimestampRequest asks for a timestamp over a digest, with a random nonce. The error is ErrInvalidArgument or
// sigalg.ErrAlgorithmUnsupported.
func NewTimestampRequest(h crypto.Hash, imprint []byte) (*TimestampRequest, error) {
	nonce := make([]byte, 8)
	rand.Read(nonce)
	nonce[0] = nonce[0]&0x7f | 0x40 // of one length, and positive also for TSAs that read 64 signed bits
	r := &TimestampRequest{Hash: h, Imprint: imprint, Nonce: new(big.Int).SetBytes(nonce)}
	_, err := r.DER()
	return r, err
}

// DER is the TimeStampReq. The TSA's certificate is always asked for (certReq), because a validator needs it.
func (r *TimestampRequest) DER() ([]byte, error) {
	if err := sigalg.CheckHash(r.Hash); err != nil {
		return nil, err
	}
	if len(r.Imprint) != r.Hash.Size() {
		return nil, argument("the imprint does not have the length of " + r.Hash.String())
	}
	if r.Nonce != nil && r.Nonce.Sign() < 0 {
		return nil, argument("the nonce is negative")
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { // messageImprint
			b.AddBytes(sigalg.HashIdentifier(r.Hash))
			b.AddASN1OctetString(r.Imprint)
		})
		if r.Policy != "" {
			b.AddASN1ObjectIdentifier(oid(r.Policy))
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		b.AddASN1Boolean(true) // certReq
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, &Error{Code: InvalidArgument, Msg: "timestamp request", Err: err}
	}
	return der, nil
}
