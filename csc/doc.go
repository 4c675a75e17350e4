// Package csc is a client of remote signing services that speak the Cloud
// Signature Consortium API, versions 1.0.4 and 2.x.
//
// # Contract
//
// A [Session] is one service seen by one user. It lists credentials, and a
// [Signer] signs digests with one of them:
//
//	session, err := csc.NewSession(csc.SessionOptions{ServiceURL: "https://rssp.example/csc/v1", Transport: t, Token: token})
//	credential, err := session.Credential(ctx, "my-key")
//	signer, err := csc.NewSigner(session, credential, &csc.ExplicitAuthorizer{Ask: askPIN}, csc.SignerOptions{})
//	results := signer.SignAll(ctx, digests, nil)
//
// What the package promises:
//
//   - Only digests leave. The package never sees a document.
//   - Every signature is verified with the credential's certificate before it
//     is handed out, and has the form CMS wants (ECDSA as DER).
//   - signHash and signDoc leave at most once per digest. When the answer is
//     lost the result is [OutcomeUnknown], never a second attempt. Only reads
//     are retried.
//   - A key or certificate that is disabled, expired or revoked is refused
//     before anybody is asked to authorize.
//   - Every answer is bounded in size, depth and length, and read strictly
//     where a lenient reader could be misled (duplicate or look-alike members)
//     and tolerantly where real services differ.
//   - Every failure is an [*Error] with a stable [Code] and what the service
//     said. Tokens, SADs, PINs and one-time passwords appear in no error, no
//     String and no fmt verb.
//
// # Out of scope
//
// PDF, CMS, user interface, storage, and HTTP itself: requests go through a
// [Transport] (fetch in a browser, hashout/csc/cschttp on net/http).
//
// # Sources
//
// CSC API 1.0.4.0 and 2.0.0.2, the OpenAPI file of 2.1.0.1, RFC 6749, 7009,
// 7636, 8414, 9126, 9396. Clauses are named at the lines that obey them.
package csc
