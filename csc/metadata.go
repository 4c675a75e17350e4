package csc

import (
	"context"
	"strings"
)

// OAuthEndpoints are the addresses of an authorization server.
type OAuthEndpoints struct {
	Authorize, Token, Revoke, PushedAuthorize string
	Issuer                                    string // RFC 8414; empty where it was not asked for
	// NamesIssuer says that the server adds iss to its answers (RFC 9207).
	NamesIssuer bool
	// Rich says that the server takes authorization_details.
	Rich bool
}

// or fills empty endpoints from others.
func (e OAuthEndpoints) or(o OAuthEndpoints) OAuthEndpoints {
	for _, p := range []struct{ to, from *string }{
		{&e.Authorize, &o.Authorize}, {&e.Token, &o.Token}, {&e.Revoke, &o.Revoke}, {&e.PushedAuthorize, &o.PushedAuthorize}, {&e.Issuer, &o.Issuer},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	e.NamesIssuer, e.Rich = e.NamesIssuer || o.NamesIssuer, e.Rich || o.Rich
	return e
}

// findEndpoints reads info: a base URI under which the endpoints have fixed
// names, or an issuer that publishes metadata.
func (s *Session) findEndpoints(ctx context.Context) (*OAuthEndpoints, error) {
	info := s.known()
	if info == nil {
		var err error
		if info, err = s.Info(ctx); err != nil {
			return nil, err
		}
	}
	base, issuer, rich := info.OAuth2, info.OAuth2Issuer, info.SupportsRAR
	if base == "" && issuer == "" && len(info.OAuth2Servers) > 0 {
		first := info.OAuth2Servers[0]
		base, issuer, rich = first.BaseURI, first.Issuer, first.SupportsRAR
	}
	switch {
	case base != "":
		return s.endpointsUnder(base, rich)
	case issuer != "":
		e, err := s.metadata(ctx, issuer)
		if err != nil {
			return nil, err
		}
		e.Rich = e.Rich || rich
		return e, nil
	}
	return nil, fail(ServiceError, "the service names no authorization server")
}

// endpointsUnder appends the fixed names. Some services publish the whole
// authorize URL instead of the base.
func (s *Session) endpointsUnder(base string, rich bool) (*OAuthEndpoints, error) {
	base = strings.TrimSuffix(strings.TrimRight(base, "/"), "/oauth2/authorize")
	if _, err := checkURL(base); err != nil {
		return nil, err
	}
	e := &OAuthEndpoints{Authorize: base + "/oauth2/authorize", Token: base + "/oauth2/token", Revoke: base + "/oauth2/revoke", Rich: rich}
	if s.API() == V2 {
		e.PushedAuthorize = base + "/oauth2/pushed_authorize"
	}
	return e, nil
}

// metadata asks the issuer for RFC 8414 metadata, or OpenID discovery, at the
// places where servers keep them.
func (s *Session) metadata(ctx context.Context, issuer string) (*OAuthEndpoints, error) {
	u, err := checkURL(issuer)
	if err != nil {
		return nil, err
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimRight(u.EscapedPath(), "/")
	var failure error
	for _, name := range []string{"oauth-authorization-server", "openid-configuration"} {
		places := []string{origin + "/.well-known/" + name + path}
		if path != "" {
			places = append(places, origin+path+"/.well-known/"+name)
		}
		for _, place := range places {
			e, err := s.readMetadata(ctx, place, issuer)
			if err == nil {
				return e, nil
			}
			if code := CodeOf(err); code == Aborted || code == TimedOut {
				return nil, err
			}
			// The most telling failure: one with a document behind it.
			if failure == nil || CodeOf(err) == ResponseMalformed {
				failure = err
			}
		}
	}
	return nil, failure
}

func (s *Session) readMetadata(ctx context.Context, place, issuer string) (*OAuthEndpoints, error) {
	r, err := s.do(ctx, operation{method: "oauth2 metadata", url: place, verb: "GET", kind: read, anonymous: true})
	if err != nil {
		return nil, err
	}
	obj, err := parseObject(r.body, "the metadata of the authorization server")
	if err != nil {
		return nil, err
	}
	e := &OAuthEndpoints{
		Authorize: obj.need("authorization_endpoint"), Token: obj.need("token_endpoint"), Revoke: obj.text("revocation_endpoint"),
		PushedAuthorize: obj.text("pushed_authorization_request_endpoint"), Issuer: obj.need("issuer"),
		NamesIssuer: obj.boolean("authorization_response_iss_parameter_supported"),
		Rich:        len(obj.texts("authorization_details_types_supported")) > 0,
	}
	if e.Issuer != issuer && obj.done() == nil { // RFC 8414 §3.3
		obj.fail("belongs to another issuer")
	}
	for _, endpoint := range []string{e.Authorize, e.Token, e.Revoke, e.PushedAuthorize} {
		if endpoint == "" {
			continue
		}
		if _, err := checkURL(endpoint); err != nil {
			return nil, err
		}
	}
	return e, obj.done()
}
