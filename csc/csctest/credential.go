package csctest

import (
	"crypto"
	"crypto/x509"
	"sync"
	"time"
)

// CertStatus is the state of a credential's certificate; it decides
// cert.status, the validity dates, and what OCSP and CRL say.
type CertStatus string

// The certificate states.
const (
	CertValid     CertStatus = ""          // good everywhere
	CertExpired   CertStatus = "expired"   // validTo lies in the past
	CertRevoked   CertStatus = "revoked"   // revoked for OCSP and CRL
	CertSuspended CertStatus = "suspended" // on hold for OCSP and CRL
	CertUnknown   CertStatus = "unknown"   // OCSP does not know it
	CertStale     CertStatus = "stale"     // OCSP and CRL answers are out of date
)

// AuthMode says how a credential is authorized, in v1 words.
type AuthMode string

// The authorization modes.
const (
	Explicit   AuthMode = "explicit"   // PIN, OTP or other factors in credentials/authorize
	Implicit   AuthMode = "implicit"   // the service asks the user itself
	OAuth2Code AuthMode = "oauth2code" // redirect with scope credential
)

// OTPKind says where a one-time password comes from.
type OTPKind string

// The kinds of one-time password.
const (
	NoOTP      OTPKind = ""
	OTPOnline  OTPKind = "online"  // delivered after sendOTP or getChallenge
	OTPOffline OTPKind = "offline" // made by the user's device
)

// CredentialSpec describes one key with its certificate and rules.
type CredentialSpec struct {
	// ID is the opaque credentialID.
	ID string
	// Name becomes the certificate's common name.
	Name string
	// Description is shown to the user; empty means Name.
	Description string
	Key         KeyType
	// Owner is the user the credential belongs to; empty means every user.
	Owner string

	AuthMode AuthMode // empty means Explicit
	// PIN is the secret; empty means that none is asked for.
	PIN string
	OTP OTPKind
	// OTPValue fixes the one-time password. When empty, an online password is
	// made at random for each challenge (see Server.OTP).
	OTPValue string
	// Expression is auth.expression of v2; empty means all objects. It refers
	// to the object ids "PIN" and "OTP".
	Expression string
	// Qualifier is signatureQualifier of v2.
	Qualifier string
	// Approval tells how the user of an Implicit credential behaves.
	Approval Approval

	SCAL      int // 1 or 2; 0 means 1
	Multisign int // 0 means 1

	// KeyDisabled makes key.status "disabled"; the key then refuses to work.
	KeyDisabled bool
	Status      CertStatus
	// Algorithms replaces key.algo; nil means all that the key can do.
	Algorithms []string
	// RawECDSA returns r‖s for this credential.
	RawECDSA bool

	// Pointers left out of the certificate.
	NoOCSP, NoCRL, NoAIA bool
}

// Approval is the behaviour of a user whom the service asks out of band.
type Approval struct {
	// After is how long the user takes, in real time.
	After time.Duration
	// Manual waits for Server.Approve or Server.Deny instead.
	Manual bool
	// Denied makes the user refuse.
	Denied bool
}

// Factors of the demo credentials. They are published and protect nothing.
const (
	DemoPIN = "123456"
	DemoOTP = "246810"
)

