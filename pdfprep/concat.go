package pdfprep

import "io"

// Concat reads the size bytes of r and, behind them, the update: a signed file that nobody has put together yet.
func Concat(r io.ReaderAt, size int64, update []byte) io.ReaderAt {
	return &concat{head: r, size: size, tail: update}
}

type concat struct {
	head io.ReaderAt
	size int64
	tail []byte
}

func (c *concat) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	if off < c.size {
		part := p[:min(int64(len(p)), c.size-off)]
		got, err := c.head.ReadAt(part, off)
		if n = got; got < len(part) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	if at := off + int64(n) - c.size; n < len(p) && at < int64(len(c.tail)) {
		n += copy(p[n:], c.tail[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
