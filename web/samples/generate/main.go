package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "web/samples", "folder to write the PDFs to")
	flag.Parse()
	for _, s := range samples() {
		if err := os.WriteFile(filepath.Join(*out, s.name), s.bytes, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "generate:", err)
			os.Exit(1)
		}
	}
}
