package pdfprep

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"io"
	"slices"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// Signature is a signature as its bytes stand in the file.
type Signature struct {
	SignatureInfo
	Locks []FieldLock
	// Defect says why ByteRange and Contents prove nothing about the file, in plain words; "" if they are as they must be: the ranges
	// cover the file from its first byte to the end of one of its revisions and leave out Contents, all of it and nothing else.
	Defect string
	// End is where the covered revision ends; meaningful without a defect.
	End int64
	// Store tells that the covered revision has a document security store.
	Store bool
}

// maxSignatures bounds what one verification looks at. Files of many years hold some dozens.
const maxSignatures = 500

// Signatures lists the signatures of the form, in the order in which they were made as far as that can be told. Only the bytes are
// looked at: nothing is hashed, and Contents is not read.
func (d *Document) Signatures(ctx context.Context) ([]Signature, error) {
	d.f.Renew()
	d.past = 0
	form, err := d.form(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.signatures(form)
	if err != nil {
		return nil, err
	}
	if len(found) > maxSignatures {
		return nil, explain(file.ErrLimit)
	}
	list := make([]Signature, len(found))
	for i := range found {
		if list[i], err = d.examine(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Signature) int { return cmp.Compare(a.End, b.End) })
	for i := 1; i < len(list); i++ {
		if a, b := &list[i-1], &list[i]; a.Defect == "" && b.Defect == "" && a.End == b.End {
			b.Defect = "Another signature claims to close the same revision of the file."
		}
	}
	return list, nil
}

// examine describes one signature and looks for what makes it worthless.
func (d *Document) examine(ctx context.Context, s *signature) (Signature, error) {
	info, err := d.describe(s)
	if err != nil {
		return Signature{}, explain(err)
	}
	one := Signature{SignatureInfo: info, Locks: s.locks}
	one.End = info.ByteRange[2] + info.ByteRange[3]
	one.Defect, err = d.defect(ctx, s, &one)
	return one, explain(err)
}

// defect checks the rules against universal forgery, incremental saving and wrapping attacks: no key of the dictionary counts twice or
// hides behind an escape, ByteRange has the one safe shape, its gap is where Contents stands, and it ends where a revision ends.
func (d *Document) defect(ctx context.Context, s *signature, one *Signature) (string, error) {
	for _, key := range []object.Name{"ByteRange", "Contents", "SubFilter"} {
		if s.dict.Count(key) != 1 {
			return "The signature dictionary must have one entry " + string(key) + ".", nil
		}
	}
	for _, key := range []object.Name{"Filter", "Type", "Reference"} {
		if s.dict.Count(key) > 1 {
			return "The signature dictionary must not have two entries " + string(key) + ".", nil
		}
	}
	r := one.ByteRange
	if r[3] == 0 { // describe leaves out what has the wrong shape or size
		return "The ByteRange does not have the form [0 a b c] within the file.", nil
	}
	start, end, err := d.contentsPlace(s)
	if err != nil {
		return "", err
	}
	if start != r[1] || end != r[2] {
		return "The ByteRange leaves out something other than the signature itself.", nil
	}
	if r[2]-r[1] > 2*maxReservedBytes+2 {
		return "The signature is too large.", nil
	}
	whole, err := endsRevision(io.NewSectionReader(d.r, 0, r[2]+r[3]), r[2]+r[3])
	if err != nil {
		return "", err
	}
	if !whole {
		return "The signature does not cover a whole revision of the file.", nil
	}
	return d.foundThen(ctx, s, one)
}

// contentsPlace tells where the value of Contents stands in the file, from its '<' to behind its '>'; zeros where that cannot be said.
func (d *Document) contentsPlace(s *signature) (start, end int64, err error) {
	if s.field.dict.Count("V") != 1 {
		return 0, 0, nil
	}
	holder := s.field.ref
	ref, indirect := s.field.dict.Get("V").(object.Ref)
	if indirect {
		holder = ref
	}
	o, err := d.f.Object(holder) // none for a field that is no object
	if err != nil || o == nil || o.Compressed || o.Stream >= 0 {
		return 0, 0, err
	}
	raw := o.Value.Raw
	// Number, generation and the word obj come first, with white space between them.
	head, err := d.f.Bytes(o.Offset, len(raw)+256)
	if err != nil {
		return 0, 0, err
	}
	_, pos, _ := object.Int(head, 0)
	_, pos, _ = object.Int(head, pos)
	if pos = object.SkipSpace(head, pos); !bytes.HasPrefix(head[pos:], []byte("obj")) {
		return 0, 0, nil
	}
	if pos = object.SkipSpace(head, pos+len("obj")); !bytes.HasPrefix(head[pos:], raw) {
		return 0, 0, nil
	}
	at := 0
	if !indirect {
		span, ok := onlySpan(raw, 0, "V")
		if !ok {
			return 0, 0, nil
		}
		at = span.Start
	}
	for _, key := range []object.Name{"ByteRange", "SubFilter"} {
		if _, ok := onlySpan(raw, at, key); !ok {
			return 0, 0, nil
		}
	}
	span, ok := onlySpan(raw, at, "Contents")
	if !ok || raw[span.Start] != '<' {
		return 0, 0, nil
	}
	base := o.Offset + int64(pos)
	return base + int64(span.Start), base + int64(span.End), nil
}

// onlySpan finds the entry of a key that is there once and written plainly.
func onlySpan(raw []byte, pos int, key object.Name) (object.Span, bool) {
	spans, err := object.Spans(raw, pos)
	if err != nil {
		return object.Span{}, false
	}
	found := slices.DeleteFunc(spans, func(s object.Span) bool { return s.Key != key })
	if len(found) != 1 {
		return object.Span{}, false
	}
	return found[0], !found[0].Escaped && found[0].End > found[0].Start
}

// endsRevision tells whether the first size bytes of r end as a PDF ends: startxref, a number, %%EOF, and at most white space.
func endsRevision(r io.ReaderAt, size int64) (bool, error) {
	tail := make([]byte, min(size, 2048))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return false, err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return false, nil
	}
	_, pos, ok := object.Int(tail, at+len("startxref"))
	if !ok {
		return false, nil
	}
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(tail[pos:], pdfSpace), []byte("%%EOF"))
	return ok && len(bytes.Trim(rest, pdfSpace)) == 0, nil
}

