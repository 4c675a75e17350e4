//go:build !js

package main

import (
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows lists, for every room, which of our own packages its product code may import directly. A room that is not here may not exist.
// The arrows point down only: see the table of rooms in README.md.
var arrows = map[string][]string{
	"csc":                    {"csc/sigalg"},
	"csc/sigalg":             {},
	"csc/cschttp":            {"csc"},
	"csc/csctest":            {"csc/sigalg"},
	"csc/csctest/cmd/":       {"csc/csctest"},
	"pdfprep":                {"pdfprep/drawing", "pdfprep/internal/"},
	"pdfprep/internal/":      {"pdfprep/internal/"},
	"pdfprep/drawing":        {},
	"pdfprep/appearance":     {"pdfprep/drawing"},
	"pdfprep/appearance/":    {},
	"pdfprep/cms":            {"csc/sigalg"},
	"pdfprep/pades":          {"csc/sigalg", "pdfprep", "pdfprep/cms"},
	"pdfprep/repair":         {"pdfprep", "pdfprep/internal/object", "pdfprep/internal/file", "pdfprep/internal/stdsec"},
	"wasm":                   {"csc", "csc/sigalg", "pdfprep", "pdfprep/cms", "pdfprep/pades", "wasm/internal/jsvalue", "wasm/internal/signflow"},
	"wasm/appearance":        {"pdfprep/appearance", "pdfprep/drawing", "wasm/internal/jsvalue"},
	"wasm/internal/jsvalue":  {},
	"wasm/internal/signflow": {"csc", "csc/sigalg", "pdfprep", "pdfprep/cms", "pdfprep/pades", "pdfprep/repair"},
	"web/":                   {"csc/csctest"},
}

// forbidden lists what the product code of a room may not import from elsewhere, directly.
var forbidden = map[string][]string{
	"csc":                    {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os"},
	"csc/sigalg":             {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os"},
	"pdfprep":                {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os", "crypto/x509", "github.com/pdfcpu/"},
	"pdfprep/appearance":     {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os", "github.com/pdfcpu/"},
	"pdfprep/cms":            {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os", "github.com/pdfcpu/"},
	"pdfprep/pades":          {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os", "github.com/pdfcpu/"},
	"wasm":                   {"net", "net/http", "github.com/pdfcpu/"},
	"wasm/internal/signflow": {"net", "net/http", "syscall/js", "github.com/hack-pad/safejs", "log", "os", "github.com/pdfcpu/"},
}

const module = "hashout/"

type source struct {
	path    string // relative to the repository, with slashes
	room    string
	imports []string
	jsOnly  bool
}

func TestArrowsPointDownOnly(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		allowed, known := rule(arrows, s.room)
		if !known {
			t.Errorf("%s: room %q is not in the table of arrows", s.path, s.room)
			continue
		}
		banned, _ := rule(forbidden, s.room)
		for _, imported := range s.imports {
			if own, ok := strings.CutPrefix(imported, module); ok {
				if !matches(allowed, own) {
					t.Errorf("%s imports %s: no arrow leads there from %s", s.path, own, s.room)
				}
			} else if matches(banned, imported) {
				t.Errorf("%s imports %s, which %s must not know", s.path, imported, s.room)
			}
		}
	}
}

func TestOnlyTaggedFilesUnderWasmTouchJavaScript(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		touches := slices.Contains(s.imports, "syscall/js") || slices.Contains(s.imports, "github.com/hack-pad/safejs")
		if !touches {
			continue
		}
		seen++
		if !strings.HasPrefix(s.path, "wasm/") || !s.jsOnly {
			t.Errorf("%s touches JavaScript but is not a js && wasm file under wasm/", s.path)
		}
	}
	if seen == 0 {
		t.Fatal("no file touches JavaScript: the test looks in the wrong place")
	}
}

func TestEveryPackageHasAContract(t *testing.T) {
	rooms := map[string]bool{}
	for _, s := range sources(t) {
		if filepath.Base(s.path) == "doc.go" {
			rooms[s.room] = true
		} else if !rooms[s.room] && !strings.HasSuffix(s.path, "_test.go") {
			rooms[s.room] = false
		}
	}
	for room, has := range rooms {
		if !has {
			t.Errorf("%s has no doc.go", room)
		}
	}
}

// rule finds the entry of a room; an entry ending in a slash speaks for everything below it.
func rule(table map[string][]string, room string) ([]string, bool) {
	if list, ok := table[room]; ok {
		return list, true
	}
	for dir := room; dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if list, ok := table[dir+"/"]; ok {
			return list, true
		}
	}
	return nil, false
}

// matches tells whether a path is in a list; an entry ending in a slash stands for everything below it.
func matches(list []string, path string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		return path == entry || strings.HasSuffix(entry, "/") && strings.HasPrefix(path, entry)
	})
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var found []source
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := read(root, path)
		found = append(found, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(root, path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return source{}, err
	}
	s := source{path: filepath.ToSlash(relative)}
	s.room = filepath.ToSlash(filepath.Dir(s.path))
	for _, i := range file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, name)
	}
	for line := range strings.Lines(string(text)) {
		if expr, err := constraint.Parse(strings.TrimSpace(line)); err == nil {
			native := func(tag string) bool { return tag != "js" && tag != "wasm" }
			s.jsOnly = !expr.Eval(native) && expr.Eval(func(string) bool { return true })
		}
		if strings.HasPrefix(line, "package ") {
			break
		}
	}
	return s, nil
}
