package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"hashout/pdfprep/internal/object"
)

// File is a PDF of which the cross-reference chain was read. It is not safe for concurrent use.
type File struct {
	// Sections are the cross-reference sections, the newest first.
	Sections []*Section
	// HeaderOffset is where %PDF- stands.
	HeaderOffset int64
	// Version is what the header says, such as "1.7".
	Version string
	// EOF is the position behind the last startxref's number.
	EOF int64
	// Rebuilt tells that the sections come from OpenTable, not from the file.
	Rebuilt bool
	// Cipher undoes encryption; nil for a file that is not encrypted, or until it was set.
	Cipher Cipher

	blocks *blocks
	size   int64
	limits Limits
	// base is added to every offset that the file states: HeaderOffset where offsets count from the header, else 0.
	base int64
	// work is what the operation may still cost.
	work    int64
	objects kept[*Object]
	streams kept[*objectStream]
	reading map[int]bool // object streams that are being read
}

// Cipher undoes the encryption of one object's strings or stream (ISO 32000-2 §7.6).
type Cipher interface {
	DecryptString(ref object.Ref, s object.String) (object.String, error)
	DecryptStream(ref object.Ref, dict *object.Dict, data []byte) ([]byte, error)
}

// headerWindow is where the header must begin (ISO 32000-1 Annex H, note 13).
const headerWindow = 1024

// tailWindow is how far from the end startxref is searched.
const tailWindow = 1 << 20

// Open finds the newest cross-reference section and follows the chain.
func Open(ctx context.Context, r io.ReaderAt, size int64, l Limits) (*File, error) {
	f, err := begin(r, size, l)
	if err != nil {
		return nil, err
	}
	start, err := f.findStart()
	if err != nil {
		return nil, err
	}
	// Offsets count from the header (ISO 32000-2 §7.5.2 with Annex H), but many files with something before it count from the first byte.
	bases := []int64{0}
	if f.HeaderOffset > 0 {
		bases = []int64{f.HeaderOffset, 0}
	}
	var first error
	for _, f.base = range bases {
		f.Sections = nil
		f.Forget()
		err := f.followChain(ctx, start+f.base)
		if err == nil {
			err = f.checkRoot()
		}
		if err == nil || !errors.Is(err, ErrBroken) {
			return f, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// OpenTable opens a file of which a scan found the objects. The chain that the file itself has is not looked at; the trailer stands for it.
func OpenTable(r io.ReaderAt, size int64, l Limits, entries map[int]Entry, trailer *object.Dict) (*File, error) {
	f, err := begin(r, size, l)
	if err != nil {
		return nil, err
	}
	f.Rebuilt = true
	f.EOF = size
	f.Sections = []*Section{{Trailer: trailer, entries: entries}}
	return f, f.checkRoot()
}

func begin(r io.ReaderAt, size int64, l Limits) (*File, error) {
	l = l.withDefaults(size)
	f := &File{blocks: newBlocks(r, size, l.MaxCacheBytes), size: size, limits: l, work: l.MaxWork, reading: make(map[int]bool)}
	f.Forget()
	head, err := f.blocks.bytes(0, headerWindow+16)
	if err != nil {
		return nil, err
	}
	at := bytes.Index(head, []byte("%PDF-"))
	if at < 0 || at >= headerWindow {
		return nil, ErrNotPDF
	}
	f.HeaderOffset = int64(at)
	version := head[at+len("%PDF-"):]
	end := 0
	for end < len(version) && (object.IsDigit(version[end]) || version[end] == '.') {
		end++
	}
	f.Version = string(version[:end])
	return f, nil
}

// findStart reads the number behind the last startxref.
func (f *File) findStart() (int64, error) {
	for window := int64(blockBytes); ; window *= 4 {
		from := max(0, f.size-window)
		tail, err := f.blocks.bytes(from, int(f.size-from))
		if err != nil {
			return 0, err
		}
		if at := bytes.LastIndex(tail, []byte("startxref")); at >= 0 {
			n, end, ok := object.Int(tail, at+len("startxref"))
			if !ok {
				return 0, fmt.Errorf("%w: startxref is not followed by a number", ErrBroken)
			}
			f.EOF = from + int64(end)
			return n, nil
		}
		if from == 0 || window >= tailWindow {
			return 0, fmt.Errorf("%w: there is no startxref", ErrBroken)
		}
	}
}

// checkRoot tells a chain that leads somewhere from one that only looks like it.
func (f *File) checkRoot() error {
	ref, ok := f.TrailerEntry("Root").(object.Ref)
	if !ok {
		return fmt.Errorf("%w: the trailer names no catalog", ErrBroken)
	}
	o, err := f.Object(ref)
	if err != nil {
		return err
	}
	if o == nil || o.Dict() == nil {
		return fmt.Errorf("%w: the catalog is not there", ErrBroken)
	}
	return nil
}

// Size is the file's length.
func (f *File) Size() int64 { return f.size }

// Base is what every offset in the file counts from.
func (f *File) Base() int64 { return f.base }

// Tail gives the last n bytes of the file.
func (f *File) Tail(n int) ([]byte, error) { return f.blocks.bytes(max(0, f.size-int64(n)), n) }

// Bytes gives n bytes at off, fewer only at the end of the file.
func (f *File) Bytes(off int64, n int) ([]byte, error) { return f.blocks.bytes(off, n) }

// TrailerEntry is a trailer's value of a key, from the newest section that has one.
func (f *File) TrailerEntry(key object.Name) object.Object {
	for _, s := range f.Sections {
		if v, ok := s.Trailer.Lookup(key); ok {
			return v.Object
		}
	}
	return nil
}

// Highest is the largest object number that any section speaks of.
func (f *File) Highest() int {
	n := 0
	for _, s := range f.Sections {
		n = max(n, s.highest())
	}
	return n
}

// Find says where an object is, by the newest section that knows it.
func (f *File) Find(num int) (Entry, error) {
	for _, s := range f.Sections {
		if err := f.Spend(costLookup); err != nil {
			return Entry{}, err
		}
		e, err := s.find(f, num)
		if err != nil || e.Kind != Missing {
			return e, err
		}
	}
	return Entry{}, nil
}

// Numbers lists the objects of a file opened by OpenTable, in order.
func (f *File) Numbers() []int {
	var list []int
	for _, s := range f.Sections {
		for num := range s.entries {
			list = append(list, num)
		}
	}
	slices.Sort(list)
	return list
}

// parseAt calls parse with the bytes at off, with more of them as long as it finds them incomplete. parse gives the position behind what
// it used, which is what it is charged for; where it fails, all of the bytes.
func (f *File) parseAt(off int64, parse func(b []byte) (int, error)) error {
	if off < 0 || off >= f.size {
		return fmt.Errorf("%w: offset %d is outside the file", ErrBroken, off)
	}
	for window := 4 << 10; ; window *= 4 {
		b, err := f.blocks.bytes(off, min(window, f.limits.MaxObjectBytes))
		if err != nil {
			return err
		}
		whole := off+int64(len(b)) >= f.size
		if whole { // the end of the file ends a token
			b = append(slices.Clone(b), "\n\n\n\n\n\n\n\n\n\n\n\n"...)
		}
		end, err := parse(b)
		if err != nil {
			end = len(b)
		}
		if spent := f.Spend(costParse * end); spent != nil {
			return spent
		}
		if !errors.Is(err, object.ErrIncomplete) || whole {
			return err
		}
		if window >= f.limits.MaxObjectBytes {
			return fmt.Errorf("%w: an object is longer than %d bytes", ErrLimit, f.limits.MaxObjectBytes)
		}
	}
}
