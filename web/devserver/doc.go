// Command devserver serves the portal demo of hashout for people and for tests.
//
// # Contract
//
//   - One origin serves the page (web/), the built npm package (js/dist, under
//     /hashout/) and pdf.js (from web/node_modules, under /pdfjs/), with the
//     Content-Security-Policy that the page is made for. A second origin, on another port, is the signing service: package
//     csctest with throw-away keys. So CORS is real.
//   - Both listen on loopback. A busy port is replaced by a free one.
//   - The page learns the service's address from /config.json; nothing else
//     ties the two together, and -service points the page at another service.
//   - With -json the first line of standard output is an object that tells
//     tests the addresses, the demo account and the path of the root
//     certificate.
//   - With -test-control the folder /test-control/ of the page's origin
//     switches faults of the service on and gives out both request logs.
//
// # Out of scope
//
// Production. The service publishes its secrets, and the server has neither
// TLS nor compression.
package main
