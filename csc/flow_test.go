package csc_test

import (
	"testing"

	"hashout/csc"
	"hashout/csc/csctest"
	"hashout/csc/sigalg"
)

func TestEveryKeyTypeSignsOverHTTP(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		for _, id := range []string{"demo-rsa-2048", "demo-rsa-3072", "demo-p-256", "demo-p-384", "demo-p-521", "demo-ed25519", "demo-push", "demo/odd id & more"} {
			t.Run(api+" "+id, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, csctest.Options{}, api)
				s := w.signer(id, csc.SignerOptions{})
				list := digests(s, id, 3)
				results := s.SignAll(t.Context(), list, nil)
				mustSign(t, results)
				for i, r := range results {
					if err := sigalg.Verify(s.Certificate().PublicKey, s.Mechanism().Algorithm, list[i], r.Signature); err != nil {
						t.Errorf("signature %d: %v", i, err)
					}
				}
				if w.service.SignedMost() != 1 || w.service.SignedTotal() != 3 {
					t.Errorf("%d signatures were made, %d of the same hash", w.service.SignedTotal(), w.service.SignedMost())
				}
			})
		}
	}
}

func TestListedCredentialsCarryTheirDescriptions(t *testing.T) {
	for _, api := range []string{"v1", "v2"} {
		w := newWorld(t, csctest.Options{PageSize: 3}, api)
		list, err := w.session.Credentials(t.Context(), csc.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != len(csctest.DemoCredentials()) {
			t.Fatalf("%s: %d credentials", api, len(list))
		}
		for i, spec := range csctest.DemoCredentials() {
			c := list[i]
			if c.Problem != nil || c.ID != spec.ID || c.Certificate == nil || len(c.Chain) != 2 || c.MaxBatch != max(spec.Multisign, 1) {
				t.Errorf("%s: %s: %+v", api, spec.ID, c)
			}
		}
	}
}
