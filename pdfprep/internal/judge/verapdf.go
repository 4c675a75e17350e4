package judge

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed verapdf/Vera.java
var veraProgram []byte

// VeraReport is what veraPDF says about one file.
type VeraReport struct {
	Error     string
	Flavour   string // such as 1b, 3u, 4, ua1: what was asked for, or what the file claims
	Compliant bool
	Failures  []string // clause, test and what it says, once each
}

// VeraQuestion is a file, and the flavour it is to be judged by; empty is the one it claims.
type VeraQuestion struct{ Path, Flavour string }

// veraTimeout bounds one run over many files.
const veraTimeout = 10 * time.Minute

// VeraPDF asks veraPDF about many files in one run of the Java machine. ok is false where it is not installed.
func VeraPDF(ctx context.Context, questions ...VeraQuestion) (reports []VeraReport, ok bool, err error) {
	library := veraLibrary()
	if library == "" {
		return nil, false, nil
	}
	dir, err := os.MkdirTemp("", "verapdf")
	if err != nil {
		return nil, true, err
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "Vera.java")
	if err := os.WriteFile(source, veraProgram, 0o600); err != nil {
		return nil, true, err
	}
	var in, stdout, stderr bytes.Buffer
	for _, q := range questions {
		fmt.Fprintf(&in, "%s\t%s\n", q.Path, q.Flavour)
	}
	ctx, cancel := context.WithTimeout(ctx, veraTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "java", "-XX:+UseSerialGC", "-cp", filepath.Join(library, "*"), source)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, true, fmt.Errorf("judge: java: %w: %s", err, result{stderr: stderr.Bytes()}.last())
	}
	for line := range strings.Lines(stdout.String()) {
		var r VeraReport
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, true, fmt.Errorf("judge: the answer of veraPDF: %w", err)
		}
		reports = append(reports, r)
	}
	if len(reports) != len(questions) {
		return nil, true, errors.New("judge: veraPDF did not answer for every file")
	}
	return reports, true, nil
}

// veraLibrary finds the folder with veraPDF: HASHOUT_VERAPDF, else .cache/verapdf at the root of the repository.
func veraLibrary() string {
	dir := os.Getenv("HASHOUT_VERAPDF")
	if dir == "" {
		if root := repository(); root != "" {
			dir = filepath.Join(root, ".cache", "verapdf")
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "validation-model-*.jar"))
	if _, err := exec.LookPath("java"); err != nil || dir == "" || len(found) == 0 {
		return ""
	}
	return dir
}
