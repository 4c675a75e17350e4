package pdfprep_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hashout/pdfprep"
)

// view is a PDF as qpdf reads it: what we wrote is not judged by our own reader.
type view struct {
	t       *testing.T
	objects map[string]struct {
		Value  any
		Stream struct{ Dict any }
	}
}

// look has qpdf read a PDF. Decrypted strings need the password.
func look(t *testing.T, pdf []byte, password string) *view {
	t.Helper()
	path := filepath.Join(t.TempDir(), "look.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out := qpdf(t, "--no-warn", "--warning-exit-0", "--json=2", "--json-key=qpdf", "--json-stream-data=none", "--password="+password, path)
	var answer struct{ QPDF []json.RawMessage }
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.QPDF) != 2 {
		t.Fatalf("qpdf's JSON: %v", err)
	}
	v := &view{t: t}
	if err := json.Unmarshal(answer.QPDF[1], &v.objects); err != nil {
		t.Fatal(err)
	}
	return v
}

// qpdf runs it and gives what it prints.
func qpdf(t *testing.T, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("qpdf")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("qpdf is not installed")
	} else if err != nil {
		t.Skip("SKIPPED: qpdf is not installed, so no outside reader looks at what was written")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("qpdf: %v: %s", err, stderr.Bytes())
	}
	return out
}

// root is the catalog.
func (v *view) root() any {
	return v.at(v.objects["trailer"].Value, "/Root")
}

// at goes down from a value: names are keys of dictionaries, numbers are places in arrays. References are followed, also at the end.
func (v *view) at(o any, path ...any) any {
	o = v.follow(o)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			d, _ := o.(map[string]any)
			o = v.follow(d[step])
		case int:
			list, _ := o.([]any)
			if step >= len(list) {
				return nil
			}
			o = v.follow(list[step])
		}
	}
	return o
}

func (v *view) follow(o any) any {
	ref, ok := o.(string)
	if !ok || !strings.HasSuffix(ref, " R") {
		return o
	}
	found, ok := v.objects["obj:"+ref]
	if !ok {
		return nil
	}
	if found.Value == nil {
		return found.Stream.Dict
	}
	return found.Value
}

// raw gives an entry of a dictionary as it stands: references stay references.
func (v *view) raw(o any, key string) any {
	d, _ := v.follow(o).(map[string]any)
	return d[key]
}

// page gives a page's dictionary, from 1, in a tree of one level.
func (v *view) page(number int) any {
	return v.at(v.root(), "/Pages", "/Kids", number-1)
}

// fields lists the references to the terminal fields of the form by their full names.
func (v *view) fields() map[string]string {
	list := map[string]string{}
	var walk func(o any, prefix string)
	walk = func(o any, prefix string) {
		kids, _ := o.([]any)
		for _, kid := range kids {
			name, named := v.raw(kid, "/T").(string)
			if !named {
				continue
			}
			name = prefix + strings.TrimPrefix(name, "u:")
			list[name], _ = kid.(string)
			walk(v.at(kid, "/Kids"), name+".")
		}
	}
	walk(v.at(v.root(), "/AcroForm", "/Fields"), "")
	return list
}

// field gives a field's reference.
func (v *view) field(name string) string {
	v.t.Helper()
	ref, ok := v.fields()[name]
	if !ok {
		v.t.Fatalf("no field %q among %v", name, v.fields())
	}
	return ref
}

// want compares what is at a path.
func (v *view) want(want string, o any, path ...any) {
	v.t.Helper()
	if got := fmt.Sprint(v.at(o, path...)); got != want {
		v.t.Errorf("at %v is %s, want %s", path, got, want)
	}
}

// ending replaces the last byte of a file.
func ending(pdf []byte, with string) []byte { return append(bytes.Clone(pdf[:len(pdf)-1]), with...) }

// sample reads a file of the corpus.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	pdf, err := os.ReadFile("testdata/corpus/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// signWith signs with a throw-away key, whatever the options leave open filled in.
func signWith(t *testing.T, pdf []byte, password string, o pdfprep.SignOptions) ([]byte, error) {
	t.Helper()
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	if o.SigningTime.IsZero() {
		o.SigningTime = signingTime
	}
	return s.sign(t.Context(), pdf, password, o)
}

// mustSign signs what has to be signable.
func mustSign(t *testing.T, pdf []byte, password string, o pdfprep.SignOptions) []byte {
	t.Helper()
	signed, err := signWith(t, pdf, password, o)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// open opens what has to open.
func open(t *testing.T, pdf []byte, password string) *pdfprep.Document {
	t.Helper()
	d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func inspect(t *testing.T, pdf []byte, password string) *pdfprep.Inspection {
	t.Helper()
	in, err := open(t, pdf, password).Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// wantCode says what an error must be; no code means no error.
func wantCode(t *testing.T, err error, code pdfprep.Code) {
	t.Helper()
	var own *pdfprep.Error
	switch {
	case code == "" && err != nil:
		t.Errorf("refused: %v", err)
	case code != "" && err == nil:
		t.Errorf("no error, want %s", code)
	case code != "" && !errors.As(err, &own):
		t.Errorf("an error without a code: %v", err)
	case code != "" && own.Code != code:
		t.Errorf("%s (%v), want %s", own.Code, err, code)
	}
}
