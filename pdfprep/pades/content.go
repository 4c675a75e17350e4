package pades

import (
	"context"
	"crypto/x509"

	"hashout/pdfprep/cms"
)

// A content timestamp proves that a signature is younger, as a signature timestamp proves that it is older (EN 319 122-1 5.2.8). Its imprint is
// the hash of the signed content, which under PAdES are the bytes of the ByteRange (EN 319 142-1 6.3); and it is signed itself. So it is asked
// for when the document digest is known, and the room for it is kept before.

// ReserveContentTimestamp plans a timestamp over the document among what is signed, with the usual room or with that for a token of n bytes.
func (p *Plan) ReserveContentTimestamp(n int) error {
	if n < 0 || n > maxTimestampBytes {
		return &Error{Code: InvalidArgument, Msg: "the room for a timestamp is out of range"}
	}
	p.content = contentRoom(n)
	return p.ReserveTimestamp(allowance)
}

// contentRoom is what is kept for a token of n bytes. It depends on nothing else, so that the same file can be built again with the token alone.
func contentRoom(n int) int { return max(1, (n+allowance-1)/allowance) * allowance }

// StampContent asks the authorities for the timestamp that was planned, over the document digest, and puts it among what is signed. Where it
// needs other room than was kept, the plan has that room now, and again is true: the document is to be prepared again. The error is that of
// [Stamp].
func (p *Plan) StampContent(ctx context.Context, documentDigest []byte, authorities []Timestamper) (again bool, err error) {
	r, err := cms.NewTimestampRequest(p.CMS.Algorithm.Hash, documentDigest)
	if err != nil {
		return false, err
	}
	t, err := Stamp(ctx, authorities, r)
	if err != nil {
		return false, err
	}
	if contentRoom(len(t.Token)) != p.content {
		return true, p.ReserveContentTimestamp(len(t.Token))
	}
	p.CMS.ContentTimestamp = t
	return false, nil
}

// TakeContentTimestamp does the same with a token that was made for this document before. The error is ErrTSAFailed.
func (p *Plan) TakeContentTimestamp(token, documentDigest []byte) error {
	t, err := cms.ParseTimestamp(token)
	if err != nil {
		return err
	}
	if err := p.holdsContent(t, documentDigest); err != nil {
		return err
	}
	p.CMS.ContentTimestamp = t
	return nil
}

func (p *Plan) holdsContent(t *cms.Timestamp, documentDigest []byte) error {
	if t.Hash != p.CMS.Algorithm.Hash || !t.Covers(documentDigest) {
		return &Error{Code: TSAFailed, Msg: "the timestamp over the document is over something else"}
	}
	return t.Verify()
}

// checkContentTimestamp looks for the timestamp over the document where one was planned.
func (p *Plan) checkContentTimestamp(s *cms.SignedData, documentDigest []byte) error {
	list, err := s.Signer.ContentTimestamps()
	if err != nil {
		return err
	}
	if p.content > 0 && len(list) == 0 {
		return &Error{Code: TSAFailed, Msg: "the signature has no timestamp over the document"}
	}
	for _, t := range list {
		if err := p.holdsContent(t, documentDigest); err != nil {
			return err
		}
	}
	return nil
}

// readContentTimestamps judges the timestamps over the document. One that is over something else contradicts what was signed; one that does
// not hold, or is younger than the signature, leaves it in doubt (EN 319 102-1 5.2.8, 5.6.3). Whose a good one is changes nothing for the
// signature: it has a verdict of its own. The error is the digester's.
func (r *Report) readContentTimestamps(s *cms.SignedData, digester Digester, t Trust, own []*x509.Certificate) error {
	list, err := s.Signer.ContentTimestamps()
	if err != nil {
		r.ContentTimestamps = []TimestampReport{{Verdict: undecided(SigConstraints, "A timestamp over the document is not readable.")}}
		r.lower(r.ContentTimestamps[0].Verdict)
		return nil
	}
	for _, stamp := range list[:min(len(list), maxTimestamps)] {
		digest, err := digester(stamp.Hash)
		if err != nil {
			return err
		}
		var one TimestampReport
		if stamp.Covers(digest) {
			one = ValidateTimestamp(stamp, t, r.Time, own...)
		} else {
			one = TimestampReport{Time: stamp.Time, Verdict: failed(HashFailure, "The timestamp over the document is over something else.")}
		}
		switch {
		case one.SubIndication == HashFailure || one.SubIndication == TimestampOrder:
			r.lower(one.Verdict)
		case one.Indication == Failed:
			r.lower(undecided(SigConstraints, "A timestamp over the document, which is part of the signature, does not hold."))
		}
		r.ContentTimestamps = append(r.ContentTimestamps, one)
	}
	return nil
}

// lower takes a verdict that is worse than the one so far.
func (r *Report) lower(v Verdict) {
	if r.OK() || v.Indication == Failed && r.Indication != Failed {
		r.Verdict = v
	}
}
