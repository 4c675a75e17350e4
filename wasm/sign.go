//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/cms"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"
)

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
	return jsvalue.Encode(estimateShape{Signature: size.SignatureBytes, Contents: size.ContentsBytes, SignAlgo: size.SignAlgo, Digest: size.Digest})
}

// documents takes the Blobs of a call. They stay in the page's hands.
func (c *call) documents(ctx context.Context, files []fileArgs) ([]signflow.Document, error) {
	list, err := c.args.Get("files")
	if err != nil {
		return nil, err
	}
	documents := make([]signflow.Document, len(files))
	for i, file := range files {
		d := signflow.Document{Name: file.Name, Password: file.Password, Unchanged: file.Unchanged, NFKC: nfkc, Options: file.Options}
		if d.Field, err = file.field(); err != nil {
			return nil, err
		}
		if file.Error != nil {
			d.Err = &borderError{code: file.Error.Code, message: file.Error.Message}
			documents[i] = d
			continue
		}
		holder, err := list.Index(i)
		if err != nil {
			return nil, err
		}
		if d.Source, err = c.blob(ctx, holder, i); err != nil {
			return nil, err
		}
		documents[i] = d
	}
	return documents, nil
}

// field is the document's own field, if it has one.
func (a fileArgs) field() (*pdfprep.FieldOptions, error) {
	var own struct {
		Field *fieldArgs `json:"field"`
	}
	if len(a.Options) > 0 {
		if err := json.Unmarshal(a.Options, &own); err != nil {
			return nil, invalidArgument("the options of a file are not of the shape this call takes", err)
		}
	}
	if own.Field == nil {
		return nil, nil
	}
	field := own.Field.flow()
	return &field, nil
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
	if err := a.statements(&o); err != nil {
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
	request, err := jsvalue.Encode(shape)
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

// deliver hands a document that has ended to the page.
func (c *call) deliver(index int, r signflow.Result, signerName string) error {
	shape := documentShape{State: string(r.State)}
	if r.Err != nil {
		shape.Error = record(r.Err)
	}
	if r.Shortfall != nil {
		shape.Shortfall = record(r.Shortfall)
	}
	if s := r.Signature; r.Update != nil {
		shape.Signature = &signatureShape{
			FieldName: s.FieldName, ByteRange: s.ByteRange, Contents: s.ContentsBytes, Digest: s.Digest.String(),
			SignAlgo: s.SignAlgo, Level: string(s.Level), SignerName: signerName, Findings: s.Findings,
		}
	}
	value, err := jsvalue.Encode(shape)
	if err != nil {
		return err
	}
	if r.Update != nil {
		update, err := jsvalue.Uint8Array(r.Update)
		if err != nil {
			return err
		}
		if err := value.Set("update", update); err != nil {
			return err
		}
	}
	_, err = c.engine.host.Call("document", c.id, index, value)
	return err
}
