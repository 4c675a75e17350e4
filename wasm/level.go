//go:build js && wasm

package main

import (
	"context"
	"crypto/rand"
	"time"

	"hashout/csc"
	"hashout/pdfprep"
	"hashout/pdfprep/pades"
	"hashout/wasm/internal/jsvalue"
	"hashout/wasm/internal/signflow"
)

// gatherShape is a request that the page carries to a timestamp authority or to whom a certificate names. It holds no token.
type gatherShape struct {
	Purpose     string `json:"purpose"`
	URL         string `json:"url"`
	ContentType string `json:"contentType,omitempty"`
	Accept      string `json:"accept"`
	MaxBytes    int64  `json:"maxBytes"`
}

// gather has the page fetch, which knows its proxies.
func (c *call) gather(ctx context.Context, r *pades.Request) ([]byte, error) {
	request, err := jsvalue.Encode(gatherShape{Purpose: string(r.Purpose), URL: r.URL, ContentType: r.ContentType, Accept: r.Accept, MaxBytes: r.MaxBytes})
	if err != nil {
		return nil, err
	}
	if r.Body != nil {
		body, err := jsvalue.Uint8Array(r.Body)
		if err != nil {
			return nil, err
		}
		if err := request.Set("body", body); err != nil {
			return nil, err
		}
	}
	answer, err := c.ask(ctx, "gather", c.id, request)
	if err != nil {
		return nil, err
	}
	return jsvalue.Bytes(answer)
}

// The words of a list of timestamp authorities that are no addresses.
const (
	serviceWord = "service" // the signing service's own
	pageWord    = "page"    // a function of the page
)

// pageURL stands for the page where a URL is asked for.
const pageURL = "https://page.invalid/"

// extension says who helps with the levels above B-B.
func (c *call) extension(timestamp []string, session *csc.Session, clientData string) (pades.ExtendOptions, error) {
	authorities, err := c.authorities(timestamp, session, clientData)
	return pades.ExtendOptions{
		Random: rand.Reader, Authorities: authorities, Collect: pades.CollectOptions{Fetcher: pades.FetcherFunc(c.gather), Now: time.Now()},
	}, err
}

// authorities are who is asked for timestamps, by their addresses or words.
func (c *call) authorities(timestamp []string, session *csc.Session, clientData string) (list []pades.Timestamper, err error) {
	fetcher := pades.FetcherFunc(c.gather)
	for _, word := range timestamp {
		switch {
		case word == serviceWord && session == nil:
			return nil, invalidArgument("there is no service to ask for timestamps", nil)
		case word == serviceWord:
			list = append(list, signflow.ServiceTimestamps(session, clientData))
		case word == pageWord:
			list = append(list, pades.TSA(pageURL, fetcher))
		default:
			list = append(list, pades.TSA(word, fetcher))
		}
	}
	return list, nil
}

// needsTimestamps refuses levels that cannot be reached before anything is signed.
func needsTimestamps(level pades.Level, timestamp []string) error {
	if level != pades.BB && len(timestamp) == 0 {
		return invalidArgument("level "+string(level)+" needs a timestamp authority", nil)
	}
	return nil
}

// extend takes the signatures of a document to a higher level.
func extend(ctx context.Context, c *call) (any, error) {
	var args struct {
		Service    *serviceArgs `json:"service"`
		Password   string       `json:"password"`
		Level      string       `json:"level"`
		Timestamp  []string     `json:"timestamp"`
		ClientData string       `json:"clientData"`
		VRI        bool         `json:"vri"`
	}
	if err := decode(c.args, &args); err != nil {
		return nil, err
	}
	level, err := pades.ParseLevel(args.Level)
	if err != nil {
		return nil, err
	}
	var session *csc.Session
	if args.Service != nil {
		if session, err = c.session(*args.Service); err != nil {
			return nil, err
		}
	}
	o, err := c.extension(args.Timestamp, session, args.ClientData)
	if err != nil {
		return nil, err
	}
	source, err := c.blob(ctx, c.args, 0)
	if err != nil {
		return nil, err
	}
	o.Level, o.Names = level, args.VRI
	x, err := signflow.Extend(ctx, signflow.Document{Source: source, Password: args.Password, NFKC: nfkc}, o, pdfprep.Limits{}, c.progress)
	if err != nil {
		return nil, err
	}
	shape := extensionShape{Level: string(x.Level)}
	if x.Shortfall != nil {
		shape.Shortfall = record(x.Shortfall)
	}
	value, err := jsvalue.Encode(shape)
	if err != nil {
		return nil, err
	}
	update, err := jsvalue.Uint8Array(x.Update)
	if err != nil {
		return nil, err
	}
	return value, value.Set("update", update)
}

type extensionShape struct {
	Level     string       `json:"level"`
	Shortfall *errorRecord `json:"shortfall,omitempty"`
}
