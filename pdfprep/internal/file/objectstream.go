package file

import (
	"fmt"
	"slices"

	"hashout/pdfprep/internal/object"
)

// objectStream is a decoded object stream (ISO 32000-2 §7.5.7). Its objects are parsed when they are asked for.
type objectStream struct {
	data    []byte
	numbers []int
	offsets []int
}

// maxInStream is how many objects of one stream are looked at; writers put 100 to 200 into one.
const maxInStream = 1 << 20

func (f *File) loadCompressed(ref object.Ref, e Entry) (*Object, error) {
	s, err := f.objectStream(e.Stream)
	if err != nil {
		return nil, err
	}
	i := e.Index
	if i >= len(s.numbers) || s.numbers[i] != ref.Num { // the index lies: the numbers tell
		if err := f.Spend(len(s.numbers)); err != nil {
			return nil, err
		}
		if i = slices.Index(s.numbers, ref.Num); i < 0 {
			return nil, fmt.Errorf("%w: object %d is not in object stream %d", ErrBroken, ref.Num, e.Stream)
		}
	}
	if s.offsets[i] > len(s.data) {
		return nil, fmt.Errorf("%w: object %d lies outside object stream %d", ErrBroken, ref.Num, e.Stream)
	}
	v, end, err := object.Parse(s.data, s.offsets[i])
	if err := f.Spend(costParse * (end - s.offsets[i])); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, broken(err, fmt.Sprintf("object %d", ref.Num))
	}
	return &Object{Ref: object.Ref{Num: ref.Num}, Value: v, Offset: -1, Stream: -1, Compressed: true}, nil
}

func (f *File) objectStream(num int) (*objectStream, error) {
	if s, ok := f.streams.members[num]; ok {
		return s, nil
	}
	if f.reading[num] { // §7.5.7: its own /Length may not be inside it
		return nil, fmt.Errorf("%w: object stream %d needs itself to be read", ErrBroken, num)
	}
	f.reading[num] = true
	defer delete(f.reading, num)
	s, err := f.readObjectStream(num)
	if err != nil {
		return nil, err
	}
	f.streams.put(num, s, len(s.data))
	return s, nil
}

func (f *File) readObjectStream(num int) (*objectStream, error) {
	e, err := f.Find(num)
	if err != nil {
		return nil, err
	}
	if e.Kind != InFile { // §7.5.7: an object stream is never inside another one; a loop ends here
		return nil, fmt.Errorf("%w: object stream %d is not in the file", ErrBroken, num)
	}
	o, err := f.Object(object.Ref{Num: num})
	if err != nil {
		return nil, err
	}
	if o == nil || o.Stream < 0 {
		return nil, fmt.Errorf("%w: object %d is not an object stream", ErrBroken, num)
	}
	data, err := f.StreamData(o)
	if err != nil {
		return nil, err
	}
	s := &objectStream{data: append(data, '\n', '\n')} // the end of the data ends a token
	first, n := integer(o.Dict().Get("First"), -1), integer(o.Dict().Get("N"), -1)
	if first < 0 || n < 0 || first > int64(len(data)) {
		return nil, fmt.Errorf("%w: object stream %d has no readable head", ErrBroken, num)
	}
	for pos := 0; len(s.numbers) < int(min(n, maxInStream)); {
		number, next, ok := object.Int(data[:first], pos)
		if !ok {
			break // fewer objects than /N says
		}
		offset, next, ok := object.Int(data[:first], next)
		if !ok {
			break
		}
		pos = next
		s.numbers = append(s.numbers, int(min(number, 1<<31-1)))
		s.offsets = append(s.offsets, int(min(first+offset, 1<<31-1)))
	}
	return s, nil
}
