package pdfprep

import (
	"context"
	"crypto"
	"encoding/hex"
	"hash"
	"io"
	"slices"
)

// Prepared is a document ready for its signature: the update with an empty Contents, and where everything is.
type Prepared struct {
	OriginalSize int64
	// Update is what follows the original's bytes, Contents filled with zeros.
	Update []byte
	// ByteRange is [0 a b c]: all of the signed file but Contents with its brackets.
	ByteRange [4]int64
	// ContentsStart and ContentsEnd are the offsets in the signed file of Contents' '<' and of the byte behind its '>'.
	ContentsStart, ContentsEnd int64
	// ReservedBytes is how many DER bytes fit.
	ReservedBytes int
	FieldName     string
	Findings      []Finding
}

// Finding is something a signer should know about a document that does not forbid signing.
type Finding struct {
	// Kind is a stable word, such as "usage-rights-dropped".
	Kind  string `json:"kind"`
	Count int    `json:"count,omitempty"`
}

// Before is the covered part of the update in front of Contents.
func (p *Prepared) Before() []byte { return p.Update[:p.ContentsStart-p.OriginalSize] }

// After is the covered part of the update behind Contents.
func (p *Prepared) After() []byte { return p.Update[p.ContentsEnd-p.OriginalSize:] }

// Digest hashes what the ByteRange covers. It reads the whole original in pieces; a browser hashes outside Go instead.
func (p *Prepared) Digest(ctx context.Context, h crypto.Hash, original io.ReaderAt) ([]byte, error) {
	if !h.Available() {
		return nil, refuse(InvalidArgument, "the hash is not linked in")
	}
	sum := h.New()
	if err := hashRange(ctx, sum, original, 0, p.OriginalSize); err != nil {
		return nil, err
	}
	sum.Write(p.Before())
	sum.Write(p.After())
	return sum.Sum(nil), nil
}

// hashRange hashes n bytes from off on, a piece at a time.
func hashRange(ctx context.Context, sum hash.Hash, r io.ReaderAt, off, n int64) error {
	in := io.NewSectionReader(r, off, n)
	for piece := make([]byte, 256<<10); n > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece = piece[:min(int64(len(piece)), n)]
		if _, err := io.ReadFull(in, piece); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
		sum.Write(piece)
		n -= int64(len(piece))
	}
	return nil
}

// Embed gives the update with the DER of a CMS in Contents, the rest of it zeros (ISO 32000-2 §12.8.1). The receiver is not changed.
func (p *Prepared) Embed(cms []byte) ([]byte, error) {
	if len(cms) > p.ReservedBytes {
		return nil, refuse(PlaceholderTooSmall, "the signature does not fit into the space kept for it").
			with(detailNeededBytes, len(cms)).with(detailReservedBytes, p.ReservedBytes)
	}
	out := slices.Clone(p.Update)
	hex.Encode(out[p.ContentsStart-p.OriginalSize+1:], cms)
	return out, nil
}
