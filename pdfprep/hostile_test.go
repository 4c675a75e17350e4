package pdfprep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
)

// refs writes references to count objects from first on.
func refs(first, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "%d 0 R ", first+i)
	}
	return b.String()
}

// hostile lists files that ask for more than they are worth. The code is how Open or Prepare must end; empty means that the file is fine
// in spite of it all.
var hostile = []struct {
	name string
	code pdfprep.Code
	make func(m *maker) []byte
}{
	{"object stream whose length is inside it", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 2/First 10/Length 11 0 R", []byte("10 0 11 5 <<>> 30"))
		return m.xrefStream(12, map[int]place{10: {5, 0}, 11: {5, 1}}, "")
	}},
	{"object stream whose filter is inside it", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 2/First 10/Filter 11 0 R/Length 17", []byte("10 0 11 5 <<>> 30"))
		return m.xrefStream(12, map[int]place{10: {5, 0}, 11: {5, 1}}, "")
	}},
	{"object streams whose lengths are in each other", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 2/First 10/Length 21 0 R", []byte("10 0 11 5 <<>> 30"))
		m.stream(6, "/Type/ObjStm/N 2/First 10/Length 11 0 R", []byte("20 0 21 5 <<>> 30"))
		return m.xrefStream(30, map[int]place{10: {5, 0}, 11: {5, 1}, 20: {6, 0}, 21: {6, 1}}, "")
	}},
	{"object stream inside an object stream", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 1/First 5/Length 9", []byte("10 0 <<>>"))
		return m.xrefStream(30, map[int]place{5: {6, 0}, 6: {5, 0}, 10: {5, 0}}, "")
	}},
	{"object streams that extend each other", "", func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R")
		m.stream(5, "/Type/ObjStm/N 1/First 5/Extends 6 0 R/Length 9", []byte("10 0 <<>>"))
		m.stream(6, "/Type/ObjStm/N 1/First 5/Extends 5 0 R/Length 9", []byte("11 0 <<>>"))
		return m.xrefStream(30, map[int]place{10: {5, 0}, 11: {6, 0}}, "")
	}},
	{"fields that share a large Kids array", pdfprep.Malformed, func(m *maker) []byte {
		const n = 10_000
		m.onePage("/AcroForm<</Fields 5 0 R>>")
		m.obj(5, "["+refs(10, n)+"]")
		m.obj(6, "["+strings.Repeat("7 0 R ", 50_000)+"]")
		m.obj(7, "<</T(x)>>")
		for i := range n {
			m.obj(10+i, fmt.Sprintf("<</T(f%d)/FT/Tx/Kids 6 0 R>>", i))
		}
		return m.table("")
	}},
	{"page tree nodes that share a large Kids array", pdfprep.Malformed, func(m *maker) []byte {
		const n = 10_000
		m.onePage("")
		m.obj(2, "<</Type/Pages/Kids 6 0 R/Count 1>>")
		m.obj(6, "["+refs(10, n)+strings.Repeat("7 0 R ", 50_000)+"]")
		m.obj(7, "<</Type/Pages/Kids[]/Count 0>>")
		for i := range n {
			m.obj(10+i, "<</Type/Pages/Kids 6 0 R>>")
		}
		return m.table("")
	}},
	{"a large array under many numbers", pdfprep.Malformed, func(m *maker) []byte {
		const n = 500
		m.onePage("")
		m.obj(2, "<</Type/Pages/Kids["+refs(10, n)+"]/Count 1>>")
		for i := range n {
			m.at(10 + i)
			fmt.Fprintf(&m.b, "%d 0 obj %%", 10+i)
		}
		m.b.WriteString("\n[" + strings.Repeat("1 ", 500_000) + "]\nendobj\n")
		return m.table("")
	}},
	{"object streams that are bombs", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		m.obj(2, "<</Type/Pages/Kids["+refs(100, 40)+"]/Count 1>>")
		bomb, inside := deflate(make([]byte, 80<<20)), map[int]place{}
		for i := range 40 {
			m.stream(10+i, fmt.Sprintf("/Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length %d", len(bomb)), bomb)
			inside[100+i] = place{10 + i, 0}
		}
		return m.xrefStream(300, inside, "")
	}},
	{"large object streams asked for in turn", pdfprep.Malformed, func(m *maker) []byte {
		const streams, objects = 9, 30
		m.onePage("")
		kids, inside := "", map[int]place{}
		for j := range objects {
			for i := range streams {
				kids += fmt.Sprintf("%d 0 R ", 1000+i*objects+j)
				inside[1000+i*objects+j] = place{10 + i, j}
			}
		}
		m.obj(2, "<</Type/Pages/Kids["+kids+"]/Count 1>>")
		for i := range streams {
			head := ""
			for j := range objects {
				head += fmt.Sprintf("%d %d ", 1000+i*objects+j, j*5)
			}
			data := deflate([]byte(head + strings.Repeat("null ", objects) + strings.Repeat(" ", 20<<20)))
			m.stream(10+i, fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d", objects, len(head), len(data)), data)
		}
		return m.xrefStream(3000, inside, "")
	}},
	{"cross-reference stream that is a bomb", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		start, bomb := m.b.Len(), deflate(make([]byte, 80<<20))
		fmt.Fprintf(&m.b, "9 0 obj\n<</Type/XRef/W[1 4 2]/Size 9/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(bomb), bomb, start)
		return m.b.Bytes()
	}},
	{"a million nested arrays", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 5 0 R")
		m.obj(5, strings.Repeat("[", 1_000_000))
		return m.table("")
	}},
	{"nested dictionaries in the trailer", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		return m.table("/X" + strings.Repeat("<</A", 100_000))
	}},
	{"seven million fields of two bytes", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm<</Fields 5 0 R>>")
		m.obj(5, "["+strings.Repeat("1 ", 7<<20)+"]")
		return m.table("")
	}},
	{"300,000 subsections and 90,000 fields", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm<</Fields 5 0 R>>")
		m.obj(5, "["+refs(400_000, 90_000)+"]")
		start := m.b.Len()
		m.b.WriteString("xref\n")
		for i := 100_000; i < 400_000; i++ {
			fmt.Fprintf(&m.b, "%d 1\n0000000000 65535 f \n", i)
		}
		for i := 1; i <= 5; i++ { // out of order, so that no search by halves is possible
			fmt.Fprintf(&m.b, "%d 1\n%010d 00000 n \n", i, m.offsets[i])
		}
		m.trailer(start, "/Size 500000/Root 1 0 R")
		return m.b.Bytes()
	}},
	{"19,000 sections and 90,000 fields", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm<</Fields 5 0 R>>")
		m.obj(5, "["+refs(400_000, 90_000)+"]")
		previous := m.b.Len()
		m.table("")
		for range 19_000 {
			start := m.b.Len()
			m.b.WriteString("xref\n0 1\n0000000000 65535 f \n")
			m.trailer(start, fmt.Sprintf("/Size 9/Root 1 0 R/Prev %d", previous))
			previous = start
		}
		return m.b.Bytes()
	}},
	{"more sections than any file has", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		previous := m.b.Len()
		m.table("")
		for range 20_001 {
			start := m.b.Len()
			m.b.WriteString("xref\n0 1\n0000000000 65535 f \n")
			m.trailer(start, fmt.Sprintf("/Size 9/Root 1 0 R/Prev %d", previous))
			previous = start
		}
		return m.b.Bytes()
	}},
	{"Size of 2^31", "", func(m *maker) []byte {
		m.onePage("")
		return bytes.Replace(m.table(""), []byte("/Size 4"), []byte("/Size 2147483648"), 1)
	}},
	{"Index beyond the rows", "", func(m *maker) []byte {
		m.onePage("")
		return m.xrefStream(4, nil, "/Index[0 2147483647]")
	}},
	{"Index of two million parts", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		return m.xrefStream(4, nil, "/Index["+strings.Repeat("0 1 ", 1_000_000)+"]")
	}},
	{"W of a hundred million bytes", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		return bytes.Replace(m.xrefStream(4, nil, ""), []byte("/W[1 4 2]"), []byte("/W[1 99999999 2]"), 1)
	}},
	{"predictor of 64 MB rows", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 20 0 R")
		data := deflate(make([]byte, 1000))
		m.stream(5, fmt.Sprintf("/Type/ObjStm/N 1/First 10/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1048575/Colors 32/BitsPerComponent 16>>/Length %d", len(data)), data)
		return m.xrefStream(30, map[int]place{20: {5, 0}}, "")
	}},
	{"Prev that points at itself", "", func(m *maker) []byte {
		m.onePage("")
		start := m.b.Len()
		return bytes.Replace(m.table("/Prev 000000000"), []byte("/Prev 000000000"), fmt.Appendf(nil, "/Prev %09d", start), 1)
	}},
	{"26 filters", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm 20 0 R")
		m.stream(5, "/Type/ObjStm/N 1/First 5/Filter["+strings.Repeat("/ASCIIHexDecode ", 26)+"]/Length 3", []byte("00>"))
		return m.xrefStream(30, map[int]place{20: {5, 0}}, "")
	}},
	{"signatures that share references and names", pdfprep.Malformed, func(m *maker) []byte {
		const n = 5000
		m.onePage("/AcroForm<</Fields[" + refs(10, n) + "]>>")
		m.obj(5, "<</Type/Sig/Reference 6 0 R>>")
		m.obj(6, "["+strings.Repeat("7 0 R ", 20_000)+"]")
		m.obj(7, "<</TransformMethod/FieldMDP/TransformParams 8 0 R>>")
		m.obj(8, "<</Action/Include/Fields 9 0 R>>")
		m.obj(9, "["+strings.Repeat("(a)", 10_000)+"]")
		for i := range n {
			m.obj(10+i, fmt.Sprintf("<</T(f%d)/FT/Sig/V 5 0 R>>", i))
		}
		return m.table("")
	}},
	{"field names that grow from kid to kid", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("/AcroForm<</Fields[10 0 R]>>")
		m.obj(9, "("+strings.Repeat("n", 1<<20)+")")
		for i := range 60 {
			m.obj(10+i, fmt.Sprintf("<</T 9 0 R/FT/Tx/Kids[%d 0 R]>>", 11+i))
		}
		return m.table("")
	}},
	{"fields that share a long name", pdfprep.Malformed, func(m *maker) []byte {
		const n = 20_000
		m.onePage("/AcroForm<</Fields[" + refs(10, n) + "]>>")
		m.obj(9, "("+strings.Repeat("n", 60_000)+")")
		for i := range n {
			m.obj(10+i, "<</T 9 0 R/FT/Tx>>")
		}
		return m.table("")
	}},
	{"90,000 fields with the names that we would give", "", func(m *maker) []byte {
		const n = 90_000
		m.onePage("/AcroForm<</Fields[" + refs(10, n) + "]>>")
		for i := range n {
			m.obj(10+i, fmt.Sprintf("<</T(Signature%d)/FT/Tx>>", i+1))
		}
		return m.table("")
	}},
	{"20,000 pages that share annotations", "", func(m *maker) []byte {
		const n = 20_000
		m.onePage("")
		m.obj(2, "<</Type/Pages/Kids["+refs(10, n)+"]/Count 20000>>")
		m.obj(5, "[]")
		for i := range n {
			m.obj(10+i, "<</Type/Page/Parent 2 0 R/Annots 5 0 R/MediaBox[0 0 9 9]>>")
		}
		return m.table("")
	}},
	{"rows that are shorter than rows", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		start := m.b.Len()
		m.b.WriteString("xref\n0 2000000\n" + strings.Repeat("0 0 f\n", 2_000_000))
		m.trailer(start, "/Size 4/Root 1 0 R")
		return m.b.Bytes()
	}},
	{"startxref 200,000 times", pdfprep.Malformed, func(m *maker) []byte {
		m.onePage("")
		m.table("")
		m.b.Write(bytes.Repeat([]byte("startxref\n0\n%%EOF\n"), 200_000))
		return m.b.Bytes()
	}},
	{"parents that are their own kids", "PDF_MALFORMED", func(m *maker) []byte {
		m.onePage("/AcroForm<</Fields[10 0 R]>>")
		m.obj(10, "<</T(a)/Kids[11 0 R 10 0 R]>>")
		m.obj(11, "<</T(b)/Kids[10 0 R 11 0 R]>>")
		return m.table("")
	}},
	{"references that lead to themselves", "", func(m *maker) []byte {
		m.onePage("/AcroForm 10 0 R/Perms 10 0 R/Metadata 10 0 R/Names 10 0 R")
		m.obj(10, "11 0 R")
		m.obj(11, "10 0 R")
		return m.table("")
	}},
}

func TestHostileFilesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short measures nothing")
	}
	const (
		promise  = 2 * time.Second // for opening and preparing; Inspect costs as much again
		patience = time.Minute     // of a machine that does other work too
		memory   = 192 << 20       // the promised 128 MiB and what the collector has not yet collected
	)
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			pdf := bytes.Clone(h.make(newMaker()))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var err, inspected error
			var took time.Duration
			work := func() {
				start := cpuTime()
				var d *pdfprep.Document
				if d, err = pdfprep.Open(ctx, bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{}); err == nil {
					_, inspected = d.Inspect(ctx)
					_, err = d.Prepare(ctx, pdfprep.SignOptions{ReservedBytes: 100, SigningTime: signingTime})
				}
				took = cpuTime() - start
			}
			peak := peakHeap(work)
			t.Logf("%d KB, %v", len(pdf)>>10, took.Round(time.Millisecond))
			if took > 2*promise {
				t.Errorf("%d KB of input took %v", len(pdf)>>10, took)
			}
			for _, err := range []error{err, inspected} {
				var own *pdfprep.Error
				if err != nil && !errors.As(err, &own) {
					t.Fatalf("an error without a code: %v", err)
				}
			}
			var code pdfprep.Code
			if err != nil {
				code = err.(*pdfprep.Error).Code
			}
			if code != h.code {
				t.Errorf("ends with %q (%v), want %q", code, err, h.code)
			}
			limit := uint64(4*len(pdf) + memory)
			if peak > limit {
				// Beside other work the collector may be late. Kept busy, it tells what is needed.
				percent := debug.SetGCPercent(25)
				peak = peakHeap(work)
				debug.SetGCPercent(percent)
			}
			if peak > limit {
				t.Errorf("%d KB of input took %d MB of memory", len(pdf)>>10, peak>>20)
			}
		})
	}
}

// peakHeap runs work and samples how much more memory than before was in use.
func peakHeap(work func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	work()
	close(stop)
	<-stopped
	return peak - before
}
