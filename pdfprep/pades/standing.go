package pades

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"hashout/pdfprep"
	"hashout/pdfprep/cms"
)

// standing is what the signatures of a file rely on: whose certificates, and up to which moment.
type standing struct {
	subjects    []subject
	known       []*x509.Certificate // that the signatures and timestamps brought along
	ocsps, crls [][]byte
	missing     []map[string]any
	// stamped tells that every signature has a timestamp, of its own or over the document.
	stamped bool
}

// subject is a certificate that a signature or a timestamp was made with.
type subject struct {
	certificate *x509.Certificate
	at          time.Time // when the next timestamp vouches for it; zero while none does
}

// examine reads what the file holds. Signatures that cannot be read end among what is missing.
func examine(list []pdfprep.SignatureInfo, store *pdfprep.SecurityStore) *standing {
	s := &standing{stamped: true, ocsps: store.OCSPs, crls: store.CRLs}
	for _, der := range store.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			s.known = append(s.known, c)
		}
	}
	seals := seals(list)
	for i := range list {
		one := &list[i]
		contents, err := cms.TrimPadding(one.Contents)
		if err == nil {
			err = s.read(one, contents, before(seals, one))
		}
		if err != nil {
			s.missing = append(s.missing, map[string]any{"kind": "signature", "field": one.FieldName, "cause": err.Error()})
		}
	}
	return s
}

// seal is a document timestamp: what it says of all that stands before its end.
type seal struct {
	end  int64
	time time.Time
}

func seals(list []pdfprep.SignatureInfo) []seal {
	var found []seal
	for i := range list {
		if !list[i].Timestamp || !list[i].WellFormed {
			continue
		}
		if der, err := cms.TrimPadding(list[i].Contents); err == nil {
			if t, err := cms.ParseTimestamp(der); err == nil {
				found = append(found, seal{end: end(&list[i]), time: t.Time})
			}
		}
	}
	return found
}

func end(s *pdfprep.SignatureInfo) int64 { return s.ByteRange[2] + s.ByteRange[3] }

// before is the earliest seal over a signature, zero for none.
func before(seals []seal, s *pdfprep.SignatureInfo) (at time.Time) {
	for _, one := range seals {
		if one.end > end(s) && (at.IsZero() || one.time.Before(at)) {
			at = one.time
		}
	}
	return at
}

// read takes the certificates of one signature or document timestamp, and of the timestamps in it.
func (s *standing) read(one *pdfprep.SignatureInfo, der []byte, sealed time.Time) error {
	if one.Timestamp {
		t, err := cms.ParseTimestamp(der)
		if err != nil {
			return err
		}
		return s.add(t.SignedData, sealed)
	}
	signed, err := cms.Parse(der)
	if err != nil {
		return err
	}
	at := sealed
	stamps, err := signed.Signer.Timestamps()
	if err != nil {
		return err
	}
	for _, t := range stamps {
		if at.IsZero() || t.Time.Before(at) {
			at = t.Time
		}
		if err := s.add(t.SignedData, sealed); err != nil {
			return err
		}
	}
	s.stamped = s.stamped && !at.IsZero()
	if err := s.add(signed, at); err != nil {
		return err
	}
	contents, err := signed.Signer.ContentTimestamps()
	for _, t := range contents {
		if err := s.add(t.SignedData, at); err != nil {
			return err
		}
	}
	return err
}

func (s *standing) add(signed *cms.SignedData, at time.Time) error {
	own := signed.Certificates
	signed.Certificates = append(append([]*x509.Certificate{}, own...), s.known...) // a token may leave its certificate to the store
	c, err := signed.SigningCertificate()
	signed.Certificates = own
	if err != nil {
		return err
	}
	s.known = append(s.known, own...)
	crls, ocsps := signed.Revocation()
	s.crls, s.ocsps = slices.Concat(s.crls, crls), slices.Concat(s.ocsps, ocsps)
	s.subjects = append(s.subjects, subject{c, at})
	return nil
}

// collect gathers the evidence about all subjects; see [Collect].
func (s *standing) collect(ctx context.Context, o CollectOptions) (*Evidence, error) {
	all := &Evidence{}
	o.Known = append(append([]*x509.Certificate{}, o.Known...), s.known...)
	o.OCSPs = append(append([][]byte{}, o.OCSPs...), s.ocsps...)
	o.CRLs = append(append([][]byte{}, o.CRLs...), s.crls...)
	missing := s.missing
	for _, one := range s.subjects {
		o.At = one.at
		e, err := Collect(ctx, o, one.certificate)
		if own, ok := err.(*Error); ok && own.Code == Unavailable {
			for _, piece := range own.Details["missing"].([]map[string]any) {
				missing = addPiece(missing, piece)
			}
		} else if err != nil {
			return nil, err
		}
		all.merge(e)
		o.Known = append(o.Known, e.Certificates...)
		for _, der := range e.OCSPs {
			o.OCSPs = add(o.OCSPs, der)
		}
		for _, der := range e.CRLs {
			o.CRLs = add(o.CRLs, der)
		}
	}
	if len(missing) > 0 {
		return all, unavailable(missing)
	}
	return all, nil
}

// addPiece names each missing piece once, however many chains lack it.
func addPiece(list []map[string]any, piece map[string]any) []map[string]any {
	for _, have := range list {
		if have["kind"] == piece["kind"] && have["subject"] == piece["subject"] && have["serialNumber"] == piece["serialNumber"] {
			return list
		}
	}
	return append(list, piece)
}

func (e *Evidence) merge(more *Evidence) {
	for _, c := range more.Certificates {
		known := false
		for _, have := range e.Certificates {
			known = known || have.Equal(c)
		}
		if !known {
			e.Certificates = append(e.Certificates, c)
		}
	}
	for _, der := range more.OCSPs {
		e.OCSPs = add(e.OCSPs, der)
	}
	for _, der := range more.CRLs {
		e.CRLs = add(e.CRLs, der)
	}
}

// store is the evidence as a document holds it.
func (e *Evidence) store() pdfprep.SecurityStore {
	s := pdfprep.SecurityStore{OCSPs: e.OCSPs, CRLs: e.CRLs}
	for _, c := range e.Certificates {
		s.Certificates = append(s.Certificates, c.Raw)
	}
	return s
}
