package pdfprep

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"strings"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// SecurityStore is what a document carries for the validation of its signatures (ISO 32000-2 §12.8.4.3, EN 319 142-1 §5.4.2). All is
// DER as it was found; nothing of it has been judged.
type SecurityStore struct {
	Certificates [][]byte
	OCSPs        [][]byte // OCSPResponses
	CRLs         [][]byte // CertificateLists
}

// The three lists of a store, by their names in /DSS and in an entry of /VRI (ISO 32000-2 tables 261 and 262).
var storeKeys = [...]struct{ dss, vri object.Name }{{"Certs", "Cert"}, {"OCSPs", "OCSP"}, {"CRLs", "CRL"}}

func (s *SecurityStore) lists() [len(storeKeys)]*[][]byte {
	return [...]*[][]byte{&s.Certificates, &s.OCSPs, &s.CRLs}
}

// holds tells whether everything in other is here too.
func (s *SecurityStore) holds(other *SecurityStore) bool {
	have, want := s.lists(), other.lists()
	for i := range want {
		for _, der := range *want[i] {
			if !contains(*have[i], der) {
				return false
			}
		}
	}
	return true
}

func contains(list [][]byte, der []byte) bool {
	for _, have := range list {
		if bytes.Equal(have, der) {
			return true
		}
	}
	return false
}

// SecurityStore reads the document's store; one that is absent is empty. What stands only under a single signature's name in /VRI is taken
// too.
func (d *Document) SecurityStore(ctx context.Context) (*SecurityStore, error) {
	d.f.Renew()
	s, err := d.store(ctx)
	if err != nil {
		return nil, err
	}
	return &s.SecurityStore, nil
}

// store is a document's store with the objects that hold it.
type store struct {
	SecurityStore
	ref  object.Ref // zero for a direct dictionary
	dict *object.Dict
	refs [len(storeKeys)][]object.Ref // of the streams in the three lists
}

func (d *Document) store(ctx context.Context) (*store, error) {
	s := &store{}
	entry := d.root.Dict().Get("DSS")
	var err error
	if s.dict, err = d.dict(entry); err != nil || s.dict == nil {
		return s, explain(err)
	}
	s.ref, _ = entry.(object.Ref)
	for i, key := range storeKeys {
		if err := d.readStore(ctx, s, i, s.dict.Get(key.dss)); err != nil {
			return nil, explain(err)
		}
	}
	vri, err := d.dict(s.dict.Get("VRI"))
	if err != nil {
		return nil, explain(err)
	}
	for _, e := range vri.Entries() {
		one, err := d.dict(e.Value.Object)
		if err != nil {
			return nil, explain(err)
		}
		for i, key := range storeKeys {
			if err := d.readStore(ctx, s, i, one.Get(key.vri)); err != nil {
				return nil, explain(err)
			}
		}
	}
	return s, nil
}

// readStore adds the streams of an array to one of the lists, each once. What is no stream is passed over: a store is an offer.
func (d *Document) readStore(ctx context.Context, s *store, list int, from object.Object) error {
	items, err := d.array(from)
	if err != nil {
		return err
	}
	der := s.lists()[list]
	for _, item := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		ref, ok := item.Object.(object.Ref)
		if !ok || s.has(list, ref) {
			continue
		}
		o, err := d.f.Object(ref)
		if err != nil {
			return err
		}
		if o == nil || o.Stream < 0 {
			continue
		}
		data, err := d.f.StreamData(o)
		if err != nil {
			return err
		}
		s.refs[list] = append(s.refs[list], ref)
		*der = append(*der, bytes.Clone(data))
		if len(s.refs[list]) > maxStoreItems {
			return file.ErrLimit
		}
	}
	return nil
}

// maxStoreItems bounds each list of a store; renewed for decades, one holds some hundreds.
const maxStoreItems = 5000

func (s *store) has(list int, ref object.Ref) bool {
	for _, r := range s.refs[list] {
		if r == ref {
			return true
		}
	}
	return false
}

// StoreOptions say what is added to a document's store.
type StoreOptions struct {
	Add SecurityStore
	// Signatures are the Contents, padding included, of signatures that get an entry of their own in /VRI, for readers that look nowhere
	// else. EN 319 142-1 §5.4.2.3 advises against it.
	Signatures [][]byte
	// Seed: see SignOptions.
	Seed [16]byte
}

