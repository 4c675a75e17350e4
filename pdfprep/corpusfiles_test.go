package pdfprep_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpusFilesAreTheOnesOfTheIndex: origin and licence are known of these bytes and no others.
func TestCorpusFilesAreTheOnesOfTheIndex(t *testing.T) {
	text, err := os.ReadFile("testdata/corpus/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	hashes := make(map[string]string)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		columns := strings.Split(line, "\t")
		hashes[columns[0]] = columns[1]
	}
	files, err := filepath.Glob("testdata/corpus/*.pdf")
	if err != nil || len(files) != len(hashes) {
		t.Errorf("%d files, %d rows (%v)", len(files), len(hashes), err)
	}
	for _, path := range files {
		pdf, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(pdf)
		if got := hex.EncodeToString(sum[:]); got != hashes[filepath.Base(path)] {
			t.Errorf("%s has the hash %s, the index says %q", path, got, hashes[filepath.Base(path)])
		}
	}
}
