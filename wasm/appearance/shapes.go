//go:build js && wasm

package main

import (
	"encoding/hex"
	"errors"
	"strings"

	"hashout/pdfprep/appearance"
	"hashout/wasm/internal/jsvalue"

	"github.com/hack-pad/safejs"
)

// The shapes of arguments, as js/src/appearance.ts writes them. Colours are #rrggbb.

type canvasShape struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Field  string  `json:"field"`
	PDFA   string  `json:"pdfa"`
	Opaque bool    `json:"opaque"`
}

type specShape struct {
	Lines      []lineShape       `json:"lines"` // null is the default text
	Values     map[string]string `json:"values"`
	Align      string            `json:"align"`
	FontSize   float64           `json:"fontSize"`
	Ink        *inkShape         `json:"ink"`
	Layout     string            `json:"layout"`
	QR         string            `json:"qr"`
	Background string            `json:"background"`
	Border     *borderShape      `json:"border"` // null is none
	Padding    *float64          `json:"padding"`
}

type lineShape struct {
	Text  string  `json:"text"`
	Scale float64 `json:"scale"`
	Color string  `json:"color"`
}

type borderShape struct {
	Default bool    `json:"default"`
	Color   string  `json:"color"`
	Width   float64 `json:"width"`
	Radius  float64 `json:"radius"`
	Sides   string  `json:"sides"`
}

type inkShape struct {
	Strokes [][]pointShape `json:"strokes"`
	Width   float64        `json:"width"`
	Color   string         `json:"color"`
}

type pointShape struct {
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Pressure float64 `json:"pressure"`
}

func (s *specShape) spec() (appearance.Spec, error) {
	o := appearance.Spec{Values: s.Values, Align: s.Align, FontSize: s.FontSize, Place: s.Layout, QR: s.QR, Padding: -1, Lines: appearance.DefaultLines()}
	if s.Padding != nil {
		o.Padding = *s.Padding
	}
	var err error
	read := func(text string, otherwise appearance.Color) appearance.Color {
		c, failed := parseColor(text, otherwise)
		err = errors.Join(err, failed)
		return c
	}
	if s.Lines != nil {
		o.Lines = nil
		for _, l := range s.Lines {
			o.Lines = append(o.Lines, appearance.Line{Text: l.Text, Scale: l.Scale, Color: read(l.Color, appearance.DefaultColor)})
		}
	}
	if s.Background != "" {
		c := read(s.Background, appearance.Color{})
		o.Background = &c
	}
	if b := s.Border; b != nil && b.Default {
		o.Border = appearance.DefaultBorder()
	} else if b != nil {
		o.Border = &appearance.Border{Color: read(b.Color, appearance.DefaultColor), Width: b.Width, Radius: b.Radius, Sides: b.Sides}
	}
	if s.Ink != nil {
		o.Ink = &appearance.Ink{Width: s.Ink.Width, Color: read(s.Ink.Color, appearance.DefaultColor)}
		for _, stroke := range s.Ink.Strokes {
			points := make([]appearance.Point, len(stroke))
			for i, p := range stroke {
				points[i] = appearance.Point(p)
			}
			o.Ink.Strokes = append(o.Ink.Strokes, points)
		}
	}
	return o, err
}

func parseColor(text string, otherwise appearance.Color) (appearance.Color, error) {
	if text == "" {
		return otherwise, nil
	}
	b, err := hex.DecodeString(strings.TrimPrefix(text, "#"))
	if err != nil || len(b) != 3 || text[0] != '#' {
		return otherwise, invalid("a colour is written as #rrggbb", nil)
	}
	return appearance.Color(b), nil
}

// fault is an error of the border itself.
type fault struct {
	message string
	err     error
}

func (f *fault) Error() string     { return f.message }
func (f *fault) Unwrap() error     { return f.err }
func (f *fault) ErrorCode() string { return string(appearance.InvalidArgument) }

func invalid(message string, cause error) error { return &fault{message, cause} }

// errorObject is what a promise is rejected with: ErrorObject in js/src/protocol.ts.
func errorObject(err error) safejs.Value {
	record := struct {
		Code      string         `json:"code"`
		Message   string         `json:"message"`
		Details   map[string]any `json:"details"`
		Retryable bool           `json:"retryable"`
	}{Code: "INTERNAL", Message: err.Error(), Details: map[string]any{}}
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) {
		record.Code = coded.ErrorCode()
	}
	var detailed interface{ ErrorDetails() map[string]any }
	if errors.As(err, &detailed) && detailed.ErrorDetails() != nil {
		record.Details = detailed.ErrorDetails()
	}
	value, err := jsvalue.Encode(record)
	if err != nil {
		return safejs.Null()
	}
	return value
}
