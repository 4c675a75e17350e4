package signflow

import (
	"context"
	"crypto"
	"encoding/json"
	"io"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

// Source is one document in the hands of whoever owns its bytes: a Blob in a page, a file natively.
type Source interface {
	io.ReaderAt
	// Size is the length in bytes.
	Size() int64
	// Digest hashes the whole source followed by before and after: the two covered parts of the update around its Contents.
	Digest(ctx context.Context, h crypto.Hash, before, after []byte) ([]byte, error)
}

// Document is one document to sign.
type Document struct {
	Source Source
	// Err is why there is no Source: the document fails with it, in its place among the others.
	Err error
	// Name, and Options, the caller's own words for what concerns this document alone, are for the journal.
	Name    string
	Options json.RawMessage
	// Unchanged says, when restoring, that Source is the very one that was prepared: it is not hashed again.
	Unchanged bool
	// Password opens an encrypted document; empty tries the empty user password.
	Password string
	// NFKC normalizes it: see pdfprep.OpenOptions.
	NFKC func(string) string
	// Field is where this document's signature goes; nil means as Options.Field says.
	Field *pdfprep.FieldOptions
}

// Options say how every document of a batch is signed.
type Options struct {
	Level pades.Level
	// Digest is the hash of the document and of the signed attributes; zero takes what fits the key (sigalg.Advised).
	Digest crypto.Hash
	// PreferPSS, SignAlgo: see csc.MechanismOptions.
	PreferPSS bool
	SignAlgo  string
	// EmbedRoots adds self-signed certificates of the chain to the SignedData.
	EmbedRoots bool

	// Profile is PAdES, or PKCS7 for adbe.pkcs7.detached.
	Profile cms.Profile

	Field                               pdfprep.FieldOptions
	Reason, Location, Name, ContactInfo string
	Certify                             pdfprep.DocMDP
	Lock                                *pdfprep.FieldLock
	Software                            string
	// Artist draws visible signatures; nil leaves them empty.
	Artist pdfprep.Artist

	// What the signer states in the signature itself: see cms.Options.
	Commitment          string
	Policy              *cms.SignaturePolicy
	SignerLocation      *cms.SignerLocation
	AlgorithmProtection bool
	// ContentTimestamp has Prepare ask the Authorities, one after the other, for a timestamp over each document, which is signed with it. They
	// are asked for several documents at a time.
	ContentTimestamp bool
	Authorities      []pades.Timestamper

	// SigningTime goes into /M. It must be set: the flow does not read the clock.
	SigningTime time.Time
	// Random is read for 16 bytes a document, the changing half of /ID, and for the batch's name. It must be set.
	Random io.Reader
	// Limits bound what a hostile document may cost; zero values mean pdfprep's own.
	Limits pdfprep.Limits
}
