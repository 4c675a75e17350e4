package csc_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"testing"

	"hashout/csc"
	"hashout/csc/csctest"
)

func (w *world) authorize(id string, hashes [][]byte) *csc.Authorization {
	w.t.Helper()
	c := w.credential(id)
	m, err := c.Mechanism(csc.MechanismOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := w.session.Authorize(w.t.Context(), csc.AuthorizationRequest{Session: w.session, Credential: c, Hashes: hashes, HashAlgo: m.HashAlgo, NumSignatures: len(hashes)}, csc.Factors{PIN: csctest.DemoPIN}, csc.AuthorizeOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func TestSignDocReturnsTheCMS(t *testing.T) {
	for name, o := range map[string]csctest.Options{"2.1": {}, "2.0": {V2: csctest.V20}, "asynchronous": {AsyncPolls: 2}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o, "v2")
			hashes := [][]byte{sha("document 1"), sha("document 2")}
			m, err := w.credential("demo-p-256").Mechanism(csc.MechanismOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.session.SignDoc(t.Context(), csc.SignDocRequest{
				CredentialID: "demo-p-256", Authorization: w.authorize("demo-p-256", hashes), Hashes: hashes, Mechanism: m,
				Level: "ADES-B-T", ValidationInfo: true, Async: name == "asynchronous",
				Properties: []csc.SignedProperty{{Name: "Reason"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Signatures) != 2 || r.ValidationInfo == nil || len(r.ValidationInfo.OCSP) == 0 || len(r.ValidationInfo.Certificates) == 0 {
				t.Fatalf("%+v", r)
			}
			for i, cms := range r.Signatures {
				if !bytes.Contains(cms, hashes[i]) { // the messageDigest attribute
					t.Errorf("CMS %d is not over document %d", i, i)
				}
			}
		})
	}
	w := newWorld(t, csctest.Options{}, "v1")
	_, err := w.session.SignDoc(t.Context(), csc.SignDocRequest{CredentialID: "c", Hashes: [][]byte{sha("x")}, Authorization: &csc.Authorization{SAD: "s"}})
	wantCode(t, err, csc.ServiceError)
}

func TestTimestampsInBothVersionsAndForms(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		for _, whole := range []bool{false, true} {
			w := newWorld(t, csctest.Options{Dialect: csctest.Dialect{TimestampAsResponse: whole}}, api)
			imprint, nonce := sha("stamp me"), []byte{0x7f, 1, 2, 3}
			token, err := w.session.Timestamp(t.Context(), csc.TimestampRequest{Hash: imprint, Algorithm: crypto.SHA256, Nonce: nonce})
			if err != nil {
				t.Fatal(err)
			}
			var outer struct {
				Type asn1.ObjectIdentifier
				Rest asn1.RawValue `asn1:"tag:0"`
			}
			if rest, err := asn1.Unmarshal(token, &outer); err != nil || len(rest) > 0 || outer.Type.String() != "1.2.840.113549.1.7.2" || !bytes.Contains(token, imprint) || !bytes.Contains(token, nonce) {
				t.Errorf("%s: not a token over the imprint (%v)", api, err)
			}
			_, err = w.session.Timestamp(t.Context(), csc.TimestampRequest{Hash: imprint[:20], Algorithm: crypto.SHA256})
			wantCode(t, err, csc.InvalidArgument)
		}
	}
}

func TestInfoOfBothVersions(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		w := newWorld(t, csctest.Options{}, api)
		info, err := w.session.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.Name == "" || info.Specs == "" || !info.Offers("signatures/signHash") || len(info.Raw) == 0 || info.OAuth2 == "" {
			t.Errorf("%s: %+v", api, info)
		}
		if api == "v2" && (len(info.SignAlgorithms) == 0 || len(info.ConformanceLevels) == 0 || !info.Async || !info.SupportsRAR) {
			t.Errorf("%+v", info)
		}
		if a := w.service.RequestsTo("info")[0].Header.Get("Authorization"); a != "" {
			t.Error("info was asked with a token")
		}
	}
}

func TestVersionIsProbedAgainstTheService(t *testing.T) {
	w := newWorld(t, csctest.Options{}, "v1")
	s := w.open("v1", func(o *csc.SessionOptions) { o.ServiceURL = w.service.URL })
	if _, err := s.ListCredentials(t.Context(), csc.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if s.API() != csc.V2 {
		t.Errorf("version %v", s.API())
	}
}
