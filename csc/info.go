package csc

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Info is what a service says about itself. Services leave much of it out;
// nothing here is required.
type Info struct {
	Specs, Name, Logo, Region, Lang, Description string

	AuthTypes     []string // external, TLS, basic, digest, oauth2code, oauth2client
	OAuth2        string   // base URI of the authorization server
	OAuth2Issuer  string   // RFC 8414 issuer
	OAuth2Servers []OAuth2Server
	SupportsRAR   bool

	Methods        []string
	Async          bool // operationMode "A"
	ValidationInfo bool

	SignAlgorithms    []SignAlgorithm
	SignatureFormats  []string // C, X, P, J
	ConformanceLevels []string
	HashTypes         []string // sdr, dtbsr, sodr
	DocumentTypes     []string // sod, sfd

	Raw json.RawMessage
}

// OAuth2Server is one of several authorization servers (2.1).
type OAuth2Server struct {
	Label, BaseURI, Issuer string
	AuthTypes              []string
	SupportsRAR            bool
}

// SignAlgorithm is an algorithm the service can use, with its parameters.
type SignAlgorithm struct {
	OID    string
	Params []byte // DER, nil where none
}

// Offers tells whether the service lists a method. It is a hint: services
// misspell names ("credential/info") and forget entries, so the last segment
// counts.
func (i *Info) Offers(method string) bool {
	last := method[strings.LastIndexByte(method, '/')+1:]
	return slices.ContainsFunc(i.Methods, func(m string) bool {
		return strings.EqualFold(m[strings.LastIndexByte(m, '/')+1:], last)
	})
}

// Info calls info (CSC §11.1), by GET where POST is not allowed.
func (s *Session) Info(ctx context.Context) (*Info, error) {
	if s.API() == Auto {
		return s.findVersion(ctx)
	}
	return s.askInfo(ctx, s.EndpointURL("info"))
}

func (s *Session) askInfo(ctx context.Context, url string) (*Info, error) {
	op := operation{method: "info", url: url, kind: read, body: s.wire().info(""), anonymous: true}
	r, err := s.do(ctx, op)
	if status := statusOf(err); status == 404 || status == 405 {
		op.verb, op.body = "GET", nil
		r, err = s.do(ctx, op)
	}
	if err != nil {
		return nil, err
	}
	info, err := parseInfo(r.body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.info = info
	s.mu.Unlock()
	return info, nil
}

// findVersion asks for the info of v2, then of v1, where the service URL does
// not tell the version.
func (s *Session) findVersion(ctx context.Context) (*Info, error) {
	var first error
	for _, api := range []APIVersion{V2, V1} {
		info, err := s.askInfo(ctx, s.base+"/csc/"+api.String()+"/info")
		if err == nil {
			s.mu.Lock()
			s.api = api
			s.mu.Unlock()
			return info, nil
		}
		if statusOf(err) == 0 && CodeOf(err) != ResponseMalformed {
			return nil, err // the service cannot be reached at all
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// ready makes sure that the version is known.
func (s *Session) ready(ctx context.Context) error {
	if s.API() != Auto {
		return nil
	}
	_, err := s.findVersion(ctx)
	return err
}

// offers tells whether a method can be expected to work. A service without a
// readable info is taken at its silence: it offers nothing optional.
func (s *Session) offers(ctx context.Context, method string) bool {
	s.mu.Lock()
	info, missing := s.info, s.missing[method]
	s.mu.Unlock()
	if missing {
		return false
	}
	if info == nil {
		var err error
		if info, err = s.Info(ctx); err != nil {
			return false
		}
	}
	return info.Offers(method)
}

// known is the info of the service, nil when it was not asked yet.
func (s *Session) known() *Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// lacks remembers that the service does not have a method.
func (s *Session) lacks(method string) {
	s.mu.Lock()
	s.missing[method] = true
	s.mu.Unlock()
}

func (s *Session) wire() wire { return wire{v2: s.API() == V2, dialect: s.o.Dialect} }

func statusOf(err error) int {
	if e, ok := err.(*Error); ok && e != nil {
		status, _ := e.Details[DetailStatus].(int)
		return status
	}
	return 0
}

func parseInfo(body []byte) (*Info, error) {
	r, err := parseObject(body, "the answer to info")
	if err != nil {
		return nil, err
	}
	i := &Info{
		Specs: r.text("specs"), Name: r.text("name"), Logo: r.text("logo"), Region: r.text("region"), Lang: r.text("lang"), Description: r.text("description"),
		AuthTypes: r.texts("authType"), OAuth2: r.text("oauth2"), OAuth2Issuer: r.text("oauth2Issuer"), SupportsRAR: r.boolean("supportsRar"),
		Methods: r.texts("methods"), Async: r.boolean("asynchronousOperationMode"), ValidationInfo: r.boolean("validationInfo"),
		ConformanceLevels: r.texts("conformance_levels"), HashTypes: r.texts("supportedHashTypes"), DocumentTypes: r.texts("documentTypes"),
		Raw: r.raw(),
	}
	for _, server := range r.children("oauth2Servers") {
		i.OAuth2Servers = append(i.OAuth2Servers, OAuth2Server{
			Label: server.text("label"), BaseURI: server.text("baseUri"), Issuer: server.text("issuerIdentifier"),
			AuthTypes: server.texts("authType"), SupportsRAR: server.boolean("supportsRar"),
		})
	}
	if formats := r.child("signature_formats"); formats != nil {
		i.SignatureFormats = formats.texts("formats")
	}
	if a := r.child("signAlgorithms"); a != nil {
		i.SignAlgorithms = signAlgorithms(a)
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return i, nil
}

// signAlgorithms joins the parallel lists algos and algoParams; entries of the
// second may be null, empty or missing.
func signAlgorithms(r *reader) []SignAlgorithm {
	var out []SignAlgorithm
	params := r.list("algoParams")
	for n, oid := range r.texts("algos") {
		a := SignAlgorithm{OID: strings.TrimSpace(oid)}
		if n < len(params) {
			if s, ok := params[n].(string); ok && s != "" {
				if a.Params, ok = decodeBase64(s); !ok {
					r.fail("has an entry %d of \"algoParams\" that is not base64", n+1)
				}
			}
		}
		out = append(out, a)
	}
	return out
}
