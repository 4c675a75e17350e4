// Command csctest starts the test signing service on a loopback port. With a command after --, it runs that command with the
// service's addresses in its environment and ends with it:
//
//	HASHOUT_SERVICE  root URL of the service
//	HASHOUT_TOKEN    an access token of the demo user, scope service
//
// Without a command it prints the same as one line of JSON and serves until it is interrupted. Tests in a browser, which cannot start a
// server of their own, use the first form; tests in other languages the second.
package main