// DemoCredentials returns the credentials of the zero Options: one for each
// key type and one for each way in which credentials differ.
func DemoCredentials() []CredentialSpec {
	return []CredentialSpec{
		{ID: "demo-rsa-2048", Name: "Demo Signer RSA-2048", Description: "RSA 2048, PIN", Key: RSA2048, PIN: DemoPIN, Multisign: 50},
		{ID: "demo-rsa-3072", Name: "Demo Signer RSA-3072", Description: "RSA 3072, PIN and a code sent to the phone", Key: RSA3072, PIN: DemoPIN, OTP: OTPOnline, Multisign: 10},
		{ID: "demo-rsa-4096", Name: "Demo Signer RSA-4096", Description: "RSA 4096, PIN, bound to the hashes", Key: RSA4096, PIN: DemoPIN, SCAL: 2, Multisign: 5},
		{ID: "demo-p-256", Name: "Demo Signer P-256", Description: "P-256, PIN, bound to the hashes, large batches", Key: P256, PIN: DemoPIN, SCAL: 2, Multisign: 100},
		{ID: "demo-p-384", Name: "Demo Signer P-384", Description: "P-384, PIN and a code made by the phone", Key: P384, PIN: DemoPIN, OTP: OTPOffline, OTPValue: DemoOTP, SCAL: 2, Multisign: 20},
		{ID: "demo-p-521", Name: "Demo Signer P-521", Description: "P-521, PIN, one signature at a time", Key: P521, PIN: DemoPIN, Multisign: 1},
		{ID: "demo-ed25519", Name: "Demo Signer Ed25519", Description: "Ed25519, PIN", Key: Ed25519, PIN: DemoPIN, Multisign: 10},
		{ID: "demo-oauth", Name: "Demo Signer OAuth", Description: "P-256, authorized on the service's own page", Key: P256, AuthMode: OAuth2Code, Qualifier: "eu_eidas_aes", SCAL: 2, Multisign: 25},
		{ID: "demo-push", Name: "Demo Signer Push", Description: "P-256, approved on the phone", Key: P256, AuthMode: Implicit, Approval: Approval{After: 500 * time.Millisecond}, SCAL: 2, Multisign: 25},
		{ID: "demo/odd id & more", Name: "Demo Signer Odd Name", Description: "P-256 with an unusual credentialID", Key: P256, PIN: DemoPIN, Multisign: 3},
		{ID: "demo-disabled", Name: "Demo Signer Disabled", Description: "P-256, key disabled", Key: P256, PIN: DemoPIN, KeyDisabled: true},
		{ID: "demo-expired", Name: "Demo Signer Expired", Description: "P-256, certificate expired", Key: P256, PIN: DemoPIN, Status: CertExpired},
		{ID: "demo-revoked", Name: "Demo Signer Revoked", Description: "P-256, certificate revoked", Key: P256, PIN: DemoPIN, Status: CertRevoked},
	}
}

// credential is a CredentialSpec at work. Key and certificate are made on
// first use, so that a service with an RSA-4096 credential starts at once.
type credential struct {
	spec CredentialSpec

	once sync.Once
	key  crypto.Signer
	cert *x509.Certificate
	err  error

	// Guarded by Server.mu.
	wrongPIN, wrongOTP int
	otp                string // the online password in force, empty for none
	status             CertStatus
}

// load makes key and certificate once. Server.mu must not be held.
func (s *Server) load(c *credential) error {
	c.once.Do(func() {
		if c.key, c.err = s.opts.Keys.Key(c.spec.Key, c.spec.ID); c.err != nil {
			return
		}
		if c.cert, c.err = s.pki.issueSigner(c.spec, c.key.Public()); c.err != nil {
			return
		}
		s.mu.Lock()
		s.serials[c.cert.SerialNumber.String()] = c
		s.mu.Unlock()
	})
	return c.err
}

// algorithms is key.algo.
func (s *Server) algorithms(c *credential) []string {
	if c.spec.Algorithms != nil {
		return c.spec.Algorithms
	}
	if s.opts.Dialect.KeyTypeAlgosOnly {
		switch c.spec.Key {
		case RSA2048, RSA3072, RSA4096:
			return []string{oidRSA}
		case P256, P384, P521:
			return []string{oidEC}
		}
	}
	return algorithmsOf(c.spec.Key)
}

// usable reports whether the credential could make a valid signature now.
func (s *Server) usable(c *credential) bool {
	switch c.status {
	case CertExpired, CertRevoked, CertSuspended:
		return false
	}
	return !c.spec.KeyDisabled
}
