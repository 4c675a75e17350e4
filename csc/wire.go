package csc

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// This file and wire_v2.go hold every request as it travels, for both
// versions; nothing else in the package knows a member's name in requests.

// wire writes requests in one version and dialect.
type wire struct {
	v2      bool
	dialect Dialect
}

func (w wire) v2Names() bool { return w.v2 && !w.dialect.V1NamesInV2 }

// body is a JSON object under construction. Members that are empty are not
// sent: services refuse empty strings where a member is optional.
type body map[string]any

func (b body) text(name, value string) body {
	if value != "" {
		b[name] = value
	}
	return b
}

func (b body) secret(name string, value Secret) body { return b.text(name, string(value)) }

func (b body) flag(name string, value bool) body {
	if value {
		b[name] = true
	}
	return b
}

func (b body) number(name string, value int) body {
	if value != 0 {
		b[name] = value
	}
	return b
}

// digests are standard base64 with padding (CSC §7.1), percent-encoded on
// request of a dialect.
func (w wire) digests(list [][]byte) []string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = encodeBase64(h)
		if w.dialect.EscapedHashes {
			out[i] = url.QueryEscape(out[i])
		}
	}
	return out
}

// boundDigests adds the digests an authorization is for. v2 names their
// algorithm wherever they appear.
func (w wire) boundDigests(b body, hashes [][]byte, hashAlgo string) body {
	switch {
	case len(hashes) == 0:
	case w.v2Names():
		b["hashes"] = w.digests(hashes)
		b.text("hashAlgorithmOID", hashAlgo)
	default:
		b["hash"] = w.digests(hashes)
	}
	return b
}

func (w wire) info(lang string) []byte { return marshal(body{}.text("lang", lang)) }

func (w wire) list(o ListOptions, pageToken string) []byte {
	b := body{}.text("userID", o.UserID).text("clientData", o.ClientData)
	if !w.v2 {
		return marshal(b.number("maxResults", o.PageSize).text("pageToken", pageToken))
	}
	b.text("lang", o.Lang).flag("onlyValid", o.OnlyValid).text("pageToken", pageToken)
	if o.inline {
		b.flag("credentialInfo", true).text("certificates", "chain").flag("authInfo", true)
	}
	return marshal(b)
}

// credentialInfo asks for decoded certificate fields only on request: one
// service answers 501 to it, another sends no certificates without it.
func (w wire) credentialInfo(id, lang, clientData string, certInfo bool) []byte {
	return marshal(body{"credentialID": id, "certificates": "chain", "authInfo": true}.flag("certInfo", certInfo).text("lang", lang).text("clientData", clientData))
}

func (w wire) authorize(r AuthorizationRequest, f Factors) []byte {
	b := body{"credentialID": r.Credential.ID}.text("description", r.Description).text("clientData", r.ClientData)
	b["numSignatures"] = r.NumSignatures
	if w.dialect.NumSignaturesAsText {
		b["numSignatures"] = strconv.Itoa(r.NumSignatures)
	}
	w.boundDigests(b, r.Hashes, r.HashAlgo)
	if w.v2 {
		b["authData"] = authData(r.Credential, f)
		return marshal(b)
	}
	return marshal(b.secret("PIN", f.PIN).secret("OTP", f.OTP))
}

func (w wire) sendOTP(id, clientData string) []byte {
	return marshal(body{"credentialID": id}.text("clientData", clientData))
}

func (w wire) extend(id string, sad Secret, hashes [][]byte, hashAlgo, clientData string) []byte {
	b := body{"credentialID": id, "SAD": string(sad)}.text("clientData", clientData)
	return marshal(w.boundDigests(b, hashes, hashAlgo))
}

func (w wire) signHash(id string, sad Secret, hashes [][]byte, m Mechanism, o SignHashOptions) []byte {
	b := body{"credentialID": id}.secret("SAD", sad).text("clientData", o.ClientData)
	names := [2]string{"hash", "hashAlgo"}
	if w.v2Names() {
		names = [2]string{"hashes", "hashAlgorithmOID"}
	}
	b[names[0]] = w.digests(hashes)
	if !w.dialect.OmitSignAlgo {
		b["signAlgo"] = m.SignAlgo
		if len(m.SignAlgoParams) > 0 {
			b["signAlgoParams"] = encodeBase64(m.SignAlgoParams)
		}
		if !w.dialect.OmitHashAlgo || !m.impliesHash() {
			b.text(names[1], m.HashAlgo)
		}
	}
	if w.v2 {
		w.operationMode(b, o.Async, o)
	}
	return marshal(b)
}

// timestamp has the v1 names in every version.
func (w wire) timestamp(hash []byte, alg crypto.Hash, nonceHex, clientData string) []byte {
	return marshal(body{"hash": encodeBase64(hash), "hashAlgo": hashOID(alg)}.text("nonce", nonceHex).text("clientData", clientData))
}

func (w wire) login(o LoginOptions) []byte {
	return marshal(body{}.secret("refresh_token", o.RefreshToken).flag("rememberMe", o.RememberMe).text("clientData", o.ClientData))
}

func (w wire) revoke(token Secret, hint TokenHint, clientData string) []byte {
	return marshal(body{"token": string(token)}.text("token_type_hint", string(hint)).text("clientData", clientData))
}

// queryDigests writes digests into an authorize URL: base64url, joined by
// commas (CSC §8.3.2).
func (w wire) queryDigests(q url.Values, hashes [][]byte, hashAlgo string) {
	if len(hashes) == 0 {
		return
	}
	name := "hash"
	if w.v2Names() {
		name = "hashes"
		q.Set("hashAlgorithmOID", hashAlgo)
	}
	list := make([]string, len(hashes))
	for i, h := range hashes {
		list[i] = w.urlDigest(h)
	}
	q.Set(name, strings.Join(list, ","))
}

func (w wire) urlDigest(h []byte) string {
	switch w.dialect.URLHashes {
	case Base64URLPadded:
		return base64.URLEncoding.EncodeToString(h)
	case Base64URLStandard:
		return encodeBase64(h)
	}
	return base64.RawURLEncoding.EncodeToString(h)
}

// rawJSON is a JSON value that the caller supplied.
func rawJSON(v any) json.RawMessage { return json.RawMessage(marshal(v)) }
