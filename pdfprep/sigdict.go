package pdfprep

import (
	"bytes"
	"fmt"
	"time"

	"hashout/pdfprep/internal/object"
)

// SubFilter says how Contents is encoded (ISO 32000-2 table 255).
type SubFilter string

// The SubFilters.
const (
	ETSICAdESDetached SubFilter = "ETSI.CAdES.detached"
	AdbePKCS7Detached SubFilter = "adbe.pkcs7.detached"
	ETSIRFC3161       SubFilter = "ETSI.RFC3161" // of document timestamps: see PrepareTimestamp
)

// byteRangeSlot is as wide as three numbers of 20 digits need, so that the ByteRange of any file fits in without moving a byte.
const byteRangeSlot = len("[0 ") + 3*20 + len("  ]")

// sigDict writes a signature dictionary and remembers where its open places are (positions in the update).
type sigDict struct {
	options  *SignOptions
	lock     *FieldLock
	root     object.Ref
	contents int // of '<'
	end      int // behind '>'
	slot     int // of the ByteRange's '['
}

// write is called with the update so far; all values are direct (EN 319 142-1 §4.1, ISO 32000-2 §12.8.1).
func (s *sigDict) write(out []byte, w object.Writer) ([]byte, error) {
	out = append(out, "<<\n/Type /"...)
	if s.options.SubFilter == ETSIRFC3161 {
		out = append(out, "DocTimeStamp"...) // ISO 32000-2 §12.8.5
	} else {
		out = append(out, "Sig"...)
	}
	out = append(out, "\n/Filter /Adobe.PPKLite\n/SubFilter /"...)
	out = append(out, s.options.SubFilter...)
	out = append(out, "\n/ByteRange "...)
	s.slot = len(out)
	out = append(out, bytes.Repeat([]byte{' '}, byteRangeSlot)...)
	out = append(out, "\n/Contents "...)
	s.contents = len(out)
	out = append(out, '<')
	out = append(out, bytes.Repeat([]byte{'0'}, 2*s.options.ReservedBytes)...)
	out = append(out, '>')
	s.end = len(out)
	entries := s.entries()
	for _, e := range entries.Entries() {
		out = append(out, "\n/"...)
		out = append(out, e.Key...) // every value begins with a delimiter
		var err error
		if out, err = w.Append(out, e.Value); err != nil {
			return nil, err
		}
	}
	return append(out, "\n>>"...), nil
}

func (s *sigDict) entries() *object.Dict {
	o := s.options
	if o.SubFilter == ETSIRFC3161 { // the token says all there is to say
		return object.NewDict()
	}
	d := object.NewDict().With("M", object.String(pdfDate(o.SigningTime)))
	texts := []struct {
		key  object.Name
		text string
	}{{"Name", o.Name}, {"Location", o.Location}, {"Reason", o.Reason}, {"ContactInfo", o.ContactInfo}}
	for _, t := range texts {
		if t.text != "" {
			d = d.With(t.key, encodeText(t.text))
		}
	}
	if refs := s.references(); len(refs) > 0 {
		d = d.With("Reference", refs)
	}
	if o.Software != "" {
		app := object.NewDict().With("Name", object.Name(o.Software))
		d = d.With("Prop_Build", object.NewDict().With("App", app))
	}
	return d
}

// references lists the transforms (ISO 32000-2 tables 256, 257, 259).
func (s *sigDict) references() object.Array {
	var list object.Array
	reference := func(method object.Name, params *object.Dict, data object.Object) {
		d := object.NewDict().With("Type", object.Name("SigRef")).With("TransformMethod", method).With("TransformParams", params)
		if data != nil {
			d = d.With("Data", data)
		}
		list = append(list, object.Of(d))
	}
	if p := s.options.Certify; p != NotCertified {
		reference("DocMDP", object.NewDict().With("Type", object.Name("TransformParams")).
			With("P", int(p)).With("V", object.Name("1.2")), nil)
	}
	if s.lock != nil {
		reference("FieldMDP", s.lock.dict().With("Type", object.Name("TransformParams")).With("V", object.Name("1.2")), s.root)
	}
	return list
}

// dict writes a lock as in a field's /Lock.
func (l *FieldLock) dict() *object.Dict {
	d := object.NewDict().With("Action", object.Name(l.Action))
	if l.Action != LockAll {
		names := object.Array{}
		for _, n := range l.Fields {
			names = append(names, object.Of(encodeText(n)))
		}
		d = d.With("Fields", names)
	}
	if l.Permissions != NotCertified {
		d = d.With("P", int(l.Permissions))
	}
	return d
}

// pdfDate writes a date with its zone (ISO 32000-2 §7.9.4).
func pdfDate(t time.Time) string {
	_, offset := t.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("D:%s%c%02d'%02d'", t.Format("20060102150405"), sign, offset/3600, offset/60%60)
}

// fillByteRange puts the numbers into their slot, over its spaces.
func fillByteRange(slot []byte, r [4]int64) {
	copy(slot, fmt.Sprintf("[0 %d %d %d]", r[1], r[2], r[3]))
}
