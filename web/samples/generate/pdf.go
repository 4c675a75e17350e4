package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// A document is one A4 page written with the standard Helvetica fonts.
type document struct {
	title   string
	content []byte
	// xrefStream chooses the cross-reference stream of PDF 1.5 over the
	// classic table, so that the samples show both.
	xrefStream bool
}

// bytes lays the objects out. Streams stay uncompressed: the same document gives
// the same bytes with every Go release.
func (d document) bytes() []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(d.content), d.content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
		"<< /Title (" + escape(d.title) + ") /Producer (hashout samples) /CreationDate (D:20260101090000Z) >>",
	}
	var out bytes.Buffer
	header := "%PDF-1.4\n"
	if d.xrefStream {
		header = "%PDF-1.7\n"
	}
	out.WriteString(header + "%\xe2\xe3\xcf\xd3\n")
	offsets := []int{0}
	for i, o := range objects {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	if d.xrefStream {
		writeXrefStream(&out, offsets)
	} else {
		writeXrefTable(&out, offsets)
	}
	return out.Bytes()
}

func writeXrefTable(out *bytes.Buffer, offsets []int) {
	start := out.Len()
	fmt.Fprintf(out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets))
	for _, o := range offsets[1:] {
		fmt.Fprintf(out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(out, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets), len(offsets)-1, start)
}

func writeXrefStream(out *bytes.Buffer, offsets []int) {
	start := out.Len()
	var rows bytes.Buffer
	for i, o := range append(offsets, start) {
		kind := byte(1)
		if i == 0 {
			kind = 0
		}
		rows.WriteByte(kind)
		binary.Write(&rows, binary.BigEndian, uint16(o))
		rows.WriteByte(0)
	}
	n := len(offsets)
	fmt.Fprintf(out, "%d 0 obj\n<< /Type /XRef /Size %d /W [1 2 1] /Root 1 0 R /Info %d 0 R /Length %d >>\nstream\n", n, n+1, n-1, rows.Len())
	out.Write(rows.Bytes())
	fmt.Fprintf(out, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
}

// page collects drawing operators; y counts down from the top edge.
type page struct {
	buf bytes.Buffer
	y   float64
}

const (
	left  = 64.0
	right = 531.0
)

func (p *page) text(x, y float64, font string, size float64, grey float64, s string) {
	fmt.Fprintf(&p.buf, "BT /%s %g Tf %g g %g %g Td (%s) Tj ET\n", font, size, grey, x, y, escape(s))
}

func (p *page) fill(r, g, b, x, y, w, h float64) {
	fmt.Fprintf(&p.buf, "%g %g %g rg %g %g %g %g re f\n", r, g, b, x, y, w, h)
}

func (p *page) line(x1, y1, x2, y2, grey float64) {
	fmt.Fprintf(&p.buf, "%g G 0.7 w %g %g m %g %g l S\n", grey, x1, y1, x2, y2)
}

// heading sets a numbered clause title.
func (p *page) heading(s string) {
	p.y -= 10
	p.text(left, p.y, "B", 11, 0.12, s)
	p.y -= 17
}

// paragraph breaks s into lines of the page's width.
func (p *page) paragraph(s string) {
	const size = 10
	line := ""
	flush := func() {
		p.text(left, p.y, "R", size, 0.25, line)
		p.y -= 15
		line = ""
	}
	for _, word := range strings.Fields(s) {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if width(next, size) > right-left {
			flush()
			next = word
		}
		line = next
	}
	flush()
	p.y -= 5
}

func width(s string, size float64) float64 {
	units := 0
	for _, c := range []byte(s) {
		if c >= 32 && int(c)-32 < len(helvetica) {
			units += helvetica[c-32]
		} else {
			units += 556
		}
	}
	return float64(units) * size / 1000
}

// helvetica holds the advance widths of characters 32 to 126, from the metrics
// Adobe publishes for its standard 14 fonts.
var helvetica = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s)
}
