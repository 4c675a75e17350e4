package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// javaTimeout bounds one run over many files.
const javaTimeout = 10 * time.Minute

// javaJudge is a validator written in Java, with a small program of ours that asks it: a file a line in, a report a line out.
type javaJudge struct {
	name     string // as its makers write it
	variable string // of the environment, that may name the folder of its library
	folder   string // below .cache at the root of the repository, where the set-up puts it
	jar      string // a file of the library, as a pattern
	program  []byte
}

// library finds the folder with the judge's archives; empty where it is not installed.
func (j *javaJudge) library() string {
	dir := os.Getenv(j.variable)
	if dir == "" {
		if root := repository(); root != "" {
			dir = filepath.Join(root, ".cache", j.folder)
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, j.jar))
	if _, err := exec.LookPath("java"); err != nil || dir == "" || len(found) == 0 {
		return ""
	}
	return dir
}

// askJava has a judge answer many questions, each of two fields, in one run of the Java machine, which takes longer to start than to judge.
// ok is false where the judge is not installed.
func askJava[Report any](ctx context.Context, j javaJudge, questions [][2]string, args ...string) (reports []Report, ok bool, err error) {
	library := j.library()
	if library == "" {
		return nil, false, nil
	}
	dir, err := os.MkdirTemp("", "judge")
	if err != nil {
		return nil, true, err
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "Judge.java")
	if err := os.WriteFile(source, j.program, 0o600); err != nil {
		return nil, true, err
	}
	var in, stdout, stderr bytes.Buffer
	for _, q := range questions {
		fmt.Fprintf(&in, "%s\t%s\n", q[0], q[1])
	}
	ctx, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "java", append([]string{"-XX:+UseSerialGC", "-cp", filepath.Join(library, "*"), source}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, true, fmt.Errorf("judge: java: %w: %s", err, result{stderr: stderr.Bytes()}.last())
	}
	for line := range strings.Lines(stdout.String()) {
		var r Report
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, true, fmt.Errorf("judge: the answer of %s: %w", j.name, err)
		}
		reports = append(reports, r)
	}
	if len(reports) != len(questions) {
		return nil, true, fmt.Errorf("judge: %s answered for %d of %d files", j.name, len(reports), len(questions))
	}
	return reports, true, nil
}
