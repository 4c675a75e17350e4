package pades

import (
	"crypto/x509"
	"slices"
	"time"

	"hashout/pdfprep/cms"
)

// Trust is what a validation relies on.
type Trust struct {
	Roots    []*x509.Certificate // who is believed; none means that no signature passes
	Now      time.Time
	Document Evidence // from the document's security store, as it was found
	Other    Evidence // from elsewhere, such as [Collect]

	// work bounds the signatures over evidence and certificates that one verification checks; nil for no bound but those of each search.
	work *int
}

// spend takes one check from what a verification may cost.
func (t *Trust) spend() bool {
	if t.work == nil {
		return true
	}
	*t.work--
	return *t.work >= 0
}

// certificates are all that may serve in a chain.
func (t *Trust) certificates(own []*x509.Certificate) []*x509.Certificate {
	list := append([]*x509.Certificate{}, own...)
	list = append(list, t.Document.Certificates...)
	return append(list, t.Other.Certificates...)
}

// addOther takes the revocation data that travel with a signature or a timestamp.
func (t *Trust) addOther(s *cms.SignedData) {
	crls, ocsps := s.Revocation()
	t.Other.CRLs, t.Other.OCSPs = slices.Concat(t.Other.CRLs, crls), slices.Concat(t.Other.OCSPs, ocsps)
}

// path is a certificate chain that was judged at one moment.
type path struct {
	chain []*x509.Certificate // leaf first, trust anchor last
	// inDocument tells whether the document itself holds all that the judgement needed but the anchor.
	inDocument bool
}

// judge validates a certificate at a moment for which its signature is known to have existed: a chain to a trusted root (RFC 5280 6), and
// no revocation up to then. use is what the certificate must be for. Of revocation data, those count that were current at the moment used,
// when the certificate was put to use, or are younger: data in a document do not get younger by waiting.
func (t *Trust) judge(leaf *x509.Certificate, own []*x509.Certificate, at, used time.Time, use x509.ExtKeyUsage) (path, Verdict) {
	p, v := t.chain(leaf, own, at, use)
	if !v.OK() {
		return p, v
	}
	p.inDocument = true
	for i, c := range p.chain[:len(p.chain)-1] { // the anchor is trusted as it is
		if noCheck(c) {
			continue
		}
		status, inDocument := t.status(c, p.chain[i+1], used)
		p.inDocument = p.inDocument && inDocument
		switch {
		case status == nil:
			return p, undecided(TryLater, "It is not known whether "+name(c)+" was revoked.")
		case status.Revoked && !status.RevokedAt.After(at) && i > 0:
			return p, undecided(RevokedCA, name(c)+", an authority of the chain, was revoked.")
		case status.Revoked && !status.RevokedAt.After(at):
			return p, undecided(Revoked, "The certificate of "+name(c)+" was revoked, and nothing proves that the signature is older.")
		}
	}
	return p, pass()
}

func name(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

// status finds what is known about a certificate at a moment: data that were current then, or are younger. The youngest data count.
func (t *Trust) status(c, issuer *x509.Certificate, at time.Time) (best *Status, inDocument bool) {
	look := func(e *Evidence, document bool) {
		consider := func(s *Status, err error) {
			if err != nil || s.speaksOf(at, t.Now) != nil {
				return
			}
			if best == nil || s.ThisUpdate.After(best.ThisUpdate) {
				best, inDocument = s, document
			}
		}
		for _, der := range e.OCSPs {
			if t.spend() {
				consider(JudgeOCSP(der, c, issuer))
			}
		}
		for _, der := range e.CRLs {
			if t.spend() {
				consider(JudgeCRL(der, c, issuer))
			}
		}
	}
	look(&t.Document, true)
	look(&t.Other, false)
	return best, inDocument
}
