package csc

import (
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
)

// TimestampRequest asks for a timestamp token over a digest.
type TimestampRequest struct {
	Hash       []byte
	Algorithm  crypto.Hash
	Nonce      []byte // big-endian; empty for none
	ClientData string // some services choose the authority by it
}

// Timestamp calls signatures/timestamp (CSC §11.10) and returns the
// TimeStampToken (RFC 3161 §2.4.2) in DER. It looks at the outermost layer
// only: imprint, nonce and signature must be checked by a reader of CMS before
// the token is used.
func (s *Session) Timestamp(ctx context.Context, r TimestampRequest) ([]byte, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if hashOID(r.Algorithm) == "" || len(r.Hash) != r.Algorithm.Size() {
		return nil, invalid("a timestamp needs a digest and its algorithm")
	}
	reply, err := s.do(ctx, operation{
		method: "signatures/timestamp", kind: act, body: s.wire().timestamp(r.Hash, r.Algorithm, hex.EncodeToString(r.Nonce), r.ClientData),
	})
	if err != nil {
		return nil, err
	}
	obj, err := parseObject(reply.body, "the answer to signatures/timestamp")
	if err != nil {
		return nil, err
	}
	text := obj.need("timestamp")
	if err := obj.done(); err != nil {
		return nil, err
	}
	der, ok := decodeBase64(text)
	if !ok {
		return nil, fail(ResponseMalformed, "the timestamp is not base64")
	}
	return timestampToken(der)
}

// idSignedData is the content type of a token (RFC 5652 §5.1).
var idSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// timestampToken takes the token out of what services return: the token
// itself, or a whole TimeStampResp. The sample printed in the text is neither.
func timestampToken(der []byte) ([]byte, error) {
	if isToken(der) {
		return der, nil
	}
	var outer, status, token asn1.RawValue
	rest, err := asn1.Unmarshal(der, &outer)
	if err == nil && len(rest) == 0 && isSequence(outer) {
		rest, err = asn1.Unmarshal(outer.Bytes, &status)
	}
	var code int
	if err == nil && isSequence(status) {
		_, err = asn1.Unmarshal(status.Bytes, &code)
	}
	if err != nil || !isSequence(status) {
		return nil, fail(ResponseMalformed, "the timestamp is neither a token nor a response with one")
	}
	if code != 0 && code != 1 { // granted, grantedWithMods (RFC 3161 §2.4.2)
		return nil, fail(ServiceError, "the timestamp authority refused with status %d", code)
	}
	if rest, err = asn1.Unmarshal(rest, &token); err != nil || len(rest) > 0 || !isToken(token.FullBytes) {
		return nil, fail(ResponseMalformed, "the timestamp response has no token")
	}
	return token.FullBytes, nil
}

// isToken tells whether der is one ContentInfo that holds SignedData.
func isToken(der []byte) bool {
	var info struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0"`
	}
	rest, err := asn1.Unmarshal(der, &info)
	return err == nil && len(rest) == 0 && info.Type.Equal(idSignedData)
}

func isSequence(v asn1.RawValue) bool {
	return v.Class == asn1.ClassUniversal && v.Tag == asn1.TagSequence && v.IsCompound
}
