package csctest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// signOnce prepares a client that can call signHash for three hashes.
func signOnce(t *testing.T, o Options) (*client, map[string]any) {
	t.Helper()
	c := newClient(t, o, "v1")
	hashes := []string{b64(digest("1")), b64(digest("2")), b64(digest("3"))}
	sad := c.must("credentials/authorize", map[string]any{
		"credentialID": "demo-p-256", "numSignatures": 3, "hash": hashes, "PIN": DemoPIN,
	})["SAD"]
	return c, map[string]any{"credentialID": "demo-p-256", "SAD": sad, "hash": hashes, "signAlgo": oidECSHA256}
}

// attempt calls signHash and tolerates a broken connection.
func (c *client) attempt(body map[string]any) (answer, error) {
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, c.s.ServiceURL("v1")+"/signatures/signHash", strings.NewReader(string(b)))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.token)
	return c.try(r)
}

func TestEveryActionDoesWhatItsNameSays(t *testing.T) {
	for _, tc := range []struct {
		action Action
		broken bool // the connection fails
		status int
		check  func(c *client, a answer) bool
	}{
		{Refuse(400, `{"error":"x"}`), false, 400, func(_ *client, a answer) bool { return a.body["error"] == "x" }},
		{Refuse(502, "bad gateway"), false, 502, func(_ *client, a answer) bool { return string(a.raw) == "bad gateway" }},
		{RefuseWith(401, "invalid_token", "no"), false, 401, func(_ *client, a answer) bool { return a.body["error"] == "invalid_token" }},
		{Busy(503, "2"), false, 503, func(_ *client, a answer) bool { return a.header.Get("Retry-After") == "2" }},
		{TokenExpires(), false, 401, func(_ *client, a answer) bool { return a.body["error"] == expiredToken }},
		{SADExpires(), false, 400, func(_ *client, a answer) bool { return a.body["error_description"] == "SAD expired" }},
		{Redirect(307, ""), false, 307, func(_ *client, a answer) bool { return a.header.Get("Location") != "" }},
		{DropBefore(), true, 0, nil},
		{DropAfter(), true, 0, nil},
		{Truncate(), true, 0, nil},
		{DelayBefore(time.Millisecond), false, 200, good},
		{DelayAfter(time.Millisecond), false, 200, good},
		{Answer(200, "text/plain", "{}"), false, 200, func(_ *client, a answer) bool { return string(a.raw) == "{}" }},
		{Garbage(), false, 200, notJSON},
		{HTML(), false, 200, notJSON},
		{Empty(), false, 200, func(_ *client, a answer) bool { return len(a.raw) == 0 }},
		{Null(), false, 200, func(_ *client, a answer) bool { return string(a.raw) == "null" }},
		{Array(), false, 200, func(_ *client, a answer) bool { return string(a.raw) == "[]" }},
		{Object(), false, 200, func(_ *client, a answer) bool { return string(a.raw) == "{}" }},
		{DeepJSON(), false, 200, func(_ *client, a answer) bool { return len(a.raw) > 200_000 }},
		{TooLarge(1 << 20), false, 200, func(_ *client, a answer) bool { return len(a.raw) == 1<<20 && json.Valid(a.raw) }},
		{BOM(), false, 200, func(_ *client, a answer) bool { return a.raw[0] == 0xef }},
		{DuplicateKeys(), false, 200, func(_ *client, a answer) bool { return strings.Count(string(a.raw), `"signatures":`) == 2 }},
		{CaseVariantKeys(), false, 200, func(_ *client, a answer) bool { return strings.Contains(string(a.raw), `"SIGNATURES":`) }},
		{WrongTypes(), false, 200, func(_ *client, a answer) bool { return a.body["signatures"] == "unexpected" }},
		{TrailingData(), false, 200, notJSON},
		{ContentType("text/html"), false, 200, func(_ *client, a answer) bool { return a.header.Get("Content-Type") == "text/html" }},
		{TooFew(), false, 200, count(2)},
		{TooMany(), false, 200, count(4)},
		{Permute(), false, 200, verifies(false, false, false)},
		{Repeat(), false, 200, verifies(true, false, false)},
		{ForeignKey(), false, 200, verifies(true, true, false)},
		{FlipBit(), false, 200, verifies(true, true, false)},
		{NotBase64(), false, 200, count(3)},
		{EmptySignature(), false, 200, count(3)},
		{NullSignature(), false, 200, count(3)},
		{NumberSignature(), false, 200, count(3)},
		{HugeSignature(), false, 200, count(3)},
	} {
		t.Run(tc.action.Name, func(t *testing.T) {
			c, req := signOnce(t, Options{})
			c.s.Inject(Fault{Endpoint: "signatures/signHash", Do: []Action{tc.action}})
			a, err := c.attempt(req)
			if (err != nil) != tc.broken {
				t.Fatalf("error %v", err)
			}
			if !tc.broken && a.status != tc.status {
				t.Fatalf("status %d: %.200s", a.status, a.raw)
			}
			if tc.check != nil && !tc.check(c, a) {
				t.Fatalf("%v %.300s", a.header, a.raw)
			}
			want := 0
			if tc.action.Executes {
				want = 3
			}
			if c.s.SignedTotal() != want {
				t.Fatalf("%d signatures, want %d", c.s.SignedTotal(), want)
			}
			if log := c.s.RequestsTo("signatures/signHash"); len(log) != 1 || log[0].Executed != tc.action.Executes {
				t.Fatalf("%+v", log)
			}
		})
	}
}

