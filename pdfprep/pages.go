package pdfprep

import (
	"context"

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

// walkPages goes through the page tree (ISO 32000-2 §7.7.3) depth first, each node once, until the numbered leaf.
func (d *Document) walkPages(ctx context.Context, number int, trustCounts bool) (*file.Object, int, error) {
	stack := []object.Object{d.root.Dict().Get("Pages")}
	seen := make(map[int]bool)
	for leaves := 0; ; {
		if len(stack) == 0 {
			return nil, leaves, nil
		}
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		ref, ok := top.(object.Ref)
		if !ok || seen[ref.Num] { // a page that is not an object of its own cannot take an annotation
			continue
		}
		if seen[ref.Num] = true; len(seen) > d.limits.MaxPages {
			return nil, leaves, file.ErrLimit
		}
		if err := ctx.Err(); err != nil {
			return nil, leaves, err
		}
		node, err := d.f.Object(ref)
		if err != nil {
			return nil, leaves, err
		}
		dict := node.Dict()
		if dict == nil {
			continue
		}
		kids, err := d.array(dict.Get("Kids"))
		if err != nil {
			return nil, leaves, err
		}
		if kids == nil {
			if leaves++; leaves == number {
				return node, leaves, nil
			}
			continue
		}
		count, err := d.integer(dict.Get("Count"), -1)
		if err != nil {
			return nil, leaves, err
		}
		if trustCounts && count >= 0 && count <= int64(d.limits.MaxPages) && leaves+int(count) < number && len(seen) > 1 {
			leaves += int(count)
			continue
		}
		for i := len(kids) - 1; i >= 0; i-- {
			stack = append(stack, kids[i].Object)
		}
	}
}

// sharesAnnots tells whether another page uses the same /Annots array. It looks at so many pages only; beyond, it says yes, which is
// always safe: the page then gets an array of its own.
func (d *Document) sharesAnnots(ctx context.Context, page *file.Object, annots object.Ref) (bool, error) {
	const looked = 500
	for n := 1; ; n++ {
		other, _, err := d.walkPages(ctx, n, false)
		if err != nil || other == nil {
			return false, err
		}
		if n > looked {
			return true, nil
		}
		if other.Ref.Num != page.Ref.Num && other.Dict().Get("Annots") == object.Object(annots) {
			return true, nil
		}
	}
}
