package pades

// Indication is the outcome of a validation in the words of EN 319 102-1 5.1.3.
type Indication string

const (
	Passed        Indication = "TOTAL-PASSED"
	Indeterminate Indication = "INDETERMINATE"
	Failed        Indication = "TOTAL-FAILED"
)

// SubIndication is the reason for an outcome other than TOTAL-PASSED, in the words of EN 319 102-1 5.1.3.
type SubIndication string

const (
	FormatFailure     SubIndication = "FORMAT_FAILURE"
	HashFailure       SubIndication = "HASH_FAILURE"
	SigCryptoFailure  SubIndication = "SIG_CRYPTO_FAILURE"
	CryptoConstraints SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	NoSigningCert     SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoChain           SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	ChainConstraints  SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	OutOfBounds       SubIndication = "OUT_OF_BOUNDS_NO_POE"
	NotYetValid       SubIndication = "NOT_YET_VALID"
	Revoked           SubIndication = "REVOKED_NO_POE"
	RevokedCA         SubIndication = "REVOKED_CA_NO_POE"
	TryLater          SubIndication = "TRY_LATER"
	TimestampOrder    SubIndication = "TIMESTAMP_ORDER_FAILURE"
	SigConstraints    SubIndication = "SIG_CONSTRAINTS_FAILURE"
)

// Verdict is an outcome with its reason.
type Verdict struct {
	Indication    Indication
	SubIndication SubIndication // "" when passed
	Explanation   string        // in plain words, fit to show
}

func pass() Verdict { return Verdict{Indication: Passed, Explanation: "The signature is valid."} }

func undecided(s SubIndication, words string) Verdict {
	return Verdict{Indeterminate, s, words}
}

func failed(s SubIndication, words string) Verdict {
	return Verdict{Failed, s, words}
}

// OK tells whether nothing is against the signature.
func (v Verdict) OK() bool { return v.Indication == Passed }
