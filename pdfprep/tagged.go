package pdfprep

import (
	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// tag makes a new widget part of the structure of a tagged document: a Form element with an object reference, found again by the parent
// tree (ISO 32000-2 §14.7.5.4; ISO 14289-1 §7.18.4 demands it). Other documents are left alone, and so is a structure that is not
// written the way structures are: a signature is worth more than its tag. Nor is what somebody has signed: to change its structure is not
// among what may be done to it, and validators say so (ISO 32000-2 table 257).
func (p *preparation) tag(page *file.Object, ref object.Ref, widget *object.Dict) (*object.Dict, error) {
	if len(p.earlier) > 0 {
		return widget, nil
	}
	catalog := p.update.current(p.d.root)
	mark, err := p.d.dict(catalog.Get("MarkInfo"))
	if err != nil || mark.Get("Marked") != true {
		return widget, err
	}
	at, _ := catalog.Get("StructTreeRoot").(object.Ref)
	root, err := p.d.f.Object(at)
	if err != nil || root.Dict() == nil {
		return widget, err
	}
	tree, err := p.holder(root, "ParentTree")
	if err != nil || tree.object == nil {
		return widget, err
	}
	key, err := p.d.nextKey(root.Dict(), tree.dict)
	if err != nil || key < 0 {
		return widget, err
	}
	parent, err := p.topElement(root)
	if err != nil {
		return widget, err
	}
	reference := object.NewDict().With("Type", object.Name("OBJR")).With("Obj", ref).With("Pg", page.Ref)
	element, err := p.update.add(object.NewDict().With("Type", object.Name("StructElem")).With("S", object.Name("Form")).
		With("P", parent.Ref).With("Pg", page.Ref).With("K", reference))
	if err != nil {
		return widget, err
	}
	if err := p.appendKid(parent, element); err != nil {
		return widget, err
	}
	if err := p.enter(root, tree, key, element); err != nil {
		return widget, err
	}
	p.update.change(root, p.update.current(root).With("ParentTreeNextKey", key+1))
	if p.update.current(page).Get("Tabs") == nil { // ISO 14289-1 §7.18.3
		p.update.change(page, p.update.current(page).With("Tabs", object.Name("S")))
	}
	// A field has a name to be read out (§7.18.4).
	return widget.With("StructParent", key).With("TU", encodeText(p.name)), nil
}

// held is a dictionary that stands in an object of its own or inside another.
type held struct {
	object *file.Object // its own
	dict   *object.Dict
}

// holder finds the dictionary under a key; only one that is an object of its own has an object.
func (p *preparation) holder(o *file.Object, key object.Name) (held, error) {
	ref, ok := o.Dict().Get(key).(object.Ref)
	if !ok {
		dict, _ := o.Dict().Get(key).(*object.Dict)
		return held{object: o, dict: dict}, nil
	}
	own, err := p.d.f.Object(ref)
	if err != nil || own.Dict() == nil {
		return held{}, err
	}
	return held{object: own, dict: own.Dict()}, nil
}

// nextKey is a number that the parent tree does not have: /ParentTreeNextKey, or what comes after the greatest; -1 if there is none.
func (d *Document) nextKey(root, tree *object.Dict) (int64, error) {
	next, err := d.integer(root.Get("ParentTreeNextKey"), 0)
	if err != nil {
		return -1, err
	}
	greatest := int64(-1)
	for range maxPageDepth { // nodes and their keys are sorted: the last of the last is the greatest
		nums, err := d.array(tree.Get("Nums"))
		if err != nil {
			return -1, err
		}
		if len(nums) >= 2 {
			greatest, err = d.integer(nums[(len(nums)-2)&^1].Object, -1)
		}
		kids, err2 := d.array(tree.Get("Kids"))
		if err != nil || err2 != nil || len(kids) == 0 {
			next = max(next, greatest+1)
			if next > 1<<30 {
				return -1, err
			}
			return next, err
		}
		if tree, err = d.dict(kids[len(kids)-1].Object); err != nil {
			return -1, err
		}
	}
	return -1, nil
}

// topElement is what new elements go under: the one element at the top, if it is one that groups, else the root.
func (p *preparation) topElement(root *file.Object) (*file.Object, error) {
	kid := root.Dict().Get("K")
	if list, err := p.d.array(kid); err != nil {
		return nil, err
	} else if len(list) == 1 {
		kid = list[0].Object
	}
	ref, _ := kid.(object.Ref)
	o, err := p.d.f.Object(ref)
	if err != nil {
		return nil, err
	}
	switch o.Dict().Get("S") {
	case object.Name("Document"), object.Name("Part"), object.Name("Sect"), object.Name("Div"), object.Name("Art"):
		return o, nil
	}
	return root, nil
}

// appendKid adds to /K, which may hold one kid without an array around it.
func (p *preparation) appendKid(parent *file.Object, kid object.Ref) error {
	holder := p.update.current(parent)
	one, has := holder.Lookup("K")
	list, err := p.d.array(one.Object)
	if err != nil || list != nil || !has {
		if err == nil {
			err = p.appendTo(parent, "K", kid)
		}
		return err
	}
	p.update.change(parent, holder.With("K", object.Array{one, object.Of(kid)}))
	return nil
}

// enter puts the element into the parent tree under a key that is greater than all others (ISO 32000-2 §7.9.7).
func (p *preparation) enter(root *file.Object, tree held, key int64, element object.Ref) error {
	pair := object.Array{object.Of(key), object.Of(element)}
	inRoot := tree.object == root
	kids, err := p.d.array(tree.dict.Get("Kids"))
	if err != nil {
		return err
	}
	if kids == nil {
		ref, apart := tree.dict.Get("Nums").(object.Ref)
		nums, err := p.d.array(tree.dict.Get("Nums"))
		if err != nil {
			return err
		}
		grown := append(append(object.Array{}, nums...), pair...)
		if o, err := p.d.f.Object(ref); err != nil {
			return err
		} else if apart && o != nil {
			p.update.change(o, grown)
			return nil
		}
		return p.replant(root, tree, inRoot, treeDict(tree.dict).With("Nums", grown))
	}
	limits := object.Array{object.Of(key), object.Of(key)}
	leaf, err := p.update.add(object.NewDict().With("Limits", limits).With("Nums", pair))
	if err != nil {
		return err
	}
	if !inRoot {
		return p.appendTo(tree.object, "Kids", leaf)
	}
	return p.replant(root, tree, inRoot, tree.dict.With("Kids", extended(kids, leaf)))
}

func (p *preparation) replant(root *file.Object, tree held, inRoot bool, changed *object.Dict) error {
	if inRoot {
		p.update.change(root, p.update.current(root).With("ParentTree", changed))
	} else {
		p.update.change(tree.object, changed)
	}
	return nil
}

func treeDict(d *object.Dict) *object.Dict {
	if d == nil {
		return object.NewDict()
	}
	return d
}
