package file

import (
	"bytes"
	"fmt"

	"hashout/pdfprep/internal/object"
)

// Object is an indirect object as it was loaded, strings decrypted.
type Object struct {
	Ref   object.Ref
	Value object.Value
	// Offset is where the object begins, from the file's first byte; for an object out of an object stream, -1.
	Offset int64
	// Stream is the offset of the stream's data, or -1.
	Stream int64
	// Compressed tells that the object came out of an object stream.
	Compressed bool
}

// Dict is the object's dictionary, also that of a stream, or nil.
func (o *Object) Dict() *object.Dict {
	if o == nil {
		return nil
	}
	d, _ := o.Value.Object.(*object.Dict)
	return d
}

// Object loads an object; nil without an error is null (ISO 32000-2 §7.3.10: also for a reference to what is not there).
func (f *File) Object(ref object.Ref) (*Object, error) {
	if err := f.Spend(costLoad); err != nil {
		return nil, err
	}
	if o, ok := f.objects.members[ref.Num]; ok {
		return o, nil
	}
	e, err := f.Find(ref.Num)
	if err != nil {
		return nil, err
	}
	var o *Object
	switch e.Kind {
	case InFile:
		o, err = f.loadAt(ref, e)
	case InStream:
		o, err = f.loadCompressed(ref, e)
	}
	if err != nil {
		return nil, err
	}
	bytes := 0
	if o != nil {
		bytes = len(o.Value.Raw)
	}
	f.objects.put(ref.Num, o, bytes)
	return o, nil
}

func (f *File) loadAt(ref object.Ref, e Entry) (*Object, error) {
	in, err := f.indirectAt(e.Offset)
	if err != nil {
		return nil, broken(err, fmt.Sprintf("object %d", ref.Num))
	}
	if in.Ref.Num != ref.Num {
		return nil, fmt.Errorf("%w: object %d stands where object %d should be", ErrBroken, in.Ref.Num, ref.Num)
	}
	o := &Object{Ref: in.Ref, Value: in.Value, Offset: e.Offset, Stream: -1}
	if in.Stream >= 0 {
		o.Stream = e.Offset + int64(in.Stream)
	}
	if f.Cipher != nil {
		o.Value, err = f.decryptStrings(in.Ref, in.Value)
	}
	return o, err
}

func (f *File) indirectAt(off int64) (object.Indirect, error) {
	var in object.Indirect
	err := f.parseAt(off, func(b []byte) (_ int, err error) {
		in, err = object.ParseIndirect(b, 0)
		return in.End, err
	})
	return in, err
}

// decryptStrings replaces the strings of an object by what they mean and keeps their bytes. The Contents of a signature is never
// encrypted (§7.6.2), nor is anything in a cross-reference stream.
func (f *File) decryptStrings(ref object.Ref, v object.Value) (object.Value, error) {
	switch o := v.Object.(type) {
	case object.String:
		s, err := f.Cipher.DecryptString(ref, o)
		if err != nil {
			return v, err
		}
		return object.Value{Object: s, Raw: v.Raw}, nil
	case object.Array:
		list := make(object.Array, len(o))
		for i, item := range o {
			var err error
			if list[i], err = f.decryptStrings(ref, item); err != nil {
				return v, err
			}
		}
		return object.Value{Object: list, Raw: v.Raw}, nil
	case *object.Dict:
		if o.Get("Type") == object.Name("XRef") {
			return v, nil
		}
		_, signature := o.Lookup("ByteRange")
		d, err := o.Map(func(e object.Entry) (object.Value, error) {
			if signature && e.Key == "Contents" {
				return e.Value, nil
			}
			return f.decryptStrings(ref, e.Value)
		})
		return object.Value{Object: d, Raw: v.Raw}, err
	}
	return v, nil
}

// Resolve follows references until something else stands there. A chain of more than 32 is null.
func (f *File) Resolve(o object.Object) (object.Object, error) {
	for range 32 {
		ref, ok := o.(object.Ref)
		if !ok {
			return o, nil
		}
		loaded, err := f.Object(ref)
		if err != nil || loaded == nil {
			return nil, err
		}
		o = loaded.Value.Object
	}
	return nil, nil
}

// StreamData is a stream's data, decrypted and decoded.
func (f *File) StreamData(o *Object) ([]byte, error) {
	if o == nil || o.Stream < 0 {
		return nil, fmt.Errorf("%w: there is no stream", ErrBroken)
	}
	return f.decodeStream(o.Ref, o.Dict(), o.Stream, f.Cipher != nil && o.Dict().Get("Type") != object.Name("XRef"))
}

