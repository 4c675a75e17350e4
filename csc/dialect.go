package csc

// APIVersion is the major version of the CSC API on the wire.
type APIVersion uint8

// The versions. Auto takes the version from the service URL; when it names
// none, the service is asked (v2 first, then v1) at the first call.
const (
	Auto APIVersion = iota
	V1              // 1.0.4, also spoken under /csc/v0
	V2              // 2.0, 2.1, 2.2
)

// String returns "auto", "v1" or "v2".
func (v APIVersion) String() string {
	switch v {
	case V1:
		return "v1"
	case V2:
		return "v2"
	}
	return "auto"
}

// TokenPlacement says how a credential-scope token travels in signHash.
type TokenPlacement uint8

// The placements. The default is what each text prefers: the SAD member in
// v1, the bearer alone in v2.
const (
	TokenDefault  TokenPlacement = iota
	TokenAsSAD                   // service token as bearer, credential token in SAD
	TokenAsBearer                // credential token as bearer, no SAD
)

// URLHashEncoding says how digests are written into an authorize URL.
type URLHashEncoding uint8

// The encodings.
const (
	Base64URL         URLHashEncoding = iota // unpadded base64url, as the text says
	Base64URLPadded                          // base64url with padding
	Base64URLStandard                        // standard base64, percent-encoded
)

// Dialect holds what a particular service wants done differently from the
// text. Deviations of answers need no switch: they are tolerated everywhere.
type Dialect struct {
	// CredentialToken places OAuth credential tokens.
	CredentialToken TokenPlacement
	// URLHashes encodes digests in authorize URLs.
	URLHashes URLHashEncoding
	// EscapedHashes percent-encodes base64 digests inside JSON bodies (seen
	// at A-Trust and at the EUDI reference service).
	EscapedHashes bool
	// OmitHashAlgo leaves the digest OID out where signAlgo implies it.
	OmitHashAlgo bool
	// OmitSignAlgo sends neither signAlgo nor digest OID (A-Trust).
	OmitSignAlgo bool
	// OmitOperationMode leaves operationMode "S" out in v2.
	OmitOperationMode bool
	// V1NamesInV2 sends hash and hashAlgo under a v2 URL.
	V1NamesInV2 bool
	// NumSignaturesAsText sends numSignatures as a string.
	NumSignaturesAsText bool
	// ReuseSAD lets one SAD serve several signHash calls in v1 without
	// extendTransaction in between.
	ReuseSAD bool
	// SingleUseSAD asks for a new authorization for each signHash call where
	// extendTransaction is not offered, in v2 too.
	SingleUseSAD bool
	// ReorderSignatures accepts an answer whose signatures are permuted and
	// puts them in order. It is off because such a service breaks the text;
	// it is safe because each signature must verify with exactly one hash.
	ReorderSignatures bool
	// Paths renames methods, such as "credentials/authorize" to
	// "credentials/authorise".
	Paths map[string]string
	// Multisign is the number of signatures per authorization for services
	// that do not tell (or tell "true"); 0 means 1.
	Multisign int
}
