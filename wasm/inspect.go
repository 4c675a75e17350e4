//go:build js && wasm

package main

import (
	"context"

	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"
)

func inspect(ctx context.Context, c *call) (any, error) {
	var args struct {
		Password string `json:"password"`
	}
	if err := decode(c.args, &args); err != nil {
		return nil, err
	}
	source, err := c.blob(ctx, c.args, 0)
	if err != nil {
		return nil, err
	}
	inspection, err := signflow.Inspect(ctx, signflow.Document{Source: source, Password: args.Password, NFKC: nfkc})
	if err != nil {
		return nil, err
	}
	return jsvalue.Encode(inspection)
}
