package pdfprep

import (
	"context"
	"fmt"
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// ChangeKind says what was done to a document after a signature, from the harmless to what no signature allows.
type ChangeKind string

// The kinds, each including those before it.
const (
	NothingChanged ChangeKind = "none"
	AddedEvidence  ChangeKind = "validation-data" // document security store, document timestamps, metadata (ISO 32000-2 §12.8.4, §12.8.5)
	FilledForm     ChangeKind = "form-filling"    // values of form fields, signatures
	Annotated      ChangeKind = "annotations"     // comments that cannot hide or show content
	ChangedContent ChangeKind = "other"           // anything else
)

func changeRank(k ChangeKind) int {
	return slices.Index([]ChangeKind{NothingChanged, AddedEvidence, FilledForm, Annotated, ChangedContent}, k)
}

// Changes is the difference between the revision that a signature covers and the file.
type Changes struct {
	Kind ChangeKind
	// Fields are those that were filled, signed or made.
	Fields []string
	// NewVisibleField tells that a signature field which takes up room on a page was made.
	NewVisibleField bool
	// Reasons say what made the kind other, for the first few.
	Reasons []string
}

const maxReasons = 10

func (c *Changes) raise(k ChangeKind) {
	if changeRank(k) > changeRank(c.Kind) {
		c.Kind = k
	}
}

func (c *Changes) other(format string, args ...any) {
	c.raise(ChangedContent)
	if reason := fmt.Sprintf(format, args...); len(c.Reasons) < maxReasons && !slices.Contains(c.Reasons, reason) {
		c.Reasons = append(c.Reasons, reason)
	}
}

func (c *Changes) touched(field string) {
	if !slices.Contains(c.Fields, field) {
		c.Fields = append(c.Fields, field)
	}
}

// add takes in what happened later.
func (c *Changes) add(later *Changes) {
	c.raise(later.Kind)
	for _, f := range later.Fields {
		c.touched(f)
	}
	for _, r := range later.Reasons {
		c.other("%s", r)
	}
	c.NewVisibleField = c.NewVisibleField || later.NewVisibleField
}

// Allowed tells whether a certification permits the changes; NotCertified permits all but the last kind (ISO 32000-2 table 257). A new
// field that shows on a page is not what a certification permits: it can cover what was certified.
func (c *Changes) Allowed(p DocMDP) bool {
	switch c.Kind {
	case NothingChanged, AddedEvidence:
		return true
	case FilledForm:
		return p == NotCertified || p != NoChanges && !c.NewVisibleField
	case Annotated:
		return p == NotCertified || p == Annotations && !c.NewVisibleField
	}
	return false
}

// Violates names the first field that was touched though the lock covers it, or is "".
func (c *Changes) Violates(lock *FieldLock) string {
	for _, f := range c.Fields {
		if lock.covers(f) {
			return f
		}
	}
	return ""
}

// Changes tells what happened to the file after each of the signatures, which come from Signatures. One with a defect gets nil.
//
// Every object that a later revision writes is compared with what it was: what is not explained by a rule counts as other. Revisions are
// compared one with the next, so that nothing can be changed and changed back. Objects that are allowed to be replaced must not be used
// by anything else, and no object may fill a gap that an earlier revision left for it: that is how content is hidden in what is signed.
func (d *Document) Changes(ctx context.Context, signatures []Signature) ([]*Changes, error) {
	d.f.Renew()
	d.past = 0
	var ends []int64
	for i := range signatures {
		if s := &signatures[i]; s.Defect == "" && (len(ends) == 0 || ends[len(ends)-1] != s.End) {
			ends = append(ends, s.End)
		}
	}
	out := make([]*Changes, len(signatures))
	if len(ends) == 0 {
		return out, nil
	}
	steps, err := d.steps(ctx, ends)
	if err != nil {
		return nil, err
	}
	for i := range signatures {
		if signatures[i].Defect != "" {
			continue
		}
		out[i] = &Changes{Kind: NothingChanged}
		for n := slices.Index(ends, signatures[i].End); n < len(steps); n++ {
			out[i].add(steps[n])
		}
	}
	return out, nil
}

// steps compares each of the revisions with the next, and the last with the whole file.
func (d *Document) steps(ctx context.Context, ends []int64) ([]*Changes, error) {
	steps := make([]*Changes, len(ends))
	for i := range steps {
		steps[i] = &Changes{Kind: NothingChanged}
	}
	last := ends[len(ends)-1]
	rest, err := d.f.Bytes(last, 64)
	if err != nil {
		return nil, explain(err)
	}
	if len(ends) == 1 && d.f.Size()-last <= int64(len(rest)) && onlySpace(rest) {
		return steps, nil
	}
	first, err := d.revision(ctx, ends[0])
	if err != nil {
		return nil, err
	}
	users := &users{of: make(map[int][]user)}
	fault := func(i int, err error) error {
		if err = explain(err); err != nil && isOurs(err) {
			for _, s := range steps[i:] { // what comes later cannot be judged without it
				s.other("The file cannot be compared with what was signed: %v.", err)
			}
			return nil
		}
		return err
	}
	if err := fault(0, users.prepare(ctx, first, d)); err != nil {
		return nil, err
	}
	for i, from := 0, first; i < len(ends); i++ {
		to := d
		if i+1 < len(ends) {
			if to, err = d.revision(ctx, ends[i+1]); err != nil {
				return nil, err
			}
		}
		to.f.Renew()
		c := &comparison{ctx: ctx, a: from, b: to, users: users, step: i + 1, Changes: steps[i]}
		if err := fault(i, c.run()); err != nil {
			return nil, err
		}
		if err := d.settle(from); err != nil {
			return steps, fault(i, err)
		}
		from = to
	}
	return steps, nil
}

func onlySpace(b []byte) bool {
	for _, c := range b {
		if !object.IsSpace(c) {
			return false
		}
	}
	return true
}

// user is an object that refers to another one, from a step on.
type user struct{ num, step int }

// users knows, for each object that was written after the first signature, which objects referred to it at any time.
type users struct {
	of    map[int][]user
	count int
}

const (
	maxUsers    = 1 << 20
	maxRewrites = 1 << 19 // objects written after the first signature
)

// prepare notes what was written since first, and searches first for references to it.
func (u *users) prepare(ctx context.Context, first, now *Document) error {
	for _, s := range now.f.Sections {
		if s.Offset < first.f.Size() {
			continue
		}
		err := now.f.Rows(s, func(num int, _ file.Entry, _ bool) error {
			u.of[num] = nil
			if len(u.of) > maxRewrites {
				return file.ErrLimit
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(u.of) == 0 {
		return nil
	}
	seen := make([]uint64, maxObjectNumber/64+2)
	for _, s := range first.f.Sections {
		err := first.f.Rows(s, func(num int, _ file.Entry, _ bool) error {
			if num > maxObjectNumber || seen[num/64]&(1<<(num%64)) != 0 {
				return nil
			}
			seen[num/64] |= 1 << (num % 64)
			return u.search(ctx, first, now, num)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// search takes one object of the first revision. What could not be read then but can be now reads beyond what was signed.
func (u *users) search(ctx context.Context, first, now *Document, num int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o, err := first.f.Object(object.Ref{Num: num})
	if err == nil {
		return u.note(o, 0)
	}
	if err := explain(err); !isOurs(err) {
		return err
	}
	entry, err := first.f.Find(num)
	if err != nil {
		return nil
	}
	if same, err := now.f.Find(num); err != nil || same != entry {
		return nil
	}
	if o, err := now.f.Object(object.Ref{Num: num}); err == nil && o != nil {
		return refuse(Malformed, fmt.Sprintf("object %d was signed without its content", num))
	}
	return nil
}

// note records the references of an object. A cross-reference stream is a trailer, and refers as trailers do.
func (u *users) note(o *file.Object, step int) error {
	if o == nil || o.Dict().Get("Type") == object.Name("XRef") {
		return nil
	}
	return eachReference(o.Value.Object, func(ref object.Ref) error {
		if list, ok := u.of[ref.Num]; ok {
			if u.count++; u.count > maxUsers {
				return file.ErrLimit
			}
			u.of[ref.Num] = append(list, user{o.Ref.Num, step})
		}
		return nil
	})
}

// eachReference tells every reference in an object that was parsed; nesting is bounded by the parser.
func eachReference(o object.Object, use func(object.Ref) error) error {
	switch o := o.(type) {
	case object.Ref:
		return use(o)
	case object.Array:
		for _, v := range o {
			if err := eachReference(v.Object, use); err != nil {
				return err
			}
		}
	case *object.Dict:
		for _, e := range o.Entries() {
			if err := eachReference(e.Value.Object, use); err != nil {
				return err
			}
		}
	}
	return nil
}
