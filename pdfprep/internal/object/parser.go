package object

import "strconv"

type parser struct {
	b      []byte
	pos    int
	depth  int
	values int
}

// Parse reads one direct object or reference at pos and gives the position behind it. A value whose end cannot be told from the bytes
// alone (a number or name that runs into the end) is ErrIncomplete.
func Parse(b []byte, pos int) (Value, int, error) {
	p := &parser{b: b, pos: pos}
	v, err := p.value()
	return v, p.pos, err
}

// Indirect is an indirect object as it stands in a file.
type Indirect struct {
	Ref   Ref
	Value Value
	// Stream is the position of the first byte of the stream's data, or -1.
	Stream int
	// End is the position behind the object's value, or behind the keyword stream and its end of line.
	End int
}

// ParseIndirect reads "12 0 obj … endobj" at pos, or up to the data of a stream. A missing endobj is tolerated.
func ParseIndirect(b []byte, pos int) (Indirect, error) {
	o := Indirect{Stream: -1}
	num, pos, ok := Int(b, pos)
	if !ok {
		return o, incompleteAt(b, pos)
	}
	gen, pos, ok := Int(b, pos)
	if !ok {
		return o, incompleteAt(b, pos)
	}
	pos = SkipSpace(b, pos)
	if len(b)-pos < 4 {
		return o, ErrIncomplete
	}
	if string(b[pos:pos+3]) != "obj" || num > maxNumber || gen > maxGeneration {
		return o, ErrSyntax
	}
	o.Ref = Ref{int(num), int(gen)}
	pos += 3
	if start := SkipSpace(b, pos); Keyword(b, start, "endobj") { // an empty object is null
		o.End = start
		return o, nil
	}
	v, pos, err := Parse(b, pos)
	if err != nil {
		return o, err
	}
	o.Value, o.End = v, pos
	if _, isDict := v.Object.(*Dict); !isDict {
		return o, nil
	}
	pos = SkipSpace(b, pos)
	if len(b)-pos < len("stream\r\n") {
		return o, ErrIncomplete
	}
	if string(b[pos:pos+6]) != "stream" {
		return o, nil
	}
	pos += 6
	// §7.3.8.1: CR LF or LF; a lone CR and blanks before it occur.
	for b[pos] == ' ' && pos+2 < len(b) {
		pos++
	}
	if b[pos] == '\r' {
		pos++
	}
	if b[pos] == '\n' {
		pos++
	}
	o.Stream, o.End = pos, pos
	return o, nil
}

const (
	maxNumber     = 1<<31 - 1
	maxGeneration = 65535
)

func incompleteAt(b []byte, pos int) error {
	if pos >= len(b) || IsDigit(b[pos]) && len(b)-pos < 24 {
		return ErrIncomplete
	}
	return ErrSyntax
}

func (p *parser) value() (Value, error) {
	if p.values++; p.values > MaxValues {
		return Value{}, ErrValues
	}
	p.pos = SkipSpace(p.b, p.pos)
	start := p.pos
	o, err := p.object()
	if err != nil {
		return Value{}, err
	}
	return Value{Object: o, Raw: p.b[start:p.pos:p.pos]}, nil
}

func (p *parser) object() (Object, error) {
	if p.pos >= len(p.b) {
		return nil, ErrIncomplete
	}
	switch c := p.b[p.pos]; {
	case c == '/':
		return p.name()
	case c == '(':
		return p.literal()
	case c == '[':
		return p.array()
	case c == '<':
		if p.pos+1 >= len(p.b) {
			return nil, ErrIncomplete
		}
		if p.b[p.pos+1] == '<' {
			return p.dict()
		}
		return p.hexadecimal()
	case IsDigit(c) || c == '+' || c == '-' || c == '.':
		return p.number()
	case isRegular(c):
		return p.keyword()
	}
	return nil, ErrSyntax
}

func (p *parser) token() (string, error) {
	start := p.pos
	for p.pos < len(p.b) && isRegular(p.b[p.pos]) {
		p.pos++
	}
	if p.pos == len(p.b) {
		return "", ErrIncomplete
	}
	return string(p.b[start:p.pos]), nil
}

func (p *parser) keyword() (Object, error) {
	start := p.pos
	word, err := p.token()
	if err != nil {
		return nil, err
	}
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	p.pos = start
	return nil, ErrSyntax
}

// number reads an integer, a real, or the reference that two integers and an R make.
func (p *parser) number() (Object, error) {
	n, plain := p.digits()
	if !plain {
		word, err := p.token()
		if err != nil {
			return nil, err
		}
		if n, err = strconv.ParseInt(word, 10, 64); err != nil {
			return Real(word), nil // also what no reader can make sense of: it reads as 0
		}
		return n, nil
	}
	if n > maxNumber {
		return n, nil
	}
	gen, end, ok := Int(p.b, p.pos)
	if !ok {
		return n, nil
	}
	end = SkipSpace(p.b, end)
	if end >= len(p.b) {
		return n, ErrIncomplete
	}
	if p.b[end] == 'R' && gen <= maxGeneration && (end+1 == len(p.b) || !isRegular(p.b[end+1])) {
		p.pos = end + 1
		return Ref{int(n), int(gen)}, nil
	}
	return n, nil
}

// digits reads a number of up to 18 digits without a sign, and moves only if that is all that stands there.
func (p *parser) digits() (n int64, ok bool) {
	end := p.pos
	for end < len(p.b) && IsDigit(p.b[end]) {
		n = n*10 + int64(p.b[end]-'0')
		end++
	}
	if end == len(p.b) || end-p.pos > 18 || isRegular(p.b[end]) {
		return 0, false
	}
	p.pos = end
	return n, true
}

func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return ErrDepth
	}
	return nil
}

func (p *parser) array() (Object, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.pos++
	list := Array{}
	for {
		p.pos = SkipSpace(p.b, p.pos)
		if p.pos >= len(p.b) {
			return nil, ErrIncomplete
		}
		if p.b[p.pos] == ']' {
			p.pos++
			return list, nil
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

func (p *parser) dict() (Object, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.pos += 2
	d := &Dict{}
	for {
		p.pos = SkipSpace(p.b, p.pos)
		if p.pos+1 >= len(p.b) {
			return nil, ErrIncomplete
		}
		if p.b[p.pos] == '>' && p.b[p.pos+1] == '>' {
			p.pos += 2
			return d, nil
		}
		if p.b[p.pos] != '/' {
			return nil, ErrSyntax
		}
		start := p.pos
		key, err := p.name()
		if err != nil {
			return nil, err
		}
		p.pos = SkipSpace(p.b, p.pos)
		if p.pos+1 < len(p.b) && p.b[p.pos] == '>' && p.b[p.pos+1] == '>' { // a key without a value, seen in the field
			d.entries = append(d.entries, Entry{Key: key})
			continue
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		d.entries = append(d.entries, Entry{Key: key, Value: v, raw: p.b[start:p.pos:p.pos]})
	}
}
