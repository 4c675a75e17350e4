package pdfprep_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hashout/pdfprep"
)

// plain is a page and nothing else.
func plain() []byte {
	m := newMaker()
	m.onePage("")
	return bytes.Clone(m.table(""))
}

// packed is a page with its catalog, form and page inside an object stream.
func packed() []byte {
	m := newMaker()
	bodies := []string{"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>", "<</Fields[]/DA(/F 0 Tf)>>"}
	head, body, inside := "", "", map[int]place{}
	for i, b := range bodies {
		head += fmt.Sprintf("%d %d ", i+1, len(body))
		body += b + " "
		inside[i+1] = place{stream: 5, index: i}
	}
	m.stream(5, fmt.Sprintf("/Type/ObjStm/N %d/First %d/Length %d", len(bodies), len(head), len(head)+len(body)), []byte(head+body))
	return bytes.Clone(m.xrefStream(6, inside, ""))
}

// hybrid is a table whose trailer names a cross-reference stream with the objects that old readers shall not see.
func hybrid(t *testing.T) []byte { return sample(t, "syn-hybrid-hidden-form.pdf") }

// TestTheUpdateSpeaksLikeTheNewestSection: a table is followed by a table, a stream by a stream, and nothing of the one goes into the other.
func TestTheUpdateSpeaksLikeTheNewestSection(t *testing.T) {
	tests := []struct {
		name   string
		pdf    []byte
		stream bool
	}{
		{"table", plain(), false},
		{"stream", packed(), true},
		{"hybrid", hybrid(t), false},
		{"linearized", sample(t, "syn-linearized-table.pdf"), false},
		{"many revisions", sample(t, "syn-signed-12-objstm.pdf"), true},
		{"header further in", sample(t, "syn-header-offset-599-absolute.pdf"), false},
		{"lines end with CR", sample(t, "syn-eol-cr-only.pdf"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signed := mustSign(t, test.pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}})
			update := string(signed[len(test.pdf):])
			if got := strings.Contains(update, "/XRef"); got != test.stream {
				t.Errorf("a cross-reference stream in the update: %v", got)
			}
			if got := strings.Contains(update, "trailer"); got == test.stream {
				t.Errorf("a table in the update: %v", got)
			}
			if strings.Contains(update, "/XRefStm") {
				t.Error("the update names the old hybrid stream")
			}
			for _, row := range regexp.MustCompile(`(?m)^\d{10} \d{5} [nf](.*\n)`).FindAllStringSubmatch(update, -1) {
				if row[1] != "\r\n" {
					t.Errorf("a row ends with %q: not 20 bytes", row[1])
				}
			}
			before, after := inspect(t, test.pdf, ""), inspect(t, signed, "")
			if after.Revisions <= before.Revisions {
				t.Errorf("%d sections before, %d after", before.Revisions, after.Revisions)
			}
			look(t, signed, "").field("Neu")
		})
	}
}

// TestAMissingEndOfLineIsAdded, and none is added where there is one.
func TestAMissingEndOfLineIsAdded(t *testing.T) {
	pdf := plain()
	for name, test := range map[string]struct {
		pdf   []byte
		first string
	}{
		"with LF":    {pdf, "1 0 obj"},
		"with CR":    {ending(pdf, "\r"), "1 0 obj"},
		"without":    {ending(pdf, ""), "\n1 0 obj"},
		"with blank": {ending(pdf, " "), "\n1 0 obj"},
	} {
		t.Run(name, func(t *testing.T) {
			signed := mustSign(t, test.pdf, "", pdfprep.SignOptions{})
			if update := string(signed[len(test.pdf):]); !strings.HasPrefix(update, test.first) {
				t.Errorf("the update begins with %q", update[:20])
			}
			look(t, signed, "").field("Signature1")
		})
	}
}

var objectHead = regexp.MustCompile(`(?m)^(\d+) (\d+) obj$`)

