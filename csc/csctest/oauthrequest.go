package csctest

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grantRequest is a judged authorization request, on its way from the
// authorize page (or PAR) to the token endpoint.
type grantRequest struct {
	v2        bool
	client    Client
	redirect  string
	sentURI   bool // redirect_uri was sent, so the token request must repeat it
	state     string
	scope     string
	challenge string
	details   string // authorization_details as sent, empty without RAR

	// Scope credential only.
	credential  *credential
	qualified   bool // chosen through signatureQualifier
	n           int
	hashes      hashRequest
	labels      []string
	description string
}

// madeOf tells whether a text consists of letters, digits and some more
// characters, and has a length between two limits.
func madeOf(text, more string, least, most int) bool {
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return len(text) >= least && len(text) <= most && strings.Trim(text, alphanumeric+more) == ""
}

// oauthError is an error that may be sent to the redirect URI.
func oauthError(code, format string, args ...any) *problem {
	return &problem{400, code, fmt.Sprintf(format, args...)}
}

// single returns the only value of a parameter; RFC 6749 §3.1 forbids
// repetition.
func single(q url.Values, name string) (string, *problem) {
	if len(q[name]) > 1 {
		return "", oauthError(invalidRequest, "Parameter %s appears twice", name)
	}
	return q.Get(name), nil
}

// readClient finds out where an answer may be redirected to. Its problems are
// shown to the user and never redirected (RFC 6749 §4.1.2.1).
func (s *Server) readClient(g *grantRequest, q url.Values) *problem {
	id, p := single(q, "client_id")
	if p != nil {
		return p
	}
	i := slices.IndexFunc(s.opts.Clients, func(c Client) bool { return c.ID == id })
	if id == "" || i < 0 {
		return oauthError(invalidRequest, "Missing or invalid parameter client_id")
	}
	g.client = s.opts.Clients[i]
	if g.redirect, p = single(q, "redirect_uri"); p != nil {
		return p
	}
	g.sentURI = q.Has("redirect_uri")
	switch registered := g.client.RedirectURIs; {
	case !g.sentURI && len(registered) == 1:
		g.redirect = registered[0]
	case !g.sentURI:
		return oauthError(invalidRequest, "Missing parameter redirect_uri")
	case registered != nil && !slices.Contains(registered, g.redirect),
		registered == nil && !isLoopbackRedirect(g.redirect):
		return oauthError(invalidRequest, "Parameter redirect_uri is not registered")
	}
	return nil
}

func isLoopbackRedirect(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme == "http" && u.User == nil && u.Fragment == "" && isLoopback(u.Hostname())
}

func isAbsoluteURL(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme != "" && u.Host != ""
}

// readGrant judges the rest of an authorization request.
func (s *Server) readGrant(g *grantRequest, q url.Values) *problem {
	for name := range q {
		if _, p := single(q, name); p != nil {
			return p
		}
	}
	if g.state = q.Get("state"); len(g.state) > 255 {
		g.state = ""
		return oauthError(invalidRequest, "Parameter state is longer than 255 bytes")
	}
	switch q.Get("response_type") {
	case "code":
	case "":
		return oauthError(invalidRequest, "Missing parameter response_type")
	default:
		return oauthError("unsupported_response_type", "Only response_type code is served")
	}
	if p := g.readChallenge(q); p != nil {
		return p
	}
	if len([]rune(q.Get("description"))) > 500 {
		return oauthError(invalidRequest, "Parameter description is longer than 500 characters")
	}
	g.description = q.Get("description")
	if p := s.readAccountToken(g, q); p != nil {
		return p
	}
	if q.Has("authorization_details") && g.v2 {
		return s.readDetails(g, q)
	}
	switch g.scope = q.Get("scope"); g.scope {
	case "", "service":
		g.scope = "service"
		for _, name := range []string{"credentialID", "signatureQualifier", "numSignatures", "hash", "hashes", "hashAlgorithmOID"} {
			if q.Has(name) {
				return oauthError(invalidRequest, "Parameter %s needs scope credential", name)
			}
		}
		return nil
	case "credential":
		return s.readCredentialScope(g, q)
	}
	return oauthError(invalidScope, "Scope must be service or credential")
}

// readChallenge wants PKCE with S256 from public clients and from everyone who
// speaks v2 (v2 §8.4). The plain method is not served (RFC 7636 §4.4.1).
func (g *grantRequest) readChallenge(q url.Values) *problem {
	g.challenge = q.Get("code_challenge")
	switch method := q.Get("code_challenge_method"); {
	case g.challenge == "" && (g.v2 || g.client.Secret == ""):
		return oauthError(invalidRequest, "Missing parameter code_challenge")
	case g.challenge == "" && method == "":
	case method != "S256":
		return oauthError(invalidRequest, "Parameter code_challenge_method must be S256")
	case !madeOf(g.challenge, "_-", 43, 43):
		return oauthError(invalidRequest, "Invalid parameter code_challenge")
	}
	return nil
}

