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

//go:embed dss/Dss.java
var dssProgram []byte

// DSSReport is what EU DSS says about one file, offline: from what the file holds.
type DSSReport struct {
	Error      string
	Signatures []DSSSignature
	Timestamps []struct{ Indication, SubIndication string } // document timestamps
}

// DSSSignature is its verdict about one signature.
type DSSSignature struct {
	Field, Indication, SubIndication string
	Format                           string // such as PAdES-BASELINE-LTA
	Why                              string
}

// dssTimeout bounds one run over many files.
const dssTimeout = 10 * time.Minute

// DSS asks EU DSS about many files in one run of the Java machine, which takes longer to start than to judge. ok is false where it is not
// installed. The password is tried on those that need one.
func (j *Judge) DSS(ctx context.Context, password string, paths ...string) (reports []DSSReport, ok bool, err error) {
	library := dssLibrary()
	if library == "" {
		return nil, false, nil
	}
	source := filepath.Join(j.dir, "Dss.java")
	if err := os.WriteFile(source, dssProgram, 0o600); err != nil {
		return nil, true, err
	}
	var in, stdout, stderr bytes.Buffer
	for _, path := range paths {
		fmt.Fprintf(&in, "%s\t%s\n", path, password)
	}
	ctx, cancel := context.WithTimeout(ctx, dssTimeout)
	defer cancel()
	args := append([]string{"-XX:+UseSerialGC", "-cp", filepath.Join(library, "*"), source}, j.roots...)
	cmd := exec.CommandContext(ctx, "java", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, true, fmt.Errorf("judge: java: %w: %s", err, result{stderr: stderr.Bytes()}.last())
	}
	for _, line := range strings.Split(strings.TrimSpace(stdout.String()), "\n") {
		var r DSSReport
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, true, fmt.Errorf("judge: the answer of EU DSS: %w", err)
		}
		reports = append(reports, r)
	}
	if len(reports) != len(paths) {
		return nil, true, errors.New("judge: EU DSS did not answer for every file")
	}
	return reports, true, nil
}

// dssLibrary finds the folder with EU DSS: HASHOUT_DSS, else .cache/dss at the root of the repository.
func dssLibrary() string {
	dir := os.Getenv("HASHOUT_DSS")
	if dir == "" {
		if root := repository(); root != "" {
			dir = filepath.Join(root, ".cache", "dss")
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "dss-validation-*.jar"))
	if _, err := exec.LookPath("java"); err != nil || dir == "" || len(found) == 0 {
		return ""
	}
	return dir
}

// Signatures asks the judges of signatures alone, pyHanko and pdfsig: for many files whose structure and looks are judged elsewhere.
func (j *Judge) Signatures(ctx context.Context, c Case) *Verdict {
	col := &collector{waive: c.Waive}
	v := &Verdict{Original: c.Original, Signed: c.Signed}
	news, err := newSignatures(c)
	if err != nil {
		col.add("bytes.prefix", Fail, err.Error())
	} else {
		checkRanges(col, c, news)
		j.pdfsig(ctx, col, c, news)
		j.pyhanko(ctx, col, c, news)
	}
	v.Checks = col.checks
	v.decide()
	return v
}
