package csc

import (
	"context"
	"strings"
	"time"
)

// SignedProperty is one entry of signed_props. Value is base64 of the DER or
// XML that ETSI defines; empty lets the service compute it.
type SignedProperty struct {
	Name  string `json:"attribute_name"`
	Value string `json:"attribute_value,omitempty"`
}

// SignDocRequest asks for whole AdES signatures over document digests: for PDF
// the digest over the ByteRange, not of signed attributes.
type SignDocRequest struct {
	// CredentialID, or Qualifier such as "eu_eidas_qes" where the service may
	// choose the credential.
	CredentialID, Qualifier string
	Authorization           *Authorization
	Hashes                  [][]byte
	// Mechanism is the one the credential offers.
	Mechanism Mechanism
	// Format is P, C, X or J; empty means P (PAdES).
	Format string
	// Level is a conformance level; empty means AdES-B-B. It is sent in the
	// spelling that the service's info uses.
	Level string
	// EnvelopeProperty is signed_envelope_property. Empty means Revision for
	// PAdES: the default of the text would certify the document.
	EnvelopeProperty string
	Properties       []SignedProperty
	// ValidationInfo asks for OCSP answers, CRLs and certificates as well.
	ValidationInfo bool
	ClientData     string
	Timeout        time.Duration // 0 means DefaultSignTimeout

	// Async, ResultLifetime, ResponseURI: see SignHashOptions.
	Async          bool
	ResultLifetime time.Duration
	ResponseURI    string

	specs20 bool // the service speaks 2.0, which has no hashAlgorithmOID at the top
}

// SignDocResult holds what signDoc made. Nothing in it was verified: that
// takes a reader of CMS, which this package does not have.
type SignDocResult struct {
	Signatures     [][]byte // SignatureObject: for PAdES the CMS for /Contents, one for each hash
	Documents      [][]byte // DocumentWithSignature
	ValidationInfo *ValidationInfo
}

// ValidationInfo is what a service adds for long-term validation, all in DER.
type ValidationInfo struct{ OCSP, CRL, Certificates [][]byte }

// SignDoc calls signatures/signDoc (CSC 2.0 §11.11) with digests, once.
func (s *Session) SignDoc(ctx context.Context, r SignDocRequest) (*SignDocResult, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	switch {
	case s.API() != V2:
		return nil, fail(ServiceError, "signDoc exists in version 2 of the API only")
	case len(r.Hashes) == 0 || r.CredentialID == "" && r.Qualifier == "":
		return nil, invalid("signDoc needs hashes and a credential or a qualifier")
	case r.Authorization == nil:
		return nil, invalid("signDoc needs an authorization")
	}
	s.spell(ctx, &r)
	deadline := s.o.Now().Add(r.Timeout)
	a := r.Authorization
	reply, err := s.do(ctx, operation{
		method: "signatures/signDoc", kind: commit, timeout: r.Timeout, body: s.wire().signDoc(r, a.SAD), bearer: a.Bearer, secrets: []Secret{a.SAD, a.Bearer},
	})
	if err != nil {
		return nil, err
	}
	obj, err := parseObject(reply.body, "the answer to signatures/signDoc")
	if err != nil {
		return nil, executedBy("signatures/signDoc", err)
	}
	if id := obj.text("responseID"); id != "" && !obj.has("SignatureObject") && !obj.has("DocumentWithSignature") && obj.done() == nil {
		if obj, err = s.poll(ctx, id, a.Bearer, r.ClientData, deadline); err != nil {
			return nil, err
		}
	}
	result := parseSignDoc(obj)
	if err := obj.done(); err != nil {
		return nil, executedBy("signatures/signDoc", err)
	}
	if n := len(result.Signatures) + len(result.Documents); n != len(r.Hashes) {
		return nil, executedBy("signatures/signDoc", fail(SignatureCount, "the service returned %d signatures for %d hashes", n, len(r.Hashes)).
			with("expected", len(r.Hashes)).with("received", n))
	}
	return result, nil
}

// spell fills in defaults and writes the level as the service does: the texts
// disagree between "Ades-B-B" and "AdES-B-B".
func (s *Session) spell(ctx context.Context, r *SignDocRequest) {
	if r.Format == "" {
		r.Format = "P"
	}
	if r.EnvelopeProperty == "" && r.Format == "P" {
		r.EnvelopeProperty = "Revision"
	}
	if r.Level == "" {
		r.Level = "AdES-B-B"
	}
	if r.Timeout <= 0 {
		r.Timeout = DefaultSignTimeout
	}
	if s.offers(ctx, "signatures/signDoc"); s.known() != nil {
		info := s.known()
		r.specs20 = strings.HasPrefix(info.Specs, "2.0")
		for _, level := range info.ConformanceLevels {
			if strings.EqualFold(level, r.Level) {
				r.Level = level
			}
		}
	}
}

func parseSignDoc(obj *reader) *SignDocResult {
	result := &SignDocResult{Signatures: binaries(obj, "SignatureObject"), Documents: binaries(obj, "DocumentWithSignature")}
	if v := obj.child("validationInfo"); v != nil {
		result.ValidationInfo = &ValidationInfo{OCSP: binaries(v, "ocsp"), CRL: binaries(v, "crl"), Certificates: binaries(v, "certificates")}
	}
	return result
}

// binaries reads a list of base64 values. One service wraps each in an object
// of one member.
func binaries(obj *reader, name string) [][]byte {
	v, ok := obj.get(name)
	if !ok {
		return nil
	}
	list := []any{v}
	if _, single := v.(string); !single {
		list = obj.list(name)
	}
	var out [][]byte
	for i, v := range list {
		if wrapped, ok := v.(map[string]any); ok && len(wrapped) == 1 {
			for _, inner := range wrapped {
				v = inner
			}
		}
		text, _ := v.(string)
		b, ok := decodeBase64(text)
		if !ok {
			obj.fail("has an entry %d of %q that is not base64", i+1, name)
			return nil
		}
		out = append(out, b)
	}
	return out
}
