package pades

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// Evidence is what a later validator needs to judge signatures: the content of a document security store (EN 319 142-1 5.4.2).
type Evidence struct {
	Certificates []*x509.Certificate
	OCSPs        [][]byte // OCSPResponses in DER
	CRLs         [][]byte // CertificateLists in DER
}

// CollectOptions say where evidence comes from.
type CollectOptions struct {
	Fetcher Fetcher             // nil: only what is known
	Known   []*x509.Certificate // issuers that need not be fetched; roots are welcome
	OCSPs   [][]byte            // evidence that is there already, from a signing service or a document
	CRLs    [][]byte
	Now     time.Time
	// At is when the certificates were last relied on, zero for Now: the time of a timestamp over what they signed. Evidence that is there
	// already has to speak about that moment or a later one; what is fetched has to be current now.
	At time.Time
}

// Collect gathers the evidence about certificates: their chains up to a self-signed root, and for each but the root current revocation data,
// verified. OCSP is asked first, revocation lists second. The error is ErrUnusable for a certificate that was revoked up to At, ErrUnavailable
// when something is missing, with each piece in the details; the evidence found so far is returned with it.
func Collect(ctx context.Context, o CollectOptions, certificates ...*x509.Certificate) (*Evidence, error) {
	if o.At.IsZero() {
		o.At = o.Now
	}
	w := &collector{CollectOptions: o, out: &Evidence{}}
	for _, c := range certificates {
		w.queue(c)
	}
	for i := 0; i < len(w.out.Certificates); i++ { // grows while it is walked
		if err := w.visit(ctx, w.out.Certificates[i]); err != nil {
			return w.out, err
		}
	}
	if len(w.missing) > 0 {
		return w.out, unavailable(w.missing)
	}
	return w.out, nil
}

func unavailable(missing []map[string]any) *Error {
	return &Error{Code: Unavailable, Msg: "certificates or revocation data are missing", Details: map[string]any{"missing": missing}}
}

// maxEvidence bounds the certificates of one collection: some chains, their responders, and the responders' chains.
const maxEvidence = 4 * maxChain

type collector struct {
	CollectOptions
	out     *Evidence
	missing []map[string]any
}

func (w *collector) queue(c *x509.Certificate) {
	for _, have := range w.out.Certificates {
		if have.Equal(c) {
			return
		}
	}
	if len(w.out.Certificates) < maxEvidence {
		w.out.Certificates = append(w.out.Certificates, c)
		return
	}
	w.miss(c, "issuer", reason("there are too many certificates"))
}

// miss records a piece that is not there; kind is "issuer" or "revocation".
func (w *collector) miss(c *x509.Certificate, kind string, causes ...error) {
	var texts []string
	for _, e := range causes {
		if text := e.Error(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	w.missing = append(w.missing, map[string]any{
		"kind": kind, "subject": c.Subject.String(), "serialNumber": c.SerialNumber.Text(16), "cause": strings.Join(texts, "; "),
	})
}

// visit finds the issuer and the status of one certificate.
func (w *collector) visit(ctx context.Context, c *x509.Certificate) error {
	if selfSigned(c) {
		return nil // a root vouches for itself; whether it is trusted is the validator's business
	}
	issuer := issuerOf(c, w.out.Certificates)
	if issuer == nil {
		issuer = issuerOf(c, w.Known)
	}
	if issuer == nil {
		var err error
		if issuer, err = fetchIssuer(ctx, w.Fetcher, c); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			w.miss(c, "issuer", err)
			return nil
		}
	}
	w.queue(issuer)
	if noCheck(c) { // RFC 6960 4.2.2.2.1
		return nil
	}
	return w.status(ctx, c, issuer)
}

// status finds current revocation data about c, from what is there, then from OCSP, then from revocation lists.
func (w *collector) status(ctx context.Context, c, issuer *x509.Certificate) error {
	var causes []error
	for source := range w.sources(ctx, c, issuer) {
		s, err := source.judge()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = s.speaksOf(source.at, w.Now)
		}
		if err != nil {
			causes = append(causes, err)
			continue
		}
		if s.Revoked && !s.RevokedAt.After(w.At) {
			return &Error{Code: Unusable, Msg: "a certificate of the chain is revoked", Details: map[string]any{
				"subject": c.Subject.String(), "serialNumber": c.SerialNumber.Text(16), "revokedAt": s.RevokedAt.UTC().Format(time.RFC3339)}}
		}
		*source.list = add(*source.list, source.der)
		if s.Responder != nil {
			w.queue(s.Responder)
		}
		return nil
	}
	if len(causes) == 0 {
		causes = append(causes, reason("the certificate does not say where its revocation data are"))
	}
	w.miss(c, "revocation", causes...)
	return nil
}

// source is one place where the status of a certificate may be found.
type source struct {
	at    time.Time // the moment that it has to speak about
	der   []byte    // after judge
	list  *[][]byte // where it goes in the evidence
	judge func() (*Status, error)
}

// sources are the places in the order of preference: what is at hand costs nothing, OCSP is small and fresh, lists are large.
func (w *collector) sources(ctx context.Context, c, issuer *x509.Certificate) func(yield func(*source) bool) {
	return func(yield func(*source) bool) {
		for _, der := range w.OCSPs {
			s := &source{at: w.At, der: der, list: &w.out.OCSPs, judge: func() (*Status, error) { return JudgeOCSP(der, c, issuer) }}
			if !yield(s) {
				return
			}
		}
		for _, der := range w.CRLs {
			s := &source{at: w.At, der: der, list: &w.out.CRLs, judge: func() (*Status, error) { return JudgeCRL(der, c, issuer) }}
			if !yield(s) {
				return
			}
		}
		for _, url := range c.OCSPServer {
			for _, request := range ocspRequests(url, c, issuer) {
				s := &source{at: w.Now, list: &w.out.OCSPs}
				s.judge = func() (_ *Status, err error) {
					if s.der, err = fetch(ctx, w.Fetcher, request); err != nil {
						return nil, err
					}
					return JudgeOCSP(s.der, c, issuer)
				}
				if !yield(s) {
					return
				}
			}
		}
		for _, url := range c.CRLDistributionPoints {
			s := &source{at: w.Now, list: &w.out.CRLs}
			s.judge = func() (_ *Status, err error) {
				s.der, err = fetch(ctx, w.Fetcher, &Request{Purpose: ForCRL, URL: url, Accept: "application/pkix-crl", MaxBytes: maxCRLBytes})
				if err != nil {
					return nil, err
				}
				return JudgeCRL(s.der, c, issuer)
			}
			if !yield(s) {
				return
			}
		}
	}
}

// add keeps each piece of evidence once.
func add(list [][]byte, der []byte) [][]byte {
	for _, have := range list {
		if bytes.Equal(have, der) {
			return list
		}
	}
	return append(list, der)
}
