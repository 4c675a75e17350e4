package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestCommittedSamplesAreWhatThisProgramWrites(t *testing.T) {
	for _, s := range samples() {
		got, err := os.ReadFile(filepath.Join("..", s.name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, s.bytes) {
			t.Errorf("%s differs: run go run ./web/samples/generate", s.name)
		}
	}
}
