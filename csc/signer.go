package csc

import (
	"crypto"
	"crypto/x509"
	"time"

	"hashout/csc/sigalg"
)

// SignerOptions are those of pyHanko's CSCSigner, with the same meaning; the
// zero value is its default except where the comment says otherwise.
type SignerOptions struct {
	// Digest, PreferPSS, SignAlgo: see MechanismOptions.
	Digest    crypto.Hash
	PreferPSS bool
	SignAlgo  string
	// OmitRoots leaves self-signed certificates out of Signer.Chain
	// (pyHanko's embed_roots, negated).
	OmitRoots bool
	// ClientData and Description go into requests to the service.
	ClientData  string
	Description string
	// BatchSize is how many hashes one signHash call takes at most. 0 means
	// for SignAll as many as the credential allows, for Sign 1.
	BatchSize int
	// ManualCommit makes Sign wait for Commit instead of committing full
	// batches (batch_autocommit, negated).
	ManualCommit bool
	// BatchLinger is how long an incomplete batch of Sign waits for company
	// before it is committed all the same; 0 means 250 ms.
	BatchLinger time.Duration
	// SignTimeout bounds one signHash call; 0 means DefaultSignTimeout.
	SignTimeout time.Duration
	// SignatureSize replaces the computed size of Signer.SignatureSize.
	SignatureSize int
	// Async asks a v2 service to sign in the background (operationMode A) and
	// polls for the result.
	Async bool
}

// SignEventKind says what happened to some of the digests.
type SignEventKind uint8

// The events, in their order for one digest. Submitting comes before the
// request leaves; an error of the observer keeps it from leaving.
const (
	Authorizing SignEventKind = iota + 1
	Authorized
	Submitting
	Signed
	Failed
)

// String names the event.
func (k SignEventKind) String() string {
	names := [...]string{"", "authorizing", "authorized", "submitting", "signed", "failed"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// SignEvent tells an observer of SignAll what happens to the digests with the
// given indices.
type SignEvent struct {
	Kind    SignEventKind
	Indices []int
	// Signatures are those of Signed, one for each index: in CMS form and verified.
	Signatures [][]byte
	Err        error // of Failed
}

// SignResult is what became of one digest: a signature in CMS form, verified
// with the credential's certificate, or an error.
type SignResult struct {
	Signature []byte
	Err       error
}

// Signer signs digests with one credential. It is safe for concurrent use.
type Signer struct {
	session    *Session
	credential *Credential
	authorizer Authorizer
	mechanism  Mechanism
	o          SignerOptions

	batches batches // of Sign and Commit
}

// NewSigner chooses the mechanism and checks the options. It does not call
// the service and does not ask whether the credential is usable now.
func NewSigner(s *Session, c *Credential, a Authorizer, o SignerOptions) (*Signer, error) {
	if s == nil || c == nil || a == nil {
		return nil, invalid("a signer needs a session, a credential and an authorizer")
	}
	m, err := c.Mechanism(MechanismOptions{Digest: o.Digest, PreferPSS: o.PreferPSS, SignAlgo: o.SignAlgo})
	if err != nil {
		return nil, err
	}
	if o.BatchSize < 0 || o.SignTimeout < 0 || o.BatchLinger < 0 {
		return nil, invalid("an option of the signer is negative")
	}
	if o.SignTimeout == 0 {
		o.SignTimeout = DefaultSignTimeout
	}
	if o.BatchLinger == 0 {
		o.BatchLinger = defaultLinger
	}
	return &Signer{session: s, credential: c, authorizer: a, mechanism: m, o: o}, nil
}

// Mechanism returns how the signer signs.
func (s *Signer) Mechanism() Mechanism { return s.mechanism }

// Certificate returns the signing certificate.
func (s *Signer) Certificate() *x509.Certificate { return s.credential.Certificate }

// Chain returns the certificates to embed besides the signing certificate, the
// issuer first.
func (s *Signer) Chain() []*x509.Certificate {
	var out []*x509.Certificate
	for _, c := range s.credential.Chain {
		if !s.o.OmitRoots || !selfSigned(c) {
			out = append(out, c)
		}
	}
	return out
}

// SignatureSize returns how many bytes a signature has at most, in CMS form.
// It asks nobody; it is what a dry run needs (pyHanko's dry_run).
func (s *Signer) SignatureSize() (int, error) {
	if s.o.SignatureSize > 0 {
		return s.o.SignatureSize, nil
	}
	n, err := sigalg.MaxSignatureBytes(s.credential.Certificate.PublicKey)
	if err != nil {
		return 0, fail(AlgorithmUnsupported, "the size of a signature is not known for this key").because(err)
	}
	return n, nil
}

// DryRun returns zeros in the place of a signature, of the size that the
// longest one has, without any request.
func (s *Signer) DryRun() ([]byte, error) {
	n, err := s.SignatureSize()
	if err != nil {
		return nil, err
	}
	return make([]byte, n), nil
}
