package signflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"time"

	"hashout/csc/sigalg"
)

// JournalVersion is the version of the journals written here; another one is refused.
const JournalVersion = 1

// The bounds of a journal that is read.
const (
	maxJournalBytes     = 32 << 20
	maxJournalDocuments = 10_000 // csc.Signer.SignAll takes no more
	maxJournalName      = 4 << 10
	maxJournalToken     = 64 << 10
	maxJournalHash      = 128 << 10 // Ed25519 signs the attributes themselves, a token among them
	maxJournalSignature = 16 << 10
	maxJournalText      = 8 << 10
)

// Journal is a batch as a value: what it takes to go on after the page was left, or after a crash. The very same updates are rebuilt from
// it and from the documents. It holds no secret: no token, PIN, OTP, SAD and no document's password.
type Journal struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// Revision grows with each change of a state, so that two holders of copies cannot both go on from the same point. It is the owner's.
	Revision   int               `json:"revision"`
	Service    string            `json:"service"`
	Credential JournalCredential `json:"credential"`
	// SigningTime is in RFC 3339, because /M carries its zone.
	SigningTime string `json:"signingTime"`
	// Options are the caller's own words for Options, kept and given back as they are.
	Options   json.RawMessage   `json:"options,omitempty"`
	Documents []JournalDocument `json:"documents"`
}

// JournalCredential is the credential with its certificates, as the service described it (csc.ParseCredential reads it).
type JournalCredential struct {
	ID  string `json:"credentialID"`
	Raw string `json:"raw"`
}

// JournalDocument is one document of a journal. Bytes are base64 in JSON.
type JournalDocument struct {
	Name  string `json:"name,omitempty"`
	Size  int64  `json:"size"`
	State State  `json:"state"`
	// Options are the caller's own words for what concerns this document alone.
	Options json.RawMessage `json:"options,omitempty"`
	// Seed is the random part of the update.
	Seed []byte `json:"seed,omitempty"`
	// Update is the SHA-256 of the update with its empty Contents.
	Update []byte `json:"update,omitempty"`
	// Digest is the document digest, which names the document.
	Digest []byte `json:"digest,omitempty"`
	// ContentTimestamp is the TimeStampToken over Digest that is signed with the document.
	ContentTimestamp []byte `json:"contentTimestamp,omitempty"`
	// SignAlgo and HashAlgo are the OIDs of the mechanism and of its digest.
	SignAlgo string `json:"signAlgo,omitempty"`
	HashAlgo string `json:"hashAlgo,omitempty"`
	// Hash is the toBeSignedDigest.
	Hash []byte `json:"hash,omitempty"`
	// Signature is the signature value of a document that is Received or Signed.
	Signature []byte `json:"signature,omitempty"`
	// Error is why a document is Failed.
	Error *JournalError `json:"error,omitempty"`
}

// JournalError is an error that was met before.
type JournalError struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}

func (e *JournalError) Error() string { return e.Message }

// ErrorCode, ErrorDetails and Retryable are what the border asks of every error.
func (e *JournalError) ErrorCode() string { return e.Code }

// ErrorDetails gives the details as they were.
func (e *JournalError) ErrorDetails() map[string]any { return e.Details }

// Retryable is false: the document has ended.
func (e *JournalError) Retryable() bool { return false }

// Journal writes the batch down. header holds what the flow does not know: service, credential and options.
func (b *Batch) Journal(header Journal) *Journal {
	header.Version, header.ID, header.Revision = JournalVersion, b.id, 1
	header.SigningTime = b.options.SigningTime.Format(time.RFC3339)
	header.Documents = make([]JournalDocument, len(b.items))
	for i, it := range b.items {
		header.Documents[i] = it.journal()
	}
	return &header
}

func (it *item) journal() JournalDocument {
	d := JournalDocument{Name: it.document.Name, State: it.state, Options: it.document.Options}
	if it.document.Source != nil {
		d.Size = it.document.Source.Size()
	}
	if it.result.Err != nil && it.state == Failed {
		d.Error = journalError(it.result.Err)
	}
	if it.attributes == nil {
		return d
	}
	update := sha256.Sum256(it.prepared.Update)
	d.Seed, d.Update, d.Digest, d.Hash = it.seed[:], update[:], it.digest, it.attributes.ToBeSigned()
	d.SignAlgo, d.HashAlgo = it.mechanism.SignAlgo, sigalg.HashOID(it.mechanism.Algorithm.Hash)
	d.Signature, d.ContentTimestamp = it.signature, it.timestamp
	return d
}

func journalError(err error) *JournalError {
	e := &JournalError{Code: "INTERNAL", Message: clip(err.Error())}
	var own coded
	if as(err, &own) {
		e.Code = own.ErrorCode()
	}
	var detailed interface{ ErrorDetails() map[string]any }
	if as(err, &detailed) {
		e.Details = detailed.ErrorDetails()
	}
	return e
}

func clip(s string) string {
	if len(s) > maxJournalText/2 {
		return s[:maxJournalText/2]
	}
	return s
}

// ParseJournal reads a journal strictly: it may come from anywhere. The error is ErrInvalidArgument.
func ParseJournal(text []byte) (*Journal, error) {
	if len(text) > maxJournalBytes {
		return nil, badJournal("is too large", nil)
	}
	var j Journal
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&j); err != nil {
		return nil, badJournal("cannot be read", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, badJournal("has something behind its end", nil)
	}
	if what := j.flaw(); what != "" {
		return nil, badJournal(what, nil)
	}
	return &j, nil
}

func badJournal(what string, cause error) error {
	return &Error{Code: InvalidArgument, Msg: "the journal " + what, Err: cause}
}

func (j *Journal) flaw() string {
	if j.Version != JournalVersion {
		return "is of another version"
	}
	if _, err := time.Parse(time.RFC3339, j.SigningTime); err != nil {
		return "has no signing time"
	}
	switch {
	case len(j.ID) == 0 || len(j.ID) > 64 || len(j.Service) > maxJournalText || len(j.Credential.ID) > maxJournalText:
		return "has a header out of bounds"
	case j.Revision < 1:
		return "has no revision"
	case len(j.Documents) == 0 || len(j.Documents) > maxJournalDocuments:
		return "has no document, or too many"
	}
	for i := range j.Documents {
		if what := j.Documents[i].flaw(); what != "" {
			return what
		}
	}
	return ""
}

func (d *JournalDocument) flaw() string {
	if len(d.Name) > maxJournalName || d.Size < 0 || len(d.SignAlgo) > 64 || len(d.HashAlgo) > 64 || len(d.Signature) > maxJournalSignature || len(d.ContentTimestamp) > maxJournalToken {
		return "has a document out of bounds"
	}
	switch d.State {
	case Failed:
		if d.Error == nil || d.Error.Code == "" || len(d.Error.Code) > 64 || len(d.Error.Message) > maxJournalText {
			return "has a failed document without its error"
		}
		return ""
	case Prepared, Submitted, Received, Signed, Unknown:
	default:
		return "has a document in a state that does not exist"
	}
	if len(d.Seed) != 16 || len(d.Update) != sha256.Size || len(d.Digest) < 32 || len(d.Digest) > 64 || len(d.Hash) < 32 || len(d.Hash) > maxJournalHash {
		return "has a document without its hashes"
	}
	if (d.State == Received || d.State == Signed) && len(d.Signature) == 0 {
		return "lacks a signature that was received"
	}
	return ""
}
