package csctest

import "time"

// Options configures a service. The zero value is a complete demo service.
type Options struct {
	// Addr is where New listens; empty means a free port of 127.0.0.1.
	Addr string
	// URL is the root under which clients reach the service, without a
	// trailing slash; it may have a path. It goes into certificates and into
	// info. New fills it in from the listener when empty; NewHandler needs it.
	URL string

	// Credentials are the keys on offer; nil means DemoCredentials().
	Credentials []CredentialSpec
	// Users may log in at the authorize page and at auth/login; nil means
	// DemoUser alone.
	Users []User
	// Clients are the registered OAuth clients; nil means DemoClient and
	// DemoBackend.
	Clients []Client
	// Keys supplies private keys. Tests that start many services share one
	// KeyRing to make each RSA key only once; nil means a ring of its own.
	Keys *KeyRing

	// Clock replaces time.Now everywhere but in network waits.
	Clock func() time.Time

	// AllowedOrigins are the exact origins that CORS admits; nil means any
	// loopback origin, an empty slice none at all.
	AllowedOrigins []string

	// AutoApprove makes oauth2/authorize redirect at once, as if the first
	// user had logged in and pressed Allow.
	AutoApprove bool
	// NoServiceAuthorization serves every method without a bearer token
	// (info.authType "external").
	NoServiceAuthorization bool

	// PageSize is the largest page of v1 credentials/list; 0 means 10.
	PageSize int
	// TokenLifetime, CodeLifetime and SADLifetime default to 1 hour, 1 minute
	// and 5 minutes. They are served in whole seconds.
	TokenLifetime, CodeLifetime, SADLifetime time.Duration
	// OmitExpiry leaves expires_in and expiresIn out; both then mean 3600 s,
	// which overrides the lifetimes above.
	OmitExpiry bool
	// RequireAccountToken refuses authorization requests without a valid
	// account_token, as restricted authorization servers do.
	RequireAccountToken bool
	// NoRefreshTokens leaves refresh tokens out.
	NoRefreshTokens bool
	// AsyncPolls is how many signPolling calls find the result unfinished.
	AsyncPolls int
	// MaxWrongFactors is after how many wrong PINs or OTPs in a row a
	// credential locks; 0 means 3.
	MaxWrongFactors int
	// SADCalls says how many signHash calls one SAD serves.
	SADCalls SADPolicy
	// HashCountMustMatch refuses an authorization under SCAL 2 whose number
	// of hashes differs from numSignatures, as some services do.
	HashCountMustMatch bool
	// Unimplemented lists methods, such as "credentials/extendTransaction",
	// that answer 501 and are absent from info.methods.
	Unimplemented []string

	// TSA is the behaviour of the timestamp authority at the start.
	TSA TSA
	// PKIWithoutCORS serves /tsa, /ocsp, /crl and /aia without CORS headers,
	// as nearly all public services do.
	PKIWithoutCORS bool

	// V2 selects the minor version spoken under /csc/v2.
	V2 V2Version
	// Dialect lists deviations of real services to reproduce.
	Dialect Dialect
}

// SADPolicy says for how many signHash calls one SAD is good, always within
// numSignatures.
type SADPolicy uint8

// The policies. The v1 text wants extendTransaction between two signHash
// calls; the v2 text lets a SAD live until numSignatures is used up.
const (
	SADPerText  SADPolicy = iota // v1: one call, v2: many calls
	SADManyCall                  // many calls in every version
	SADOneCall                   // one call in every version
)

// V2Version is a minor version of CSC API 2.
type V2Version uint8

// The minor versions.
const (
	V21 V2Version = iota // 2.1.0.1
	V20                  // 2.0.0.2
)

// User is someone who owns credentials and can log in.
type User struct{ Name, Password string }

// DemoUser is the user of the zero Options. The password is no secret.
func DemoUser() User { return User{Name: "demo", Password: "demo"} }

// Client is a registered OAuth client.
type Client struct {
	ID string
	// Secret authenticates a confidential client; empty means a public client
	// (which must use PKCE).
	Secret string
	// RedirectURIs are compared exactly. Nil admits any http loopback URI,
	// as RFC 8252 does for native clients.
	RedirectURIs []string
}

// DemoClient is the public client of the zero Options.
func DemoClient() Client { return Client{ID: "hashout-demo"} }

// DemoBackend is the confidential client of the zero Options. The secret is
// published here and protects nothing.
func DemoBackend() Client {
	return Client{ID: "hashout-backend", Secret: "throw-away secret of the demo backend"}
}

// Dialect reproduces deviations that real services show. The zero value is
// what the text says.
type Dialect struct {
	RawECDSA            bool // ECDSA signatures as r‖s instead of DER
	KeyTypeAlgosOnly    bool // key.algo lists only rsaEncryption or ecPublicKey
	AlgoAsString        bool // key.algo is a string, not an array
	CurveAsName         bool // key.curve is "P-256", not an OID
	NoKeyLen            bool // key.len is left out
	SCALAsNumber        bool // SCAL is 1 or 2, not "1" or "2"
	SCALWithPrefix      bool // SCAL is "SCAL1" or "SCAL2"
	MultisignAsBool     bool // multisign is true or false
	MultisignAsText     bool // multisign is a numeric string
	PresenceAsBool      bool // PIN.presence and OTP.presence are booleans
	NullsForAbsent      bool // absent optional members are explicit nulls
	PEMCertificates     bool // cert.certificates hold PEM text
	ReversedChain       bool // cert.certificates are root first
	LeafOnlyChain       bool // "chain" yields the end entity alone
	LooseBase64         bool // output base64 has no padding
	WrappedBase64       bool // output base64 has line breaks
	ExpiryAsText        bool // expiresIn and expires_in are numeric strings
	OneSignatureBare    bool // signatures is a bare string when there is one
	OAuth2Issuer        bool // v2 info has oauth2Issuer instead of oauth2
	OAuth2Servers       bool // v2.1 info has oauth2Servers instead of oauth2
	OAuth2FullPath      bool // info.oauth2 ends in /oauth2/authorize
	BearerForSAD        bool // v1 credential token has token_type Bearer
	PaddedURLHashes     bool // hashes in the authorize URL must carry padding
	InfoByGETOnly       bool // info answers GET only (405 to POST)
	ErrorsAsText        bool // errors are text/plain
	ErrorsAsMessage     bool // errors are {"message": …}
	ErrorsWith200       bool // errors come with HTTP 200
	NoListInfo          bool // v2 list ignores credentialInfo
	TimestampAsResponse bool // signatures/timestamp yields a TimeStampResp
	ChallengeInAnswer   bool // getChallenge answers 200 with a text
	CredentialBearer    bool // v2 signHash takes only a credential-scope bearer
}
