package file

import "fmt"

// What work costs, in units of about ten nanoseconds on a desktop.
const (
	costLookup = 4  // of a number in one section or subsection
	costParse  = 8  // of one byte, for arrays of small numbers are slow
	costDecode = 3  // of one byte, before and after
	costLoad   = 16 // of asking for an object
)

// Spend takes n units from what the current operation may cost. It is ErrLimit when nothing is left: a hostile file of a few hundred
// kilobytes can otherwise ask for hours, by letting many objects share one large array.
func (f *File) Spend(n int) error {
	if f.work -= int64(n); f.work < 0 {
		return fmt.Errorf("%w: reading it takes too much work", ErrLimit)
	}
	return nil
}

// Spent is what the operation has cost so far.
func (f *File) Spent() int64 { return f.limits.MaxWork - f.work }

// Renew begins an operation with a full budget.
func (f *File) Renew() { f.work = f.limits.MaxWork }

// kept is a cache bounded by count and by the bytes that its members were made from. When it is full it starts anew, which costs a walk
// in order nothing.
type kept[T any] struct {
	members  map[int]T
	bytes    int
	maxCount int
	maxBytes int
}

func (k *kept[T]) put(num int, v T, bytes int) {
	if len(k.members) >= k.maxCount || k.bytes+bytes > k.maxBytes {
		clear(k.members)
		k.bytes = 0
	}
	k.members[num] = v
	k.bytes += bytes
}

// Forget drops what was loaded: after Cipher was set.
func (f *File) Forget() {
	f.objects = kept[*Object]{members: make(map[int]*Object), maxCount: 512, maxBytes: 1 << 20}
	f.streams = kept[*objectStream]{members: make(map[int]*objectStream), maxCount: 8, maxBytes: 16 << 20}
}
