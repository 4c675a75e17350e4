package csctest

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// Actions that execute signHash and change the signatures.

// TooFew leaves out the last signature.
func TooFew() Action {
	return signatures("too few", func(_ *exchange, l []any) []any { return l[:max(len(l)-1, 0)] })
}

// TooMany repeats the last signature.
func TooMany() Action {
	return signatures("too many", func(_ *exchange, l []any) []any {
		if len(l) == 0 {
			return l
		}
		return append(l, l[len(l)-1])
	})
}

// Permute rotates the signatures; a single one stays where it is.
func Permute() Action {
	return signatures("permuted", func(_ *exchange, l []any) []any {
		if len(l) < 2 {
			return l
		}
		return append(append([]any{}, l[1:]...), l[0])
	})
}

// Repeat puts the first signature in every place.
func Repeat() Action {
	return signatures("repeated", func(_ *exchange, l []any) []any {
		for i := range l {
			l[i] = l[0]
		}
		return l
	})
}

// ForeignKey replaces the last signature by one of another key of the same
// type over the same hash.
func ForeignKey() Action {
	return signatures("foreign key", func(x *exchange, l []any) []any {
		if len(l) == 0 {
			return l
		}
		if sig, err := x.foreignSignature(len(l) - 1); err == nil {
			l[len(l)-1] = base64.StdEncoding.EncodeToString(sig)
		}
		return l
	})
}

// FlipBit changes one bit of the last signature.
func FlipBit() Action {
	return signatures("bit flipped", func(_ *exchange, l []any) []any {
		if len(l) == 0 {
			return l
		}
		if b, err := base64.StdEncoding.DecodeString(asText(l[len(l)-1])); err == nil && len(b) > 0 {
			b[len(b)-1] ^= 1
			l[len(l)-1] = base64.StdEncoding.EncodeToString(b)
		}
		return l
	})
}

// NotBase64 makes the last signature unreadable.
func NotBase64() Action { return lastSignature("not base64", "*** not base64 ***") }

// EmptySignature makes the last signature an empty string.
func EmptySignature() Action { return lastSignature("empty signature", "") }

// NullSignature makes the last signature a JSON null.
func NullSignature() Action { return lastSignature("null signature", nil) }

// NumberSignature makes the last signature a JSON number.
func NumberSignature() Action { return lastSignature("number signature", 42) }

// HugeSignature makes the last signature 100,000 bytes long.
func HugeSignature() Action { return lastSignature("huge signature", strings.Repeat("QUFB", 33_334)) }

func lastSignature(name string, v any) Action {
	return signatures(name, func(_ *exchange, l []any) []any {
		if len(l) > 0 {
			l[len(l)-1] = v
		}
		return l
	})
}

// signatures changes the signatures of a successful answer and leaves any
// other answer alone.
func signatures(name string, f func(*exchange, []any) []any) Action {
	return after(name, func(x *exchange) {
		var body map[string]any
		if json.Unmarshal(x.response.body, &body) != nil {
			return
		}
		list, has := body["signatures"].([]any)
		if !has {
			return
		}
		body["signatures"] = f(x, list)
		x.response.json(x.response.status, body)
	})
}

func (x *exchange) foreignSignature(index int) ([]byte, error) {
	var req struct {
		CredentialID string   `json:"credentialID"`
		V1           []string `json:"hash"`
		V2           []string `json:"hashes"`
		HashV1       string   `json:"hashAlgo"`
		HashV2       string   `json:"hashAlgorithmOID"`
		SignAlgo     string   `json:"signAlgo"`
		Params       string   `json:"signAlgoParams"`
	}
	if err := json.Unmarshal(x.request.Body, &req); err != nil {
		return nil, err
	}
	hashes := append(req.V1, req.V2...)
	digest, err := base64.StdEncoding.DecodeString(hashes[index])
	if err != nil {
		return nil, err
	}
	k := x.s.creds[req.CredentialID]
	if k == nil {
		return nil, http.ErrNoLocation
	}
	key, err := x.s.opts.Keys.Key(k.spec.Key, "foreign")
	if err != nil {
		return nil, err
	}
	m, p := newMechanism(req.SignAlgo, req.HashV1+req.HashV2, req.Params)
	if p != nil {
		return nil, p
	}
	if m.hash == 0 && m.algo != oidEd25519 {
		m.hash = crypto.SHA256
	}
	return m.sign(key, digest, k.spec.RawECDSA || x.s.opts.Dialect.RawECDSA)
}

func asText(v any) string { s, _ := v.(string); return s }

// repeatMembers writes each top-level member twice.
func repeatMembers(body []byte, otherCase bool) []byte {
	members, err := parseStrict(body)
	if err != nil {
		return body
	}
	var b strings.Builder
	b.WriteByte('{')
	for name, v := range members {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		twin := name
		if otherCase {
			if twin = strings.ToUpper(name); twin == name {
				twin = strings.ToLower(name)
			}
		}
		b.WriteString(jsonText(name) + ":" + jsonText(v) + "," + jsonText(twin) + ":" + jsonText("another value"))
	}
	b.WriteByte('}')
	return []byte(b.String())
}

// changeTypes turns strings into numbers and everything else into strings.
func changeTypes(body []byte) []byte {
	members, err := parseStrict(body)
	if err != nil {
		return body
	}
	for name, v := range members {
		if _, isText := v.(string); isText {
			members[name] = map[string]any{"unexpected": true}
		} else {
			members[name] = "unexpected"
		}
	}
	return []byte(jsonText(members))
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("csctest: internal error: " + err.Error()) // v came out of JSON
	}
	return string(b)
}
