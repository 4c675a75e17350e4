//go:build js && wasm

package main

import (
	"context"
	"crypto"
	"time"

	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"
)

func verify(ctx context.Context, c *call) (any, error) {
	var args struct {
		Password string   `json:"password"`
		Trust    [][]byte `json:"trust"` // base64 of DER or PEM
		Time     int64    `json:"time"`  // milliseconds since 1970
	}
	if err := decode(c.args, &args); err != nil {
		return nil, err
	}
	source, err := c.blob(ctx, c.args, 0)
	if err != nil {
		return nil, err
	}
	result, err := signflow.Verify(ctx, signflow.Document{Source: source, Password: args.Password, NFKC: nfkc}, signflow.VerifyOptions{
		Trust: args.Trust, Time: time.UnixMilli(args.Time), Digest: source.digestRange,
	})
	if err != nil {
		return nil, err
	}
	return jsvalue.Encode(result)
}

// digestRange hashes the two pieces that a ByteRange covers, outside Go.
func (b *blob) digestRange(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error) {
	pieces := make([]any, 2)
	for i := range pieces {
		start, length := byteRange[2*i], byteRange[2*i+1]
		piece, err := b.value.Call("slice", float64(start), float64(start+length))
		if err != nil {
			return nil, err
		}
		pieces[i] = piece
	}
	return b.hash(ctx, h, pieces...)
}