func good(c *client, a answer) bool    { return verifies(true, true, true)(c, a) }
func notJSON(_ *client, a answer) bool { return !json.Valid(a.raw) }
func count(n int) func(*client, answer) bool {
	return func(_ *client, a answer) bool { l, _ := a.body["signatures"].([]any); return len(l) == n }
}

func verifies(want ...bool) func(*client, answer) bool {
	return func(c *client, a answer) bool {
		cert, err := c.s.Certificate("demo-p-256")
		if err != nil {
			return false
		}
		list, _ := a.body["signatures"].([]any)
		for i, v := range list {
			sig, err := strictBase64(v.(string))
			if err != nil || verify(cert.PublicKey, oidECSHA256, 0, digest(string(rune('1'+i))), sig) != want[i] {
				return false
			}
		}
		return len(list) == len(want)
	}
}

func TestFaultsChooseTheirCalls(t *testing.T) {
	c := newClient(t, Options{}, "v1")
	c.s.Inject(
		Fault{Endpoint: "credentials/list", Nth: 2, Times: 2, Do: []Action{Busy(429, "1")}},
		Fault{Endpoint: "credentials/list", When: func(r *Request) bool { return strings.Contains(string(r.Body), "special") }, Times: -1, Do: []Action{Empty()}},
	)
	var got []int
	for range 5 {
		got = append(got, c.call("credentials/list", map[string]any{}).status)
	}
	if want := []int{200, 429, 429, 200, 200}; !equal(got, want) {
		t.Fatalf("%v", got)
	}
	if a := c.call("credentials/list", map[string]any{"clientData": "special"}); len(a.raw) != 0 {
		t.Fatalf("%s", a.raw)
	}
	if a := c.call("credentials/info", map[string]any{"credentialID": "demo-p-256"}); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestRequestStringHidesSecrets(t *testing.T) {
	c, req := signOnce(t, Options{})
	c.must("signatures/signHash", req)
	for _, r := range c.s.Requests() {
		text := r.String()
		for _, secret := range []string{c.token, DemoPIN, req["SAD"].(string)[:20]} {
			if strings.Contains(text, secret) {
				t.Fatalf("%s", text)
			}
		}
	}
}

func TestCORS(t *testing.T) {
	c := newClient(t, Options{AllowedOrigins: []string{"https://portal.example"}, PKIWithoutCORS: true}, "v1")
	preflight := func(address, origin string) answer {
		r, err := http.NewRequest(http.MethodOptions, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
		return c.do(r)
	}
	sign := c.s.ServiceURL("v1") + "/signatures/signHash"
	a := preflight(sign, "https://portal.example")
	if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "https://portal.example" ||
		a.header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	for _, refused := range []answer{
		preflight(sign, "https://portal.example.evil.example"), preflight(sign, "null"), preflight(sign, "http://localhost:1"),
		preflight(c.s.TSAURL(), "https://portal.example"), preflight(c.s.OAuthURL("v1")+"/oauth2/authorize", "https://portal.example"),
	} {
		if refused.status != 403 || refused.header.Get("Access-Control-Allow-Origin") != "" {
			t.Fatalf("%d %v", refused.status, refused.header)
		}
	}
	real := c.post("credentials/list", "{", func(r *http.Request) { r.Header.Set("Origin", "https://portal.example") })
	if real.status != 400 || real.header.Get("Access-Control-Allow-Origin") == "" || !strings.Contains(real.header.Get("Access-Control-Expose-Headers"), "Retry-After") {
		t.Fatalf("an error must be readable too: %v", real.header)
	}
	loopback := newClient(t, Options{}, "v1")
	c.s = loopback.s
	if a := preflight(loopback.s.ServiceURL("v1")+"/info", "http://localhost:4567"); a.status != 204 {
		t.Fatalf("%d", a.status)
	}
}
