package file

import (
	"errors"
	"io"
)

const blockBytes = 64 << 10

// blocks reads the file in aligned blocks and keeps the most recently used ones: a read from a Blob costs about the same for
// 1 byte as for 64 KB.
type blocks struct {
	r     io.ReaderAt
	size  int64
	limit int
	cache map[int64]*block
	tick  int64
}

type block struct {
	data []byte
	used int64
}

func newBlocks(r io.ReaderAt, size, cacheBytes int64) *blocks {
	return &blocks{r: r, size: size, limit: max(4, int(cacheBytes/blockBytes)), cache: make(map[int64]*block)}
}

// bytes gives up to n bytes at off, fewer only at the end of the file. The result may be shared and must not be changed.
func (b *blocks) bytes(off int64, n int) ([]byte, error) {
	if off < 0 || off >= b.size {
		return nil, nil
	}
	n = int(min(int64(n), b.size-off))
	first := off / blockBytes
	if last := (off + int64(n) - 1) / blockBytes; first == last {
		data, err := b.block(first)
		if err != nil {
			return nil, err
		}
		start := int(off - first*blockBytes)
		return data[start:min(start+n, len(data)):min(start+n, len(data))], nil
	}
	// A long piece is read at once; caching it would push everything else out.
	out := make([]byte, n)
	if err := b.read(out, off); err != nil {
		return nil, err
	}
	return out, nil
}

func (b *blocks) block(index int64) ([]byte, error) {
	b.tick++
	if hit := b.cache[index]; hit != nil {
		hit.used = b.tick
		return hit.data, nil
	}
	start := index * blockBytes
	data := make([]byte, min(blockBytes, b.size-start))
	if err := b.read(data, start); err != nil {
		return nil, err
	}
	if len(b.cache) >= b.limit {
		b.evict()
	}
	b.cache[index] = &block{data: data, used: b.tick}
	return data, nil
}

func (b *blocks) evict() {
	var oldest int64 = -1
	for index, one := range b.cache {
		if oldest < 0 || one.used < b.cache[oldest].used {
			oldest = index
		}
	}
	delete(b.cache, oldest)
}

func (b *blocks) read(p []byte, off int64) error {
	n, err := b.r.ReadAt(p, off)
	if n == len(p) || err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
