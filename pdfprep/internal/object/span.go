package object

// Span is one entry of a dictionary with the place of its value.
type Span struct {
	Key Name
	// Escaped tells that the key was not written plainly: some readers see another name.
	Escaped    bool
	Start, End int // of the value
}

// Spans tells where in b the values of the dictionary at pos stand, duplicates included. It is for dictionaries that Parse has read.
func Spans(b []byte, pos int) ([]Span, error) {
	pos = SkipSpace(b, pos)
	if pos+2 > len(b) || string(b[pos:pos+2]) != "<<" {
		return nil, ErrSyntax
	}
	var list []Span
	for pos += 2; ; {
		pos = SkipSpace(b, pos)
		if pos+1 >= len(b) {
			return nil, ErrIncomplete
		}
		if b[pos] == '>' && b[pos+1] == '>' {
			return list, nil
		}
		key, end, err := Parse(b, pos)
		name, ok := key.Object.(Name)
		if err != nil || !ok {
			return nil, ErrSyntax
		}
		s := Span{Key: name, Escaped: string(key.Raw) != "/"+string(name), Start: SkipSpace(b, end)}
		if s.Start+1 < len(b) && b[s.Start] == '>' && b[s.Start+1] == '>' { // a key without a value
			s.End, pos = s.Start, s.Start
		} else if _, s.End, err = Parse(b, s.Start); err != nil {
			return nil, err
		} else {
			pos = s.End
		}
		list = append(list, s)
	}
}
