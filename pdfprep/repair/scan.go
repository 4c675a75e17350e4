package repair

import (
	"bytes"
	"context"
	"errors"

	"hashout/pdfprep/internal/object"
)

// found is one indirect object in the file. Its dictionary is not kept: a file has many, and few are asked for again.
type found struct {
	ref    object.Ref
	offset int64 // of its number
	kind   kind
	data   int           // bytes from the stream's data to behind endstream
	stated object.Object // the stream's /Length
}

type kind uint8

const (
	other kind = iota
	catalog
	objectStream
	anyStream
)

// scanner finds objects by their syntax, in one pass from the first byte to the last. What is inside a stream or a
// string is not looked at, so that a PDF attached to a PDF lends it no objects.
type scanner struct {
	b        []byte
	objects  []found
	trailers []*object.Dict // in the order of the file, those of cross-reference streams among them
	ints     map[object.Ref]int64
	cutOff   bool // the file ends inside its last object
	waste    int  // bytes that may still be read in vain
	max      int  // objects

	nextTrailer, nextEnd int // positions found ahead, so that each byte is searched once
}

var (
	errTooMany = errors.New("too many objects")
	errWaste   = errors.New("too much of the file is unreadable")
)

// Bytes given to the parser at first, and again where the object does not end in them.
var windows = []int{4 << 10, 256 << 10, 16 << 20, 1 << 30}

func scan(ctx context.Context, b []byte, maxObjects int) (*scanner, error) {
	b = append(b, ' ') // what the last byte belongs to ends there
	s := &scanner{b: b, ints: map[object.Ref]int64{}, max: maxObjects, waste: 4*len(b) + 1<<20, nextTrailer: -1, nextEnd: -1}
	for pos := 0; ; {
		at := indexFrom(b, pos, "obj")
		for {
			if more, err := s.trailerBefore(&pos, at); err != nil {
				return nil, err
			} else if !more {
				break
			}
		}
		if at < 0 {
			return s, nil
		}
		if pos > at { // a trailer reached beyond it
			continue
		}
		start, ref, ok := header(b, pos, at)
		if !ok {
			pos = at + len("obj")
			continue
		}
		if len(s.objects) >= s.max {
			return nil, errTooMany
		}
		if len(s.objects)%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var err error
		if pos, err = s.object(start, at+len("obj"), ref); err != nil {
			return nil, err
		}
	}
}

