package pades

import (
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
)

// SubFilters, the encodings of Contents (ISO 32000-2 table 255).
const (
	SubFilterPAdES     = "ETSI.CAdES.detached"
	SubFilterPKCS7     = "adbe.pkcs7.detached"
	SubFilterTimestamp = "ETSI.RFC3161" // a document timestamp
)

// Plan is what a level asks of the PDF and of the CMS.
type Plan struct {
	Level         Level
	SubFilter     string      // of the signature dictionary
	SigningTime   time.Time   // for /M of the signature dictionary
	CMS           cms.Options // for cms.NewSignedAttributes
	ReservedBytes int         // DER bytes that the placeholder must hold
	Extensions    []pdfprep.Extension

	content int // room for a timestamp over the document among what is signed, 0 for none
}

// allowance is the room kept for a timestamp: tokens of public authorities with their chain have three to seven thousand bytes.
const allowance = 8 << 10

// SignatureTimestamp tells whether the level asks for a timestamp over the signature value (EN 319 142-1 6.3, B-T).
func (p *Plan) SignatureTimestamp() bool { return p.Level != BB }

// ReserveTimestamp sizes the placeholder for timestamps of n bytes, for callers who have seen one of their authority.
func (p *Plan) ReserveTimestamp(n int) (err error) {
	if n < 0 || n > maxTimestampBytes {
		return &Error{Code: InvalidArgument, Msg: "the room for a timestamp is out of range"}
	}
	var unsigned []cms.Attribute
	if p.SignatureTimestamp() {
		unsigned = append(unsigned, cms.NewAttribute(cms.OIDTimestamp, make([]byte, n)))
	}
	o := p.CMS
	if p.content > 0 { // of the length that a real one may have
		o.ContentTimestamp = &cms.Timestamp{Token: make([]byte, p.content), Hash: o.Algorithm.Hash, Imprint: make([]byte, o.Algorithm.Hash.Size())}
	}
	p.ReservedBytes, err = cms.EstimateSize(o, unsigned...)
	return err
}

// NewPlan works out a level for a signer. o.SigningTime is the claimed time, wherever the profile wants it to stand; o.Profile PKCS7 is
// possible at B-B only, because the other levels are defined for PAdES. The error is ErrInvalidArgument or what [cms.EstimateSize] says.
// Of B-LT and B-LTA the plan makes the part that is B-T: the rest stands behind the signature and is [Extend]'s business.
func NewPlan(level Level, o cms.Options) (*Plan, error) {
	level, err := ParseLevel(string(level))
	if err != nil {
		return nil, err
	}
	if level != BB && o.Profile == cms.PKCS7 {
		return nil, &Error{Code: InvalidArgument, Msg: "level " + string(level) + " is defined for PAdES only"}
	}
	p := &Plan{Level: level, SubFilter: SubFilterPAdES, SigningTime: o.SigningTime, CMS: o, Extensions: extensions(o)}
	if o.Profile == cms.PKCS7 {
		p.SubFilter = SubFilterPKCS7
	} else {
		p.CMS.SigningTime = time.Time{} // EN 319 142-1 6.3: /M carries it
	}
	if err := p.ReserveTimestamp(allowance); err != nil {
		return nil, err
	}
	return p, nil
}

// extensions are what such a signature extends PDF by: PAdES is one of PDF 1.7 (EN 319 142-1 5.6), and Ed25519 and ECDSA with the curves that
// are known here one of PDF 2.0 (ISO/TS 32002).
func extensions(o cms.Options) (list []pdfprep.Extension) {
	if o.Profile == cms.PAdES {
		list = append(list, pdfprep.Extension{Prefix: "ESIC", BaseVersion: "1.7", Level: 1})
	}
	if o.Algorithm.Scheme == sigalg.ECDSA || o.Algorithm.Scheme == sigalg.Ed25519 {
		list = append(list, pdfprep.Extension{Prefix: "ISO_", BaseVersion: "2.0", Level: 32002, Revision: ":2022", URL: "https://www.iso.org/standard/45875.html"})
	}
	return list
}

// Check judges the Contents of a finished file, padding included, against the plan and the document digest: readable, by the rules of the
// profile, made by the planned certificate, and holding.
func (p *Plan) Check(contents, documentDigest []byte) error {
	der, err := cms.TrimPadding(contents)
	if err != nil {
		return err
	}
	s, err := cms.Parse(der)
	if err != nil {
		return err
	}
	if err := s.CheckProfile(p.CMS.Profile); err != nil {
		return err
	}
	c, err := s.SigningCertificate()
	if err != nil {
		return err
	}
	if !c.Equal(p.CMS.Certificate) {
		return &cms.Error{Code: cms.CertMismatch, Msg: "signed with another certificate than planned"}
	}
	if s.Signer.Algorithm != p.CMS.Algorithm {
		return &cms.Error{Code: cms.SignatureInvalid, Msg: "signed by another algorithm than planned"}
	}
	if err := s.Verify(documentDigest); err != nil {
		return err
	}
	if err := p.checkContentTimestamp(s, documentDigest); err != nil {
		return err
	}
	return p.checkTimestamp(s)
}

// checkTimestamp looks for the timestamp over the signature value where the level asks for one.
func (p *Plan) checkTimestamp(s *cms.SignedData) error {
	list, err := s.Signer.Timestamps()
	if err != nil {
		return err
	}
	if p.SignatureTimestamp() && len(list) == 0 {
		return &Error{Code: TSAFailed, Msg: "the signature has no timestamp"}
	}
	for _, t := range list {
		if err := t.Verify(); err != nil {
			return err
		}
	}
	return nil
}
