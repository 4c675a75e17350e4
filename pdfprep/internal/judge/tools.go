package judge

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// toolTimeout bounds one run of one judge on one file.
const toolTimeout = 60 * time.Second

var tools = []string{"qpdf", "pdfsig", "pdfinfo", "pdftotext", "pdftoppm", "certutil", "vfychain", "mutool", "openssl"}

// missing lists the judges that are not installed.
func missing(python string) []string {
	var out []string
	for _, t := range tools {
		if _, err := exec.LookPath(t); err != nil {
			out = append(out, t)
		}
	}
	if python == "" {
		out = append(out, "pyhanko")
	}
	return out
}

// interpreter finds the Python that has pyHanko: HASHOUT_VENV, else .cache/venv at the root of the repository.
func interpreter() string {
	venv := os.Getenv("HASHOUT_VENV")
	if venv == "" {
		root := repository()
		if root == "" {
			return ""
		}
		venv = filepath.Join(root, ".cache", "venv")
	}
	python := filepath.Join(venv, "bin", "python")
	if exec.Command(python, "-I", "-c", "import pyhanko.version").Run() != nil {
		return ""
	}
	return python
}

// repository is the folder above with go.mod, empty if there is none.
func repository() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// result of a program; code is -1 if it did not end by itself.
type result struct {
	code           int
	stdout, stderr []byte
}

func run(ctx context.Context, name string, args ...string) result {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := result{stdout: stdout.Bytes(), stderr: stderr.Bytes()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		r.code, r.stderr = -1, append(r.stderr, err.Error()...)
	}
	return r
}

// last non-empty line of the program's complaints.
func (r result) last() string {
	for _, out := range [][]byte{r.stderr, r.stdout} {
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		if l := lines[len(lines)-1]; len(l) > 0 {
			return string(l)
		}
	}
	return ""
}
