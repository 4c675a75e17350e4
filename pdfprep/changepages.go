package pdfprep

import (
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// pages judges changed pages and the lists of their annotations: only annotations may be added.
func (c *comparison) pages() error {
	for _, num := range c.order {
		p := c.objects[num]
		if p.explained || p.was == nil || p.is == nil {
			continue
		}
		if isPage(p.was.Dict()) && isPage(p.is.Dict()) {
			c.inside(num)
			for _, key := range differing(p.was.Dict(), p.is.Dict()) {
				if key != "Annots" {
					c.other("The entry %s of a page was changed.", key)
				}
			}
			if err := c.annotations(p.was.Dict().Get("Annots"), p.is.Dict().Get("Annots")); err != nil {
				return err
			}
			continue
		}
		_, wasList := p.was.Value.Object.(object.Array)
		if _, isList := p.is.Value.Object.(object.Array); !wasList || !isList {
			continue
		}
		listed, err := c.listsAnnotations(num)
		if err != nil {
			return err
		}
		if listed {
			if err := c.annotations(p.was.Ref, p.was.Ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// isPage tells a page, even one that does not say so.
func isPage(d *object.Dict) bool {
	if d == nil {
		return false
	}
	_, kids := d.Lookup("Kids")
	_, field := d.Lookup("T")
	_, annotation := d.Lookup("Subtype")
	_, above := d.Get("Parent").(object.Ref)
	return above && !kids && !field && !annotation && (d.Get("Type") == object.Name("Page") || d.Get("Type") == nil)
}

// listsAnnotations tells whether an array is the /Annots of pages and nothing else.
func (c *comparison) listsAnnotations(num int) (bool, error) {
	found := false
	for _, u := range c.users.of[num] {
		if u.step >= c.step {
			continue
		}
		o, err := c.a.f.Object(object.Ref{Num: u.num})
		if err != nil {
			return false, err
		}
		if !isPage(o.Dict()) || !refersOnlyBy(o, "Annots", num) {
			return false, nil
		}
		found = true
	}
	return found, nil
}

// refersOnlyBy tells whether one entry is the only place where a dictionary refers to num.
func refersOnlyBy(o *file.Object, key object.Name, num int) bool {
	count := 0
	_ = eachReference(o.Value.Object, func(ref object.Ref) error { // the function never fails
		if ref.Num == num {
			count++
		}
		return nil
	})
	ref, ok := o.Dict().Get(key).(object.Ref)
	return ok && ref.Num == num && count == 1
}

// comments are the annotations that may be added: their looks are the reader's, and they let the text below show.
var comments = []object.Name{"Text", "Popup", "Highlight", "Underline", "StrikeOut", "Squiggly", "Caret"}

// commentKeys are what they may have: neither an action nor an appearance of their own, which could show and hide anything.
var commentKeys = []object.Name{"Type", "Subtype", "Rect", "Contents", "P", "NM", "M", "F", "C", "CA", "T", "Popup", "Parent", "CreationDate", "RC",
	"Subj", "IRT", "RT", "QuadPoints", "Open", "Name", "State", "StateModel", "StructParent", "Lang"}

func (c *comparison) annotations(before, now object.Object) error {
	added, err := c.added(before, now, "a page's annotations")
	if err != nil {
		return err
	}
	for _, o := range added {
		ref, indirect := o.(object.Ref)
		if indirect && c.made[ref.Num] {
			continue
		}
		d, err := c.b.dict(o)
		if err != nil {
			return err
		}
		if indirect && c.becameWidget(ref.Num) {
			if visible, err := c.takesRoom(d); err != nil || !visible {
				if err != nil {
					return err
				}
				continue
			}
		}
		if p := c.objects[ref.Num]; indirect && (p == nil || p.was != nil) {
			c.other("A page shows an older object as an annotation.")
			continue
		}
		subtype, _ := d.Get("Subtype").(object.Name)
		plain := slices.Contains(comments, subtype)
		for _, e := range d.Entries() {
			plain = plain && slices.Contains(commentKeys, e.Key) && d.Count(e.Key) == 1
		}
		if !plain {
			c.other("An annotation was added that can hide or show content.")
			continue
		}
		c.raise(Annotated)
	}
	return nil
}

// becameWidget tells a signature field that was signed in this step.
func (c *comparison) becameWidget(num int) bool {
	for i, ref := range c.filled {
		if ref == num && c.fields.fields[i].kind == "Sig" {
			return true
		}
	}
	return false
}
