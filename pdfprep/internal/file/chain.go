package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"hashout/pdfprep/internal/object"
)

// followChain reads the sections from the newest to the oldest.
func (f *File) followChain(ctx context.Context, start int64) error {
	seen := make(map[int64]bool)
	for next := start; ; {
		if seen[next] {
			return nil // a /Prev that loops ends the chain, as in other readers
		}
		seen[next] = true
		if len(f.Sections) >= f.limits.MaxSections {
			return fmt.Errorf("%w: more than %d cross-reference sections", ErrLimit, f.limits.MaxSections)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := f.readSection(next)
		if err != nil {
			return err
		}
		f.Sections = append(f.Sections, s)
		if at := integer(s.Trailer.Get("XRefStm"), 0); !s.Stream && at > 0 && !seen[at+f.base] {
			seen[at+f.base] = true
			// A hybrid file is readable without its hidden part; only what is hidden would be missing.
			if hidden, err := f.readSection(at + f.base); err == nil && hidden.Stream {
				s.hidden = hidden
			} else if err != nil && !errors.Is(err, ErrBroken) {
				return err
			}
		}
		previous := integer(s.Trailer.Get("Prev"), 0)
		if previous <= 0 {
			return nil
		}
		next = previous + f.base
	}
}

func (f *File) readSection(off int64) (*Section, error) {
	table := false
	err := f.parseAt(off, func(b []byte) (int, error) {
		pos := object.SkipSpace(b, 0)
		if pos+4 > len(b) {
			return 0, object.ErrIncomplete
		}
		table = string(b[pos:pos+4]) == "xref"
		return pos, nil
	})
	switch {
	case err != nil:
		return nil, broken(err, "a cross-reference section")
	case table:
		s := &Section{Offset: off}
		return s, f.readTable(s)
	}
	return f.readXRefStream(off)
}

// readTable reads the heads of the subsections and the trailer; of well-formed rows only the first and the last.
func (f *File) readTable(s *Section) error {
	pos := s.Offset
	if err := f.parseAt(pos, func(b []byte) (int, error) {
		end := object.SkipSpace(b, 0) + len("xref")
		pos = s.Offset + int64(end)
		return end, nil
	}); err != nil {
		return err
	}
	for {
		var start, count, rows int64
		base := pos
		err := f.parseAt(base, func(b []byte) (int, error) {
			at := object.SkipSpace(b, 0)
			if at+8 > len(b) {
				return 0, object.ErrIncomplete
			}
			if bytes.HasPrefix(b[at:], []byte("trailer")) {
				v, end, err := object.Parse(b, at+len("trailer"))
				if s.Trailer, _ = v.Object.(*object.Dict); err == nil && s.Trailer == nil {
					err = object.ErrSyntax
				}
				return end, err
			}
			var ok bool
			if start, at, ok = object.Int(b, at); !ok {
				return 0, object.ErrSyntax
			}
			if count, at, ok = object.Int(b, at); !ok {
				return 0, object.ErrSyntax
			}
			if at = object.SkipSpace(b, at); at == len(b) {
				return 0, object.ErrIncomplete
			}
			rows = base + int64(at)
			return at, nil
		})
		if err != nil {
			return broken(err, "a cross-reference table")
		}
		if s.Trailer != nil {
			return nil
		}
		if start > plausibleObjects || count > (f.size-rows)/8 {
			return fmt.Errorf("%w: a table claims %d rows from %d", ErrBroken, count, start)
		}
		if pos, err = f.readRun(s, int(start), int(count), rows); err != nil {
			return err
		}
	}
}

// readRun takes one subsection whose rows begin at off, and gives the position behind it.
func (f *File) readRun(s *Section, start, count int, off int64) (int64, error) {
	if count == 0 {
		return off, nil
	}
	r := run{start: start, count: count, offset: off}
	first, err := f.blocks.bytes(off, rowBytes)
	if err != nil {
		return 0, err
	}
	last, err := f.blocks.bytes(off+int64(count-1)*rowBytes, rowBytes)
	if err != nil {
		return 0, err
	}
	end := off + int64(count)*rowBytes
	if !wellFormed(first) || !wellFormed(last) {
		if r.read, end, err = f.readRows(count, off); err != nil {
			return 0, err
		}
	}
	// A table that counts its free head as object 1 is a known slip: the head is object 0.
	if head, ok := f.tableRow(first); start == 1 && ok && head.Kind == Free && head.Gen == 65535 && bytes.HasPrefix(first, []byte("0000000000")) {
		r.start = 0
	}
	s.add(r)
	return end, nil
}

// wellFormed tells a row of exactly 20 bytes.
func wellFormed(b []byte) bool {
	if len(b) < rowBytes-1 || b[10] != ' ' || b[16] != ' ' || b[17] != 'n' && b[17] != 'f' || !object.IsSpace(b[18]) {
		return false
	}
	if len(b) == rowBytes && !object.IsSpace(b[19]) {
		return false
	}
	for i, c := range b[:16] {
		if i != 10 && !object.IsDigit(c) {
			return false
		}
	}
	return true
}

// readRows reads rows of another length than 20 bytes one after the other.
func (f *File) readRows(count int, off int64) ([]Entry, int64, error) {
	rows := make([]Entry, 0, min(count, 1<<16))
	const window = 64 << 10
	for len(rows) < count {
		b, err := f.blocks.bytes(off, window)
		if err != nil {
			return nil, 0, err
		}
		pos := 0
		for len(rows) < count {
			at := object.SkipSpace(b, pos)
			if at+18 > len(b) && off+int64(len(b)) < f.size {
				break
			}
			e, ok := f.tableRow(b[at:])
			if !ok {
				return nil, 0, fmt.Errorf("%w: a row of a table is unreadable", ErrBroken)
			}
			_, at, _ = object.Int(b, at)
			_, at, _ = object.Int(b, at)
			pos = object.SkipSpace(b, at) + 1
			rows = append(rows, e)
		}
		if pos == 0 {
			return nil, 0, fmt.Errorf("%w: a table ends early", ErrBroken)
		}
		off += int64(pos)
	}
	return rows, off, nil
}

func (f *File) readXRefStream(off int64) (*Section, error) {
	o, err := f.indirectAt(off)
	if err != nil {
		return nil, broken(err, "a cross-reference section")
	}
	d, _ := o.Value.Object.(*object.Dict)
	if o.Stream < 0 || d.Get("Type") != object.Name("XRef") {
		return nil, fmt.Errorf("%w: there is no cross-reference section at %d", ErrBroken, off)
	}
	s := &Section{Offset: off, Stream: true, Trailer: d, Ref: o.Ref}
	widths, ok := d.Get("W").(object.Array)
	if !ok || len(widths) < 3 {
		return nil, fmt.Errorf("%w: a cross-reference stream has no /W", ErrBroken)
	}
	width := 0
	for i := range s.widths {
		w := integer(widths[i].Object, -1)
		if w < 0 || w > 8 {
			return nil, fmt.Errorf("%w: a field of a cross-reference stream is %d bytes wide", ErrBroken, w)
		}
		s.widths[i] = int(w)
		width += int(w)
	}
	if width == 0 {
		return nil, fmt.Errorf("%w: the rows of a cross-reference stream are empty", ErrBroken)
	}
	if s.rows, err = f.decoded(o, off); err != nil {
		return nil, broken(err, "a cross-reference stream")
	}
	return s, s.cutRuns(width)
}

// cutRuns applies /Index to the rows that are there; what /Index claims beyond them does not exist.
func (s *Section) cutRuns(width int) error {
	index, ok := s.Trailer.Get("Index").(object.Array)
	if !ok {
		index = object.Array{object.Of(int64(0)), object.Of(integer(s.Trailer.Get("Size"), 0))}
	}
	left, at := len(s.rows)/width, 0
	for i := 0; i+1 < len(index) && left > 0; i += 2 {
		start, count := integer(index[i].Object, -1), integer(index[i+1].Object, -1)
		if start < 0 || count < 0 || start > plausibleObjects {
			return fmt.Errorf("%w: /Index of a cross-reference stream is out of range", ErrBroken)
		}
		n := int(min(count, int64(left)))
		s.add(run{start: int(start), count: n, offset: int64(at)})
		at += n * width
		left -= n
	}
	return nil
}

// broken turns a syntax error into ErrBroken and leaves all others alone.
func broken(err error, what string) error {
	if errors.Is(err, object.ErrSyntax) || errors.Is(err, object.ErrIncomplete) || errors.Is(err, object.ErrDepth) || errors.Is(err, object.ErrValues) {
		return fmt.Errorf("%w: %s is unreadable (%w)", ErrBroken, what, err)
	}
	return err
}
