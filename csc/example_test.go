//go:build !js

package csc_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"

	"hashout/csc"
	"hashout/csc/cschttp"
	"hashout/csc/csctest"
)

func ExampleSigner_SignAll() {
	service, err := csctest.New(csctest.Options{}) // a service for tests; yours is on the network
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	ctx := context.Background()

	session, err := csc.NewSession(csc.SessionOptions{
		ServiceURL: service.ServiceURL("v1"),
		Transport:  cschttp.New(nil),
		Token:      csc.StaticToken(service.AccessToken()),
	})
	if err != nil {
		log.Fatal(err)
	}
	credential, err := session.Credential(ctx, "demo-p-256")
	if err != nil {
		log.Fatal(err)
	}
	pin := &csc.ExplicitAuthorizer{Ask: func(context.Context, csc.FactorRequest) (csc.Factors, error) {
		return csc.Factors{PIN: csctest.DemoPIN}, nil // ask the user here
	}}
	signer, err := csc.NewSigner(session, credential, pin, csc.SignerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	one, two := sha256.Sum256([]byte("document 1")), sha256.Sum256([]byte("document 2"))
	for i, r := range signer.SignAll(ctx, [][]byte{one[:], two[:]}, nil) {
		fmt.Println(i, signer.Mechanism().Algorithm, len(r.Signature) > 0, r.Err)
	}
	// Output:
	// 0 ECDSA with SHA-256 true <nil>
	// 1 ECDSA with SHA-256 true <nil>
}