// written lists number and generation of the objects of an update.
func written(update []byte) map[int]int {
	list := map[int]int{}
	for _, m := range objectHead.FindAllSubmatch(update, -1) {
		num, _ := strconv.Atoi(string(m[1]))
		list[num], _ = strconv.Atoi(string(m[2]))
	}
	return list
}

// TestNewObjectsGetFreshNumbers whatever /Size says: a number that any section used, even as a free one, is never taken again.
func TestNewObjectsGetFreshNumbers(t *testing.T) {
	lying := func(size string) []byte {
		m := newMaker()
		m.onePage("")
		m.obj(9, "(nine)")
		return bytes.Replace(m.table(""), []byte("/Size 10"), []byte("/Size "+size), 1)
	}
	hidden := func() []byte { // an old section knows a higher number than the newest, whose /Size denies it
		m := newMaker()
		m.onePage("")
		m.obj(20, "(twenty)")
		old := m.b.Len()
		m.table("")
		start := m.b.Len()
		m.b.WriteString("xref\n0 1\n0000000000 65535 f \n")
		m.trailer(start, fmt.Sprintf("/Size 4/Root 1 0 R/Prev %d", old))
		return bytes.Clone(m.b.Bytes())
	}
	freed := func() []byte {
		m := newMaker()
		m.onePage("")
		m.table("")
		start, old := m.b.Len(), bytes.LastIndex(m.b.Bytes(), []byte("xref\n0"))
		m.b.WriteString("xref\n30 1\n0000000000 00001 f \n")
		m.trailer(start, fmt.Sprintf("/Size 4/Root 1 0 R/Prev %d", old))
		return bytes.Clone(m.b.Bytes())
	}
	for name, test := range map[string]struct {
		pdf     []byte
		highest int
	}{
		"Size as it should be":      {lying("10"), 9},
		"Size too small":            {lying("04"), 9},
		"Size of nothing":           {lying("00"), 9},
		"an older section's number": {hidden(), 20},
		"a freed number":            {freed(), 30},
		"in an object stream":       {packed(), 6},
		"hidden in a hybrid":        {hybrid(t), 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := look(t, test.pdf, "")
			signed := mustSign(t, test.pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}})
			fresh := 0
			for num := range written(signed[len(test.pdf):]) {
				_, known := before.objects[fmt.Sprintf("obj:%d 0 R", num)]
				if known {
					continue
				}
				if fresh++; num <= test.highest {
					t.Errorf("%d is not a fresh number", num)
				}
			}
			if fresh < 2 {
				t.Errorf("%d new objects: a signature and its field are two", fresh)
			}
			after := look(t, signed, "")
			for key, o := range before.objects {
				if s, ok := o.Value.(string); ok && after.objects[key].Value != s {
					t.Errorf("%s was %s and is %v", key, s, after.objects[key].Value)
				}
			}
		})
	}
}

// TestGenerations: an object keeps its own; one out of an object stream has 0.
func TestGenerations(t *testing.T) {
	for _, gen := range written(mustSign(t, packed(), "", pdfprep.SignOptions{})[len(packed()):]) {
		if gen != 0 {
			t.Errorf("generation %d for an object out of a stream", gen)
		}
	}
	pdf := sample(t, "syn-root-gen3.pdf")
	signed := mustSign(t, pdf, "", pdfprep.SignOptions{Certify: pdfprep.FormFilling})
	if !regexp.MustCompile(`(?m)^\d+ 3 obj$`).Match(signed[len(pdf):]) {
		t.Error("the catalog lost its generation")
	}
	if !regexp.MustCompile(`/Root \d+ 3 R`).Match(signed[len(pdf):]) {
		t.Error("the trailer's /Root lost its generation")
	}
}

