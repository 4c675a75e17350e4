package pades

import (
	"context"

	"hashout/pdfprep/cms"
)

// Timestamper is one timestamp authority, however it is reached.
type Timestamper interface {
	// Timestamp returns the authority's answer as it came, a TimeStampResp or a bare TimeStampToken. It is judged by the caller.
	Timestamp(ctx context.Context, r *cms.TimestampRequest) ([]byte, error)
}

// TimestamperFunc is a function as [Timestamper].
type TimestamperFunc func(ctx context.Context, r *cms.TimestampRequest) ([]byte, error)

// Timestamp calls f.
func (f TimestamperFunc) Timestamp(ctx context.Context, r *cms.TimestampRequest) ([]byte, error) {
	return f(ctx, r)
}

// maxTimestampBytes bounds the answer of a timestamp authority; real ones take two to eight thousand.
const maxTimestampBytes = 64 << 10

// TSA is the authority at a URL, spoken to by RFC 3161 3.4.
func TSA(url string, f Fetcher) Timestamper {
	return TimestamperFunc(func(ctx context.Context, r *cms.TimestampRequest) ([]byte, error) {
		query, err := r.DER()
		if err != nil {
			return nil, err
		}
		return fetch(ctx, f, &Request{
			Purpose: ForTimestamp, URL: url, ContentType: "application/timestamp-query", Accept: "application/timestamp-reply",
			Body: query, MaxBytes: maxTimestampBytes,
		})
	})
}

// Stamp asks the authorities one after the other until an answer holds. The error is ErrTSAFailed, whose details name the cause at each, or
// the context's.
func Stamp(ctx context.Context, authorities []Timestamper, r *cms.TimestampRequest) (*cms.Timestamp, error) {
	causes := []string{}
	var last error
	for _, a := range authorities {
		answer, err := a.Timestamp(ctx, r)
		if ctxErr := ctx.Err(); ctxErr != nil {
			return nil, ctxErr
		}
		if err == nil {
			t, judged := r.Accept(answer)
			if judged == nil {
				return t, nil
			}
			err = judged
		}
		last = err
		causes = append(causes, err.Error())
	}
	return nil, &Error{Code: TSAFailed, Msg: "no timestamp authority gave a valid timestamp", Details: map[string]any{"causes": causes}, Err: last}
}

// Complete assembles the CMS of the plan's level from the signature value; above B-B it gets the signature timestamp first. The error is that
// of [Stamp] or of [cms.SignedAttributes.Assemble].
func (p *Plan) Complete(ctx context.Context, a *cms.SignedAttributes, signature []byte, authorities []Timestamper) ([]byte, error) {
	if !p.SignatureTimestamp() {
		return a.Assemble(signature)
	}
	// A wrong value must not be stamped, and costs nothing to find.
	if _, err := a.Assemble(signature); err != nil {
		return nil, err
	}
	r, err := cms.SignatureTimestampRequest(p.CMS.Algorithm.Hash, signature)
	if err != nil {
		return nil, err
	}
	t, err := Stamp(ctx, authorities, r)
	if err != nil {
		return nil, err
	}
	return a.Assemble(signature, cms.TimestampAttribute(t))
}
