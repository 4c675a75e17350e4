package repair

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// table settles which of the objects count and which trailer leads to them.
func (s *scanner) table(ctx context.Context, o Options) (*pdfprep.Table, error) {
	switch {
	case s.cutOff:
		return nil, refuse("the PDF is cut off: it ends inside an object", nil)
	case s.shorterThanLinearized():
		return nil, refuse("the PDF is cut off: it is shorter than it says", nil)
	case len(s.trailers) == 0:
		return nil, refuse("the end of the PDF is missing: it has no trailer", nil)
	}
	live := make(map[int]found, len(s.objects))
	for _, f := range s.objects {
		live[f.ref.Num] = f
	}
	places := make(map[int]pdfprep.Place, len(live))
	for num, f := range live {
		if s.length(f.stated) > int64(f.data) {
			return nil, refuse(fmt.Sprintf("the PDF has lost bytes: the stream of object %d is shorter than it says", num), nil)
		}
		places[num] = pdfprep.Place{Gen: f.ref.Gen, Offset: f.offset}
	}
	trailer := s.trailer()
	if err := s.expand(ctx, o, live, places, trailer); err != nil {
		return nil, err
	}
	for _, t := range slices.Backward(s.trailers) {
		if info, ok := t.Get("Info").(object.Ref); ok && known(places, info) {
			trailer = trailer.With("Info", info)
			break
		}
	}
	root, ok := s.root(live, places)
	if !ok {
		return nil, refuse("the PDF has no catalog", nil)
	}
	text, err := object.Writer{}.Append(nil, object.Of(trailer.With("Root", root)))
	if err != nil {
		return nil, refuse("the trailer cannot be written", err)
	}
	return &pdfprep.Table{Objects: places, Trailer: text}, nil
}

// shorterThanLinearized: such a file has its pages' objects, and a trailer, at the front (ISO 32000-2 Annex F), so what is left of it can look whole.
func (s *scanner) shorterThanLinearized() bool {
	if len(s.objects) == 0 {
		return false
	}
	first := s.dict(s.objects[0])
	if _, ok := first.Lookup("Linearized"); !ok {
		return false
	}
	length, _ := first.Get("L").(int64)
	// An editor that took out a few bytes broke the cross-references too, but left the end where it was.
	const slack = 64
	tail := s.b[max(0, len(s.b)-1024):]
	return length > int64(len(s.b)+slack) || length > int64(len(s.b)) && !bytes.Contains(tail, []byte("%%EOF"))
}

// trailer gathers what the trailers say of encryption. An encrypted file stays encrypted even if a later trailer forgot to say
// so, and is read with the /ID that stood beside /Encrypt: keys depend on it.
func (s *scanner) trailer() *object.Dict {
	out := object.NewDict()
	take := func(from *object.Dict, keys ...object.Name) {
		for _, key := range keys {
			if v, ok := from.Lookup(key); ok {
				out = out.With(key, v.Object)
			}
		}
	}
	for _, t := range s.trailers {
		take(t, "ID")
	}
	for _, t := range s.trailers {
		if t.Get("Encrypt") != nil {
			take(t, "Encrypt", "ID")
		}
	}
	return out
}

// root prefers what a trailer names, the last first, and then any object that is a catalog.
func (s *scanner) root(live map[int]found, places map[int]pdfprep.Place) (object.Ref, bool) {
	for _, t := range slices.Backward(s.trailers) {
		ref, ok := t.Get("Root").(object.Ref)
		if !ok {
			continue
		}
		place, known := places[ref.Num]
		if known && (place.Stream != 0 || live[ref.Num].kind == catalog) {
			return ref, true
		}
	}
	for _, f := range slices.Backward(s.objects) {
		if f.kind == catalog && places[f.ref.Num].Offset == f.offset {
			return f.ref, true
		}
	}
	return object.Ref{}, false
}

func known(places map[int]pdfprep.Place, ref object.Ref) bool {
	_, ok := places[ref.Num]
	return ok
}

// expand adds the objects in object streams. A stream that another object with its number replaced counts no more.
func (s *scanner) expand(ctx context.Context, o Options, live map[int]found, places map[int]pdfprep.Place, trailer *object.Dict) error {
	var streams []found
	for _, f := range live {
		if f.kind == objectStream {
			streams = append(streams, f)
		}
	}
	if len(streams) == 0 {
		return nil
	}
	slices.SortFunc(streams, func(a, b found) int { return cmp.Compare(a.offset, b.offset) })
	entries := make(map[int]file.Entry, len(live))
	for num, f := range live {
		entries[num] = file.Entry{Kind: file.InFile, Offset: f.offset, Gen: f.ref.Gen}
	}
	size := int64(len(s.b)) - 1 // without the scanner's mark
	limits := file.Limits{MaxObjectBytes: o.Limits.MaxObjectBytes, MaxDecodedBytes: o.Limits.MaxDecodedBytes, MaxCacheBytes: o.Limits.MaxCacheBytes}
	// The catalog may be in one of the streams, so the error that it is not there says nothing yet.
	f, err := file.OpenTable(bytes.NewReader(s.b[:size]), size, limits, entries, trailer)
	if f == nil {
		return refuse("this is not a PDF", err)
	}
	if err := s.decrypt(f, live, o); err != nil {
		return err
	}
	count := len(places)
	for _, stream := range streams {
		if err := ctx.Err(); err != nil {
			return err
		}
		numbers, err := contained(f, stream.ref)
		if err != nil {
			return refuse(fmt.Sprintf("the object stream %d is damaged", stream.ref.Num), err)
		}
		if count += len(numbers); count > o.MaxObjects {
			return refuse("the PDF is damaged beyond repair", errTooMany)
		}
		for index, num := range numbers {
			if f, ok := live[num]; !ok || f.offset < stream.offset {
				places[num] = pdfprep.Place{Stream: stream.ref.Num, Index: index}
			}
		}
	}
	return nil
}

// contained lists the numbers of the objects in an object stream (ISO 32000-2 §7.5.7).
func contained(f *file.File, ref object.Ref) ([]int, error) {
	o, err := f.Object(ref)
	if err != nil {
		return nil, err
	}
	data, err := f.StreamData(o)
	if err != nil {
		return nil, err
	}
	n, _ := o.Dict().Get("N").(int64)
	var numbers []int
	for pos := 0; int64(len(numbers)) < n; {
		num, next, ok := object.Int(data, pos)
		if !ok {
			return nil, object.ErrSyntax
		}
		if _, pos, ok = object.Int(data, next); !ok {
			return nil, object.ErrSyntax
		}
		if num < 1 || num > 1<<31-2 {
			return nil, object.ErrSyntax
		}
		numbers = append(numbers, int(num))
	}
	return numbers, nil
}
