//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"time"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/signflow"

	"github.com/hack-pad/safejs"
)

func sign(ctx context.Context, c *call) (any, error) {
	var args struct {
		Service    serviceArgs    `json:"service"`
		Credential credentialArgs `json:"credential"`
		Files      []fileArgs     `json:"files"`
		Options    signArgs       `json:"options"`
	}
	session, err := c.open(&args, &args.Service)
	if err != nil {
		return nil, err
	}
	credential, err := csc.ParseCredential(args.Credential.CredentialID, []byte(args.Credential.Raw), session.Dialect())
	if err != nil {
		return nil, err
	}
	documents, err := c.documents(ctx, args.Files)
	if err != nil {
		return nil, err
	}
	options, err := args.Options.flow()
	if err != nil {
		return nil, err
	}
	batch, err := signflow.Prepare(ctx, credential, documents, options, c.progress)
	if err != nil {
		return nil, err
	}
	pending := batch.Pending()
	authorizer := &csc.ExplicitAuthorizer{Ask: func(ctx context.Context, r csc.FactorRequest) (csc.Factors, error) {
		return c.authorize(ctx, r, pending)
	}}
	results, err := batch.Finish(ctx, func(digest crypto.Hash) (signflow.Signer, error) {
		return csc.NewSigner(session, credential, authorizer, csc.SignerOptions{
			Digest: digest, PreferPSS: options.PreferPSS, SignAlgo: options.SignAlgo,
			ClientData: args.Options.ClientData, Description: args.Options.Description, BatchSize: args.Options.BatchSize,
			SignTimeout: time.Duration(args.Options.SignTimeoutMs) * time.Millisecond, Async: args.Options.Async,
		})
	})
	if err != nil {
		return nil, err
	}
	return documentValues(results, credential.Certificate.Subject.CommonName)
}

// estimate tells how large a signature will be, without any request.
func estimate(_ context.Context, c *call) (any, error) {
	var args struct {
		Service    serviceArgs    `json:"service"`
		Credential credentialArgs `json:"credential"`
		Options    signArgs       `json:"options"`
	}
	if err := decode(c.args, &args); err != nil {
		return nil, err
	}
	dialect, err := args.Service.Dialect.dialect()
	if err != nil {
		return nil, err
	}
	credential, err := csc.ParseCredential(args.Credential.CredentialID, []byte(args.Credential.Raw), dialect)
	if err != nil {
		return nil, err
	}
	options, err := args.Options.flow()
	if err != nil {
		return nil, err
	}
	size, err := signflow.EstimateSize(credential, options)
	if err != nil {
		return nil, err
	}
	return encode(estimateShape{Signature: size.SignatureBytes, Contents: size.ContentsBytes, SignAlgo: size.SignAlgo, Digest: size.Digest})
}

// documents takes the Blobs of a call. They stay in the page's hands.
func (c *call) documents(ctx context.Context, files []fileArgs) ([]signflow.Document, error) {
	list, err := c.args.Get("files")
	if err != nil {
		return nil, err
	}
	documents := make([]signflow.Document, len(files))
	for i, file := range files {
		holder, err := list.Index(i)
		if err != nil {
			return nil, err
		}
		source, err := c.blob(ctx, holder, i)
		if err != nil {
			return nil, err
		}
		documents[i] = signflow.Document{Source: source, Password: file.Password, NFKC: nfkc}
		if file.Field != nil {
			field := file.Field.flow()
			documents[i].Field = &field
		}
	}
	return documents, nil
}

func (a fieldArgs) flow() pdfprep.FieldOptions {
	return pdfprep.FieldOptions{Name: a.Name, Page: a.Page, Rect: a.Rect, MustExist: a.MustExist}
}

