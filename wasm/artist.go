//go:build js && wasm

package main

import (
	"context"
	"time"

	"hashout/pdfprep"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// hostArtist has the host draw appearances: what draws them is a program of its own (wasm/appearance), which the host loads when it is asked.
type hostArtist struct {
	call        *call
	signerName  string
	signingTime time.Time
}

// canvasShape is AppearanceAsk in js/src/protocol.ts.
type canvasShape struct {
	Width       float64 `json:"width"`
	Height      float64 `json:"height"`
	Field       string  `json:"field"`
	PDFA        string  `json:"pdfa"`
	Opaque      bool    `json:"opaque"`
	SignerName  string  `json:"signerName"`
	SigningTime int64   `json:"signingTime"` // in whole seconds, as a journal has it
	ZoneMinutes int     `json:"zoneMinutes"` // east of UTC, as /M has it
}

// Draw implements pdfprep.Artist.
func (h *hostArtist) Draw(ctx context.Context, c pdfprep.Canvas) (pdfprep.Drawing, error) {
	_, zone := h.signingTime.Zone()
	request, err := jsvalue.Encode(canvasShape{
		Width: c.Width, Height: c.Height, Field: c.Field, PDFA: c.PDFA, Opaque: c.Opaque, SignerName: h.signerName, SigningTime: h.signingTime.Unix() * 1000, ZoneMinutes: zone / 60,
	})
	if err != nil {
		return pdfprep.Drawing{}, err
	}
	answer, err := h.call.ask(ctx, "appearance", h.call.id, request)
	if err != nil {
		return pdfprep.Drawing{}, err
	}
	data, err := answer.Get("pdf")
	if err != nil || data.Type() != safejs.TypeObject {
		return pdfprep.Drawing{}, invalidArgument("the host gave no appearance", err)
	}
	page, err := intProperty(answer, "page")
	if err != nil {
		return pdfprep.Drawing{}, err
	}
	d := pdfprep.Drawing{Page: page}
	d.PDF, err = jsvalue.Bytes(data)
	return d, err
}