// decoded is StreamData for an object that no table spoke of: a cross-reference stream.
func (f *File) decoded(in object.Indirect, off int64) ([]byte, error) {
	return f.decodeStream(in.Ref, in.Value.Object.(*object.Dict), off+int64(in.Stream), false)
}

// RawStream is a stream's data, decrypted, its filters still upon it.
func (f *File) RawStream(o *Object) ([]byte, error) {
	if o == nil || o.Stream < 0 {
		return nil, fmt.Errorf("%w: there is no stream", ErrBroken)
	}
	data, err := f.rawStream(o.Dict(), o.Stream)
	if err != nil {
		return nil, err
	}
	if err := f.Spend(costDecode * len(data)); err != nil || f.Cipher == nil {
		return data, err
	}
	return f.Cipher.DecryptStream(o.Ref, o.Dict(), data)
}

func (f *File) decodeStream(ref object.Ref, d *object.Dict, start int64, encrypted bool) ([]byte, error) {
	data, err := f.rawStream(d, start)
	if err != nil {
		return nil, err
	}
	if err := f.Spend(costDecode * len(data)); err != nil {
		return nil, err
	}
	if encrypted {
		if data, err = f.Cipher.DecryptStream(ref, d, data); err != nil {
			return nil, err
		}
	}
	filters, err := f.filters(d)
	if err != nil {
		return nil, err
	}
	if data, err = decode(data, filters, f.limits.MaxDecodedBytes); err != nil {
		return nil, err
	}
	return data, f.Spend(costDecode * len(data))
}

// rawStream takes the bytes of a stream as /Length says, or up to endstream where /Length lies.
func (f *File) rawStream(d *object.Dict, start int64) ([]byte, error) {
	length, err := f.Resolve(d.Get("Length"))
	if err != nil {
		return nil, err
	}
	n := integer(length, -1)
	if n >= 0 && n <= f.size-start && n <= int64(f.limits.MaxDecodedBytes) {
		after, err := f.blocks.bytes(start+n, 32)
		if err != nil {
			return nil, err
		}
		if at := object.SkipSpace(after, 0); bytes.HasPrefix(after[at:], []byte("endstream")) {
			return f.blocks.bytes(start, int(n))
		}
	}
	const step = 256 << 10
	for window := int64(step); ; window *= 4 {
		b, err := f.blocks.bytes(start, int(min(window, f.size-start, int64(f.limits.MaxDecodedBytes))))
		if err != nil {
			return nil, err
		}
		if err := f.Spend(len(b)); err != nil {
			return nil, err
		}
		if at := bytes.Index(b, []byte("endstream")); at >= 0 {
			return bytes.TrimSuffix(bytes.TrimSuffix(b[:at], []byte("\n")), []byte("\r")), nil
		}
		if int64(len(b)) < window {
			return nil, fmt.Errorf("%w: a stream does not end", ErrBroken)
		}
	}
}

// filters lists a stream's filters with their parameters, references resolved.
func (f *File) filters(d *object.Dict) ([]filter, error) {
	names, err := f.listOf(d, "Filter", "F")
	if err != nil {
		return nil, err
	}
	parms, err := f.listOf(d, "DecodeParms", "DP")
	if err != nil {
		return nil, err
	}
	if len(names) > maxFilters {
		return nil, fmt.Errorf("%w: a stream has %d filters", ErrLimit, len(names))
	}
	list := make([]filter, len(names))
	for i, o := range names {
		name, ok := o.(object.Name)
		if !ok {
			return nil, fmt.Errorf("%w: a filter is not a name", ErrBroken)
		}
		list[i].name = name
		if i < len(parms) {
			list[i].parms, _ = parms[i].(*object.Dict)
		}
	}
	return list, nil
}

// listOf reads a value that may be one object or an array of them.
func (f *File) listOf(d *object.Dict, key, short object.Name) ([]object.Object, error) {
	o, err := f.Resolve(d.Get(key))
	if err != nil {
		return nil, err
	}
	if o == nil && d.Get("Type") == nil { // abbreviations belong to inline images, but writers use them
		if o, err = f.Resolve(d.Get(short)); err != nil {
			return nil, err
		}
	}
	list, ok := o.(object.Array)
	if !ok {
		if o == nil {
			return nil, nil
		}
		return []object.Object{o}, nil
	}
	out := make([]object.Object, len(list))
	for i, v := range list {
		if out[i], err = f.Resolve(v.Object); err != nil {
			return nil, err
		}
	}
	return out, nil
}