func (s *Server) readCredentialScope(g *grantRequest, q url.Values) *problem {
	id, qualifier := q.Get("credentialID"), q.Get("signatureQualifier")
	if p := s.chooseCredential(g, id, qualifier); p != nil {
		return p
	}
	n, err := strconv.Atoi(q.Get("numSignatures"))
	if err != nil || n < 1 {
		return oauthError(invalidRequest, "Missing or invalid parameter numSignatures")
	}
	g.n = n
	name, other := "hash", "hashes"
	if g.v2 {
		name, other = other, name
		g.hashes.algo = q.Get("hashAlgorithmOID")
	}
	if q.Has(other) {
		return oauthError(invalidRequest, "Unknown parameter %s", other)
	}
	if q.Has(name) {
		for _, t := range strings.Split(q.Get(name), ",") {
			h, ok := s.decodeURLHash(t)
			if !ok {
				return oauthError(invalidRequest, "Invalid base64url in parameter %s", name)
			}
			g.hashes.hashes = append(g.hashes.hashes, h)
		}
	}
	return s.checkGrant(g)
}

// decodeURLHash reads base64url. The text does not say whether it is padded:
// both forms are taken unless the dialect insists on padding.
func (s *Server) decodeURLHash(t string) ([]byte, bool) {
	e := base64.RawURLEncoding.Strict()
	if s.opts.Dialect.PaddedURLHashes || strings.HasSuffix(t, "=") {
		e = base64.URLEncoding.Strict()
	}
	h, err := e.DecodeString(t)
	return h, err == nil && len(h) > 0 && !strings.ContainsAny(t, "\r\n")
}

func (s *Server) chooseCredential(g *grantRequest, id, qualifier string) *problem {
	switch {
	case id != "":
		g.credential = s.creds[id]
	case qualifier != "" && g.v2:
		i := slices.IndexFunc(s.order, func(k *credential) bool {
			return k.spec.Qualifier == qualifier && k.spec.AuthMode == OAuth2Code
		})
		if i < 0 {
			return oauthError(invalidRequest, "Invalid parameter signatureQualifier")
		}
		g.credential, g.qualified = s.order[i], true
	default:
		return oauthError(invalidRequest, "Missing parameter credentialID")
	}
	switch k := g.credential; {
	case k == nil:
		return oauthError(invalidRequest, "Invalid parameter credentialID")
	case k.spec.AuthMode != OAuth2Code:
		return oauthError(invalidRequest, "Invalid parameter credentialID: it is not authorized by OAuth")
	case k.spec.KeyDisabled:
		return oauthError(invalidRequest, "Invalid parameter credentialID: the key is disabled")
	}
	return nil
}

// checkGrant applies the rules of credentials/authorize to scope credential.
func (s *Server) checkGrant(g *grantRequest) *problem {
	c := &call{s: s, v2: g.v2}
	if _, p := s.newAuthorization(c, g.credential, g.n, g.hashes); p != nil {
		return p
	}
	g.scope = "credential"
	return nil
}

// authorization makes what the credential-scope token stands for.
func (g *grantRequest) authorization(s *Server, user string, expires time.Time) *authorization {
	c := &call{s: s, v2: g.v2}
	a, p := s.newAuthorization(c, g.credential, g.n, g.hashes)
	if p != nil { // judged before by checkGrant
		panic("csctest: internal error: " + p.Error())
	}
	a.user, a.expires, a.calls = user, expires, s.callLimit(g.v2)
	return a
}

// readDetails is the rich authorization request (RFC 9396; v2 §8.4).
func (s *Server) readDetails(g *grantRequest, q url.Values) *problem {
	bad := func(what string) *problem {
		return oauthError("invalid_authorization_details", "Invalid authorization_details: %s", what)
	}
	if q.Has("scope") || q.Has("credentialID") || q.Has("hashes") || q.Has("numSignatures") {
		return bad("scope and its parameters are left out")
	}
	g.details = q.Get("authorization_details")
	m, err := parseStrict([]byte(`{"list":` + g.details + `}`))
	if err != nil {
		return bad("not JSON")
	}
	list, isList := m["list"].([]any)
	if !isList || len(list) != 1 {
		return bad("one entry expected")
	}
	entry, isObject := list[0].(map[string]any)
	if !isObject {
		return bad("the entry is not an object")
	}
	p := newParams(entry)
	kind := p.id("type")
	id, qualifier := p.text("credentialID", false), p.text("signatureQualifier", false)
	g.hashes.algo = p.id("hashAlgorithmOID")
	p.list("locations", false)
	for _, v := range p.list("documentDigests", true) {
		d, isObject := v.(map[string]any)
		one := newParams(d)
		h, err := strictBase64(one.id("hash"))
		label := one.text("label", false)
		if !isObject || err != nil || one.finish() != nil {
			return bad("documentDigests")
		}
		g.hashes.hashes = append(g.hashes.hashes, h)
		g.labels = append(g.labels, label)
	}
	if pr := p.finish(); pr != nil {
		return bad(pr.text)
	}
	if kind != "credential" && kind != "https://cloudsignatureconsortium.org/2025/credential" {
		return bad("type")
	}
	g.n = len(g.hashes.hashes)
	if pr := s.chooseCredential(g, id, qualifier); pr != nil {
		return pr
	}
	return s.checkGrant(g)
}
