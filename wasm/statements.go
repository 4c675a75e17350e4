//go:build js && wasm

package main

import (
	"crypto"
	"strings"

	"hashout/pdfprep/cms"
	"hashout/wasm/internal/signflow"
)

// statementArgs is what a signer may state in the signature itself.
type statementArgs struct {
	Commitment          string        `json:"commitment"`
	Policy              *policyArgs   `json:"policy"`
	SignerLocation      *locationArgs `json:"signerLocation"`
	AlgorithmProtection bool          `json:"algorithmProtection"`
	ContentTimestamp    bool          `json:"contentTimestamp"`
}

type policyArgs struct {
	OID    string `json:"oid"`
	Digest string `json:"digest"`
	Hash   []byte `json:"hash"` // base64
	URI    string `json:"uri"`
}

type locationArgs struct {
	Country       string   `json:"country"`
	Locality      string   `json:"locality"`
	PostalAddress []string `json:"postalAddress"`
}

func (a statementArgs) statements(o *signflow.Options) (err error) {
	o.AlgorithmProtection, o.ContentTimestamp = a.AlgorithmProtection, a.ContentTimestamp
	if o.Commitment = a.Commitment; o.Commitment != "" && !strings.Contains(o.Commitment, ".") {
		o.Commitment, err = choose("commitment", a.Commitment, map[string]string{
			"proof-of-origin": cms.ProofOfOrigin, "proof-of-receipt": cms.ProofOfReceipt, "proof-of-delivery": cms.ProofOfDelivery,
			"proof-of-sender": cms.ProofOfSender, "proof-of-approval": cms.ProofOfApproval, "proof-of-creation": cms.ProofOfCreation,
		})
		if err != nil {
			return err
		}
	}
	if l := a.SignerLocation; l != nil {
		o.SignerLocation = &cms.SignerLocation{Country: l.Country, Locality: l.Locality, PostalAddress: l.PostalAddress}
	}
	if p := a.Policy; p != nil {
		h, err := choose("policy.digest", p.Digest, map[string]crypto.Hash{"": crypto.SHA256, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512})
		if err != nil {
			return err
		}
		o.Policy = &cms.SignaturePolicy{OID: p.OID, Hash: h, Digest: p.Hash, URI: p.URI}
	}
	return nil
}
