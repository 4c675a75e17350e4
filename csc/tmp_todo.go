package csc

import (
	"context"
	"encoding/json"
	"time"
)

type ListOptions struct {
	UserID, ClientData, Lang string
	PageSize                 int
	OnlyValid                bool
	inline                   bool
}
type SignHashOptions struct {
	ClientData     string
	Async          bool
	ResultLifetime time.Duration
	ResponseURI    string
}
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
func (s *Session) ListCredentials(ctx context.Context, o ListOptions) ([]string, error) {
	panic("TODO")
}
func (s *Session) Credential(ctx context.Context, id string) (*Credential, error) { panic("TODO") }
func (s *Session) Credentials(ctx context.Context, o ListOptions) ([]*Credential, error) {
	panic("TODO")
}
func PrefetchedX() json.RawMessage { return nil }

func (a *ExplicitAuthorizer) Authorize(ctx context.Context, r AuthorizationRequest) (*Authorization, error) { panic("TODO") }
