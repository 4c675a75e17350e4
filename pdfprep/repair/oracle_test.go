package repair

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"hashout/pdfprep"
)

var (
	inFile   = regexp.MustCompile(`(?m)^(\d+)/(\d+): uncompressed; offset = (\d+)`)
	inStream = regexp.MustCompile(`(?m)^(\d+)/0: compressed; stream = (\d+), index = (\d+)`)
)

// A healthy file says itself where its objects are, and qpdf reads it out: the scan must find them there.
func TestScanAgreesWithTheTablesOfHealthyFiles(t *testing.T) {
	if _, err := exec.LookPath("qpdf"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("qpdf is not installed, so nothing tells where objects are")
		}
		t.Skip("SKIPPED: qpdf is not installed, so nothing tells where objects are")
	}
	healthy := 0
	files, passwords := samples(t)
	for name, b := range files {
		if name == "sambox-test-missing-xref-offset.pdf" {
			continue // no number behind the last startxref: qpdf takes the revision before, without a warning
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		password := "--password=" + passwords[name]
		if exec.Command("qpdf", password, "--check", path).Run() != nil {
			continue
		}
		shown, err := exec.Command("qpdf", password, "--show-xref", path).Output()
		if err != nil {
			t.Fatal(name, err)
		}
		table, err := find(b, passwords[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		healthy++
		base := int64(max(0, bytes.Index(b[:min(1024, len(b))], []byte("%PDF-"))))
		for _, m := range inFile.FindAllSubmatch(shown, -1) {
			num, gen, offset := atoi(m[1]), atoi(m[2]), int64(atoi(m[3]))+base
			if got := table.Objects[num]; got.Offset != offset || got.Gen != gen || got.Stream != 0 {
				t.Errorf("%s: object %d is %+v, and at %d by the table", name, num, got, offset)
			}
		}
		for _, m := range inStream.FindAllSubmatch(shown, -1) {
			if got, want := table.Objects[atoi(m[1])], (pdfprep.Place{Stream: atoi(m[2]), Index: atoi(m[3])}); got != want {
				t.Errorf("%s: object %s is %+v, and %+v by the table", name, m[1], got, want)
			}
		}
	}
	t.Logf("%d healthy files", healthy)
}

func atoi(b []byte) int { n, _ := strconv.Atoi(string(b)); return n }

// What pdfcpu finds in damaged files is where it says, as far as it says it: it keeps no place for objects from object streams.
func TestScanAgreesWithPDFCPU(t *testing.T) {
	api.DisableConfigDir()
	compared := 0
	files, passwords := samples(t)
	for name, b := range files {
		table, err := find(b, passwords[name])
		if err != nil {
			continue
		}
		theirs := pdfcpuTable(b)
		compared += len(theirs)
		for num, e := range theirs {
			if e.Free || e.Compressed || e.Offset == nil || *e.Offset == 0 || table.Objects[num].Stream != 0 {
				continue
			}
			// Rows of a broken chain survive in pdfcpu's table; only those that lead to the object they name count.
			at := bytes.TrimLeft(b[min(*e.Offset, int64(len(b))):], "\r\n \x00")
			if !bytes.HasPrefix(at, append(strconv.AppendInt(nil, int64(num), 10), ' ')) {
				continue
			}
			// Where it took an earlier one of several, the last one counts.
			if got := table.Objects[num]; got.Offset < *e.Offset {
				t.Errorf("%s: object %d is at %d, and at %d by pdfcpu", name, num, got.Offset, *e.Offset)
			}
		}
	}
	if compared < 50 {
		t.Errorf("only %d objects compared", compared)
	}
	t.Logf("%d objects", compared)
}

// pdfcpuTable is nil where pdfcpu gives up, by an error or by a panic.
func pdfcpuTable(b []byte) (table map[int]*model.XRefTableEntry) {
	defer func() {
		if recover() != nil {
			table = nil
		}
	}()
	ctx, err := pdfcpu.Read(bytes.NewReader(b), model.NewDefaultConfiguration())
	if err != nil {
		return nil
	}
	return ctx.Table
}
