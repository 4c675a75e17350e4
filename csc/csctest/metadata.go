package csctest

import (
	"net/http"
	"net/url"
	"strings"
)

// metadataVersion tells whether a path is that of authorization server
// metadata (RFC 8414 §3.1, and the suffix form that many clients try), and of
// which API version.
func (s *Server) metadataVersion(path string) string {
	const wellKnown = "/.well-known/oauth-authorization-server"
	for _, api := range []string{"v1", "v2"} {
		u, err := url.Parse(s.OAuthURL(api))
		if err == nil && (path == wellKnown+u.Path || path == u.Path+wellKnown) {
			return api
		}
	}
	return ""
}

func (s *Server) serveMetadata(x *exchange, api string) {
	if x.http.Method != http.MethodGet {
		x.response.text(http.StatusMethodNotAllowed, "only GET is allowed")
		return
	}
	base := s.OAuthURL(api)
	body := map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                base + "/oauth2/authorize",
		"token_endpoint":                        base + "/oauth2/token",
		"revocation_endpoint":                   base + "/oauth2/revoke",
		"response_types_supported":              []string{"code"},
		"scopes_supported":                      []string{"service", "credential"},
		"grant_types_supported":                 []string{"authorization_code", "client_credentials", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": strings.Fields("none client_secret_basic client_secret_post"),
	}
	if api == "v2" {
		body["pushed_authorization_request_endpoint"] = base + "/oauth2/pushed_authorize"
		body["authorization_details_types_supported"] = []string{"credential"}
		body["authorization_response_iss_parameter_supported"] = true
	}
	x.response.json(http.StatusOK, body)
}
