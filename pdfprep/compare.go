package pdfprep

import (
	"bytes"
	"context"
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// comparison finds out what turned revision a into b.
type comparison struct {
	ctx   context.Context
	a, b  *Document
	users *users
	step  int
	*Changes

	objects map[int]*pair // that differ
	order   []int
	fields  *form       // of a
	filled  map[int]int // fields of a that got a value in this step, by index, with the object that holds it
	made    map[int]bool
}

// pair is an object before and after; nil for null.
type pair struct {
	was, is   *file.Object
	explained bool
	// by are the objects that may refer to one that was replaced as a whole; nil if the rules have looked inside.
	by map[int]bool
}

func (c *comparison) run() error {
	c.objects, c.filled, c.made = make(map[int]*pair), make(map[int]int), make(map[int]bool)
	if proceed, err := c.structure(); err != nil || !proceed {
		return err
	}
	if err := c.collect(); err != nil {
		return err
	}
	var err error
	if c.fields, err = c.a.walkForm(c.ctx, true); err != nil {
		return err
	}
	for _, rule := range []func() error{c.trailer, c.catalog, c.formFields, c.pages} {
		if err := rule(); err != nil {
			return err
		}
	}
	c.conclude()
	return nil
}

// structure checks that b is a with updates behind it, and nothing else. proceed is false when there is nothing more to learn.
func (c *comparison) structure() (proceed bool, err error) {
	newer := 0
	for newer < len(c.b.f.Sections) && c.b.f.Sections[newer].Offset >= c.a.f.Size() {
		newer++
	}
	older := c.b.f.Sections[newer:]
	if len(older) != len(c.a.f.Sections) || c.a.f.Base() != c.b.f.Base() {
		c.other("The cross-reference of the file does not continue what was signed.")
		return false, nil
	}
	for i, s := range older {
		if s.Offset != c.a.f.Sections[i].Offset || s.Hidden() != c.a.f.Sections[i].Hidden() {
			c.other("The cross-reference of the file does not continue what was signed.")
			return false, nil
		}
	}
	whole, err := endsRevision(c.b.r, c.b.f.Size())
	if err != nil {
		return false, err
	}
	if !whole {
		c.other("There are bytes behind the end of the file.")
		return false, nil
	}
	if newer == 0 {
		rest := make([]byte, min(c.b.f.Size()-c.a.f.Size(), 4096))
		if n, err := c.b.r.ReadAt(rest, c.a.f.Size()); n < len(rest) {
			return false, err
		}
		if int64(len(rest)) < c.b.f.Size()-c.a.f.Size() || !onlySpace(rest) {
			c.other("There are bytes behind what was signed that belong to no update.")
		}
		return false, nil
	}
	return true, nil
}

// collect loads what the newer sections write and keeps what differs.
func (c *comparison) collect() error {
	for _, s := range c.b.f.Sections {
		if s.Offset < c.a.f.Size() {
			break
		}
		plain := make(map[int]bool)
		err := c.b.f.Rows(s, func(num int, e file.Entry, hidden bool) error {
			if s.Hidden() != 0 && e.Kind != file.Free {
				if hidden && plain[num] {
					c.other("Object %d stands twice in one update.", num)
				}
				plain[num] = true
			}
			return c.consider(num)
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(c.order)
	return nil
}

func (c *comparison) consider(num int) error {
	if _, known := c.objects[num]; known || num == 0 {
		return nil
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	before, err := c.a.f.Find(num)
	if err != nil {
		return err
	}
	now, err := c.b.f.Find(num)
	if err != nil || before == now && now.Kind == file.InFile {
		return err
	}
	p := &pair{}
	if p.was, err = c.a.f.Object(object.Ref{Num: num}); err != nil {
		return err
	}
	if p.is, err = c.b.f.Object(object.Ref{Num: num}); err != nil {
		return err
	}
	if err := c.users.note(p.is, c.step); err != nil {
		return err
	}
	same, err := c.sameObject(p.was, p.is)
	if err != nil || same {
		return err
	}
	if p.was == nil {
		kind := p.is.Dict().Get("Type")
		p.explained = p.is.Stream >= 0 && (kind == object.Name("XRef") || kind == object.Name("ObjStm")) // the update's own machinery
	}
	c.objects[num] = p
	c.order = append(c.order, num)
	return nil
}

func (c *comparison) sameObject(was, is *file.Object) (bool, error) {
	if was == nil || is == nil {
		return was == is, nil
	}
	if (was.Stream >= 0) != (is.Stream >= 0) || !same(was.Value.Object, is.Value.Object) {
		return false, nil
	}
	if was.Stream < 0 || was.Stream == is.Stream {
		return true, nil
	}
	x, err := c.a.f.RawStream(was)
	if err != nil {
		return false, err
	}
	y, err := c.b.f.RawStream(is)
	return bytes.Equal(x, y), err
}

// same compares two objects by value.
func same(x, y object.Object) bool {
	switch x := x.(type) {
	case object.Array:
		y, ok := y.(object.Array)
		return ok && slices.EqualFunc(x, y, func(a, b object.Value) bool { return same(a.Object, b.Object) })
	case *object.Dict:
		y, ok := y.(*object.Dict)
		return ok && len(differing(x, y)) == 0
	case object.String:
		y, ok := y.(object.String)
		return ok && bytes.Equal(x, y)
	case int64, object.Real:
		switch y.(type) {
		case int64, object.Real:
			return float(x) == float(y)
		}
		return false
	}
	switch y.(type) {
	case object.Array, *object.Dict, object.String:
		return false
	}
	return x == y
}

// differing lists the keys whose values are not the same in two dictionaries, either of which may be nil. A key that stands more than once
// differs: readers do not agree on which one counts.
func differing(x, y *object.Dict) []object.Name {
	var keys []object.Name
	for _, e := range y.Entries() {
		if !slices.Contains(keys, e.Key) && (y.Count(e.Key) != 1 || !same(x.Get(e.Key), e.Value.Object)) {
			keys = append(keys, e.Key)
		}
	}
	for _, e := range x.Entries() {
		if _, kept := y.Lookup(e.Key); !kept && e.Value.Object != nil {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// inside says that the rules have looked at all that changed in an object.
func (c *comparison) inside(num int) {
	if p := c.objects[num]; p != nil {
		p.explained = true
	}
}

// wholly explains an object, and what changed below it, as replaced by leave of the object num. Streams and values may be replaced so, if
// nobody else uses them. Objects that did not change are not followed.
func (c *comparison) wholly(o object.Object, by int, depth int) error {
	return eachReference(o, func(ref object.Ref) error {
		p := c.objects[ref.Num]
		if p == nil || depth > maxFieldDepth {
			return nil
		}
		if err := c.b.f.Spend(costItem); err != nil {
			return err
		}
		if p.by[by] {
			return nil
		}
		first := p.by == nil
		if first {
			p.by = make(map[int]bool)
		}
		p.by[by] = true
		if !first || p.is == nil {
			return nil
		}
		return c.wholly(p.is.Value.Object, ref.Num, depth+1)
	})
}

// conclude looks for what no rule has explained.
func (c *comparison) conclude() {
	for _, num := range c.order {
		p := c.objects[num]
		switch {
		case p.explained:
		case p.was == nil:
			// New objects count by what refers to them, which the rules have seen; but nothing may have waited for them.
			if c.usedBefore(num, nil) {
				c.other("Object %d fills a gap that was left for it.", num)
			}
		case p.by == nil:
			c.other("Object %d was changed.", num)
		case c.usedBefore(num, p.by):
			c.other("Object %d was changed, and is used elsewhere too.", num)
		}
	}
}

// usedBefore tells whether objects other than the given ones referred to num before this step.
func (c *comparison) usedBefore(num int, but map[int]bool) bool {
	return slices.ContainsFunc(c.users.of[num], func(u user) bool { return u.step < c.step && !but[u.num] })
}
