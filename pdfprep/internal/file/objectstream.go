package file

import (
	"fmt"

	"hashout/pdfprep/internal/object"
)

// objectStream is a decoded object stream (ISO 32000-2 §7.5.7). Its objects are parsed when they are asked for.
type objectStream struct {
	data    []byte
	numbers []int
	offsets []int
}

// keptStreams is how many decoded object streams stay in memory.
const keptStreams = 8

func (f *File) loadCompressed(ref object.Ref, e Entry) (*Object, error) {
	s, err := f.objectStream(e.Stream)
	if err != nil {
		return nil, err
	}
	i := e.Index
	if i >= len(s.numbers) || s.numbers[i] != ref.Num { // the index lies: the numbers tell
		if i = find(s.numbers, ref.Num); i < 0 {
			return nil, fmt.Errorf("%w: object %d is not in object stream %d", ErrBroken, ref.Num, e.Stream)
		}
	}
	if s.offsets[i] > len(s.data) {
		return nil, fmt.Errorf("%w: object %d lies outside object stream %d", ErrBroken, ref.Num, e.Stream)
	}
	v, _, err := object.Parse(s.data, s.offsets[i])
	if err != nil {
		return nil, broken(err, fmt.Sprintf("object %d", ref.Num))
	}
	return &Object{Ref: object.Ref{Num: ref.Num}, Value: v, Offset: -1, Stream: -1, Compressed: true}, nil
}

func find(numbers []int, num int) int {
	for i, n := range numbers {
		if n == num {
			return i
		}
	}
	return -1
}

func (f *File) objectStream(num int) (*objectStream, error) {
	if s := f.streams[num]; s != nil {
		return s, nil
	}
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
	for pos := 0; len(s.numbers) < int(min(n, int64(len(data)))); {
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
	if len(f.streams) >= keptStreams {
		clear(f.streams)
	}
	f.streams[num] = s
	return s, nil
}
