package pdfprep_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
)

// maker writes PDFs for tests, right or wrong ones.
type maker struct {
	b       bytes.Buffer
	offsets map[int]int
	highest int
}

func newMaker() *maker {
	m := &maker{offsets: map[int]int{}}
	m.b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return m
}

// at says that an object begins here.
func (m *maker) at(num int) {
	m.offsets[num] = m.b.Len()
	m.highest = max(m.highest, num)
}

func (m *maker) obj(num int, text string) {
	m.at(num)
	fmt.Fprintf(&m.b, "%d 0 obj\n%s\nendobj\n", num, text)
}

func (m *maker) stream(num int, dict string, data []byte) {
	m.obj(num, fmt.Sprintf("<<%s>>\nstream\n%s\nendstream", dict, data))
}

// onePage writes catalog, page tree and page as objects 1 to 3.
func (m *maker) onePage(catalog string) {
	m.obj(1, "<</Type/Catalog/Pages 2 0 R"+catalog+">>")
	m.obj(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>")
}

// table ends the file with a cross-reference table.
func (m *maker) table(trailer string) []byte {
	start := m.b.Len()
	fmt.Fprintf(&m.b, "xref\n0 %d\n0000000000 65535 f \n", m.highest+1)
	for num := 1; num <= m.highest; num++ {
		if off, ok := m.offsets[num]; ok {
			fmt.Fprintf(&m.b, "%010d 00000 n \n", off)
		} else {
			m.b.WriteString("0000000000 00000 f \n")
		}
	}
	m.trailer(start, fmt.Sprintf("/Size %d/Root 1 0 R%s", m.highest+1, trailer))
	return m.b.Bytes()
}

func (m *maker) trailer(start int, entries string) {
	fmt.Fprintf(&m.b, "trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n", entries, start)
}

// place is where a compressed object is.
type place struct{ stream, index int }

// xrefStream ends the file with a cross-reference stream, compressed behind the PNG predictor Up as writers do it.
func (m *maker) xrefStream(num int, inside map[int]place, entries string) []byte {
	m.at(num)
	for n := range inside {
		m.highest = max(m.highest, n)
	}
	const width = 7
	rows, above := make([]byte, 0, (m.highest+1)*(width+1)), make([]byte, width)
	for n := range m.highest + 1 {
		row := make([]byte, width)
		if p, ok := inside[n]; ok {
			row = []byte{2, byte(p.stream >> 24), byte(p.stream >> 16), byte(p.stream >> 8), byte(p.stream), byte(p.index >> 8), byte(p.index)}
		} else if off, ok := m.offsets[n]; ok {
			row = []byte{1, byte(off >> 24), byte(off >> 16), byte(off >> 8), byte(off), 0, 0}
		}
		rows = append(rows, 2)
		for i := range row {
			rows = append(rows, row[i]-above[i])
		}
		above = row
	}
	start, data := m.b.Len(), deflate(rows)
	fmt.Fprintf(&m.b, "%d 0 obj\n<</Type/XRef/W[1 4 2]/Size %d/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7>>/Length %d%s>>\nstream\n",
		num, m.highest+1, len(data), entries)
	m.b.Write(data)
	fmt.Fprintf(&m.b, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
	return m.b.Bytes()
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data) // a bytes.Buffer takes all
	_ = w.Close()
	return b.Bytes()
}
