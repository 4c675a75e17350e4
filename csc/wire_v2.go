package csc

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// operationMode is sent even when synchronous, its default: the EUDI
// reference service refuses requests without it.
func (w wire) operationMode(b body, async bool, o SignHashOptions) {
	switch {
	case async:
		b["operationMode"] = "A"
		b.number("validity_period", int(o.ResultLifetime/time.Millisecond)).text("response_uri", o.ResponseURI)
	case !w.dialect.OmitOperationMode:
		b["operationMode"] = "S"
	}
}

// authDatum is one entry of authData.
type authDatum struct {
	ID    string `json:"id"`
	Value string `json:"value,omitempty"`
}

// authData gives each auth object what it wants: a value, or its id alone for
// the out-of-band types (CSC 2.0 §8.5). PIN and OTP go to the objects that
// play their parts. Objects without a value are left out, because an
// expression may not need them.
func authData(c *Credential, f Factors) []authDatum {
	out := []authDatum{}
	values := map[string]Secret{}
	for id, v := range f.Values {
		values[id] = v
	}
	for _, part := range []struct {
		factor *Factor
		value  Secret
	}{{c.PIN, f.PIN}, {c.OTP, f.OTP}} {
		if part.factor != nil && part.value != "" {
			if _, given := values[part.factor.ID]; !given {
				values[part.factor.ID] = part.value
			}
		}
	}
	for _, o := range c.AuthObjects {
		v, given := values[o.ID]
		switch {
		case given:
			out = append(out, authDatum{o.ID, string(v)})
		case o.outOfBand():
			out = append(out, authDatum{ID: o.ID})
		}
		delete(values, o.ID)
	}
	// Values for objects that the service did not describe (authInfo missing).
	rest := make([]string, 0, len(values))
	for id := range values {
		rest = append(rest, id)
	}
	slices.Sort(rest)
	for _, id := range rest {
		out = append(out, authDatum{id, string(values[id])})
	}
	return out
}

func (o AuthObject) outOfBand() bool { return strings.HasSuffix(o.Type, "OOB") }

func (w wire) authorizeCheck(handle Secret) []byte { return marshal(body{"handle": string(handle)}) }

func (w wire) getChallenge(id, objectID string) []byte {
	return marshal(body{"credentialID": id, "authObjectID": objectID})
}

func (w wire) signPolling(responseID, userID, clientData string) []byte {
	return marshal(body{"requestID": responseID}.text("userID", userID).text("clientData", clientData))
}

// wireDigest is one entry of documentDigests in signDoc. The digest algorithm
// stands here (2.0) and, but for services of 2.0, at the top level (2.1).
type wireDigest struct {
	Hashes           []string         `json:"hashes"`
	HashAlgorithm    string           `json:"hashAlgorithmOID,omitempty"`
	Format           string           `json:"signature_format"`
	Level            string           `json:"conformance_level,omitempty"`
	SignAlgo         string           `json:"signAlgo"`
	SignAlgoParams   string           `json:"signAlgoParams,omitempty"`
	Props            []SignedProperty `json:"signed_props,omitempty"`
	EnvelopeProperty string           `json:"signed_envelope_property,omitempty"`
}

func (w wire) signDoc(r SignDocRequest, sad Secret) []byte {
	b := body{}.text("credentialID", r.CredentialID).text("signatureQualifier", r.Qualifier).secret("SAD", sad).
		text("clientData", r.ClientData).flag("returnValidationInfo", r.ValidationInfo)
	hashAlgo := hashOID(r.Mechanism.Algorithm.Hash) // also for Ed25519, whose own is empty
	if !r.specs20 {
		b.text("hashAlgorithmOID", hashAlgo)
	}
	d := wireDigest{
		Hashes: w.digests(r.Hashes), HashAlgorithm: hashAlgo, Format: r.Format, Level: r.Level,
		SignAlgo: r.Mechanism.SignAlgo, Props: r.Properties, EnvelopeProperty: r.EnvelopeProperty,
	}
	if len(r.Mechanism.SignAlgoParams) > 0 {
		d.SignAlgoParams = encodeBase64(r.Mechanism.SignAlgoParams)
	}
	b["documentDigests"] = []wireDigest{d}
	w.operationMode(b, r.Async, SignHashOptions{ResultLifetime: r.ResultLifetime, ResponseURI: r.ResponseURI})
	return marshal(b)
}

// wireRAR is an authorization_details entry (CSC 2.0 §8.4.4, RFC 9396). Its
// digests are standard base64, unlike those in the query.
type wireRAR struct {
	Type          string          `json:"type"`
	CredentialID  string          `json:"credentialID,omitempty"`
	Qualifier     string          `json:"signatureQualifier,omitempty"`
	NumSignatures int             `json:"numSignatures,omitempty"`
	Digests       []wireRARDigest `json:"documentDigests,omitempty"`
	HashAlgorithm string          `json:"hashAlgorithmOID,omitempty"`
	Locations     []string        `json:"locations,omitempty"`
}

type wireRARDigest struct {
	Hash     string `json:"hash"`
	Label    string `json:"label,omitempty"`
	HashType string `json:"hashType,omitempty"`
}

func (w wire) authorizationDetails(r CredentialScope) json.RawMessage {
	typ := r.RARType
	if typ == "" {
		typ = "credential"
	}
	d := wireRAR{Type: typ, CredentialID: r.CredentialID, Qualifier: r.Qualifier, Locations: r.Locations}
	for i, h := range r.Hashes {
		e := wireRARDigest{Hash: encodeBase64(h), HashType: r.HashType}
		if i < len(r.Labels) {
			e.Label = r.Labels[i]
		}
		d.Digests = append(d.Digests, e)
	}
	if len(r.Hashes) > 0 {
		d.HashAlgorithm = r.HashAlgo
	}
	// 2.0 has no numSignatures here: it counts the digests. 2.2 has its own type.
	if typ != "credential" || len(r.Hashes) == 0 {
		d.NumSignatures = r.count()
	}
	return rawJSON([]wireRAR{d})
}
