package file_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
)

// walk asks for everything that a file may have, and wants no panic.
func walk(t *testing.T, b []byte) {
	f, err := file.Open(context.Background(), bytes.NewReader(b), int64(len(b)), file.Limits{MaxWork: 8 << 20})
	if err != nil {
		return
	}
	for num := range min(f.Highest()+2, 64) {
		o, err := f.Object(object.Ref{Num: num})
		if err == nil && o != nil && o.Stream >= 0 {
			_, _ = f.StreamData(o)
		}
	}
	if n := f.EOF; n < 0 || n > int64(len(b)) {
		t.Fatalf("the file ends at %d of %d", n, len(b))
	}
}

// FuzzChain changes whole files: tables, streams, hybrids and chains.
func FuzzChain(f *testing.F) {
	table := newSample("")
	table.obj(1, 0, "<</Type/Catalog>>")
	first := table.table(0, " \n", "/Root 1 0 R/Size 2", [2]int{0, 2})
	table.obj(2, 0, "(two)")
	table.table(0, "\n", fmt.Sprintf("/Root 1 0 R/Size 3/Prev %d", first), [2]int{2, 1})
	f.Add(table.Bytes())

	hybrid := newSample("junk\n")
	hybrid.obj(1, 0, "<</Type/Catalog>>")
	hybrid.obj(4, 0, "<</Type/ObjStm/N 1/First 4/Length 13>>\nstream\n5 0 (hidden)  \nendstream")
	hidden := hybrid.Len()
	fmt.Fprintf(hybrid, "6 0 obj\n<</Type/XRef/W[1 1 1]/Index[5 1]/Size 7/Length 3>>\nstream\n\x02\x04\x00\nendstream\nendobj\n")
	hybrid.table(0, " \n", fmt.Sprintf("/Root 1 0 R/Size 7/XRefStm %d", hidden), [2]int{0, 7})
	f.Add(hybrid.Bytes())

	f.Add(streamFile("5 0 6 2 (a)<<>>", "/N 2/First 8"))
	f.Fuzz(walk)
}

// FuzzObjectStream changes what is in an object stream and what its dictionary says.
func FuzzObjectStream(f *testing.F) {
	f.Add("5 0 6 3 (a)<<>>", "/N 2/First 8")
	f.Add("5 0 6 9999 (a)", "/N 9999999999/First 11/Extends 4 0 R")
	f.Add("5 0 6 0 [5 0 R]", "/N 2/First 8/Length 6 0 R")
	f.Fuzz(func(t *testing.T, data, entries string) { walk(t, streamFile(data, entries)) })
}

func streamFile(data, entries string) []byte {
	s := newSample("")
	s.obj(1, 0, "<</Type/Catalog/>>")
	if !strings.Contains(entries, "/Length") {
		entries += fmt.Sprintf("/Length %d", len(data))
	}
	s.obj(4, 0, fmt.Sprintf("<</Type/ObjStm%s>>\nstream\n%s\nendstream", entries, data))
	start := s.Len()
	fmt.Fprintf(s, "9 0 obj\n<</Type/XRef/Root 1 0 R/W[1 2 1]/Index[1 1 4 3 9 1]/Size 10/Length 20>>\nstream\n")
	s.Write([]byte{1, byte(s.at[1] >> 8), byte(s.at[1]), 0, 1, byte(s.at[4] >> 8), byte(s.at[4]), 0, 2, 0, 4, 0, 2, 0, 4, 1, 1, byte(start >> 8), byte(start), 0})
	fmt.Fprintf(s, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
	return s.Bytes()
}
