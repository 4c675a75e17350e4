package object

import "strconv"

// Object is one of nil (null), bool, int64, Real, Name, String, Array, *Dict, Ref.
type Object any

// Real is a real number as it was written.
type Real string

// Float is the number; unreadable text is 0, as readers commonly take it.
func (r Real) Float() float64 {
	f, err := strconv.ParseFloat(string(r), 64)
	if err != nil {
		return 0
	}
	return f
}

// Name is a name without its slash, #-escapes decoded.
type Name string

// String holds the bytes of a literal or hexadecimal string, decoded but not decrypted.
type String []byte

// Array is a list of values.
type Array []Value

// Ref is an indirect reference.
type Ref struct {
	Num int
	Gen int
}

// String writes the reference as in a file.
func (r Ref) String() string { return strconv.Itoa(r.Num) + " " + strconv.Itoa(r.Gen) + " R" }

// Value is an object with the bytes it was read from. Raw is nil for a value that was made, not read.
type Value struct {
	Object Object
	Raw    []byte
}

// Of makes a value of an object.
func Of(o Object) Value { return Value{Object: o} }

// Entry is one key of a dictionary with its value.
type Entry struct {
	Key   Name
	Value Value
	// raw holds key, value and what stood between them, to be written again unchanged.
	raw []byte
}

// Dict is a dictionary that keeps the order and the bytes of its entries.
type Dict struct {
	entries []Entry
}

// NewDict makes a dictionary of entries in the given order.
func NewDict(entries ...Entry) *Dict { return &Dict{entries: entries} }

// Entries lists what is in the dictionary, duplicates included, in the order of the file.
func (d *Dict) Entries() []Entry {
	if d == nil {
		return nil
	}
	return d.entries
}

// Get finds a value; of duplicate keys the last one counts, as in the readers that people use. A nil dictionary is empty.
func (d *Dict) Get(key Name) Object {
	v, _ := d.Lookup(key)
	return v.Object
}

// Lookup is Get with the raw bytes, and whether the key is there at all.
func (d *Dict) Lookup(key Name) (Value, bool) {
	if d != nil {
		for i := len(d.entries) - 1; i >= 0; i-- {
			if d.entries[i].Key == key {
				return d.entries[i].Value, true
			}
		}
	}
	return Value{}, false
}

// Count tells how often a key stands in the dictionary.
func (d *Dict) Count(key Name) int {
	n := 0
	for _, e := range d.Entries() {
		if e.Key == key {
			n++
		}
	}
	return n
}

// With gives a copy in which key has the value, in the old entry's place or at the end. The other entries keep their bytes.
func (d *Dict) With(key Name, o Object) *Dict { return d.WithValue(key, Of(o)) }

// WithValue is With for a value that keeps its bytes.
func (d *Dict) WithValue(key Name, v Value) *Dict {
	c := d.Without(key)
	at := len(c.entries)
	for i, e := range d.Entries() {
		if e.Key == key {
			at = min(i, at)
			break
		}
	}
	c.entries = append(c.entries, Entry{})
	copy(c.entries[at+1:], c.entries[at:])
	c.entries[at] = Entry{Key: key, Value: v}
	return c
}

// Without gives a copy that lacks the key.
func (d *Dict) Without(key Name) *Dict {
	c := &Dict{entries: make([]Entry, 0, len(d.Entries())+1)}
	for _, e := range d.Entries() {
		if e.Key != key {
			c.entries = append(c.entries, e)
		}
	}
	return c
}

// Map gives a copy whose values went through change; each entry keeps the bytes it was read from.
func (d *Dict) Map(change func(Entry) (Value, error)) (*Dict, error) {
	c := &Dict{entries: make([]Entry, len(d.Entries()))}
	for i, e := range d.Entries() {
		v, err := change(e)
		if err != nil {
			return nil, err
		}
		c.entries[i] = Entry{Key: e.Key, Value: v, raw: e.raw}
	}
	return c, nil
}
