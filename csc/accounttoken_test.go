package csc

import (
	"strings"
	"testing"
	"time"
)

// The key is the SHA-256 of the secret, not the secret and not its hex form.
func TestAccountTokenHasTheKnownSignature(t *testing.T) {
	token := string(AccountToken(AccountClaims{
		Account: "acct-0001", IssuedAt: time.Unix(1700000000, 0), ID: "00000000-0000-4000-8000-000000000001", Issuer: "Example App", ClientID: "client-abc",
	}, "s3cr3t-value"))
	if !strings.HasSuffix(token, ".S8nFpzkEv9tjXtuyipSHdYrp33qM1nKkPWwxqP7KEpI") {
		t.Error(token)
	}
}
