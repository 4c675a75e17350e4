//go:build js && wasm

package main

import (
	"context"
	"crypto"
	"encoding/json"
	"time"

	"hashout/csc"
	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"
)

// signing is a call that signs: what sign, prepare, restore and finish have in common.
type signing struct {
	*call
	session    *csc.Session
	credential *csc.Credential
	options    signArgs
	timestamp  []string // in place of that of the options, which came with a journal
	batch      *signflow.Batch
	journal    *signflow.Journal
}

// The records of host.journal and the results of prepare and restore.
type (
	journalShape struct {
		Journal *signflow.Journal `json:"journal,omitempty"`
		Changes []signflow.Change `json:"changes,omitempty"`
	}
	restoredShape struct {
		Documents []documentShape `json:"documents"`
	}
)

// sign prepares and finishes in one call.
func sign(ctx context.Context, c *call) (any, error) {
	s, err := c.newSigning(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.write(ctx, journalShape{Journal: s.journal}); err != nil {
		return nil, err
	}
	return s.finish(ctx)
}

// prepare gives the journal and keeps nothing.
func prepare(ctx context.Context, c *call) (any, error) {
	s, err := c.newSigning(ctx)
	if err != nil {
		return nil, err
	}
	return jsvalue.Encode(journalShape{Journal: s.journal})
}

// restore tells what became of a journal's documents.
func restore(ctx context.Context, c *call) (any, error) {
	s, err := c.oldSigning(ctx)
	if err != nil {
		return nil, err
	}
	var shape restoredShape
	for _, r := range s.batch.Results() {
		document := documentShape{State: string(r.State)}
		if r.Err != nil {
			document.Error = record(r.Err)
		}
		shape.Documents = append(shape.Documents, document)
	}
	return jsvalue.Encode(shape)
}

// finish restores and completes.
func finish(ctx context.Context, c *call) (any, error) {
	s, err := c.oldSigning(ctx)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx)
}

func (c *call) newSigning(ctx context.Context) (*signing, error) {
	var args struct {
		Service    serviceArgs     `json:"service"`
		Credential credentialArgs  `json:"credential"`
		Files      []fileArgs      `json:"files"`
		Options    json.RawMessage `json:"options"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	s := &signing{call: c, session: session}
	o, documents, err := s.read(ctx, args.Credential, args.Options, args.Files)
	if err == nil {
		err = needsTimestamps(o.Level, s.options.Timestamp)
	}
	if err != nil {
		return nil, err
	}
	if o.Authorities, err = c.authorities(s.options.Timestamp, session, s.options.ClientData); err != nil {
		return nil, err
	}
	if s.batch, err = signflow.Prepare(ctx, s.credential, documents, o, c.progress); err == nil {
		err = context.Cause(ctx) // a batch that was cut short is none
	}
	if err != nil {
		return nil, err
	}
	s.journal = s.batch.Journal(signflow.Journal{
		Service: args.Service.URL, Options: args.Options,
		Credential: signflow.JournalCredential{ID: args.Credential.CredentialID, Raw: args.Credential.Raw},
	})
	return s, nil
}

func (c *call) oldSigning(ctx context.Context) (*signing, error) {
	var args struct {
		Service   serviceArgs     `json:"service"`
		Files     []fileArgs      `json:"files"`
		Journal   json.RawMessage `json:"journal"`
		Timestamp []string        `json:"timestamp"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	s := &signing{call: c, session: session}
	if s.journal, err = signflow.ParseJournal(args.Journal); err != nil {
		return nil, err
	}
	if s.journal.Service != args.Service.URL {
		return nil, invalidArgument("the journal is of another service", nil)
	}
	s.timestamp = args.Timestamp
	k := s.journal.Credential
	o, documents, err := s.read(ctx, credentialArgs{CredentialID: k.ID, Raw: k.Raw}, s.journal.Options, args.Files)
	if err != nil {
		return nil, err
	}
	if s.batch, err = signflow.Restore(ctx, s.credential, s.journal, documents, o, c.progress); err == nil {
		err = context.Cause(ctx)
	}
	return s, err
}

func (s *signing) read(ctx context.Context, k credentialArgs, options []byte, files []fileArgs) (o signflow.Options, documents []signflow.Document, err error) {
	if s.credential, err = csc.ParseCredential(k.CredentialID, []byte(k.Raw), s.session.Dialect()); err != nil {
		return o, nil, err
	}
	if len(options) > 0 {
		if err := json.Unmarshal(options, &s.options); err != nil {
			return o, nil, invalidArgument("the options are not of the shape this call takes", err)
		}
	}
	if o, err = s.options.flow(); err != nil {
		return o, nil, err
	}
	if s.journal != nil {
		for i := range min(len(files), len(s.journal.Documents)) {
			files[i].Options = s.journal.Documents[i].Options
		}
	}
	if s.options.Appearance {
		at := o.SigningTime
		if s.journal != nil { // the same time gives the same appearance
			if at, err = time.Parse(time.RFC3339, s.journal.SigningTime); err != nil {
				return o, nil, invalidArgument("the journal has no signing time", err)
			}
		}
		o.Artist = &hostArtist{call: s.call, signerName: s.credential.Certificate.Subject.CommonName, signingTime: at}
	}
	documents, err = s.documents(ctx, files)
	return o, documents, err
}

// write has the page keep a record, and waits until it has.
func (s *signing) write(ctx context.Context, r journalShape) error {
	value, err := jsvalue.Encode(r)
	if err != nil {
		return err
	}
	_, err = s.ask(ctx, "journal", s.id, value)
	return err
}

func (s *signing) finish(ctx context.Context) (any, error) {
	pending := s.batch.Pending()
	authorizer := &csc.ExplicitAuthorizer{Ask: func(ctx context.Context, r csc.FactorRequest) (csc.Factors, error) {
		return s.authorize(ctx, r, pending)
	}}
	o, signerName := s.options, s.credential.Certificate.Subject.CommonName
	if s.timestamp == nil {
		s.timestamp = o.Timestamp
	}
	levels, err := s.extension(s.timestamp, s.session, o.ClientData)
	if err != nil {
		return nil, err
	}
	levels.Names = o.VRI
	var lost error
	_, err = s.batch.Finish(ctx, func(digest crypto.Hash) (signflow.Signer, error) {
		return csc.NewSigner(s.session, s.credential, authorizer, csc.SignerOptions{
			Digest: digest, PreferPSS: o.PreferPSS, SignAlgo: o.SignAlgo,
			ClientData: o.ClientData, Description: o.Description, BatchSize: o.BatchSize,
			SignTimeout: time.Duration(o.SignTimeoutMs) * time.Millisecond, Async: o.Async,
		})
	}, signflow.Hooks{
		Keep: func(ctx context.Context, changes []signflow.Change) error {
			return s.write(ctx, journalShape{Changes: changes})
		},
		Deliver: func(i int, r signflow.Result) {
			if err := s.deliver(i, r, signerName); err != nil {
				lost = err
			}
		},
		Extend: levels,
	})
	if err == nil {
		err = lost
	}
	if err != nil {
		return nil, err
	}
	return jsvalue.Encode(struct{}{})
}
