package file

import (
	"cmp"
	"fmt"
	"slices"

	"hashout/pdfprep/internal/object"
)

// Kind says where an object is.
type Kind uint8

// The kinds.
const (
	Missing  Kind = iota // no section knows the object
	Free                 // a section says that the object does not exist
	InFile               // at an offset
	InStream             // inside an object stream
)

// Entry is what the cross-reference says about one object.
type Entry struct {
	Kind   Kind
	Offset int64 // InFile: from the file's first byte
	Gen    int
	Stream int // InStream: number of the object stream
	Index  int // InStream: index in it
}

// Section is one cross-reference section: the table or stream that one update of the file wrote.
type Section struct {
	Offset  int64 // of the keyword xref or of the stream object, from the file's first byte
	Stream  bool
	Trailer *object.Dict
	// Ref is the stream's own object; zero for a table.
	Ref object.Ref

	runs []run
	// ordered tells that the runs ascend and do not overlap, as they should.
	ordered bool
	rows    []byte
	widths  [3]int
	hidden  *Section // what /XRefStm of a hybrid file points at
	entries map[int]Entry
}

// run is one subsection. Rows of a table are read when they are asked for, rows of a stream are decoded already.
type run struct {
	start, count int
	offset       int64   // of the first row: in the file for a table, in rows for a stream
	read         []Entry // rows that are not 20 bytes long had to be read one after the other
}

const rowBytes = 20

// find looks an object up in this section alone.
func (s *Section) find(f *File, num int) (Entry, error) {
	if e, ok := s.entries[num]; ok {
		return e, nil
	}
	runs, err := s.candidates(f, num)
	if err != nil {
		return Entry{}, err
	}
	for _, r := range runs {
		if num < r.start || num-r.start >= r.count {
			continue
		}
		e, err := s.row(f, r, num-r.start)
		if err != nil || e.Kind == InFile || e.Kind == InStream || s.hidden == nil {
			return e, err
		}
	}
	if s.hidden != nil {
		return s.hidden.find(f, num)
	}
	return Entry{}, nil
}

// candidates narrows the runs down to those that may hold a number.
func (s *Section) candidates(f *File, num int) ([]run, error) {
	if !s.ordered {
		return s.runs, f.Spend(costLookup * len(s.runs))
	}
	i, found := slices.BinarySearchFunc(s.runs, num, func(r run, num int) int { return cmp.Compare(r.start, num) })
	switch {
	case found:
		return s.runs[i : i+1], nil
	case i == 0:
		return nil, nil
	}
	return s.runs[i-1 : i], nil
}

// add appends a run and keeps account of their order.
func (s *Section) add(r run) {
	last := len(s.runs) - 1
	s.ordered = last < 0 || s.ordered && s.runs[last].start+s.runs[last].count <= r.start
	s.runs = append(s.runs, r)
}

func (s *Section) row(f *File, r run, i int) (Entry, error) {
	if r.read != nil {
		return r.read[i], nil
	}
	if s.Stream {
		return s.streamRow(f, r, i), nil
	}
	b, err := f.blocks.bytes(r.offset+int64(i)*rowBytes, rowBytes)
	if err != nil {
		return Entry{}, err
	}
	e, ok := f.tableRow(b)
	if !ok {
		return Entry{}, fmt.Errorf("%w: row %d of a table is unreadable", ErrBroken, r.start+i)
	}
	return e, nil
}

// tableRow reads "nnnnnnnnnn ggggg n" (ISO 32000-2 §7.5.4).
func (f *File) tableRow(b []byte) (Entry, bool) {
	off, pos, ok := object.Int(b, 0)
	if !ok {
		return Entry{}, false
	}
	gen, pos, ok := object.Int(b, pos)
	if !ok {
		return Entry{}, false
	}
	if pos = object.SkipSpace(b, pos); pos >= len(b) {
		return Entry{}, false
	}
	switch b[pos] {
	case 'n':
		if off == 0 { // offset 0 is the header's: writers put it there for objects that do not exist
			return Entry{Kind: Free}, true
		}
		return Entry{Kind: InFile, Offset: off + f.base, Gen: int(min(gen, 65535))}, true
	case 'f':
		return Entry{Kind: Free, Gen: int(min(gen, 65535))}, true
	}
	return Entry{}, false
}

// streamRow reads one row of a cross-reference stream (§7.5.8.3).
func (s *Section) streamRow(f *File, r run, i int) Entry {
	width := s.widths[0] + s.widths[1] + s.widths[2]
	b := s.rows[int(r.offset)+i*width:][:width]
	var field [3]uint64
	for n, w := range s.widths {
		for _, c := range b[:w] {
			field[n] = field[n]<<8 | uint64(c)
		}
		b = b[w:]
	}
	if s.widths[0] == 0 {
		field[0] = 1
	}
	switch field[0] {
	case 0:
		return Entry{Kind: Free, Gen: int(field[2] & 0xffff)}
	case 1:
		return Entry{Kind: InFile, Offset: int64(field[1]&(1<<62-1)) + f.base, Gen: int(field[2] & 0xffff)}
	case 2:
		return Entry{Kind: InStream, Stream: int(field[1] & (1<<31 - 1)), Index: int(field[2] & (1<<31 - 1))}
	}
	return Entry{Kind: Free} // §7.5.8.3: an unknown type is a reference to null
}

// highest is the largest object number that the section speaks of or admits.
func (s *Section) highest() int {
	n := int(min(integer(s.Trailer.Get("Size"), 1), 1<<31-1)) - 1
	if n > plausibleObjects {
		n = 0 // a lie: the rows tell
	}
	for _, r := range s.runs {
		n = max(n, r.start+r.count-1)
	}
	for num := range s.entries {
		n = max(n, num)
	}
	if s.hidden != nil {
		n = max(n, s.hidden.highest())
	}
	return n
}

// plausibleObjects is the largest object number that Annex C of ISO 32000-1 lets a file have.
const plausibleObjects = 8_388_607
