package csctest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// answer is what a test sees of a response.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// client talks to a service without any leniency of its own.
type client struct {
	t     *testing.T
	s     *Server
	api   string
	token string
}

func newClient(t *testing.T, o Options, api string) *client {
	t.Helper()
	if o.Keys == nil {
		o.Keys = sharedKeys(t)
	}
	s := NewServer(t, o)
	return &client{t, s, api, s.AccessToken()}
}

func (c *client) post(method, body string, edit ...func(*http.Request)) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.s.ServiceURL(c.api)+"/"+method, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if method != "info" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, f := range edit {
		f(r)
	}
	return c.do(r)
}

func (c *client) call(method string, body map[string]any) answer {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.post(method, string(b))
}

// must wants success.
func (c *client) must(method string, body map[string]any) map[string]any {
	c.t.Helper()
	a := c.call(method, body)
	if a.status >= 300 {
		c.t.Fatalf("%s: %d %s", method, a.status, a.raw)
	}
	return a.body
}

func (c *client) form(path string, form url.Values, edit ...func(*http.Request)) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.s.OAuthURL(c.api)+"/oauth2/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range edit {
		f(r)
	}
	return c.do(r)
}

func (c *client) get(address string) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(r)
}

func (c *client) do(r *http.Request) answer {
	c.t.Helper()
	a, err := c.try(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *client) try(r *http.Request) (answer, error) {
	hc := &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := hc.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: raw}
	_ = json.Unmarshal(bytes.TrimSpace(raw), &a.body)
	return a, err
}

// refused wants a status, a code, and a description that mentions a word.
func (a answer) refused(t *testing.T, status int, code, word string) {
	t.Helper()
	if a.status != status || a.body["error"] != code {
		t.Fatalf("got %d %s, want %d %s", a.status, a.raw, status, code)
	}
	if text, _ := a.body["error_description"].(string); !strings.Contains(text, word) {
		t.Fatalf("description %q does not mention %q", text, word)
	}
}

func digest(text string) []byte { d := sha256.Sum256([]byte(text)); return d[:] }

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func unb64(t *testing.T, v any) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(v.(string))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sharedKeys saves the tests from making RSA keys again and again.
func sharedKeys(t *testing.T) *KeyRing {
	t.Helper()
	return testKeys()
}

var testKeys = sync.OnceValue(NewKeyRing)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
