//go:build js && wasm

package main

import (
	"fmt"
	"time"

	"hashout/csc"
)

// dialectArgs names csc.Dialect's switches for JavaScript.
type dialectArgs struct {
	CredentialToken     string            `json:"credentialToken"` // 'sad', 'bearer'
	URLHashes           string            `json:"urlHashes"`       // 'base64url', 'base64url-padded', 'base64'
	EscapedHashes       bool              `json:"escapedHashes"`
	OmitHashAlgo        bool              `json:"omitHashAlgo"`
	OmitSignAlgo        bool              `json:"omitSignAlgo"`
	OmitOperationMode   bool              `json:"omitOperationMode"`
	V1NamesInV2         bool              `json:"v1NamesInV2"`
	NumSignaturesAsText bool              `json:"numSignaturesAsText"`
	ReuseSAD            bool              `json:"reuseSAD"`
	SingleUseSAD        bool              `json:"singleUseSAD"`
	ReorderSignatures   bool              `json:"reorderSignatures"`
	Paths               map[string]string `json:"paths"`
	Multisign           int               `json:"multisign"`
}

func (d dialectArgs) dialect() (csc.Dialect, error) {
	placement, err := choose("dialect.credentialToken", d.CredentialToken, map[string]csc.TokenPlacement{
		"": csc.TokenDefault, "sad": csc.TokenAsSAD, "bearer": csc.TokenAsBearer,
	})
	if err != nil {
		return csc.Dialect{}, err
	}
	encoding, err := choose("dialect.urlHashes", d.URLHashes, map[string]csc.URLHashEncoding{
		"": csc.Base64URL, "base64url": csc.Base64URL, "base64url-padded": csc.Base64URLPadded, "base64": csc.Base64URLStandard,
	})
	if err != nil {
		return csc.Dialect{}, err
	}
	return csc.Dialect{
		CredentialToken: placement, URLHashes: encoding, EscapedHashes: d.EscapedHashes,
		OmitHashAlgo: d.OmitHashAlgo, OmitSignAlgo: d.OmitSignAlgo, OmitOperationMode: d.OmitOperationMode,
		V1NamesInV2: d.V1NamesInV2, NumSignaturesAsText: d.NumSignaturesAsText, ReuseSAD: d.ReuseSAD, SingleUseSAD: d.SingleUseSAD,
		ReorderSignatures: d.ReorderSignatures, Paths: d.Paths, Multisign: d.Multisign,
	}, nil
}

// open reads the arguments of a call into args and opens the service that stands among them.
func (c *call) open(args any, service *serviceArgs) (*csc.Session, error) {
	if err := decode(c.args, args); err != nil {
		return nil, err
	}
	return c.session(*service)
}

// session opens the service that a call names.
func (c *call) session(a serviceArgs) (*csc.Session, error) {
	api, err := choose("service.api", a.API, map[string]csc.APIVersion{"": csc.Auto, "auto": csc.Auto, "v1": csc.V1, "v2": csc.V2})
	if err != nil {
		return nil, err
	}
	dialect, err := a.Dialect.dialect()
	if err != nil {
		return nil, err
	}
	return csc.NewSession(csc.SessionOptions{
		ServiceURL: a.URL, API: api, Transport: c.transport(), Token: c, Dialect: dialect,
		Header: a.Header, Timeout: time.Duration(a.TimeoutMs) * time.Millisecond,
	})
}

// choose translates a word of the JavaScript API; an unknown word is an argument error that names the known ones by its name.
func choose[T any](name, word string, words map[string]T) (T, error) {
	value, ok := words[word]
	if !ok {
		return value, invalidArgument(fmt.Sprintf("%s cannot be %q", name, word), nil)
	}
	return value, nil
}
