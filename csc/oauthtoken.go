package csc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"time"
)

// Refresh gets a new access token (service scope only). A new refresh token,
// if there is one, replaces the old.
func (o *OAuth) Refresh(ctx context.Context, refreshToken Secret) (*Token, error) {
	return o.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(refreshToken)}}, refreshToken)
}

// ClientCredentials gets a token for the client itself (service scope only).
func (o *OAuth) ClientCredentials(ctx context.Context) (*Token, error) {
	return o.token(ctx, url.Values{"grant_type": {"client_credentials"}, "scope": {"service"}})
}

// Revoke calls oauth2/revoke (RFC 7009).
func (o *OAuth) Revoke(ctx context.Context, token Secret, hint TokenHint) error {
	if o.endpoints.Revoke == "" {
		return fail(ServiceError, "the authorization server does not revoke tokens")
	}
	form := url.Values{"token": {string(token)}}
	if hint != NoHint {
		form.Set("token_type_hint", string(hint))
	}
	_, err := o.post(ctx, "oauth2/revoke", o.endpoints.Revoke, form, token)
	return err
}

func (o *OAuth) token(ctx context.Context, form url.Values, secrets ...Secret) (*Token, error) {
	r, err := o.post(ctx, "oauth2/token", o.endpoints.Token, form, secrets...)
	if err != nil {
		return nil, err
	}
	return parseToken(r, "the answer to oauth2/token")
}

// post sends a form with client authentication. Codes and refresh tokens serve
// once, so it is never repeated.
func (o *OAuth) post(ctx context.Context, method, endpoint string, form url.Values, secrets ...Secret) (*reply, error) {
	op := operation{method: method, url: endpoint, kind: act, form: true, anonymous: true}
	form = cloneValues(form)
	form.Set("client_id", o.client.ID)
	switch c := o.client; {
	case c.Assertion != nil:
		assertion, err := c.Assertion(ctx)
		if err != nil {
			return nil, asError(err, AuthorizationFailed, "no client assertion could be made")
		}
		form.Set("client_assertion", string(assertion))
		form.Set("client_assertion_type", c.AssertionType)
		secrets = append(secrets, assertion)
	case c.Secret != "" && c.SecretInBody:
		form.Set("client_secret", string(c.Secret))
	case c.Secret != "":
		// RFC 6749 §2.3.1: form-encoded before base64.
		op.authorization = basic(url.QueryEscape(c.ID), url.QueryEscape(string(c.Secret)))
	}
	op.body = []byte(form.Encode())
	op.secrets = append(secrets, o.client.Secret)
	return o.session.do(ctx, op)
}

func cloneValues(v url.Values) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = append([]string(nil), values...)
	}
	return out
}

// AccountClaims are the claims of an account token.
type AccountClaims struct {
	Account  string // sub: the user's account at the application
	Issuer   string // iss: the application; may be empty
	ClientID string // azp
	ID       string // jti: unique for each token
	IssuedAt time.Time
}

// AccountToken makes the account_token that restricted authorization servers
// want (CSC §8.3.2): a JWT under HMAC-SHA-256 with the SHA-256 of the client
// secret as key. It belongs on a backend, where the secret is.
func AccountToken(c AccountClaims, clientSecret Secret) Secret {
	claims := struct {
		Sub string `json:"sub"`
		Iat int64  `json:"iat"`
		Jti string `json:"jti"`
		Iss string `json:"iss,omitempty"`
		Azp string `json:"azp"`
	}{c.Account, c.IssuedAt.Unix(), c.ID, c.Issuer, c.ClientID}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(marshal(claims))
	key := sha256.Sum256([]byte(clientSecret))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(signed))
	return Secret(signed + "." + encode(mac.Sum(nil)))
}

// OAuthAuthorizer authorizes by a visit of the user to the authorize page with
// scope credential: in a popup, or on another device. For a full-page redirect
// use Begin, Complete and a PrefetchedSAD.
type OAuthAuthorizer struct {
	OAuth *OAuth
	// Request is what goes along; its Credential is filled in.
	Request OAuthRequest
	// Visit sends the user to a URL and returns the URL they came back to.
	Visit func(ctx context.Context, url string) (callback string, err error)
}

// Authorize implements Authorizer.
func (a *OAuthAuthorizer) Authorize(ctx context.Context, r AuthorizationRequest) (*Authorization, error) {
	q := a.Request
	q.Credential = &CredentialScope{CredentialID: r.Credential.ID, Hashes: r.Hashes, HashAlgo: r.HashAlgo, NumSignatures: r.NumSignatures}
	if a.Request.Credential != nil {
		q.Credential.Labels, q.Credential.Locations = a.Request.Credential.Labels, a.Request.Credential.Locations
		q.Credential.HashType, q.Credential.RARType = a.Request.Credential.HashType, a.Request.Credential.RARType
	}
	if q.Description == "" {
		q.Description = r.Description
	}
	if q.ClientData == "" {
		q.ClientData = r.ClientData
	}
	t, err := a.OAuth.Begin(ctx, q)
	if err != nil {
		return nil, err
	}
	callback, err := a.Visit(ctx, t.URL)
	if err != nil {
		return nil, asError(err, AuthorizationFailed, "the user did not come back from the authorize page")
	}
	token, err := a.OAuth.Complete(ctx, t, callback)
	if err != nil {
		return nil, err
	}
	return r.Session.placeToken(token.AccessToken, token.ExpiresAt), nil
}
