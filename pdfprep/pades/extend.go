package pades

import (
	"context"
	"crypto"
	"errors"
	"io"

	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
)

// Source is a file in the hands of whoever owns its bytes.
type Source interface {
	io.ReaderAt
	// Size is the length in bytes.
	Size() int64
	// Digest hashes the whole source followed by before and after.
	Digest(ctx context.Context, h crypto.Hash, before, after []byte) ([]byte, error)
}

// ExtendOptions say how far a file is extended and who helps.
type ExtendOptions struct {
	Level       Level
	Authorities []Timestamper
	// Collect says where evidence comes from; its Now must be set.
	Collect CollectOptions
	// Hash is of the document timestamps, SHA-256 if 0.
	Hash crypto.Hash
	// Random is read for 16 bytes an update: see pdfprep.SignOptions.Seed.
	Random io.Reader
	// Names gives each signature an entry of its own in the store: see pdfprep.StoreOptions.
	Names bool
	// Update is what was appended to the source before, such as a signature that was just made.
	Update []byte
	// Open reads the file as it is; pdfprep.Open if nil. After the first update only pdfprep.Open is used.
	Open func(ctx context.Context, r io.ReaderAt, size int64) (*pdfprep.Document, error)
	// Document opens the finished file again.
	Document pdfprep.OpenOptions
}

// Extension is how far a file came.
type Extension struct {
	// Update is all that follows the source, the update of the options included.
	Update []byte
	// Level is what the signatures reach now, as far as this file says.
	Level Level
	// Shortfall is why the level asked for was not reached, nil if it was: ErrTSAFailed, ErrUnavailable with what is missing, ErrUnusable
	// for a revoked certificate, or whatever else stood in the way. The update then holds what was reached before.
	Shortfall error
	// Evidence is what was collected on the way, so that the next file of the same signer need not ask again.
	Evidence *Evidence
}

// Extend takes all signatures of a file to a higher level (EN 319 142-1 6): a document timestamp where a signature has no timestamp (B-T; the
// signature itself cannot be changed any more), the evidence in the security store (B-LT), and a document timestamp over all that (B-LTA).
// A file of level B-LTA is renewed: the evidence about its last timestamp is stored, and a new timestamp put over it. Every update is read
// again from its bytes and verified. A failure never loses what was reached before it.
func Extend(ctx context.Context, source Source, o ExtendOptions) *Extension {
	x := &extender{source: source, o: o, out: &Extension{Update: o.Update, Level: BB}}
	x.out.Shortfall = x.run(ctx)
	return x.out
}

type extender struct {
	source Source
	o      ExtendOptions
	out    *Extension
}

func (x *extender) run(ctx context.Context) error {
	if x.o.Hash == 0 {
		x.o.Hash = crypto.SHA256
	}
	if err := sigalg.CheckHash(x.o.Hash); err != nil {
		return err
	}
	if x.o.Random == nil || x.o.Collect.Now.IsZero() {
		return &Error{Code: InvalidArgument, Msg: "there is no source of random bytes or no time"}
	}
	s, err := x.examine(ctx)
	if err != nil {
		return err
	}
	if x.o.Level == BB || x.o.Level == "" {
		return nil
	}
	if !s.stamped {
		if err := x.stamp(ctx); err != nil {
			return err
		}
		if s, err = x.examine(ctx); err != nil {
			return err
		}
	}
	x.out.Level = BT
	if x.o.Level == BT {
		return nil
	}
	if err := x.store(ctx, s); err != nil {
		return err
	}
	x.out.Level = BLT
	if x.o.Level == BLT {
		return nil
	}
	if err := x.stamp(ctx); err != nil {
		return err
	}
	x.out.Level = BLTA
	return nil
}

// whole is the file as it stands now.
func (x *extender) whole() (io.ReaderAt, int64) {
	size := x.source.Size()
	return pdfprep.Concat(x.source, size, x.out.Update), size + int64(len(x.out.Update))
}

func (x *extender) open(ctx context.Context) (*pdfprep.Document, error) {
	r, size := x.whole()
	if len(x.out.Update) == 0 && x.o.Open != nil {
		return x.o.Open(ctx, r, size)
	}
	return pdfprep.Open(ctx, r, size, x.o.Document)
}

