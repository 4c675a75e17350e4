package object

import (
	"fmt"
	"strconv"
)

// Writer writes objects. Its zero value copies what was read and writes what was made.
type Writer struct {
	// Encrypt changes each string that is written anew; nil leaves strings as they are.
	Encrypt func(String) (String, error)
	// Reencrypt writes the strings of values that were read anew too. It is set for objects that come out of an object stream, whose
	// strings were not encrypted one by one (ISO 32000-2 §7.5.7).
	Reencrypt bool
}

// Append writes a value behind out. A value that was read is written as it stood.
func (w Writer) Append(out []byte, v Value) ([]byte, error) {
	if v.Raw != nil && w.keeps(v.Object) {
		return append(out, v.Raw...), nil
	}
	switch o := v.Object.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, o), nil
	case int:
		return strconv.AppendInt(out, int64(o), 10), nil
	case int64:
		return strconv.AppendInt(out, o, 10), nil
	case float64:
		return strconv.AppendFloat(out, o, 'f', -1, 64), nil
	case Real:
		return append(out, o...), nil
	case Name:
		return appendName(out, o), nil
	case Ref:
		return append(out, o.String()...), nil
	case String:
		if w.Encrypt != nil {
			var err error
			if o, err = w.Encrypt(o); err != nil {
				return out, err
			}
		}
		return appendString(out, o), nil
	case Array:
		return w.appendArray(out, o)
	case *Dict:
		return w.appendDict(out, o)
	}
	return out, fmt.Errorf("object: cannot write a %T", v.Object)
}

// keeps tells whether the bytes of a value that was read may be written again.
func (w Writer) keeps(o Object) bool { return w.Encrypt == nil || !w.Reencrypt || !holdsString(o) }

func holdsString(o Object) bool {
	switch o := o.(type) {
	case String:
		return true
	case Array:
		for _, v := range o {
			if holdsString(v.Object) {
				return true
			}
		}
	case *Dict:
		for _, e := range o.entries {
			if holdsString(e.Value.Object) {
				return true
			}
		}
	}
	return false
}

func (w Writer) appendArray(out []byte, list Array) ([]byte, error) {
	out = append(out, '[')
	for i, v := range list {
		if i > 0 {
			out = append(out, ' ')
		}
		var err error
		if out, err = w.Append(out, v); err != nil {
			return out, err
		}
	}
	return append(out, ']'), nil
}

func (w Writer) appendDict(out []byte, d *Dict) ([]byte, error) {
	out = append(out, "<<"...)
	for _, e := range d.entries {
		out = append(out, '\n')
		if e.raw != nil && w.keeps(e.Value.Object) {
			out = append(out, e.raw...)
			continue
		}
		out = append(appendName(out, e.Key), ' ')
		var err error
		if out, err = w.Append(out, e.Value); err != nil {
			return out, err
		}
	}
	return append(out, "\n>>"...), nil
}

// appendName escapes what may not stand in a name (ISO 32000-2 §7.3.5).
func appendName(out []byte, n Name) []byte {
	out = append(out, '/')
	for i := 0; i < len(n); i++ {
		if c := n[i]; c == '#' || c < '!' || c > '~' || isDelimiter(c) {
			out = append(out, '#', upperHex[c>>4], upperHex[c&15])
			continue
		}
		out = append(out, n[i])
	}
	return out
}

const upperHex = "0123456789ABCDEF"

// appendString writes printable strings in parentheses and all others in hexadecimal, which no line-ending conversion can harm.
func appendString(out []byte, s String) []byte {
	for _, c := range s {
		if c < ' ' || c > '~' {
			return appendHex(out, s)
		}
	}
	out = append(out, '(')
	for _, c := range s {
		if c == '(' || c == ')' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return append(out, ')')
}

func appendHex(out []byte, s String) []byte {
	out = append(out, '<')
	for _, c := range s {
		out = append(out, upperHex[c>>4], upperHex[c&15])
	}
	return append(out, '>')
}
