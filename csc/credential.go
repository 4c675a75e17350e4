package csc

import (
	"crypto/x509"
	"encoding/json"
	"time"

	"hashout/csc/sigalg"
)

// AuthMode says how the use of a credential is authorized. An explicit v2
// credential without auth objects is Implicit here, as in v1.
type AuthMode string

// The modes.
const (
	AuthImplicit   AuthMode = "implicit"   // the service asks the user itself
	AuthExplicit   AuthMode = "explicit"   // PIN, OTP or other factors through credentials/authorize
	AuthOAuth2Code AuthMode = "oauth2code" // redirect with scope credential
)

// Presence says whether a factor must be given.
type Presence uint8

// The presences.
const (
	Absent Presence = iota
	Optional
	Required
)

// Factor describes the PIN or the OTP of a v1 credential, or the v2 auth
// object that plays its part.
type Factor struct {
	Presence    Presence
	Numeric     bool   // format "N": digits only
	Label       string // of the input
	Description string
	Online      bool   // OTP: must be requested first (sendOTP, getChallenge)
	ID          string // OTP: device or app; v2: id of the auth object
	Provider    string
}

// AuthObject is one entry of auth.objects in v2.
type AuthObject struct {
	Type        string // Password, PasswordOOB, ChallengeResponse, ChallengeResponseOOB, or unknown
	ID          string
	Label       string
	Description string
	Format      string // "A", "N" or ""
	Generator   string // "totp" and the like
}

// Key and certificate states as services word them.
const (
	KeyEnabled    = "enabled"
	KeyDisabled   = "disabled"
	CertValid     = "valid"
	CertExpired   = "expired"
	CertRevoked   = "revoked"
	CertSuspended = "suspended"
)

// Credential is a key at the service, with its certificate and its rules.
// It is not changed after it was made.
type Credential struct {
	ID, Description string
	Lang            string
	// Qualifier is signatureQualifier of v2, such as "eu_eidas_qes".
	Qualifier string

	Certificate *x509.Certificate
	Chain       []*x509.Certificate // without the leaf, the leaf's issuer first

	KeyStatus     string   // KeyEnabled, KeyDisabled, or as the service says
	CertStatus    string   // CertValid …, or "" when the service does not tell
	KeyAlgorithms []string // OIDs, no duplicates
	KeyBits       int      // 0 when the service does not tell
	KeyCurve      string   // OID or name, as told

	SCAL     int // 1 or 2
	MaxBatch int // signatures per authorization, at least 1
	AuthMode AuthMode

	PIN, OTP       *Factor // nil when the credential has none
	AuthObjects    []AuthObject
	AuthExpression string // v2: how objects combine; "" means all

	// Raw is the JSON object that the service sent.
	Raw json.RawMessage
	// Problem is why the credential could not be read; the fields it could
	// not fill are zero. Only Session.Credentials returns such credentials.
	Problem error

	pssOnly bool // the certificate's key is marked for RSASSA-PSS only
}

// HashPinning tells whether an authorization is bound to the hashes (SCAL 2).
func (c *Credential) HashPinning() bool { return c.SCAL == 2 }

// Pool returns the chain as a certificate pool.
func (c *Credential) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	for _, cert := range c.Chain {
		p.AddCert(cert)
	}
	return p
}

// Usable reports as a CREDENTIAL_UNUSABLE error why the credential cannot make
// a valid signature at the given time, or nil.
func (c *Credential) Usable(now time.Time) error {
	unusable := func(reason, format string, args ...any) error {
		return fail(CredentialUnusable, format, args...).with("reason", reason).with("credentialID", c.ID)
	}
	switch {
	case c.Problem != nil:
		return asError(unusable("unreadable", "the service's description of the credential cannot be read"), "", "").because(c.Problem)
	case c.KeyStatus != KeyEnabled:
		return unusable("key", "the key is %s", c.KeyStatus)
	case c.CertStatus != "" && c.CertStatus != CertValid:
		return unusable(c.CertStatus, "the certificate is %s", c.CertStatus)
	case c.Certificate == nil:
		return unusable("certificate", "the credential has no certificate")
	case now.Before(c.Certificate.NotBefore):
		return unusable("notYetValid", "the certificate is not valid before %s", c.Certificate.NotBefore.UTC().Format(time.RFC3339))
	case now.After(c.Certificate.NotAfter):
		return unusable(CertExpired, "the certificate expired on %s", c.Certificate.NotAfter.UTC().Format(time.RFC3339))
	}
	// RFC 5280 §4.2.1.3: a key usage extension must allow signing.
	if u := c.Certificate.KeyUsage; u != 0 && u&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return unusable("keyUsage", "the certificate does not allow signatures")
	}
	if err := sigalg.CheckKey(c.Certificate.PublicKey); err != nil {
		return asError(unusable("keyStrength", "the key is too weak or of an unknown kind"), "", "").because(err)
	}
	return nil
}
