package csctest

import (
	"encoding/hex"
	"math/big"
)

// timestamp is signatures/timestamp: v1 §11.10, in v2 with the same names.
func (s *Server) timestamp(c *call) (*reply, *problem) {
	text := c.text("hash", true)
	hashAlgo := c.id("hashAlgo")
	nonceText := c.text("nonce", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	h, known := hashByOID(hashAlgo)
	if !known {
		return nil, refuse("Invalid parameter hashAlgo")
	}
	if text == "" {
		return nil, refuse("Empty hash parameter")
	}
	imprint, err := strictBase64(text)
	if err != nil {
		return nil, refuse("Invalid base64 hash string parameter")
	}
	if len(imprint) != h.Size() {
		return nil, refuse("Invalid digest value length")
	}
	var nonce *big.Int
	if c.has("nonce") {
		var isHex bool
		nonce, isHex = new(big.Int).SetString(nonceText, 16)
		if !isHex || len(nonceText) > 64 || nonce.Sign() < 0 || nonceText[0] == '+' {
			return nil, refuse("Invalid parameter nonce: it is not hexadecimal")
		}
	}
	token, err := s.timestampToken(imprint, h, nonce, true)
	if err != nil {
		return nil, internal(err)
	}
	if s.opts.Dialect.TimestampAsResponse {
		token = timestampResponse(0, token)
	}
	return ok(map[string]any{"timestamp": s.encode(token)}), nil
}

// hexSerial is how the service writes serial numbers.
func hexSerial(n *big.Int) string { return hex.EncodeToString(n.Bytes()) }
