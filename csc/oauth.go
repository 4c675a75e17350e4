package csc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// maxAuthorizeURL is how long the URL of an authorize page may be (CSC §8.3).
const maxAuthorizeURL = 2083

// OAuthClient is an application as registered with the authorization server.
type OAuthClient struct {
	ID          string
	Secret      Secret // empty for a public client, which is all a page can be
	RedirectURI string
	// SecretInBody sends the secret as client_secret instead of HTTP Basic.
	SecretInBody bool
	// Assertion supplies client_assertion (RFC 7521) of the given type instead
	// of a secret.
	AssertionType string
	Assertion     func(ctx context.Context) (Secret, error)
	// Endpoints replace those found by way of info; empty ones do not.
	Endpoints OAuthEndpoints
}

// Format keeps the secret out of every fmt verb.
func (c OAuthClient) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "csc.OAuthClient("+c.ID+")")
}

// CredentialScope asks for the authorization of one credential.
type CredentialScope struct {
	CredentialID string
	Qualifier    string // v2: instead of CredentialID
	Hashes       [][]byte
	HashAlgo     string // OID of the digest
	// NumSignatures may exceed the number of hashes; 0 means as many.
	NumSignatures int

	// Of rich authorization requests only.
	Labels    []string // a name for each hash, for the user
	Locations []string
	HashType  string // 2.2: "dtbsr" and others
	RARType   string // "" means "credential"
}

func (c *CredentialScope) count() int { return max(c.NumSignatures, len(c.Hashes), 1) }

// OAuthRequest is a request for authorization by the user.
type OAuthRequest struct {
	// Credential asks for scope credential; nil asks for scope service.
	Credential  *CredentialScope
	Lang        string
	Description string
	ClientData  string
	// AccountToken is the JWT that restricted authorization servers want; see
	// the function AccountToken. It needs the client secret, so a page gets it
	// from its backend.
	AccountToken Secret
	// Rich sends the credential scope as authorization_details (v2).
	Rich bool
	// Push deposits the request at the server first (RFC 9126, v2). It is done
	// anyway where the URL would be too long and the server offers it.
	Push bool
	// Extra parameters, such as prompt.
	Extra map[string]string
}

// OAuthTransaction is a request under way: where to send the user, and what is
// needed when they come back. It may be kept as JSON over a page navigation;
// it then holds the PKCE verifier and belongs into session storage at most.
type OAuthTransaction struct {
	URL         string          `json:"url"`
	State       string          `json:"state"`
	Verifier    string          `json:"verifier"`
	RedirectURI string          `json:"redirectURI,omitempty"`
	Details     json.RawMessage `json:"details,omitempty"`
}

// Format keeps verifier, state and account token out of every fmt verb.
func (t OAuthTransaction) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "csc.OAuthTransaction("+withoutQuery(t.URL)+")")
}

// OAuth talks to the authorization server of a service.
type OAuth struct {
	session   *Session
	client    OAuthClient
	endpoints OAuthEndpoints
}

// OAuth finds the authorization server of the service by way of info, unless
// the client names the endpoints itself.
func (s *Session) OAuth(ctx context.Context, c OAuthClient) (*OAuth, error) {
	if c.ID == "" {
		return nil, invalid("an OAuth client needs an ID")
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	e := c.Endpoints
	if e.Authorize == "" || e.Token == "" {
		found, err := s.findEndpoints(ctx)
		if err != nil {
			return nil, err
		}
		e = e.or(*found)
	}
	if _, err := checkURL(e.Authorize); err != nil {
		return nil, err
	}
	return &OAuth{session: s, client: c, endpoints: e}, nil
}

// Endpoints returns where the authorization server is spoken to.
func (o *OAuth) Endpoints() OAuthEndpoints { return o.endpoints }

// Format keeps the client secret out of every fmt verb.
func (o *OAuth) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "csc.OAuth("+o.client.ID+")")
}

// Begin makes the URL of the authorize page (CSC §8.3.2) with PKCE (S256) and
// a state. It asks the server only when the request is pushed.
func (o *OAuth) Begin(ctx context.Context, r OAuthRequest) (*OAuthTransaction, error) {
	t := &OAuthTransaction{RedirectURI: o.client.RedirectURI}
	var err error
	if t.State, err = o.random(); err != nil {
		return nil, err
	}
	if t.Verifier, err = o.random(); err != nil {
		return nil, err
	}
	q, err := o.parameters(r, t)
	if err != nil {
		return nil, err
	}
	t.URL = withQuery(o.endpoints.Authorize, q)
	tooLong := len(t.URL) > maxAuthorizeURL
	canPush := o.endpoints.PushedAuthorize != "" && o.session.API() == V2
	switch {
	case r.Push && !canPush:
		return nil, fail(ServiceError, "the authorization server does not take pushed requests")
	case tooLong && !canPush:
		return nil, invalid("the address of the authorize page would be %d characters long; %d are allowed: authorize fewer documents at once", len(t.URL), maxAuthorizeURL)
	case r.Push || tooLong:
		uri, err := o.push(ctx, q, r.AccountToken)
		if err != nil {
			return nil, err
		}
		t.URL = withQuery(o.endpoints.Authorize, url.Values{"client_id": {o.client.ID}, "request_uri": {uri}})
	}
	return t, nil
}

