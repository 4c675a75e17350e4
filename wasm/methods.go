//go:build js && wasm

package main

import (
	"context"
	"time"

	"hashout/csc"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// methods lists what the engine can be called for; js/src/protocol.ts lists the same names.
func methods() map[string]handler {
	return map[string]handler{
		"info":        info,
		"credentials": credentials,
		"credential":  credential,
		"estimate":    estimate,
		"sign":        sign,
		"prepare":     prepare,
		"restore":     restore,
		"finish":      finish,
		"inspect":     inspect,
		"verify":      verify,
		"extend":      extend,
	}
}

func info(ctx context.Context, c *call) (any, error) {
	var args struct {
		Service serviceArgs `json:"service"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	answer, err := session.Info(ctx)
	if err != nil {
		return nil, err
	}
	return jsvalue.Encode(answer.Raw)
}

func credentials(ctx context.Context, c *call) (any, error) {
	var args struct {
		Service serviceArgs `json:"service"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	list, err := session.Credentials(ctx, csc.ListOptions{})
	if err != nil {
		return nil, err
	}
	values := make([]any, len(list))
	for i, one := range list {
		if values[i], err = credentialValue(one); err != nil {
			return nil, err
		}
	}
	array, err := newArray(values...)
	if err != nil {
		return nil, err
	}
	result, err := jsvalue.Encode(struct{}{})
	if err != nil {
		return nil, err
	}
	return result, result.Set("credentials", array)
}

func credential(ctx context.Context, c *call) (any, error) {
	var args struct {
		Service      serviceArgs `json:"service"`
		CredentialID string      `json:"credentialID"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	one, err := session.Credential(ctx, args.CredentialID)
	if err != nil {
		return nil, err
	}
	return credentialValue(one)
}

// credentialValue is a credential as JavaScript sees it: plain values, and certificates as bytes.
func credentialValue(c *csc.Credential) (safejs.Value, error) {
	value, err := jsvalue.Encode(describe(c, time.Now()))
	if err != nil {
		return value, err
	}
	chain := make([]any, len(c.Chain))
	for i, cert := range c.Chain {
		if chain[i], err = jsvalue.Uint8Array(cert.Raw); err != nil {
			return value, err
		}
	}
	array, err := newArray(chain...)
	if err != nil {
		return value, err
	}
	if err := value.Set("chain", array); err != nil || c.Certificate == nil {
		return value, err
	}
	der, err := jsvalue.Uint8Array(c.Certificate.Raw)
	if err != nil {
		return value, err
	}
	certificate, err := value.Get("certificate")
	if err != nil {
		return value, err
	}
	return value, certificate.Set("der", der)
}