// header reads backwards the two numbers before the keyword obj at position at, no further than from.
func header(b []byte, from, at int) (start int, ref object.Ref, ok bool) {
	if next := at + len("obj"); next < len(b) && isLetter(b[next]) {
		return 0, ref, false
	}
	back := func(pos int) (begin, end int) {
		for pos > from && object.IsSpace(b[pos-1]) {
			pos--
		}
		end = pos
		for pos > from && object.IsDigit(b[pos-1]) {
			pos--
		}
		return pos, end
	}
	genAt, genEnd := back(at)
	numAt, numEnd := back(genAt)
	if genAt == genEnd || numAt == numEnd || numEnd == genAt || numEnd-numAt > 10 || genEnd-genAt > 5 {
		return 0, ref, false
	}
	num, _, ok1 := object.Int(b, numAt)
	gen, _, ok2 := object.Int(b, genAt)
	if !ok1 || !ok2 || num < 1 || num > 1<<31-2 || gen > 65535 {
		return 0, ref, false
	}
	return numAt, object.Ref{Num: int(num), Gen: int(gen)}, true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// object registers the object at start and gives the position where the search goes on: behind the object where it
// could be read, behind the keyword obj where it could not.
func (s *scanner) object(start, body int, ref object.Ref) (int, error) {
	o, err := s.parse(start)
	switch {
	case errors.Is(err, object.ErrIncomplete):
		// Either the file is cut off in here, or a string lost its end and swallowed the rest.
		s.cutOff = indexFrom(s.b, body, "endobj") < 0
		return body, nil
	case errors.Is(err, errWaste):
		return 0, err
	case err != nil:
		return body, nil
	case o.Ref != ref:
		return body, nil
	}
	f := found{ref: ref, offset: int64(start)}
	end := o.End
	switch v := o.Value.Object.(type) {
	case int64:
		s.ints[ref] = v
	case *object.Dict:
		if isCatalog(v) {
			f.kind = catalog
		}
		if o.Stream < 0 {
			break
		}
		f.stated = v.Get("Length")
		if end = s.streamEnd(f.stated, o.Stream); end < 0 {
			s.cutOff = true
			return len(s.b), nil
		}
		f.kind, f.data = anyStream, end-o.Stream
		switch v.Get("Type") {
		case object.Name("ObjStm"):
			f.kind = objectStream
		case object.Name("XRef"):
			s.trailers = append(s.trailers, v)
		}
	}
	s.cutOff = false
	s.objects = append(s.objects, f)
	return end, nil
}

func (s *scanner) parse(start int) (o object.Indirect, err error) {
	err = s.read(start, func(b []byte) error {
		o, err = object.ParseIndirect(b, 0)
		return err
	})
	o.End += start
	if o.Stream >= 0 {
		o.Stream += start
	}
	return o, err
}

// read calls parse with as few of the bytes from start as it takes. Without that, and without a limit on what is read
// in vain, a file of objects that do not end would cost its square.
func (s *scanner) read(start int, parse func([]byte) error) error {
	for _, w := range windows {
		b := s.b[start:min(start+w, len(s.b))]
		err := parse(b)
		if err == nil {
			return nil
		}
		if s.waste -= len(b); s.waste < 0 {
			return errWaste
		}
		if !errors.Is(err, object.ErrIncomplete) || start+w >= len(s.b) {
			return err
		}
	}
	return object.ErrSyntax
}

// streamEnd finds the end of a stream: where /Length says if the keyword is there, else at the keyword. It is negative
// if there is none.
func (s *scanner) streamEnd(stated object.Object, start int) int {
	if n := s.length(stated); n >= 0 && n < int64(len(s.b)-start) {
		stop := start + int(n)
		after := s.b[stop:min(stop+16, len(s.b))]
		if at := object.SkipSpace(after, 0); bytes.HasPrefix(after[at:], []byte("endstream")) {
			return stop + at + len("endstream")
		}
	}
	if s.nextEnd < start && s.nextEnd != none {
		s.nextEnd = ahead(s.b, start, "endstream")
	}
	if s.nextEnd == none {
		return -1
	}
	return s.nextEnd + len("endstream")
}

// length is what a stream's /Length says, as far as it is known by now; -1 if it is not.
func (s *scanner) length(stated object.Object) int64 {
	switch v := stated.(type) {
	case int64:
		return v
	case object.Ref:
		if n, ok := s.ints[v]; ok {
			return n
		}
	}
	return -1
}

// trailerBefore registers the next trailer if it stands between pos and limit, and moves pos behind its keyword.
func (s *scanner) trailerBefore(pos *int, limit int) (bool, error) {
	if s.nextTrailer < *pos && s.nextTrailer != none {
		s.nextTrailer = ahead(s.b, *pos, "trailer")
	}
	if s.nextTrailer == none || limit >= 0 && s.nextTrailer > limit {
		return false, nil
	}
	*pos = s.nextTrailer + len("trailer")
	var v object.Value
	err := s.read(*pos, func(b []byte) (err error) {
		v, _, err = object.Parse(b, 0)
		return err
	})
	if d, ok := v.Object.(*object.Dict); ok && err == nil {
		s.trailers = append(s.trailers, d)
	}
	if errors.Is(err, errWaste) {
		return false, err
	}
	return true, nil
}

const none = int(^uint(0) >> 1)

// ahead is indexFrom for a position that is kept: none is larger than every position.
func ahead(b []byte, from int, word string) int {
	if at := indexFrom(b, from, word); at >= 0 {
		return at
	}
	return none
}

func indexFrom(b []byte, from int, word string) int {
	if from >= len(b) {
		return -1
	}
	at := bytes.Index(b[from:], []byte(word))
	if at < 0 {
		return -1
	}
	return from + at
}

// isCatalog goes without /Type where it has to: early writers left it out.
func isCatalog(d *object.Dict) bool {
	_, pages := d.Get("Pages").(object.Ref)
	return pages || d.Get("Type") == object.Name("Catalog")
}

// dict reads a found object once more; nil if it is no dictionary.
func (s *scanner) dict(f found) *object.Dict {
	o, err := s.parse(int(f.offset))
	if err != nil {
		return nil
	}
	d, _ := o.Value.Object.(*object.Dict)
	return d
}
