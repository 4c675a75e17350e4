package csc

import (
	"context"
	"sync"
)

const (
	maxPages         = 1_000
	maxCredentials   = 10_000
	parallelRequests = 4
)

// ListOptions narrow a list of credentials. The zero value is right for user
// authorizations.
type ListOptions struct {
	// UserID says whose credentials to list. It must be empty with an
	// authorization that belongs to a user (CSC §11.4).
	UserID     string
	ClientData string
	Lang       string // v2
	// PageSize asks for pages of at most so many credentials (v1).
	PageSize int
	// OnlyValid asks a v2 service to leave out unusable credentials.
	OnlyValid bool

	inline bool // v2: credential descriptions in the list
}

// ListCredentials calls credentials/list (CSC §11.4) page by page and returns
// the IDs without duplicates.
func (s *Session) ListCredentials(ctx context.Context, o ListOptions) ([]string, error) {
	ids, _, err := s.list(ctx, o)
	return ids, err
}

// Credential calls credentials/info (CSC §11.5).
func (s *Session) Credential(ctx context.Context, id string) (*Credential, error) {
	return s.credential(ctx, id, ListOptions{})
}

func (s *Session) credential(ctx context.Context, id string, o ListOptions) (*Credential, error) {
	if id == "" {
		return nil, invalid("a credential ID must not be empty")
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	obj, err := s.describe(ctx, id, o, false)
	if err != nil {
		return nil, err
	}
	c, err := parseCredential(obj, id, s.o.Dialect)
	if cert, isObject := obj.m["cert"].(map[string]any); err != nil && (!isObject || cert["certificates"] == nil) {
		if obj, err := s.describe(ctx, id, o, true); err == nil {
			return parseCredential(obj, id, s.o.Dialect)
		}
	}
	return c, err
}

func (s *Session) describe(ctx context.Context, id string, o ListOptions, certInfo bool) (*reader, error) {
	r, err := s.do(ctx, operation{method: "credentials/info", kind: read, body: s.wire().credentialInfo(id, o.Lang, o.ClientData, certInfo)})
	if err != nil {
		return nil, err
	}
	return parseObject(r.body, "the answer to credentials/info")
}

// Credentials lists the credentials with their descriptions. A credential
// whose description the service refuses or garbles is listed with its Problem.
func (s *Session) Credentials(ctx context.Context, o ListOptions) ([]*Credential, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	o.inline = s.API() == V2
	ids, inline, err := s.list(ctx, o)
	if err != nil {
		return nil, err
	}
	out := make([]*Credential, len(ids))
	errs := make([]error, len(ids))
	gate := make(chan struct{}, parallelRequests)
	var wg sync.WaitGroup
	for n, id := range ids {
		if c := inline[id]; c != nil {
			out[n] = c
			continue
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			out[n], errs[n] = s.credential(ctx, id, o)
		})
	}
	wg.Wait()
	for n, err := range errs {
		switch CodeOf(err) {
		case "":
		case ResponseMalformed, ResponseTooLarge, ServiceError:
			out[n] = &Credential{ID: ids[n], Problem: err}
		default:
			return nil, err
		}
	}
	return out, nil
}

func (s *Session) list(ctx context.Context, o ListOptions) (ids []string, inline map[string]*Credential, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	inline = map[string]*Credential{}
	for page, token := 0, ""; ; page++ {
		if page == maxPages {
			return nil, nil, fail(ResponseMalformed, "the list of credentials has more than %d pages", maxPages)
		}
		r, err := s.do(ctx, operation{method: "credentials/list", kind: read, body: s.wire().list(o, token)})
		if err != nil {
			return nil, nil, err
		}
		obj, err := parseObject(r.body, "the answer to credentials/list")
		if err != nil {
			return nil, nil, err
		}
		fresh := 0
		for n, id := range obj.texts("credentialIDs") {
			if id == "" {
				obj.fail("has an empty entry %d of \"credentialIDs\"", n+1)
			}
			if !seen[id] {
				seen[id] = true
				fresh++
				ids = append(ids, id)
			}
		}
		if o.inline {
			s.inlineCredentials(obj, inline)
		}
		if !obj.has("credentialIDs") {
			obj.fail("lacks %q", "credentialIDs")
		}
		next := obj.text("nextPageToken")
		switch {
		case obj.done() != nil:
			return nil, nil, obj.done()
		case len(ids) > maxCredentials:
			return nil, nil, fail(ResponseMalformed, "the list of credentials has more than %d entries", maxCredentials)
		case next == "":
			return ids, inline, nil
		case next == token || fresh == 0:
			return nil, nil, fail(ResponseMalformed, "the list of credentials does not end")
		}
		token = next
	}
}

// inlineCredentials reads credentialInfos. What cannot be read is left to
// credentials/info, whose error is then the one to show.
func (s *Session) inlineCredentials(obj *reader, into map[string]*Credential) {
	for _, child := range obj.children("credentialInfos") {
		child.err = new(error)
		id := child.text("credentialID")
		if id == "" {
			continue
		}
		if c, err := parseCredential(child, id, s.o.Dialect); err == nil && c.Certificate != nil {
			into[id] = c
		}
	}
}
