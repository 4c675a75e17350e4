package csc_test

import (
	"reflect"
	"testing"

	"hashout/csc"
	"hashout/csc/csctest"
)

// Every deviation that csctest can reproduce, one at a time and all together,
// in both versions: list, info and sign must work. With -short only all
// together.
func TestDeviationsOfServicesAreTolerated(t *testing.T) {
	kind := reflect.TypeFor[csctest.Dialect]()
	// These are not deviations to tolerate, but other flows, shown elsewhere.
	other := map[string]bool{"ErrorsAsText": true, "ErrorsAsMessage": true, "ErrorsWith200": true, "OAuth2Issuer": true, "OAuth2Servers": true,
		"OAuth2FullPath": true, "BearerForSAD": true, "PaddedURLHashes": true, "CredentialBearer": true, "TimestampAsResponse": true}
	dialects := map[string]csctest.Dialect{}
	var all csctest.Dialect
	for i := range kind.NumField() {
		name := kind.Field(i).Name
		if other[name] {
			continue
		}
		var d csctest.Dialect
		reflect.ValueOf(&d).Elem().Field(i).SetBool(true)
		dialects[name] = d
		if name != "MultisignAsText" && name != "SCALWithPrefix" && name != "InfoByGETOnly" { // exclude one another
			reflect.ValueOf(&all).Elem().Field(i).SetBool(true)
		}
	}
	if testing.Short() {
		clear(dialects)
	}
	dialects["all at once"] = all
	for name, d := range dialects {
		for _, api := range []string{"v1", "v2"} {
			t.Run(name+" "+api, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, csctest.Options{Dialect: d}, api)
				if _, err := w.session.Info(t.Context()); err != nil {
					t.Fatal(err)
				}
				list, err := w.session.Credentials(t.Context(), csc.ListOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list {
					if c.Problem != nil {
						t.Fatalf("%s: %v", c.ID, c.Problem)
					}
					want, err := w.service.Certificate(c.ID)
					if err != nil || !want.Equal(c.Certificate) {
						t.Fatalf("%s: not the signer's certificate", c.ID)
					}
					if len(c.Chain) == 2 && (!c.Chain[0].Equal(w.service.Intermediate()) || !c.Chain[1].Equal(w.service.Root())) {
						t.Fatalf("%s: the chain is not in order", c.ID)
					}
				}
				for _, id := range []string{"demo-p-256", "demo-rsa-3072"} {
					s := w.signer(id, csc.SignerOptions{})
					mustSign(t, s.SignAll(t.Context(), digests(s, name, 1), nil))
				}
			})
		}
	}
}

func TestErrorBodiesOfEveryKindAreKept(t *testing.T) {
	for name, d := range map[string]csctest.Dialect{"CSC": {}, "text": {ErrorsAsText: true}, "message": {ErrorsAsMessage: true}, "with 200": {ErrorsWith200: true}} {
		for _, api := range []string{"v1", "v2"} {
			t.Run(name+" "+api, func(t *testing.T) {
				w := newWorld(t, csctest.Options{Dialect: d}, api)
				_, err := w.session.Credential(t.Context(), "unknown")
				wantCode(t, err, csc.ServiceError)
				e := err.(*csc.Error)
				if e.Details[csc.DetailDescription] != "Invalid parameter credentialID" || e.Details[csc.DetailEndpoint] != "credentials/info" {
					t.Errorf("details %v", e.Details)
				}
				if status := e.Details[csc.DetailStatus]; (status == 200) != d.ErrorsWith200 {
					t.Errorf("status %v", status)
				}
				if code := e.Details[csc.DetailError]; (code == "invalid_request") != (name == "CSC" || name == "with 200") {
					t.Errorf("error %v", code)
				}
			})
		}
	}
}
