package csc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// canaries are the secrets of a signature. Some hold characters that change
// when they are quoted.
var canaries = []Secret{`tok-CANARY1+/=`, `sad-CANARY2+/="\ <é&>`, "pin-CANARY3", "otp-CANARY4", "clientsecret-CANARY5", "refresh-CANARY6", "password-CANARY7", "handle-CANARY8", "account-CANARY9"}

// No secret is in any error, detail, event or printed value, not even when a
// service or a transport quotes the request.
func TestSecretsStayOutOfEverythingPrintable(t *testing.T) {
	token, sad, pin, otp, clientSecret, refresh, password, handle, account := canaries[0], canaries[1], canaries[2], canaries[3], canaries[4], canaries[5], canaries[6], canaries[7], canaries[8]
	check := func(name string, values ...any) {
		t.Helper()
		for _, v := range values {
			marshalled, _ := json.Marshal(v)
			text := fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v) + string(marshalled)
			for _, c := range canaries {
				for _, form := range []string{"CANARY" + strings.TrimLeft(strings.SplitN(string(c), "CANARY", 2)[1][:1], ""), fmt.Sprintf("%x", string(c)), base64.StdEncoding.EncodeToString([]byte(c))} {
					if strings.Contains(text, form) {
						t.Errorf("%s: %s is in %T %s", name, form, v, text)
					}
				}
			}
		}
	}
	echo := func(r *Request) string { return string(r.Body) + " " + r.Header["Authorization"] }
	unquoted := func(s string) string {
		for _, c := range canaries {
			quoted, _ := json.Marshal(string(c))
			s = strings.ReplaceAll(s, strings.Trim(string(quoted), `"`), string(c))
		}
		return s
	}
	quoting := func(m map[string]any) string { b, _ := json.Marshal(m); return string(b) }
	services := map[string]func(*Request) any{
		"quotes in error_description": func(r *Request) any {
			return Response{Status: 400, Body: []byte(quoting(map[string]any{"error": "invalid_request", "error_description": unquoted(echo(r))}))}
		},
		"quotes in error": func(r *Request) any {
			return Response{Status: 401, Body: []byte(quoting(map[string]any{"error": unquoted(echo(r))}))}
		},
		"quotes as text":   func(r *Request) any { return Response{Status: 500, Body: []byte("bad: " + unquoted(echo(r)))} },
		"quotes the body":  func(r *Request) any { return Response{Status: 400, Body: r.Body} },
		"returns the body": func(r *Request) any { return string(r.Body) },
		"returns garbage":  func(r *Request) any { return "{" + echo(r) },
		"returns secrets": func(*Request) any {
			return quoting(map[string]any{"access_token": token, "SAD": string(sad), "expiresIn": "x", "expires_in": "x"})
		},
		"type of the token": func(*Request) any { return `{"access_token":"a","token_type":"` + "x" + `"}` },
		"transport quotes": func(r *Request) any {
			return &TransportError{Kind: Network, Sent: true, Err: errors.New(unquoted(echo(r)))}
		},
		"transport times out": func(r *Request) any {
			return &TransportError{Kind: Timeout, Sent: true, Err: fmt.Errorf("%s: %w", unquoted(echo(r)), context.DeadlineExceeded)}
		},
		"foreign error": func(r *Request) any { return errors.New("Post: " + url.QueryEscape(string(token))) },
		"pushes": func(*Request) any {
			return Response{Status: 202, Body: []byte(quoting(map[string]any{"handle": string(handle)}))}
		},
	}
	for name, service := range services {
		for _, api := range []string{"v1", "v2"} {
			s, tr := scriptedSession(t, api, service)
			s.o.Token = StaticToken(string(token))
			s.headers = map[string]string{"X-Api-Key": string(clientSecret)}
			polls := 0
			s.o.Sleep = func(context.Context, time.Duration) error {
				if polls++; polls > 5 {
					return context.Canceled
				}
				return nil
			}
			c := &Credential{ID: "c", PIN: &Factor{ID: "PIN"}, OTP: &Factor{ID: "OTP"}, AuthObjects: []AuthObject{{ID: "PIN", Type: "Password"}, {ID: "OTP", Type: "Password"}}}
			ask := AuthorizationRequest{Session: s, Credential: c, NumSignatures: 1}
			factors := Factors{PIN: pin, OTP: otp, Values: map[string]Secret{"OTP": otp}, AccessToken: token, SAD: sad}
			a, err := s.Authorize(t.Context(), ask, factors, AuthorizeOptions{})
			check(name+" authorize", a, err, details(err), factors, ask)
			authorization := &Authorization{SAD: sad, Bearer: token}
			_, err = s.SignHash(t.Context(), "c", authorization, [][]byte{testDigest}, Mechanism{}, SignHashOptions{})
			check(name+" signHash", err, details(err), authorization, *authorization)
			_, err = s.ExtendTransaction(t.Context(), ask, authorization)
			check(name+" extendTransaction", err, details(err))
			_, err = s.SignDoc(t.Context(), SignDocRequest{CredentialID: "c", Authorization: authorization, Hashes: [][]byte{testDigest}})
			check(name+" signDoc", err, details(err))
			_, err = s.ListCredentials(t.Context(), ListOptions{})
			check(name+" list", err, details(err))
			tok, err := s.Login(t.Context(), LoginOptions{User: "u", Password: password})
			check(name+" login", tok, err, details(err), LoginOptions{Password: password, RefreshToken: refresh})
			_, err = s.Login(t.Context(), LoginOptions{RefreshToken: refresh})
			check(name+" login again", err, details(err))
			err = s.Revoke(t.Context(), refresh, NoHint, "")
			check(name+" revoke", err, details(err))
			for _, inBody := range []bool{true, false} {
				o, err := s.OAuth(t.Context(), OAuthClient{ID: "id", Secret: clientSecret, SecretInBody: inBody, Endpoints: OAuthEndpoints{Authorize: "https://as.example/a", Token: "https://as.example/t", Revoke: "https://as.example/r", PushedAuthorize: "https://as.example/p"}})
				if err != nil {
					t.Fatal(err)
				}
				_, err = o.Refresh(t.Context(), refresh)
				check(name+" refresh", err, details(err), o, o.client)
				err = o.Revoke(t.Context(), token, NoHint)
				check(name+" oauth2/revoke", err, details(err))
				tx, err := o.Begin(t.Context(), OAuthRequest{AccountToken: account, Push: api == "v2"})
				check(name+" push", err, details(err))
				if tx != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", tx, *tx, tx), tx.Verifier) {
					t.Error("the verifier is printed")
				}
				tx = &OAuthTransaction{State: "s", Verifier: string(canaries[5])}
				_, err = o.Complete(t.Context(), tx, "https://portal.example/?state=s&code="+url.QueryEscape(string(refresh)))
				check(name+" redeem", err, details(err))
			}
			check(name, s, *tr.requests[0], NewPrefetchedSAD(sad, PrefetchedOptions{}), s.o.Token, AccountToken(AccountClaims{}, clientSecret))
		}
	}
}

func details(err error) any {
	var e *Error
	if errors.As(err, &e) {
		return e.ErrorDetails()
	}
	return nil
}

func TestSecretsCanStillBeUsed(t *testing.T) {
	s := Secret("1234")
	if string(s) != "1234" || fmt.Sprint(s) != "[secret]" || Secret("").String() != "" {
		t.Error("a secret must convert, print as a placeholder, and be empty when it is empty")
	}
}

// Characters that are not shown must not hold the pieces of a secret apart
// until they are taken out.
func TestASecretInPiecesIsNotPutTogether(t *testing.T) {
	said := complaint{code: "to\x11ken-CANARY", text: "refused: t\x00oken-C\u200bANARY"}.presentable([]Secret{"token-CANARY"})
	if strings.Contains(said.code+said.text, "token-CANARY") {
		t.Errorf("the token is in %q", said)
	}
}
