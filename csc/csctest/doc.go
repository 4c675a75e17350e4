// Package csctest serves a remote signing service that speaks the Cloud
// Signature Consortium API, for tests and demos, in the way net/http/httptest
// serves HTTP.
//
// # Contract
//
//   - It is a real service: software keys, a throw-away PKI made at start
//     (root, intermediate, one signer per credential), an OAuth 2.0
//     authorization server, and state that is kept between calls. No answer is
//     canned.
//   - It judges the client. A request that departs from the CSC text (1.0.4.0
//     under /csc/v1, 2.x under /csc/v2) is refused with the status, the error
//     code and a description that names the parameter. Unknown and duplicate
//     JSON members are refused too, because a misspelt parameter is the error
//     a fake service must not forgive.
//   - It keeps evidence: every request in order ([Server.Requests]) and how
//     often each hash was signed ([Server.SignedCount]).
//   - It misbehaves on command: see [Fault] and [Server.Inject].
//   - It is an independent reading of the protocol and imports no product code.
//
// # The common path
//
//	srv := csctest.NewServer(t, csctest.Options{})
//	client.Configure(srv.ServiceURL("v1"), srv.AccessToken())
//
// # Out of scope
//
// Security. Keys live in memory, secrets are published in [DemoUser] and
// [DemoCredentials], and TLS is left to whoever mounts [Server.Handler]. The
// package must not be imported by product code and must not be reachable from
// a network.
package csctest
