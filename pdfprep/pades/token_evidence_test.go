package pades_test

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"testing"
	"time"

	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
)

func der(v any, params string) []byte { return must(asn1.MarshalWithParams(v, params)) }

func element(class, tag int, parts ...[]byte) []byte {
	var inside []byte
	for _, p := range parts {
		inside = append(inside, p...)
	}
	return der(asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: inside}, "")
}

func elements(b []byte) (list [][]byte) {
	for len(b) > 0 {
		var v asn1.RawValue
		b = must(asn1.Unmarshal(b, &v))
		list = append(list, v.FullBytes)
	}
	return list
}

func inside(b []byte) []byte {
	var v asn1.RawValue
	must(asn1.Unmarshal(b, &v))
	return v.Bytes
}

// withRevocation puts revocation data into a token: elements of crls (RFC 5652 5.1), and an unsigned attribute.
func withRevocation(token []byte, crls [][]byte, attribute []byte) []byte {
	info := elements(inside(token))
	signed := elements(inside(inside(info[1])))
	last := len(signed) - 1
	if crls != nil {
		signed = append(signed[:last:last], element(2, 1, crls...), signed[last])
	}
	if attribute != nil {
		signer := elements(inside(inside(signed[len(signed)-1])))
		signed[len(signed)-1] = element(0, 17, element(0, 16, append(signer, element(2, 1, attribute))...))
	}
	return element(0, 16, info[0], element(2, 0, element(0, 16, signed...)))
}

// TestRevocationDataInATimestampCount: a token whose authority put its revocation data in is judged by them, in each of the places where such
// data stand; without them, nobody knows whether its certificate was revoked.
func TestRevocationDataInATimestampCount(t *testing.T) {
	b := newBench(t)
	digest := make([]byte, 32)
	stamp := must(pades.Stamp(t.Context(), b.authorities(), must(cms.NewTimestampRequest(crypto.SHA256, digest))))
	c := must(stamp.SignedData.SigningCertificate())
	all := must(pades.Collect(t.Context(), pades.CollectOptions{Fetcher: b.web, Now: time.Now()}, c))
	var crls [][]byte
	for _, at := range append(c.CRLDistributionPoints, b.Intermediate().CRLDistributionPoints...) {
		crls = append(crls, must(b.web.Fetch(t.Context(), &pades.Request{URL: at, MaxBytes: 1 << 20})))
	}
	var responses, basics [][]byte
	for _, r := range all.OCSPs {
		responses = append(responses, element(2, 1, der(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}, ""), r))
		basics = append(basics, inside(elements(inside(inside(elements(inside(r))[1])))[1]))
	}
	attribute := func(lists, basics [][]byte) []byte {
		var parts [][]byte
		if lists != nil {
			parts = append(parts, element(2, 0, element(0, 16, lists...)))
		}
		if basics != nil {
			parts = append(parts, element(2, 1, element(0, 16, basics...)))
		}
		return element(0, 16, der(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 24}, ""), element(0, 17, element(0, 16, parts...)))
	}
	if len(responses) == 0 || len(crls) < 2 {
		t.Fatalf("%d responses, %d lists", len(responses), len(crls))
	}
	for name, tc := range map[string]struct {
		token []byte
		want  pades.SubIndication
	}{
		"without":                             {stamp.Token, pades.TryLater},
		"revocation lists":                    {withRevocation(stamp.Token, crls, nil), ""},
		"OCSP responses beside the lists":     {withRevocation(stamp.Token, responses, nil), ""},
		"lists in revocation-values":          {withRevocation(stamp.Token, nil, attribute(crls, nil)), ""},
		"OCSP responses in revocation-values": {withRevocation(stamp.Token, nil, attribute(nil, basics)), ""},
		"one of them only":                    {withRevocation(stamp.Token, crls[:1], nil), pades.TryLater},
	} {
		parsed, err := cms.ParseTimestamp(tc.token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := pades.ValidateTimestamp(parsed, pades.Trust{Roots: []*x509.Certificate{b.Root()}, Now: time.Now()}, time.Now())
		if !r.Intact || r.SubIndication != tc.want {
			t.Errorf("%s: intact %v, %s %s", name, r.Intact, r.SubIndication, r.Explanation)
		}
	}
}
