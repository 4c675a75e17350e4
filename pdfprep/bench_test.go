package pdfprep_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"hashout/pdfprep"
)

// counting counts what is read, in bytes and in calls: a read of a Blob costs a millisecond however short it is.
type counting struct {
	r            io.ReaderAt
	bytes, calls atomic.Int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.bytes.Add(int64(len(p)))
	c.calls.Add(1)
	return c.r.ReadAt(p, off)
}

// filled makes a PDF of about size bytes in which n objects that no page needs take most of the room.
func filled(size, n int, compressed bool) []byte {
	m := newMaker()
	m.onePage("")
	const first = 10
	if !compressed {
		body := "(" + string(bytes.Repeat([]byte("x"), max(1, size/n-40))) + ")"
		for i := range n {
			m.obj(first+i, body)
		}
		return m.table("")
	}
	const perStream = 100
	inside := make(map[int]place)
	streams := (n + perStream - 1) / perStream
	padding := string(bytes.Repeat([]byte(" "), max(1, size/streams-perStream*20)))
	for s := range streams {
		var head, body bytes.Buffer
		for i := range min(perStream, n-s*perStream) {
			num := first + streams + s*perStream + i
			fmt.Fprintf(&head, "%d %d ", num, body.Len())
			body.WriteString("null ")
			inside[num] = place{first + s, i}
		}
		m.stream(first+s, fmt.Sprintf("/Type/ObjStm/N %d/First %d/Length %d", min(perStream, n-s*perStream), head.Len(), head.Len()+body.Len()+len(padding)),
			[]byte(head.String()+body.String()+padding))
	}
	return m.xrefStream(first+streams+n, inside, "")
}

func prepare(tb testing.TB, r io.ReaderAt, size int64) {
	tb.Helper()
	d, err := pdfprep.Open(context.Background(), r, size, pdfprep.OpenOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := d.Prepare(context.Background(), pdfprep.SignOptions{ReservedBytes: 8192, SigningTime: signingTime}); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkPrepare shows what the number of objects costs at the same size.
func BenchmarkPrepare(b *testing.B) {
	const size = 28 << 20
	for _, form := range []string{"table", "streams"} {
		for _, n := range []int{100, 200_000} {
			b.Run(fmt.Sprintf("%s/%d-objects", form, n), func(b *testing.B) {
				pdf := filled(size, n, form == "streams")
				r := &counting{r: bytes.NewReader(pdf)}
				b.ReportAllocs()
				for b.Loop() {
					prepare(b, r, int64(len(pdf)))
				}
				b.ReportMetric(float64(r.bytes.Load())/float64(b.N), "read-B/op")
				b.ReportMetric(float64(r.calls.Load())/float64(b.N), "reads/op")
			})
		}
	}
}

// hole reads as head, then nothing but spaces, then tail.
type hole struct {
	head, tail []byte
	size       int64
}

func (h *hole) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		switch at := off + int64(i); {
		case at < int64(len(h.head)):
			p[i] = h.head[at]
		case at >= h.size:
			return i, io.EOF
		case at >= h.size-int64(len(h.tail)):
			p[i] = h.tail[at-(h.size-int64(len(h.tail)))]
		default:
			p[i] = ' '
		}
	}
	return len(p), nil
}

func TestLargeFilesAreHardlyRead(t *testing.T) {
	for _, size := range []int64{100 << 20, 3 << 30} {
		m := newMaker()
		m.onePage("")
		m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots 4 0 R>>")
		m.obj(4, "[]")
		head := m.b.Len()
		pdf := m.table("")
		tail := bytes.Replace(pdf[head:], fmt.Appendf(nil, "startxref\n%d", head), fmt.Appendf(nil, "startxref\n%d", size), 1)
		r := &counting{r: &hole{head: pdf[:head], tail: tail, size: size + int64(len(tail))}}
		prepare(t, r, size+int64(len(tail)))
		if n := r.bytes.Load(); n > 1<<20 {
			t.Errorf("of %d bytes %d were read", size, n)
		}
	}
}
