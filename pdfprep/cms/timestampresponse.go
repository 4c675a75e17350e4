package cms

import (
	"bytes"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Accept judges the answer of a TSA: a TimeStampResp (RFC 3161 2.4.2) or, as CSC services give it, the bare TimeStampToken. It checks status,
// imprint, nonce, policy, the token's signature and the TSA certificate's purpose, not its chain. The error is ErrTSAFailed.
func (r *TimestampRequest) Accept(answer []byte) (*Timestamp, error) {
	token, err := tokenOf(answer)
	if err != nil {
		return nil, err
	}
	t, err := ParseTimestamp(token)
	if err != nil {
		return nil, err
	}
	switch {
	case t.Hash != r.Hash || !bytes.Equal(t.Imprint, r.Imprint):
		return nil, tsaFailed("the timestamp is over something else", "imprint")
	case r.Nonce != nil && (t.Nonce == nil || t.Nonce.Cmp(r.Nonce) != 0): // RFC 3161 2.4.2: the same value must come back
		return nil, tsaFailed("the nonce did not come back", "nonce")
	case r.Policy != "" && t.Policy != r.Policy:
		return nil, tsaFailed("the timestamp has another policy than asked for", "policy")
	}
	return t, t.Verify()
}

// tokenOf takes the TimeStampToken out of an answer.
func tokenOf(answer []byte) ([]byte, error) {
	in := cryptobyte.String(answer)
	var response, status cryptobyte.String
	if in.ReadASN1(&response, cbasn1.SEQUENCE) && in.Empty() && response.ReadASN1(&status, cbasn1.SEQUENCE) {
		if err := granted(status); err != nil {
			return nil, err
		}
		if response.Empty() {
			return nil, tsaFailed("the answer has no timestamp", "malformed")
		}
		return response, nil
	}
	return answer, nil
}

// granted reads PKIStatusInfo of RFC 3161 2.4.2. grantedWithMods is a timestamp too; what was modified shows in the comparisons.
func granted(status cryptobyte.String) error {
	var code int
	if !status.ReadASN1Integer(&code) {
		return tsaFailed("the answer is not readable", "malformed")
	}
	if code == 0 || code == 1 {
		return nil
	}
	e := tsaFailed("the TSA refused", "refused")
	e.Details["status"] = code
	var texts, text cryptobyte.String
	if status.PeekASN1Tag(cbasn1.SEQUENCE) && status.ReadASN1(&texts, cbasn1.SEQUENCE) && texts.ReadASN1(&text, cbasn1.UTF8String) && len(text) < 500 {
		e.Details["text"] = string(bytes.ToValidUTF8(text, []byte("?")))
	}
	var failure asn1.BitString
	if status.ReadASN1BitString(&failure) {
		for bit, name := range failures() {
			if failure.At(bit) == 1 {
				e.Details["failure"] = name
			}
		}
	}
	return e
}

// failures names the bits of PKIFailureInfo, RFC 3161 2.4.2.
func failures() map[int]string {
	return map[int]string{
		0: "badAlg", 2: "badRequest", 5: "badDataFormat", 14: "timeNotAvailable", 15: "unacceptedPolicy", 16: "unacceptedExtension",
		17: "addInfoNotAvailable", 25: "systemFailure",
	}
}

func tsaFailed(msg, reason string) *Error {
	return &Error{Code: TSAFailed, Msg: msg, Details: map[string]any{"reason": reason}}
}
