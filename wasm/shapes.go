//go:build js && wasm

package main

import (
	"encoding/json"
	"time"

	"hashout/csc"
	"hashout/pdfprep"
)

// The shapes of arguments and results, as js/src/protocol.ts and types.ts have them. Field names are the wire names; nothing here decides anything.

type serviceArgs struct {
	URL       string      `json:"url"`
	API       string      `json:"api"`
	Dialect   dialectArgs `json:"dialect"`
	TimeoutMs int64       `json:"timeoutMs"`
	// Header goes along with every request to the service: what a proxy in front of it may want.
	Header map[string]string `json:"headers"`
}

type credentialArgs struct {
	CredentialID string `json:"credentialID"`
	Raw          string `json:"raw"`
}

type fileArgs struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	// Options are what this file alone is signed with: its field.
	Options json.RawMessage `json:"options"`
	// Error is why the page could not read the file; then there is no Blob.
	Error *errorRecord `json:"error"`
	// Unchanged says that this Blob object is the one that was prepared.
	Unchanged bool `json:"unchanged"`
}

type fieldArgs struct {
	Name      string     `json:"name"`
	Page      int        `json:"page"`
	Rect      [4]float64 `json:"rect"`
	MustExist bool       `json:"mustExist"`
}

type lockArgs struct {
	Action string   `json:"action"`
	Fields []string `json:"fields"`
}

type signArgs struct {
	Digest        string    `json:"digest"`
	Level         string    `json:"level"`
	Field         fieldArgs `json:"field"`
	Reason        string    `json:"reason"`
	Location      string    `json:"location"`
	Name          string    `json:"name"`
	ContactInfo   string    `json:"contactInfo"`
	Certify       string    `json:"certify"`
	Lock          *lockArgs `json:"lock"`
	PreferPSS     bool      `json:"preferPSS"`
	EmbedRoots    bool      `json:"embedRoots"`
	ClientData    string    `json:"clientData"`
	Description   string    `json:"description"`
	BatchSize     int       `json:"batchSize"`
	SignAlgo      string    `json:"signAlgo"`
	Async         bool      `json:"async"`
	SignTimeoutMs int64     `json:"signTimeoutMs"`
	SubFilter     string    `json:"subFilter"`
	SigningTime   int64     `json:"signingTime"` // milliseconds since 1970
	Software      string    `json:"software"`
	Appearance    bool      `json:"appearance"` // the host draws visible signatures
	// Timestamp lists authorities: addresses, or words; see extension.
	Timestamp []string `json:"timestamp"`
	VRI       bool     `json:"vri"`
	statementArgs
}

type factorShape struct {
	Presence    string `json:"presence"`
	Format      string `json:"format,omitempty"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
	ID          string `json:"ID,omitempty"`
	Provider    string `json:"provider,omitempty"`
}

func factor(f *csc.Factor) *factorShape {
	if f == nil {
		return nil
	}
	s := &factorShape{Presence: "false", Label: f.Label, Description: f.Description, Format: "A", ID: f.ID, Provider: f.Provider}
	switch f.Presence {
	case csc.Required:
		s.Presence = "true"
	case csc.Optional:
		s.Presence = "optional"
	}
	if f.Numeric {
		s.Format = "N"
	}
	if f.Online {
		s.Type = "online"
	}
	return s
}

type objectShape struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Format      string `json:"format,omitempty"`
	Generator   string `json:"generator,omitempty"`
}

func objects(list []csc.AuthObject) []objectShape {
	shapes := make([]objectShape, 0, len(list))
	for _, o := range list {
		shapes = append(shapes, objectShape(o))
	}
	return shapes
}

type certificateShape struct {
	Subject      string `json:"subject"`
	Issuer       string `json:"issuer"`
	SerialNumber string `json:"serialNumber"`
	NotBefore    int64  `json:"notBefore"`
	NotAfter     int64  `json:"notAfter"`
}

type keyShape struct {
	Algo  []string `json:"algo"`
	Len   int      `json:"len"`
	Curve *string  `json:"curve"`
}

type credentialShape struct {
	CredentialID string            `json:"credentialID"`
	Description  string            `json:"description"`
	Status       string            `json:"status"`
	Usable       bool              `json:"usable"`
	Reason       *errorRecord      `json:"reason"`
	AuthMode     string            `json:"authMode"`
	SCAL         int               `json:"scal"`
	Multisign    int               `json:"multisign"`
	PIN          *factorShape      `json:"pin"`
	OTP          *factorShape      `json:"otp"`
	Objects      []objectShape     `json:"objects"`
	Key          keyShape          `json:"key"`
	Certificate  *certificateShape `json:"certificate"`
	Raw          string            `json:"raw"`
}

func describe(c *csc.Credential, now time.Time) credentialShape {
	s := credentialShape{
		CredentialID: c.ID, Description: c.Description, Status: c.KeyStatus, Usable: true,
		AuthMode: string(c.AuthMode), SCAL: c.SCAL, Multisign: c.MaxBatch,
		PIN: factor(c.PIN), OTP: factor(c.OTP), Objects: objects(c.AuthObjects),
		Key: keyShape{Algo: append([]string{}, c.KeyAlgorithms...), Len: c.KeyBits},
		Raw: string(c.Raw),
	}
	if c.KeyCurve != "" {
		s.Key.Curve = &c.KeyCurve
	}
	if err := c.Usable(now); err != nil {
		s.Usable, s.Reason = false, record(err)
	}
	if cert := c.Certificate; cert != nil {
		s.Certificate = &certificateShape{
			Subject: cert.Subject.String(), Issuer: cert.Issuer.String(), SerialNumber: cert.SerialNumber.Text(16),
			NotBefore: cert.NotBefore.UnixMilli(), NotAfter: cert.NotAfter.UnixMilli(),
		}
	}
	return s
}

type authorizationRequestShape struct {
	CredentialID     string        `json:"credentialID"`
	Hashes           []string      `json:"hashes"`
	HashAlgorithmOID string        `json:"hashAlgorithmOID"`
	NumSignatures    int           `json:"numSignatures"`
	SCAL             int           `json:"scal"`
	AuthMode         string        `json:"authMode"`
	PIN              *factorShape  `json:"pin"`
	OTP              *factorShape  `json:"otp"`
	Objects          []objectShape `json:"objects"`
	Documents        []int         `json:"documents"`
}

// authorizationShape is what the page answers. It holds secrets: it is decoded, handed to csc and forgotten.
type authorizationShape struct {
	PIN         string          `json:"PIN"`
	OTP         string          `json:"OTP"`
	AuthData    []authDataShape `json:"authData"`
	SAD         string          `json:"SAD"`
	ExpiresIn   int             `json:"expiresIn"`
	AccessToken string          `json:"accessToken"`
}

type authDataShape struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

type signatureShape struct {
	FieldName  string            `json:"fieldName"`
	ByteRange  [4]int64          `json:"byteRange"`
	Contents   int               `json:"contents"`
	Digest     string            `json:"digest"`
	SignAlgo   string            `json:"signAlgo"`
	Level      string            `json:"level"`
	SignerName string            `json:"signerName"`
	Findings   []pdfprep.Finding `json:"findings,omitempty"`
}

type estimateShape struct {
	Signature int    `json:"signature"`
	Contents  int    `json:"contents"`
	SignAlgo  string `json:"signAlgo"`
	Digest    string `json:"digest"`
}

type documentShape struct {
	State     string          `json:"state"`
	Signature *signatureShape `json:"signature,omitempty"`
	Shortfall *errorRecord    `json:"shortfall,omitempty"`
	Error     *errorRecord    `json:"error,omitempty"`
}
