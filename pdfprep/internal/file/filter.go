package file

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"

	"hashout/pdfprep/internal/object"
)

// maxFilters is how many filters one stream may chain.
const maxFilters = 8

// decode undoes the filters of a stream. Values in the dictionary that are references were resolved by the caller.
func decode(data []byte, filters []filter, limit int) ([]byte, error) {
	for _, f := range filters {
		var err error
		if data, err = f.decode(data, limit); err != nil {
			return nil, err
		}
	}
	return data, nil
}

type filter struct {
	name  object.Name
	parms *object.Dict
}

func (f filter) decode(data []byte, limit int) ([]byte, error) {
	switch f.name {
	case "FlateDecode", "Fl":
		out, err := inflate(data, limit)
		if err != nil {
			return nil, err
		}
		return unpredict(out, f.parms)
	case "ASCIIHexDecode", "AHx":
		return unhex(data), nil
	case "ASCII85Decode", "A85":
		return un85(data, limit)
	case "Crypt": // only the identity filter may stand here: others were undone by decryption
		return data, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrFilter, f.name)
}

// inflate decompresses. A stream that is cut off or has a wrong checksum yields what could be read: readers show such files.
func inflate(data []byte, limit int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: a compressed stream does not begin as one", ErrBroken)
	}
	// A buffer that grows holds up to three times what it ends with. What does not fit into a small one is counted, then decoded again.
	const small = 4 << 20
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, small))
	if n == small && err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, io.LimitReader(r, int64(limit)-small+1))
		n += rest
	}
	if n > int64(limit) {
		return nil, fmt.Errorf("%w: a stream decodes to more than %d bytes", ErrLimit, limit)
	}
	if err != nil && (n == 0 || !(errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, zlib.ErrChecksum))) {
		return nil, fmt.Errorf("%w: a compressed stream is damaged", ErrBroken)
	}
	if n <= small {
		return out.Bytes(), nil
	}
	whole := make([]byte, n, n+endOfData)
	if r, err = zlib.NewReader(bytes.NewReader(data)); err == nil {
		_, err = io.ReadFull(r, whole)
	}
	return whole, err
}

// endOfData is room for what readers put behind decoded data to end its last token.
const endOfData = 2

// unpredict undoes PNG and TIFF predictors (ISO 32000-2 §7.4.4.4) of 8 bits a component.
func unpredict(data []byte, parms *object.Dict) ([]byte, error) {
	predictor := integer(parms.Get("Predictor"), 1)
	if predictor == 1 {
		return data, nil
	}
	colors, bits, columns := integer(parms.Get("Colors"), 1), integer(parms.Get("BitsPerComponent"), 8), integer(parms.Get("Columns"), 1)
	if colors < 1 || colors > 32 || bits < 1 || bits > 16 || columns < 1 || columns > 1<<20 {
		return nil, fmt.Errorf("%w: predictor parameters out of range", ErrBroken)
	}
	width, pixel := min(int(colors*bits*columns+7)/8, len(data)), max(1, int(colors*bits)/8)
	if predictor == 2 {
		if bits != 8 {
			return nil, fmt.Errorf("%w: TIFF predictor with %d bits", ErrFilter, bits)
		}
		out := bytes.Clone(data)
		for row := 0; row < len(out); row += width {
			for i := row + pixel; i < min(row+width, len(out)); i++ {
				out[i] += out[i-pixel]
			}
		}
		return out, nil
	}
	return unPNG(data, width, pixel)
}

// unPNG works in place.
func unPNG(data []byte, width, pixel int) ([]byte, error) {
	out := data[:0] // a row without its tag lies before the row with it
	above := make([]byte, width)
	for len(data) > 1 {
		kind, row := data[0], data[1:min(1+width, len(data))]
		data = data[1+len(row):]
		start := len(out)
		out = append(out, row...)
		line := out[start:]
		if !unfilter(kind, line, above, pixel) {
			return nil, fmt.Errorf("%w: a row has the predictor %d", ErrBroken, kind)
		}
		copy(above, line)
	}
	return out, nil
}

// unfilter undoes the filter of one row; rows of cross-reference streams nearly all have the kind Up.
func unfilter(kind byte, line, above []byte, pixel int) bool {
	switch kind {
	case 0:
	case 1:
		for i := pixel; i < len(line); i++ {
			line[i] += line[i-pixel]
		}
	case 2:
		for i := range line {
			line[i] += above[i]
		}
	case 3, 4:
		for i := range line {
			var left, corner byte
			if i >= pixel {
				left, corner = line[i-pixel], above[i-pixel]
			}
			if kind == 3 {
				line[i] += byte((int(left) + int(above[i])) / 2)
			} else {
				line[i] += paeth(left, above[i], corner)
			}
		}
	default:
		return false
	}
	return true
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	da, db, dc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case da <= db && da <= dc:
		return a
	case db <= dc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func unhex(data []byte) []byte {
	if end := bytes.IndexByte(data, '>'); end >= 0 {
		data = data[:end]
	}
	wrapped := append(append([]byte{'<'}, data...), '>')
	v, _, err := object.Parse(wrapped, 0)
	if s, ok := v.Object.(object.String); ok && err == nil {
		return s
	}
	return nil
}

func un85(data []byte, limit int) ([]byte, error) {
	data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("<~"))
	if end := bytes.IndexByte(data, '~'); end >= 0 {
		data = data[:end]
	}
	out, err := io.ReadAll(io.LimitReader(ascii85.NewDecoder(bytes.NewReader(data)), int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("%w: an ASCII85 stream is damaged", ErrBroken)
	}
	return out, nil
}

// integer reads a number that a dictionary states; anything else is the default.
func integer(o object.Object, otherwise int64) int64 {
	switch n := o.(type) {
	case int64:
		return n
	case object.Real:
		return int64(n.Float())
	}
	return otherwise
}
