package csc

import (
	"crypto"
	"encoding/base64"
	"net/url"
	"testing"
	"time"

	"hashout/csc/sigalg"
)

// testDigest is SHA-256 of "csc-1".
var testDigest, _ = base64.StdEncoding.DecodeString("6V0YDI1V5f/ISmWf3vKRmbx1KdFihOfiPpILrg+yl+c=")

func TestRequestsAsTheyTravel(t *testing.T) {
	v1, v2 := wire{}, wire{v2: true}
	hashes := [][]byte{testDigest}
	const sha256OID = sigalg.OIDSHA256
	rsa := Mechanism{SignAlgo: sigalg.OIDRSAEncryption, HashAlgo: sha256OID, Algorithm: sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}}
	ec := Mechanism{SignAlgo: sigalg.OIDECDSAWithSHA256, HashAlgo: sha256OID, Algorithm: sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}
	pss, err := mechanismFor(testRSAKey(), sigalg.OIDPSS, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	ask := AuthorizationRequest{Credential: &Credential{ID: "c1"}, Hashes: [][]byte{testDigest, testDigest}, HashAlgo: sha256OID, NumSignatures: 2, Description: "d<&>", ClientData: "x"}
	objects := &Credential{ID: "c1", PIN: &Factor{ID: "p"}, OTP: &Factor{ID: "o"}, AuthObjects: []AuthObject{{ID: "p", Type: "Password"}, {ID: "o", Type: "ChallengeResponse"}, {ID: "push", Type: "ChallengeResponseOOB"}, {ID: "unused", Type: "Password"}}}
	const b = "6V0YDI1V5f/ISmWf3vKRmbx1KdFihOfiPpILrg+yl+c="
	for _, tc := range []struct{ name, got, want string }{
		{"info", string(v1.info("")), `{}`},
		{"info, language", string(v2.info("de")), `{"lang":"de"}`},
		{"list v1", string(v1.list(ListOptions{UserID: "u", PageSize: 3, OnlyValid: true}, "next")), `{"maxResults":3,"pageToken":"next","userID":"u"}`},
		{"list v2", string(v2.list(ListOptions{OnlyValid: true, PageSize: 3, inline: true}, "")), `{"authInfo":true,"certificates":"chain","credentialInfo":true,"onlyValid":true}`},
		{"info of a credential", string(v1.credentialInfo("c1", "", "", false)), `{"authInfo":true,"certificates":"chain","credentialID":"c1"}`},
		{"info of a credential, decoded", string(v2.credentialInfo("c1", "de", "x", true)), `{"authInfo":true,"certInfo":true,"certificates":"chain","clientData":"x","credentialID":"c1","lang":"de"}`},
		{"authorize v1", string(v1.authorize(ask, Factors{PIN: "1", OTP: "2"})), `{"OTP":"2","PIN":"1","clientData":"x","credentialID":"c1","description":"d<&>","hash":["` + b + `","` + b + `"],"numSignatures":2}`},
		{"authorize v1, no factors", string(v1.authorize(AuthorizationRequest{Credential: ask.Credential, NumSignatures: 1}, Factors{})), `{"credentialID":"c1","numSignatures":1}`},
		{"authorize v2", string(v2.authorize(AuthorizationRequest{Credential: objects, Hashes: hashes, HashAlgo: sha256OID, NumSignatures: 1}, Factors{PIN: "1", OTP: "2"})),
			`{"authData":[{"id":"p","value":"1"},{"id":"o","value":"2"},{"id":"push"}],"credentialID":"c1","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","hashes":["` + b + `"],"numSignatures":1}`},
		{"authorize v2, by id", string(v2.authorize(AuthorizationRequest{Credential: &Credential{ID: "c1"}, NumSignatures: 1}, Factors{Values: map[string]Secret{"b": "2", "a": "1"}})),
			`{"authData":[{"id":"a","value":"1"},{"id":"b","value":"2"}],"credentialID":"c1","numSignatures":1}`},
		{"authorize v2, implicit", string(v2.authorize(AuthorizationRequest{Credential: &Credential{ID: "c1"}, NumSignatures: 1}, Factors{})), `{"authData":[],"credentialID":"c1","numSignatures":1}`},
		{"authorize, count as text", string(wire{dialect: Dialect{NumSignaturesAsText: true}}.authorize(AuthorizationRequest{Credential: ask.Credential, NumSignatures: 1}, Factors{})), `{"credentialID":"c1","numSignatures":"1"}`},
		{"authorize, v1 names in v2", string(wire{v2: true, dialect: Dialect{V1NamesInV2: true}}.authorize(AuthorizationRequest{Credential: ask.Credential, Hashes: hashes, HashAlgo: sha256OID, NumSignatures: 1}, Factors{})), `{"authData":[],"credentialID":"c1","hash":["` + b + `"],"numSignatures":1}`},
		{"check", string(v2.authorizeCheck("h")), `{"handle":"h"}`},
		{"challenge", string(v2.getChallenge("c1", "o")), `{"authObjectID":"o","credentialID":"c1"}`},
		{"sendOTP", string(v1.sendOTP("c1", "")), `{"credentialID":"c1"}`},
		{"extend v1", string(v1.extend("c1", "s", hashes, sha256OID, "")), `{"SAD":"s","credentialID":"c1","hash":["` + b + `"]}`},
		{"extend v2", string(v2.extend("c1", "s", hashes, sha256OID, "")), `{"SAD":"s","credentialID":"c1","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","hashes":["` + b + `"]}`},
		{"signHash v1", string(v1.signHash("c1", "s", hashes, rsa, SignHashOptions{ClientData: "x"})), `{"SAD":"s","clientData":"x","credentialID":"c1","hash":["` + b + `"],"hashAlgo":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.113549.1.1.1"}`},
		{"signHash v2", string(v2.signHash("c1", "s", hashes, rsa, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","hashes":["` + b + `"],"operationMode":"S","signAlgo":"1.2.840.113549.1.1.1"}`},
		{"signHash v2, bearer alone", string(wire{v2: true, dialect: Dialect{OmitOperationMode: true}}.signHash("c1", "", hashes, ec, SignHashOptions{})), `{"credentialID":"c1","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","hashes":["` + b + `"],"signAlgo":"1.2.840.10045.4.3.2"}`},
		{"signHash v2, asynchronous", string(v2.signHash("c1", "s", hashes, ec, SignHashOptions{Async: true, ResultLifetime: time.Minute, ResponseURI: "https://x"})), `{"SAD":"s","credentialID":"c1","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","hashes":["` + b + `"],"operationMode":"A","response_uri":"https://x","signAlgo":"1.2.840.10045.4.3.2","validity_period":60000}`},
		{"signHash, digest implied", string(wire{dialect: Dialect{OmitHashAlgo: true}}.signHash("c1", "s", hashes, ec, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hash":["` + b + `"],"signAlgo":"1.2.840.10045.4.3.2"}`},
		{"signHash, digest not implied", string(wire{dialect: Dialect{OmitHashAlgo: true}}.signHash("c1", "s", hashes, rsa, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hash":["` + b + `"],"hashAlgo":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.113549.1.1.1"}`},
		{"signHash, no algorithms", string(wire{dialect: Dialect{OmitSignAlgo: true}}.signHash("c1", "s", hashes, ec, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hash":["` + b + `"]}`},
		{"signHash, escaped", string(wire{dialect: Dialect{EscapedHashes: true, OmitSignAlgo: true}}.signHash("c1", "s", hashes, ec, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hash":["6V0YDI1V5f%2FISmWf3vKRmbx1KdFihOfiPpILrg%2Byl%2Bc%3D"]}`},
		{"signHash, PSS", string(v1.signHash("c1", "s", hashes, pss, SignHashOptions{})), `{"SAD":"s","credentialID":"c1","hash":["` + b + `"],"hashAlgo":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.113549.1.1.10","signAlgoParams":"MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg"}`},
		{"polling", string(v2.signPolling("r", "", "x")), `{"clientData":"x","requestID":"r"}`},
		{"timestamp", string(v2.timestamp(testDigest, crypto.SHA256, "0a", "")), `{"hash":"` + b + `","hashAlgo":"2.16.840.1.101.3.4.2.1","nonce":"0a"}`},
		{"login", string(v1.login(LoginOptions{RememberMe: true})), `{"rememberMe":true}`},
		{"revoke", string(v1.revoke("t", HintRefreshToken, "")), `{"token":"t","token_type_hint":"refresh_token"}`},
		{"signDoc", string(v2.signDoc(SignDocRequest{CredentialID: "c1", Hashes: hashes, Mechanism: ec, Format: "P", Level: "AdES-B-B", EnvelopeProperty: "Revision", ValidationInfo: true, Properties: []SignedProperty{{Name: "Reason"}}}, "s")),
			`{"SAD":"s","credentialID":"c1","documentDigests":[{"hashes":["` + b + `"],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","signature_format":"P","conformance_level":"AdES-B-B","signAlgo":"1.2.840.10045.4.3.2","signed_props":[{"attribute_name":"Reason"}],"signed_envelope_property":"Revision"}],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","operationMode":"S","returnValidationInfo":true}`},
		{"rich request", string(v2.authorizationDetails(CredentialScope{CredentialID: "c1", Hashes: hashes, HashAlgo: sha256OID, Labels: []string{"a.pdf"}})), `[{"type":"credential","credentialID":"c1","documentDigests":[{"hash":"` + b + `","label":"a.pdf"}],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1"}]`},
		{"rich request 2.2", string(v2.authorizationDetails(CredentialScope{Qualifier: "eu_eidas_qes", NumSignatures: 2, RARType: "https://cloudsignatureconsortium.org/2025/credential"})), `[{"type":"https://cloudsignatureconsortium.org/2025/credential","signatureQualifier":"eu_eidas_qes","numSignatures":2}]`},
	} {
		if tc.got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, tc.got, tc.want)
		}
	}
}

func TestDigestsInAuthorizeURLs(t *testing.T) {
	for _, tc := range []struct {
		v2   bool
		enc  URLHashEncoding
		want string
	}{
		{false, Base64URL, "hash=6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c%2C6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c"},
		{true, Base64URL, "hashAlgorithmOID=OID&hashes=6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c%2C6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c"},
		{false, Base64URLPadded, "hash=6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c%3D%2C6V0YDI1V5f_ISmWf3vKRmbx1KdFihOfiPpILrg-yl-c%3D"},
		{false, Base64URLStandard, "hash=6V0YDI1V5f%2FISmWf3vKRmbx1KdFihOfiPpILrg%2Byl%2Bc%3D%2C6V0YDI1V5f%2FISmWf3vKRmbx1KdFihOfiPpILrg%2Byl%2Bc%3D"},
	} {
		q := url.Values{}
		wire{v2: tc.v2, dialect: Dialect{URLHashes: tc.enc}}.queryDigests(q, [][]byte{testDigest, testDigest}, "OID")
		if q.Encode() != tc.want {
			t.Errorf("got %s\nwant %s", q.Encode(), tc.want)
		}
	}
}