// TestTheSameOptionsGiveTheSameBytes: an interrupted signing rebuilds the very same file. Another seed gives other bytes.
func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	for _, e := range []entry{{file: "syn-signed-1-table.pdf"}, {file: "syn-empty-3-table.pdf"}, {file: "syn-enc-aesv3-r6-user-objstm.pdf", password: "usr"},
		{file: "syn-enc-aesv2-empty.pdf"}, {file: "syn-enc-rc4-40-user.pdf", password: "usr"}, {file: "syn-xrefstream-plain.pdf"}} {
		t.Run(e.file, func(t *testing.T) {
			pdf := sample(t, e.file)
			update := func(d *pdfprep.Document, seed byte) string {
				p, err := d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 50, SigningTime: signingTime, Reason: "Grund", Seed: [16]byte{seed},
					Field: pdfprep.FieldOptions{Name: "Neu", Rect: [4]float64{1, 2, 3, 4}}})
				if err != nil {
					t.Fatal(err)
				}
				return string(p.Update)
			}
			d := open(t, pdf, e.password)
			first := update(d, 1)
			if update(d, 1) != first {
				t.Error("the same document gives something else the second time")
			}
			if update(open(t, pdf, e.password), 1) != first {
				t.Error("the same file opened again gives something else")
			}
			if update(d, 2) == first {
				t.Error("another seed gives the same bytes")
			}
		})
	}
}

// sparse is a file of any size that is zeros but for its head and its tail.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	at := s.size - int64(len(s.tail))
	for i := max(0, at-off); i < int64(n); i++ {
		p[i] = s.tail[off+i-at]
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// large is a PDF of so many bytes whose objects stand at its end.
func large(size int64) *sparse {
	const length = 1000 // of the tail
	start, tail := size-length, []byte("\n")
	var rows string
	for i, body := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"} {
		rows += fmt.Sprintf("%010d 00000 n \n", start+int64(len(tail)))
		tail = fmt.Appendf(tail, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	xref := start + int64(len(tail))
	tail = fmt.Appendf(tail, "xref\n0 4\n0000000000 65535 f \n%strailer\n<</Size 4/Root 1 0 R", rows)
	end := fmt.Sprintf(">>\nstartxref\n%d\n%%%%EOF\n", xref)
	tail = append(append(tail, strings.Repeat(" ", length-len(tail)-len(end))...), end...)
	return &sparse{head: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), tail: tail, size: size}
}

// TestTheByteRangeFitsWhereItsNumbersGrowADigit: the numbers of a file about a power of ten long have different widths, and no byte moves.
func TestTheByteRangeFitsWhereItsNumbersGrowADigit(t *testing.T) {
	const reserved = 200
	for _, border := range []int64{100_000_000, 1_000_000_000, 9_999_990_000} {
		for _, before := range []int64{3000, 1200, 1000, 800, 600, 400, 300, 0} {
			file := large(border - before)
			d, err := pdfprep.Open(t.Context(), file, file.size, pdfprep.OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: reserved, SigningTime: signingTime})
			if err != nil {
				t.Fatal(err)
			}
			update, err := p.Embed([]byte{0x30, 0})
			if err != nil {
				t.Fatal(err)
			}
			total := file.size + int64(len(update))
			if r := p.ByteRange; r[0] != 0 || r[2]-r[1] != 2*reserved+2 || r[2]+r[3] != total {
				t.Errorf("%d bytes: ByteRange %v", total, r)
			}
			stated := fmt.Sprintf("/ByteRange [0 %d %d %d] ", p.ByteRange[1], p.ByteRange[2], p.ByteRange[3])
			if !bytes.Contains(update, []byte(stated)) {
				t.Errorf("%d bytes: the update does not say %s", total, stated)
			}
			if _, err := pdfprep.Reread(t.Context(), pdfprep.Concat(file, file.size, update), total, p, pdfprep.OpenOptions{}); err != nil {
				t.Errorf("%d bytes: %v", total, err)
			}
		}
	}
	file := large(10_000_000_000)
	d, err := pdfprep.Open(t.Context(), file, file.size, pdfprep.OpenOptions{})
	if err == nil {
		_, err = d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: reserved, SigningTime: signingTime})
	}
	wantCode(t, err, pdfprep.Unsupported) // a row of a table has ten digits
}
