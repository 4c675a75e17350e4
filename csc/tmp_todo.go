package csc

import (
	"encoding/json"
	"time"
)

type LoginOptions struct {
	RefreshToken Secret
	RememberMe   bool
	ClientData   string
}
type TokenHint string
type SignDocRequest struct {
	CredentialID, Qualifier, ClientData, Format, Level, EnvelopeProperty string
	Hashes                                                               [][]byte
	Mechanism                                                            Mechanism
	Properties                                                           []SignedProperty
	ValidationInfo, Async                                                bool
	ResultLifetime                                                       time.Duration
	ResponseURI                                                          string
}
type SignedProperty struct{}
type CredentialScope struct {
	CredentialID, Qualifier string
	Locations               []string
	Hashes                  [][]byte
	HashType, HashAlgo      string
	NumSignatures           int
	Labels                  []string
}

func (CredentialScope) sendNumSignatures() bool { return false }
func PrefetchedX() json.RawMessage { return nil }

type SignDocResult struct{}

func parseSignDoc(r *reader) *SignDocResult { return nil }