const pdfSpace = " \t\r\n\f\x00"

// foundThen opens the revision that the signature closes and looks whether the signature is in it, at the same place.
func (d *Document) foundThen(ctx context.Context, s *signature, one *Signature) (string, error) {
	then, err := d.revision(ctx, one.End)
	if err != nil {
		const guess = 64 << 20 // what failed does not tell its cost
		if d.past += guess; d.past > d.maxPast() {
			return "", explain(file.ErrLimit)
		}
		return unlessOurs(err, "The revision of the file that the signature covers cannot be read.")
	}
	_, one.Store = then.root.Dict().Lookup("DSS")
	const absent = "The signature is not in the revision of the file that it covers."
	var was object.Object
	if s.field.ref.Num != 0 {
		o, err := then.f.Object(s.field.ref)
		if err != nil {
			return unlessOurs(explain(err), absent)
		}
		was = o.Dict().Get("V")
	}
	ref, indirect := s.field.dict.Get("V").(object.Ref)
	if before, _ := was.(object.Ref); was == nil || ref != before { // a direct one has no reference
		return absent, nil
	}
	num := ref.Num
	if !indirect {
		num = s.field.ref.Num
	}
	now, err := d.f.Find(num)
	if err != nil {
		return "", err
	}
	before, err := then.f.Find(num)
	if err != nil {
		return unlessOurs(explain(err), absent)
	}
	if now != before {
		return absent, nil
	}
	return "", d.settle(then)
}

// revision opens the file as it was when it was end bytes long.
func (d *Document) revision(ctx context.Context, end int64) (*Document, error) {
	o := d.options
	o.Limits.MaxCacheBytes = 1 << 20
	if o.Limits.MaxWork <= 0 { // every object may have to be read, those in object streams too
		o.Limits.MaxWork = 128<<20 + 24*end
	}
	return Open(ctx, io.NewSectionReader(d.r, 0, end), end, o)
}

// settle adds up what revisions cost: each is opened with a budget of its own, and a file may have very many.
func (d *Document) settle(then *Document) error {
	if d.past += then.f.Spent(); d.past > d.maxPast() {
		return explain(file.ErrLimit)
	}
	return nil
}

func (d *Document) maxPast() int64 { return 512<<20 + 32*d.f.Size() }

// unlessOurs turns an error about the PDF into words and lets those of the reader and the context pass.
func unlessOurs(err error, words string) (string, error) {
	if isOurs(err) {
		return words, nil
	}
	return "", err
}

// Digest hashes the bytes that a ByteRange covers, a piece at a time.
func (d *Document) Digest(ctx context.Context, h crypto.Hash, byteRange [4]int64) ([]byte, error) {
	if !h.Available() {
		return nil, refuse(InvalidArgument, "the hash is not linked in")
	}
	sum := h.New()
	for i := 0; i < 4; i += 2 {
		if err := hashRange(ctx, sum, d.r, byteRange[i], byteRange[i+1]); err != nil {
			return nil, err
		}
	}
	return sum.Sum(nil), nil
}