// PrepareStore gives the update that adds to the document's security store what is not in it yet; nil if all is. No certification
// forbids it, not even one without changes (ISO 32000-2 §12.8.2.2.2): the store is no change of the document.
func (d *Document) PrepareStore(ctx context.Context, o StoreOptions) ([]byte, error) {
	d.f.Renew()
	if err := d.accessAllows(false); err != nil {
		return nil, err
	}
	if _, err := d.form(ctx); err != nil { // RereadStore has to find the signatures
		return nil, err
	}
	s, err := d.store(ctx)
	if err != nil {
		return nil, err
	}
	w := &storeWriter{d: d, update: d.newUpdate(o.Seed), store: s}
	changed, err := w.add(&o.Add)
	if err == nil && len(o.Signatures) > 0 {
		changed, err = true, w.name(o.Signatures)
	}
	if err != nil || !changed {
		return nil, explain(err)
	}
	if err := w.list(); err != nil {
		return nil, explain(err)
	}
	out, err := w.update.bytes()
	return out, explain(err)
}

type storeWriter struct {
	d      *Document
	update *update
	store  *store
	added  [len(storeKeys)][]object.Ref
	vri    *object.Dict
}

// add writes each new piece as a stream.
func (w *storeWriter) add(more *SecurityStore) (changed bool, err error) {
	have := w.store.lists()
	for i, list := range more.lists() {
		for _, der := range *list {
			if contains(*have[i], der) {
				continue
			}
			ref, err := w.update.addStream(object.NewDict(), der)
			if err != nil {
				return false, err
			}
			*have[i] = append(*have[i], der)
			w.added[i] = append(w.added[i], ref)
			changed = true
		}
	}
	return changed, nil
}

// name makes the entries of /VRI: the key is the SHA-1 of Contents in capitals (ISO 32000-2 table 261).
func (w *storeWriter) name(signatures [][]byte) error {
	var err error
	if w.vri, err = w.d.dict(w.store.dict.Get("VRI")); err != nil {
		return err
	}
	if w.vri == nil {
		w.vri = object.NewDict()
	}
	entry := object.NewDict()
	for i, key := range storeKeys {
		if all := append(w.store.refs[i], w.added[i]...); len(all) > 0 {
			entry = entry.With(key.vri, references(nil, all))
		}
	}
	for _, contents := range signatures {
		sum := sha1.Sum(contents)
		w.vri = w.vri.With(object.Name(strings.ToUpper(hex.EncodeToString(sum[:]))), entry)
	}
	return nil
}

// list puts the new streams into the store's lists, and the store into the catalog where there was none.
func (w *storeWriter) list() error {
	dict := w.store.dict
	if dict == nil {
		dict = object.NewDict().With("Type", object.Name("DSS"))
	}
	for i, key := range storeKeys {
		if len(w.added[i]) == 0 {
			continue
		}
		list, err := w.d.array(dict.Get(key.dss))
		if err != nil {
			return err
		}
		list = references(list, w.added[i])
		o, err := w.holder(dict.Get(key.dss))
		if err != nil {
			return err
		}
		if o != nil {
			w.update.change(o, list)
		} else {
			dict = dict.With(key.dss, list)
		}
	}
	if w.vri != nil {
		dict = dict.With("VRI", w.vri)
	}
	switch {
	case w.store.dict == nil:
		ref, err := w.update.add(dict)
		if err != nil {
			return err
		}
		w.update.change(w.d.root, w.d.root.Dict().With("DSS", ref))
	case w.store.ref.Num == 0:
		w.update.change(w.d.root, w.d.root.Dict().With("DSS", dict))
	case dict != w.store.dict:
		o, err := w.d.f.Object(w.store.ref)
		if err != nil {
			return err
		}
		w.update.change(o, dict)
	}
	return nil
}

// holder is the object of an array that is one of its own, or nil.
func (w *storeWriter) holder(o object.Object) (*file.Object, error) {
	ref, ok := o.(object.Ref)
	if !ok {
		return nil, nil
	}
	held, err := w.d.f.Object(ref)
	if err != nil || held == nil {
		return nil, err
	}
	if _, ok := held.Value.Object.(object.Array); !ok {
		return nil, nil
	}
	return held, nil
}

func references(list object.Array, more []object.Ref) object.Array {
	list = append(object.Array(nil), list...)
	for _, ref := range more {
		list = append(list, object.Of(ref))
	}
	return list
}

// RereadStore opens a finished file from its bytes and checks that its store holds what was added, and that every signature stands
// where it stood: in the first originalSize bytes.
func RereadStore(ctx context.Context, r io.ReaderAt, size, originalSize int64, want *SecurityStore, o OpenOptions) error {
	d, err := Open(ctx, r, size, o)
	if err != nil {
		return unreadable(err)
	}
	s, err := d.store(ctx)
	if err != nil {
		return unreadable(err)
	}
	if !s.holds(want) {
		return refuse(SelfCheckFailed, "the security store does not hold what was added")
	}
	form, err := d.form(ctx)
	if err != nil {
		return unreadable(err)
	}
	return d.signaturesUntouched(form, "", originalSize)
}