func (x *extender) examine(ctx context.Context) (*standing, error) {
	d, err := x.open(ctx)
	if err != nil {
		return nil, err
	}
	list, err := d.SignatureInfos(ctx)
	if err != nil {
		return nil, err
	}
	signed := false
	for i := range list {
		signed = signed || !list[i].Timestamp
	}
	if !signed {
		return nil, &Error{Code: InvalidArgument, Msg: "the PDF has no signature to extend"}
	}
	store, err := d.SecurityStore(ctx)
	if err != nil {
		return nil, err
	}
	return examine(list, store), nil
}

// store adds the evidence.
func (x *extender) store(ctx context.Context, s *standing) error {
	evidence, err := s.collect(ctx, x.o.Collect)
	x.out.Evidence = evidence
	if err != nil {
		return err
	}
	d, err := x.open(ctx)
	if err != nil {
		return err
	}
	o := pdfprep.StoreOptions{Add: evidence.store()}
	if x.o.Names {
		list, err := d.SignatureInfos(ctx)
		if err != nil {
			return err
		}
		for i := range list {
			o.Signatures = append(o.Signatures, list[i].Contents)
		}
	}
	if _, err := io.ReadFull(x.o.Random, o.Seed[:]); err != nil {
		return err
	}
	update, err := d.PrepareStore(ctx, o)
	if err != nil || update == nil {
		return err
	}
	_, before := x.whole()
	longer := append(x.out.Update[:len(x.out.Update):len(x.out.Update)], update...)
	size := x.source.Size()
	if err := pdfprep.RereadStore(ctx, pdfprep.Concat(x.source, size, longer), size+int64(len(longer)), before, &o.Add, x.o.Document); err != nil {
		return err
	}
	x.out.Update = longer
	return nil
}

// stamp puts a document timestamp over the file as it stands. A token that is longer than the room kept for it is asked for once more.
func (x *extender) stamp(ctx context.Context) error {
	room := allowance
	for again := false; ; again = true {
		needed, err := x.stampInto(ctx, room)
		if again || !errors.Is(err, pdfprep.ErrPlaceholderTooSmall) {
			return err
		}
		room = needed + 1<<10
	}
}

func (x *extender) stampInto(ctx context.Context, room int) (needed int, err error) {
	d, err := x.open(ctx)
	if err != nil {
		return 0, err
	}
	o := pdfprep.TimestampOptions{ReservedBytes: room}
	if _, err := io.ReadFull(x.o.Random, o.Seed[:]); err != nil {
		return 0, err
	}
	p, err := d.PrepareTimestamp(ctx, o)
	if err != nil {
		return 0, err
	}
	so := len(x.out.Update)
	digest, err := x.source.Digest(ctx, x.o.Hash, append(x.out.Update[:so:so], p.Before()...), p.After())
	if err != nil {
		return 0, err
	}
	request, err := cms.NewTimestampRequest(x.o.Hash, digest)
	if err != nil {
		return 0, err
	}
	t, err := Stamp(ctx, x.o.Authorities, request)
	if err != nil {
		return 0, err
	}
	update, err := p.Embed(t.Token)
	if err != nil {
		return len(t.Token), err
	}
	longer := append(x.out.Update[:so:so], update...)
	if err := x.reread(ctx, longer, p, digest); err != nil {
		return 0, err
	}
	x.out.Update = longer
	return 0, nil
}

// reread judges the timestamp from the bytes of the longer file.
func (x *extender) reread(ctx context.Context, update []byte, p *pdfprep.Prepared, digest []byte) error {
	size := x.source.Size()
	contents, err := pdfprep.Reread(ctx, pdfprep.Concat(x.source, size, update), size+int64(len(update)), p, x.o.Document)
	if err != nil {
		return err
	}
	der, err := cms.TrimPadding(contents)
	if err != nil {
		return err
	}
	t, err := cms.ParseTimestamp(der)
	if err != nil {
		return err
	}
	if !t.Covers(digest) || t.Hash != x.o.Hash {
		return &Error{Code: TSAFailed, Msg: "the timestamp in the file is over something else"}
	}
	return t.Verify()
}