func (o *OAuth) random() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(o.session.o.Rand, b[:]); err != nil {
		return "", fail(InvalidArgument, "no random numbers are available").because(err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func (o *OAuth) parameters(r OAuthRequest, t *OAuthTransaction) (url.Values, error) {
	if n := len([]rune(r.Description)); n > 500 { // CSC §8.3.2
		return nil, invalid("the description of the authorization has %d characters; 500 are allowed", n)
	}
	challenge := sha256.Sum256([]byte(t.Verifier)) // RFC 7636 §4.2
	q := url.Values{
		"response_type": {"code"}, "client_id": {o.client.ID}, "state": {t.State},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("redirect_uri", o.client.RedirectURI)
	set("lang", r.Lang)
	set("description", r.Description)
	set("clientData", r.ClientData)
	set("account_token", string(r.AccountToken))
	for name, value := range r.Extra {
		set(name, value)
	}
	w := o.session.wire()
	switch c := r.Credential; {
	case c == nil:
		q.Set("scope", "service")
	case c.CredentialID == "" && (c.Qualifier == "" || !w.v2):
		return nil, invalid("scope credential needs a credential ID")
	case r.Rich && !w.v2:
		return nil, invalid("rich authorization requests exist in version 2 of the API only")
	case r.Rich:
		t.Details = w.authorizationDetails(*c)
		q.Set("authorization_details", string(t.Details))
	default:
		q.Set("scope", "credential")
		set("credentialID", c.CredentialID)
		if w.v2 && c.CredentialID == "" {
			set("signatureQualifier", c.Qualifier)
		}
		q.Set("numSignatures", strconv.Itoa(c.count()))
		w.queryDigests(q, c.Hashes, c.HashAlgo)
	}
	return q, nil
}

// push is a pushed authorization request (CSC 2.0 §8.4.3, RFC 9126).
func (o *OAuth) push(ctx context.Context, q url.Values, account Secret) (string, error) {
	r, err := o.post(ctx, "oauth2/pushed_authorize", o.endpoints.PushedAuthorize, q, account)
	if err != nil {
		return "", err
	}
	obj, err := parseObject(r.body, "the answer to oauth2/pushed_authorize")
	if err != nil {
		return "", err
	}
	uri := obj.need("request_uri")
	return uri, obj.done()
}

// Complete takes the URL that the user came back to, checks it against the
// transaction, and redeems its code for a token.
func (o *OAuth) Complete(ctx context.Context, t *OAuthTransaction, callback string) (*Token, error) {
	u, err := url.Parse(callback)
	if err != nil {
		return nil, invalid("the address that the user came back to is not a URL")
	}
	q := u.Query()
	for _, name := range []string{"state", "code", "error", "iss"} {
		if len(q[name]) > 1 {
			return nil, fail(AuthorizationFailed, "the authorization server answered with %q twice", name)
		}
	}
	if t.State == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(t.State)) != 1 {
		return nil, fail(AuthorizationFailed, "the answer of the authorization server does not belong to this request (state)")
	}
	// RFC 9207: where the server names itself, it must be the one we asked.
	if iss := q.Get("iss"); o.endpoints.Issuer != "" && iss != o.endpoints.Issuer && (iss != "" || o.endpoints.NamesIssuer) {
		return nil, fail(AuthorizationFailed, "the answer comes from another authorization server (iss)")
	}
	if code := q.Get("error"); code != "" {
		e := fail(AuthorizationFailed, "the authorization was refused").with(DetailEndpoint, "oauth2/authorize").with(DetailError, presentable(code))
		if text := presentable(q.Get("error_description")); text != "" {
			e = e.with(DetailDescription, text)
		}
		return nil, e
	}
	code := q.Get("code")
	if code == "" {
		return nil, fail(AuthorizationFailed, "the authorization server answered without a code")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {t.Verifier}}
	if t.RedirectURI != "" {
		form.Set("redirect_uri", t.RedirectURI)
	}
	if len(t.Details) > 0 {
		form.Set("authorization_details", string(t.Details))
	}
	return o.token(ctx, form, Secret(code), Secret(t.Verifier))
}

// withQuery adds parameters to an endpoint that may have some of its own.
func withQuery(endpoint string, q url.Values) string {
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	return endpoint + separator + q.Encode()
}
