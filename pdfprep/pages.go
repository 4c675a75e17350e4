package pdfprep

import (
	"context"
	"math"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// page finds a page by its number, from 1. Whole subtrees are passed over by their /Count; a tree that lies is walked node by node.
func (d *Document) page(ctx context.Context, number int) (*file.Object, error) {
	p, leaves, err := d.walkPages(ctx, number, true)
	if err == nil && p == nil {
		p, leaves, err = d.walkPages(ctx, number, false)
	}
	switch {
	case err != nil:
		return nil, explain(err)
	case p != nil:
		return p, nil
	case leaves == 0:
		return nil, refuse(Malformed, "the PDF has no page").with(detailRepairable, false)
	}
	return nil, refuse(InvalidArgument, "the PDF has no page with that number").with("page", number).with("pages", leaves)
}

// walkPages gives the numbered page and how many pages came up to it.
func (d *Document) walkPages(ctx context.Context, number int, trustCounts bool) (*file.Object, int, error) {
	var found *file.Object
	w := pageWalk{d: d, seen: make(map[int]bool)}
	w.page = func(o *file.Object) bool {
		if w.leaves == number {
			found = o
		}
		return found == nil
	}
	if trustCounts {
		w.pass = func(count int) bool { return w.leaves+count < number }
	}
	err := w.walk(ctx)
	return found, w.leaves, err
}

// pageWalk goes through the page tree (ISO 32000-2 §7.7.3) depth first, each node once.
type pageWalk struct {
	d      *Document
	seen   map[int]bool
	leaves int
	// page is told each page, leaves being its number; it says whether to go on.
	page func(*file.Object) bool
	// pass, if not nil, says whether a subtree that states so many pages is passed over.
	pass func(count int) bool
}

func (w *pageWalk) walk(ctx context.Context) error {
	root := object.Of(w.d.root.Dict().Get("Pages"))
	for stack := []object.Array{{root}}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		if len(*top) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		ref, ok := (*top)[0].Object.(object.Ref)
		*top = (*top)[1:]
		if !ok || w.seen[ref.Num] { // a page that is not an object of its own cannot take an annotation
			continue
		}
		if w.seen[ref.Num] = true; len(w.seen) > w.d.limits.MaxPages {
			return file.ErrLimit
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		kids, more, err := w.visit(ref)
		if err != nil || !more {
			return err
		}
		stack = append(stack, kids)
	}
	return nil
}

// visit looks at one node: a page is told, of a subtree the kids are given.
func (w *pageWalk) visit(ref object.Ref) (kids object.Array, more bool, err error) {
	node, err := w.d.f.Object(ref)
	if err != nil || node.Dict() == nil {
		return nil, true, err
	}
	if kids, err = w.d.array(node.Dict().Get("Kids")); err != nil {
		return nil, false, err
	}
	if kids == nil {
		w.leaves++
		return nil, w.page(node), nil
	}
	if w.pass == nil || len(w.seen) == 1 {
		return kids, true, nil
	}
	count, err := w.d.integer(node.Dict().Get("Count"), -1)
	if err == nil && count >= 0 && count <= int64(w.d.limits.MaxPages) && w.pass(int(count)) {
		w.leaves += int(count)
		return nil, true, nil
	}
	return kids, true, err
}

// sharesAnnots tells whether another page uses the same /Annots array. It looks at a few pages only, for each may cost a read of its own;
// beyond, it says yes, which is always safe: the page then gets an array of its own.
func (d *Document) sharesAnnots(ctx context.Context, page *file.Object, annots object.Ref) (bool, error) {
	const looked = 8
	shared := false
	w := pageWalk{d: d, seen: make(map[int]bool)}
	w.page = func(other *file.Object) bool {
		shared = w.leaves > looked || other.Ref.Num != page.Ref.Num && other.Dict().Get("Annots") == object.Object(annots)
		return !shared
	}
	err := w.walk(ctx)
	return shared, err
}

// maxPageDepth is how far up the page tree values are inherited from.
const maxPageDepth = 64

// inherited looks a value up in a page and, where it is not there, in the nodes above it (ISO 32000-2 §7.7.3.4).
func (d *Document) inherited(page *object.Dict, key object.Name) (object.Object, error) {
	for range maxPageDepth {
		if page == nil {
			return nil, nil
		}
		o, err := d.f.Resolve(page.Get(key))
		if err != nil || o != nil {
			return o, err
		}
		if page, err = d.dict(page.Get("Parent")); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// numbers resolves to an array of so many numbers, or nil.
func (d *Document) numbers(o object.Object, count int) ([]float64, error) {
	list, err := d.array(o)
	if err != nil || len(list) != count {
		return nil, err
	}
	numbers := make([]float64, count)
	for i, v := range list {
		n, err := d.f.Resolve(v.Object)
		if err != nil {
			return nil, err
		}
		numbers[i] = float(n)
	}
	return numbers, nil
}

// rectangle is numbers for a rectangle, its corners put in order (ISO 32000-2 §7.9.5).
func (d *Document) rectangle(o object.Object) (r [4]float64, ok bool, err error) {
	n, err := d.numbers(o, 4)
	if err != nil || n == nil {
		return r, false, err
	}
	return [4]float64{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}, true, nil
}

// view is how a page is shown: what part of it, turned clockwise by how much, and how many points its unit is.
type view struct {
	box    [4]float64
	rotate int // 0, 90, 180, 270
	unit   float64
}

func (d *Document) view(page *object.Dict) (view, error) {
	v := view{box: [4]float64{0, 0, 612, 792}, unit: 1}
	for i, key := range []object.Name{"MediaBox", "CropBox"} {
		o, err := d.inherited(page, key)
		if err != nil {
			return v, err
		}
		box, ok, err := d.rectangle(o)
		if err != nil {
			return v, err
		}
		if ok && i == 1 { // a CropBox shows no more than the MediaBox (§14.11.2)
			box = [4]float64{max(box[0], v.box[0]), max(box[1], v.box[1]), min(box[2], v.box[2]), min(box[3], v.box[3])}
		}
		if ok && box[0] < box[2] && box[1] < box[3] {
			v.box = box
		}
	}
	o, err := d.inherited(page, "Rotate")
	if err != nil {
		return v, err
	}
	if turn := int(math.Mod(float(o), 360)); turn%90 == 0 {
		v.rotate = (turn + 360) % 360
	}
	if o, err = d.f.Resolve(page.Get("UserUnit")); err != nil {
		return v, err
	}
	if u := float(o); u > 0 && u <= 75_000 { // the largest unit of §Annex C.2
		v.unit = u
	}
	return v, nil
}