// flow translates the words of the JavaScript API.
func (a signArgs) flow() (signflow.Options, error) {
	o := signflow.Options{
		PreferPSS: a.PreferPSS, SignAlgo: a.SignAlgo, EmbedRoots: a.EmbedRoots,
		Field:  a.Field.flow(),
		Reason: a.Reason, Location: a.Location, Name: a.Name, ContactInfo: a.ContactInfo, Software: a.Software,
		SigningTime: time.Now(), Random: rand.Reader,
	}
	if a.SigningTime != 0 {
		o.SigningTime = time.UnixMilli(a.SigningTime)
	}
	var err error
	if o.Level, err = pades.ParseLevel(a.Level); err != nil {
		return o, err
	}
	o.Digest, err = choose("digest", a.Digest, map[string]crypto.Hash{"": 0, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512})
	if err != nil {
		return o, err
	}
	o.Certify, err = choose("certify", a.Certify, map[string]pdfprep.DocMDP{
		"": pdfprep.NotCertified, "no-changes": pdfprep.NoChanges, "form-filling": pdfprep.FormFilling, "annotations": pdfprep.Annotations,
	})
	if err != nil {
		return o, err
	}
	o.Profile, err = choose("subFilter", a.SubFilter, map[string]cms.Profile{
		"": cms.PAdES, pades.SubFilterPAdES: cms.PAdES, pades.SubFilterPKCS7: cms.PKCS7,
	})
	if err != nil || a.Lock == nil {
		return o, err
	}
	action, err := choose("lock.action", a.Lock.Action, map[string]pdfprep.LockAction{
		"all": pdfprep.LockAll, "include": pdfprep.LockInclude, "exclude": pdfprep.LockExclude,
	})
	o.Lock = &pdfprep.FieldLock{Action: action, Fields: a.Lock.Fields}
	return o, err
}

// authorize asks the page for PIN and OTP or for what stands for them, and says for which documents.
func (c *call) authorize(ctx context.Context, r csc.FactorRequest, pending []signflow.Pending) (csc.Factors, error) {
	k := r.Credential
	shape := authorizationRequestShape{
		CredentialID: k.ID, HashAlgorithmOID: r.HashAlgo, NumSignatures: r.NumSignatures, SCAL: k.SCAL, AuthMode: string(k.AuthMode),
		PIN: factor(r.PIN), OTP: factor(r.OTP), Objects: objects(r.Objects),
	}
	for _, hash := range r.Hashes {
		shape.Hashes = append(shape.Hashes, base64.StdEncoding.EncodeToString(hash))
		for _, p := range pending {
			if bytes.Equal(p.Digest, hash) {
				shape.Documents = append(shape.Documents, p.Document)
			}
		}
	}
	request, err := encode(shape)
	if err != nil {
		return csc.Factors{}, err
	}
	answer, err := c.ask(ctx, "authorize", c.id, request)
	if err != nil {
		return csc.Factors{}, err
	}
	var given authorizationShape
	if err := decode(answer, &given); err != nil {
		return csc.Factors{}, err
	}
	factors := csc.Factors{PIN: csc.Secret(given.PIN), OTP: csc.Secret(given.OTP), SAD: csc.Secret(given.SAD), AccessToken: csc.Secret(given.AccessToken)}
	for _, object := range given.AuthData {
		if factors.Values == nil {
			factors.Values = make(map[string]csc.Secret)
		}
		factors.Values[object.ID] = csc.Secret(object.Value)
	}
	return factors, nil
}

// documentValues is the outcome of a batch as JavaScript sees it.
func documentValues(results []signflow.Result, signerName string) (safejs.Value, error) {
	values := make([]any, len(results))
	for i, r := range results {
		shape := documentShape{Index: i}
		if r.Err != nil {
			shape.Error = record(r.Err)
		} else {
			s := r.Signature
			shape.Signature = &signatureShape{
				FieldName: s.FieldName, ByteRange: s.ByteRange, Contents: s.ContentsBytes, Digest: s.Digest.String(),
				SignAlgo: s.SignAlgo, Level: string(s.Level), SignerName: signerName, Findings: s.Findings,
			}
		}
		value, err := encode(shape)
		if err != nil {
			return value, err
		}
		if r.Update != nil {
			update, err := jsBytes(r.Update)
			if err != nil {
				return value, err
			}
			if err := value.Set("update", update); err != nil {
				return value, err
			}
		}
		values[i] = value
	}
	array, err := newArray(values...)
	if err != nil {
		return array, err
	}
	result, err := encode(struct{}{})
	if err != nil {
		return result, err
	}
	return result, result.Set("documents", array)
}
