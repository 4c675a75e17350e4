package csctest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// info is v1 §11.1 and v2 §11.1.
func (s *Server) info(c *call) (*reply, *problem) {
	c.text("lang", false)
	if p := c.finish(); p != nil {
		return nil, p
	}
	api := map[bool]string{false: "v1", true: "v2"}[c.v2]
	authType := []string{"oauth2code", "oauth2client"}
	if s.implements("auth/login") {
		authType = append(authType, "basic")
	}
	if s.opts.NoServiceAuthorization {
		authType = []string{"external"}
	}
	body := map[string]any{
		"specs":       "1.0.4.0",
		"name":        "Throw-away Demo Signing Service",
		"logo":        s.URL + "/logo.png",
		"region":      "ZZ",
		"lang":        "en",
		"description": "Software keys for tests and demos. Nothing signed here has any value.",
		"authType":    authType,
		"methods":     s.methodNames(api),
	}
	switch d, base := s.opts.Dialect, s.OAuthURL(api); {
	case d.OAuth2FullPath:
		body["oauth2"] = base + "/oauth2/authorize"
	case d.OAuth2Issuer && c.v2:
		body["oauth2Issuer"] = base
	case d.OAuth2Servers && c.v2:
		body["oauth2Servers"] = []any{map[string]any{
			"label": "Demo", "baseUri": base, "authType": []string{"oauth2code", "oauth2client"}, "supportsRar": true,
		}}
	default:
		body["oauth2"] = base
	}
	if c.v2 {
		s.infoV2(body)
	}
	return ok(body), nil
}

// OAuthURL is the base URI of the authorization server of an API version, to
// which clients append "/oauth2/authorize" and the like. Each version has its
// own, because they read different parameters.
func (s *Server) OAuthURL(version string) string { return s.URL + "/as/" + version }

func (s *Server) infoV2(body map[string]any) {
	var algos, params []string
	for _, k := range s.order {
		for _, oid := range s.algorithms(k) {
			if slices.Contains(algos, oid) {
				continue
			}
			// algoParams is parallel to algos: PSS appears once for each of
			// its parameters.
			if oid == oidPSS {
				for _, h := range []string{oidSHA256, oidSHA384, oidSHA512} {
					algos, params = append(algos, oid), append(params, pssParamsFor(h))
				}
				continue
			}
			algos, params = append(algos, oid), append(params, "")
		}
	}
	signDoc := s.implements("signatures/signDoc")
	body["specs"] = map[V2Version]string{V20: "2.0.0.0", V21: "2.1.0.1"}[s.opts.V2]
	body["signAlgorithms"] = map[string]any{"algos": algos, "algoParams": params}
	body["asynchronousOperationMode"] = s.implements("signatures/signPolling")
	body["validationInfo"] = signDoc
	formats, levels, envelopes := []string{}, []string{}, [][]string{}
	if signDoc {
		formats = []string{"P"}
		levels = []string{"AdES-B-B", "AdES-B-T", "AdES-B-LT"}
		envelopes = [][]string{{"Certification", "Revision"}}
	}
	body["signature_formats"] = map[string]any{"formats": formats, "envelope_properties": envelopes}
	body["conformance_levels"] = levels
	if s.opts.V2 == V21 {
		if !s.opts.Dialect.OAuth2Servers { // there each server says so itself
			body["supportsRar"] = true
		}
		body["supportedHashTypes"] = []string{"dtbsr"}
	}
}

// logoPNG is the mandatory logo: a plain square.
func logoPNG() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		m.Set(i%64, i/64, color.RGBA{0x1f, 0x5f, 0x8b, 0xff})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic("csctest: internal error: " + err.Error())
	}
	return b.Bytes()
}
