package judge

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Case is one pair of files.
type Case struct {
	Original, Signed string // paths
	Password         string // empty for none
	// Looks is the file that shows how the pages must look, the original if empty: for an original so damaged that a
	// renderer shows something else.
	Looks string
	// Visible says that the new signature draws inside its rectangle; without it the pages must look the same.
	Visible bool
	// Level is the baseline level the new signature must reach, in pyHanko's judgement; empty for no requirement.
	// B-LT and B-LTA end with an update that is not the signature's own, so the signature need not cover it.
	Level string
	// Waive names checks whose failure is a limit of the judge, with the reason.
	Waive map[string]string
}

// Judge holds the trust anchors and a running pyHanko. It may be used by several goroutines.
type Judge struct {
	dir    string // holds the roots and the NSS database
	nss    string // empty without certutil
	roots  []string
	absent map[string]bool
	python *python

	closing sync.Once
}

// New prepares the judges; rootsPEM are the certificates to trust, and nothing else is. Close releases everything.
func New(ctx context.Context, rootsPEM []byte) (*Judge, error) {
	j := &Judge{absent: map[string]bool{}}
	var err error
	if j.dir, err = os.MkdirTemp("", "judge"); err != nil {
		return nil, err
	}
	interpreter := interpreter()
	for _, name := range missing(interpreter) {
		j.absent[name] = true
	}
	if err := j.trust(ctx, rootsPEM); err != nil {
		j.Close()
		return nil, err
	}
	if interpreter != "" {
		j.python = &python{interpreter: interpreter}
	}
	return j, nil
}

// Require is New for a test, closed when it ends. A judge that is not installed is named; with CI=true that is fatal.
func Require(t testing.TB, rootsPEM []byte) *Judge {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short asks no outside judge")
	}
	j, err := New(t.Context(), rootsPEM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	if absent := j.Missing(); len(absent) > 0 {
		const hint = "run .ci/setup"
		switch {
		case os.Getenv("CI") == "true":
			t.Fatalf("judges missing: %s; %s", strings.Join(absent, ", "), hint)
		case j.absent["pdfsig"] && j.absent["openssl"] && j.absent["pyhanko"]:
			t.Skipf("SKIPPED: no judge of signatures is installed; %s", hint)
		default:
			t.Logf("NOT JUDGED by %s: not installed; %s", strings.Join(absent, ", "), hint)
		}
	}
	return j
}

// Missing lists the judges that are not installed.
func (j *Judge) Missing() []string {
	var out []string
	for _, t := range append(tools, "pyhanko") {
		if j.absent[t] {
			out = append(out, t)
		}
	}
	return out
}

// Close ends pyHanko and removes what New made.
func (j *Judge) Close() {
	j.closing.Do(func() {
		if j.python != nil {
			j.python.close()
		}
		os.RemoveAll(j.dir)
	})
}

// Judge asks every judge about c. It never fails: what cannot be judged is part of the verdict.
func (j *Judge) Judge(ctx context.Context, c Case) *Verdict {
	col := &collector{waive: c.Waive}
	if c.Looks == "" {
		c.Looks = c.Original
	}
	v := &Verdict{Original: c.Original, Signed: c.Signed}
	news, err := newSignatures(c)
	if err != nil {
		col.add("bytes.prefix", Fail, err.Error())
	} else {
		col.add("bytes.prefix", Pass, "")
		checkRanges(col, c, news)
		j.qpdf(ctx, col, c)
		j.pdfsig(ctx, col, c, news)
		j.mutool(ctx, col, c, news)
		j.openssl(ctx, col, c, news)
		seen := j.pyhanko(ctx, col, c, news)
		j.pages(ctx, col, c, seen)
	}
	v.Checks = col.checks
	v.decide()
	return v
}

// have adds a skipped check and says false if a tool is missing.
func (j *Judge) have(col *collector, check string, tools ...string) bool {
	for _, t := range tools {
		if j.absent[t] {
			o := Skipped
			if os.Getenv("CI") == "true" {
				o = Fail
			}
			col.add(check, o, t+" is not installed")
			return false
		}
	}
	return true
}

// trust writes each root to a file of its own and into an NSS database.
func (j *Judge) trust(ctx context.Context, rootsPEM []byte) error {
	for rest := rootsPEM; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		path := filepath.Join(j.dir, fmt.Sprintf("root%d.pem", len(j.roots)))
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
		j.roots = append(j.roots, path)
	}
	if len(j.roots) == 0 {
		return errors.New("judge: no certificate to trust")
	}
	if err := os.WriteFile(j.bundle(), rootsPEM, 0o600); err != nil {
		return err
	}
	if j.absent["certutil"] {
		return nil
	}
	db := filepath.Join(j.dir, "nss")
	if err := os.Mkdir(db, 0o700); err != nil {
		return err
	}
	j.nss = "sql:" + db
	if r := run(ctx, "certutil", "-N", "-d", j.nss, "--empty-password"); r.code != 0 {
		return fmt.Errorf("judge: certutil: %s", r.last())
	}
	for i, path := range j.roots {
		if r := run(ctx, "certutil", "-A", "-d", j.nss, "-n", fmt.Sprintf("root%d", i), "-t", "CT,C,C", "-i", path); r.code != 0 {
			return fmt.Errorf("judge: certutil: %s", r.last())
		}
	}
	return nil
}

func (j *Judge) bundle() string { return filepath.Join(j.dir, "roots.pem") }
