//go:build js && wasm

package main

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"

	"github.com/hack-pad/safejs"
)

// blob is a document in the page's hands. Reads ask the browser for a slice; the document as a whole never enters the wasm heap.
type blob struct {
	ctx   context.Context
	value safejs.Value
	size  int64
	tails *tails
	hash  func(ctx context.Context, algorithm crypto.Hash, parts ...any) ([]byte, error)
}

// Size is the document's length in bytes.
func (b *blob) Size() int64 { return b.size }

// tailBytes is what is read at once from the end of a document, where a PDF begins to be read; a small document is no more than its tail.
// A slice costs a browser about 1 ms, whether it is a byte or all of this.
const tailBytes = 256 << 10

// tails keeps the ends of the documents that a call worked on last: as many as it works on at the same time, so that many documents take
// no more memory.
type tails struct {
	ends [signflow.AtOnce]struct {
		of   *blob
		data []byte
	}
	next int
}

// of gives the end of a document, if it is kept.
func (t *tails) of(b *blob) []byte {
	for i := range t.ends {
		if t.ends[i].of == b {
			return t.ends[i].data
		}
	}
	return nil
}

// keep keeps the end of a document in place of the one that came first.
func (t *tails) keep(b *blob, data []byte) {
	t.ends[t.next].of, t.ends[t.next].data = b, data
	t.next = (t.next + 1) % len(t.ends)
}

// ReadAt reads one slice of the Blob. It is bound to the context of the call it was made for, because io.ReaderAt has none.
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("hashout: negative offset %d", off)
	}
	if off >= b.size {
		return 0, io.EOF
	}
	start := max(0, b.size-tailBytes)
	if off < start {
		return b.slice(p, off)
	}
	end := b.tails.of(b)
	if end == nil {
		end = make([]byte, b.size-start)
		if _, err := b.slice(end, start); err != nil {
			return 0, err
		}
		b.tails.keep(b, end)
	}
	n := copy(p, end[off-start:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// slice reads from the browser.
func (b *blob) slice(p []byte, off int64) (int, error) {
	end := min(off+int64(len(p)), b.size)
	slice, err := b.value.Call("slice", float64(off), float64(end))
	if err != nil {
		return 0, err
	}
	promise, err := slice.Call("arrayBuffer")
	if err != nil {
		return 0, err
	}
	buffer, err := await(b.ctx, promise)
	if err != nil {
		if b.ctx.Err() != nil {
			return 0, err
		}
		// A file that was changed or removed after it was picked cannot be read any more (File API, NotReadableError).
		return 0, &borderError{code: "FILE_UNREADABLE", message: fmt.Sprintf("bytes %d to %d of the document cannot be read", off, end), err: err}
	}
	bytes, err := uint8Array(buffer)
	if err != nil {
		return 0, err
	}
	n, err := safejs.CopyBytesToGo(p, bytes)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Digest hashes original ∥ before ∥ after outside Go, where it is five times faster (WebCrypto). A document that is here as a whole is not
// asked of the browser once more.
func (b *blob) Digest(ctx context.Context, h crypto.Hash, before, after []byte) ([]byte, error) {
	head, err := jsvalue.Uint8Array(before)
	if err != nil {
		return nil, err
	}
	tail, err := jsvalue.Uint8Array(after)
	if err != nil {
		return nil, err
	}
	if end := b.tails.of(b); int64(len(end)) == b.size {
		whole, err := jsvalue.Uint8Array(end)
		if err != nil {
			return nil, err
		}
		return b.hash(ctx, h, whole, head, tail)
	}
	return b.hash(ctx, h, b.value, head, tail)
}
