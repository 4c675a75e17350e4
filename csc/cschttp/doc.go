// Package cschttp carries the requests of hashout/csc over net/http, for
// native programs and tests. In a browser the transport is fetch instead.
//
// # Contract
//
//   - One call of Do is one HTTP request: redirects are reported and not
//     followed (a 307 would post PIN and SAD elsewhere), nothing is retried,
//     no cookies are kept, nothing is taken from a cache.
//   - Answers are read up to Request.MaxResponseBytes.
//   - A failure says whether the request may have reached the service. It may
//     have as soon as a connection was there for it to be written to.
//   - http is refused unless the host is this machine.
package cschttp
