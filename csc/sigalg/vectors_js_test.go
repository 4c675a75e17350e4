package sigalg_test

import (
	"io/fs"
	"os"
	"testing"
)

// vectorFiles reads the vectors from the disk of the machine: embedded, they would make a hundred megabytes of WebAssembly.
func vectorFiles(t *testing.T) fs.FS {
	dir := os.Getenv("WYCHEPROOF")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WYCHEPROOF does not say where the vectors are")
		}
		t.Skip("SKIPPED: WYCHEPROOF does not say where the vectors are: see .ci/wasm-tests")
	}
	return os.DirFS(dir)
}
