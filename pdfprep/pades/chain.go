package pades

import (
	"crypto/x509"
	"slices"
	"time"
)

// Path validation by RFC 5280 6, for chains of people and timestamp authorities. crypto/x509 could do it, at sixty kilobytes of the engine's
// size, and without reading keys that are marked for RSASSA-PSS. What is not checked here is refused, not ignored: critical extensions that
// nobody reads, and limits on names where the signer has such names.

// maxSteps bounds the certificates that one search tries; cross-signed authorities can offer many ways.
const maxSteps = 200

type search struct {
	trust *Trust
	all   []*x509.Certificate
	at    time.Time
	use   x509.ExtKeyUsage
	steps int
	// obstacle is why the most promising way ended.
	obstacle Verdict
}

// chain finds a way from leaf to a trusted root whose every step was allowed at the moment.
func (t *Trust) chain(leaf *x509.Certificate, own []*x509.Certificate, at time.Time, use x509.ExtKeyUsage) (path, Verdict) {
	switch {
	case at.Before(leaf.NotBefore):
		return path{}, undecided(NotYetValid, "The certificate of "+name(leaf)+" was not valid yet.")
	case at.After(leaf.NotAfter):
		return path{}, undecided(OutOfBounds, "The certificate of "+name(leaf)+" has expired, and nothing proves that the signature is older.")
	case len(leaf.UnhandledCriticalExtensions) > 0:
		return path{}, undecided(ChainConstraints, "The certificate of "+name(leaf)+" has a critical extension that is not known here.")
	}
	s := &search{trust: t, all: t.certificates(own), at: at, use: use}
	s.obstacle = undecided(NoChain, "The certificate of "+name(leaf)+" does not lead to a trusted root.")
	if trusted(leaf, t.Roots) {
		return path{chain: []*x509.Certificate{leaf}}, pass()
	}
	if chain := s.extend([]*x509.Certificate{leaf}); chain != nil {
		return path{chain: chain}, pass()
	}
	return path{}, s.obstacle
}

func trusted(c *x509.Certificate, roots []*x509.Certificate) bool {
	return slices.ContainsFunc(roots, c.Equal)
}

// extend walks up from the last certificate of chain: to a root if it can, else by way of the other certificates.
func (s *search) extend(chain []*x509.Certificate) []*x509.Certificate {
	for _, root := range s.trust.Roots {
		if s.step(chain, root) {
			return append(slices.Clone(chain), root)
		}
	}
	if len(chain) == maxChain {
		return nil
	}
	for _, c := range s.all {
		if !slices.ContainsFunc(chain, c.Equal) && s.step(chain, c) {
			if found := s.extend(append(slices.Clone(chain), c)); found != nil {
				return found
			}
		}
	}
	return nil
}

// step tells whether issuer may stand above the chain.
func (s *search) step(chain []*x509.Certificate, issuer *x509.Certificate) bool {
	last := chain[len(chain)-1]
	if string(last.RawIssuer) != string(issuer.RawSubject) || s.steps == maxSteps || !s.trust.spend() {
		return false
	}
	s.steps++
	if !issued(last, issuer) {
		return false
	}
	no := func(why string) bool {
		s.obstacle = undecided(ChainConstraints, "The authority "+name(issuer)+" "+why+".")
		return false
	}
	switch {
	case s.at.Before(issuer.NotBefore) || s.at.After(issuer.NotAfter):
		return no("was not valid at that time")
	case len(issuer.UnhandledCriticalExtensions) > 0:
		return no("has a critical extension that is not known here")
	case issuer.MaxPathLen >= 0 && between(chain) > issuer.MaxPathLen: // RFC 5280 4.2.1.9; crypto/x509 reads -1 where there is none
		return no("has more authorities under it than it may")
	case !permits(issuer, s.use):
		return no("may not issue certificates for this purpose")
	case limitsNames(issuer) && hasNames(chain[0]):
		return no("limits names in a way that is not checked here")
	}
	return true
}

// between counts the authorities of a chain under an issuer, without those that only renew a key (RFC 5280 6.1.4 (l)).
func between(chain []*x509.Certificate) (n int) {
	for _, c := range chain[1:] {
		if string(c.RawSubject) != string(c.RawIssuer) {
			n++
		}
	}
	return n
}

// permits is the custom, beyond RFC 5280, that purposes of an authority bind what it issues.
func permits(issuer *x509.Certificate, use x509.ExtKeyUsage) bool {
	if use == x509.ExtKeyUsageAny || len(issuer.ExtKeyUsage) == 0 && len(issuer.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(issuer.ExtKeyUsage, use) || slices.Contains(issuer.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// limitsNames tells of name constraints (RFC 5280 4.2.1.10). Those on directory names come as unhandled critical extensions.
func limitsNames(c *x509.Certificate) bool {
	return len(c.PermittedDNSDomains)+len(c.ExcludedDNSDomains)+len(c.PermittedIPRanges)+len(c.ExcludedIPRanges)+
		len(c.PermittedEmailAddresses)+len(c.ExcludedEmailAddresses)+len(c.PermittedURIDomains)+len(c.ExcludedURIDomains) > 0
}

func hasNames(c *x509.Certificate) bool {
	return len(c.DNSNames)+len(c.EmailAddresses)+len(c.IPAddresses)+len(c.URIs) > 0
}
