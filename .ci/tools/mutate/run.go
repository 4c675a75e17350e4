package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/go/packages"
)

// verdict is what the tests say of a mutant.
type verdict struct {
	mutant
	reached bool
	killed  bool
	hung    bool // the tests did not end: killed, by the time limit
}

// test is one test function of a built program, or one subtest of a long one.
type test struct {
	program, dir, name string
	sub                string
	took               time.Duration
	work               time.Duration // of the processor: the same on a busy machine
	reaches            map[int]bool
}

// quick tests run together, so many that they need as much as this: starting a program costs as much as one of them does.
const quick = 300 * time.Millisecond

func (t target) run(o options) ([]verdict, error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	mutants, overlay, err := t.plant(work)
	if err != nil {
		return nil, err
	}
	var tests []*test
	for i, dir := range t.tests {
		program := filepath.Join(work, fmt.Sprintf("%d.test", i))
		if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, "./"+dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building the tests of %s: %w\n%s", dir, err, out)
		}
		list := exec.Command(program, "-test.list", ".")
		list.Dir = dir
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("listing the tests of %s: %w", dir, err)
		}
		for name := range strings.FieldsSeq(string(out)) {
			if !strings.HasPrefix(name, "Benchmark") && (o.skip == nil || !o.skip.MatchString(name)) {
				tests = append(tests, &test{program: program, dir: dir, name: name})
			}
		}
	}
	tests, err = profile(tests, work, o)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(tests, func(a, b *test) int { // what runs together comes first
		together := func(s *test) bool { return s.sub == "" && s.work < quick }
		if together(a) != together(b) {
			if together(a) {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.work, b.work)
	})
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !o.only.MatchString(fmt.Sprintf("%s:%d", m.file, m.line)) })

	verdicts := make([]verdict, len(mutants))
	started := time.Now()
	forEach(o.jobs, len(mutants), func(i int) error {
		verdicts[i] = judge(mutants[i], tests)
		return nil
	})
	fmt.Fprintf(os.Stderr, "mutate: %s: %d mutants, %d tests, %v\n", t.dir, len(mutants), len(tests), time.Since(started).Round(time.Second))
	return verdicts, nil
}

// plant writes the rewritten files and the overlay that puts them in the place of the real ones.
func (t target) plant(work string) ([]mutant, string, error) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, "./"+t.dir)
	if err != nil {
		return nil, "", err
	}
	p := loaded[0]
	if len(p.Errors) > 0 {
		return nil, "", p.Errors[0]
	}
	replace := map[string]string{}
	write := func(instead, text string) error {
		file := filepath.Join(work, fmt.Sprintf("%d.go", len(replace)))
		replace[instead] = file
		return os.WriteFile(file, []byte(text), 0o600)
	}
	var mutants []mutant
	next, found := 0, 0
	for i, f := range p.Syntax {
		path := p.CompiledGoFiles[i]
		base := filepath.Base(path)
		if len(t.files) > 0 && !slices.Contains(t.files, base) {
			continue
		}
		found++
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		text, planted := plant(p, f, filepath.ToSlash(filepath.Join(t.dir, base)), src, &next)
		mutants = append(mutants, planted...)
		if err := write(path, text); err != nil {
			return nil, "", err
		}
	}
	if len(t.files) > 0 && found != len(t.files) {
		return nil, "", fmt.Errorf("%d of the %d files are there", found, len(t.files))
	}
	if err := write(filepath.Join(filepath.Dir(p.CompiledGoFiles[0]), "mutate_switches.go"), fmt.Sprintf(switches, p.Name)); err != nil {
		return nil, "", err
	}
	overlay := filepath.Join(work, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, "", err
	}
	return mutants, overlay, os.WriteFile(overlay, text, 0o600)
}

// profile runs every test by itself: how long it takes and which faults it reaches. All must pass while no fault is on. Tests that are
// not quick are taken apart into their subtests, so that a mutant costs only those that reach it.
func profile(tests []*test, work string, o options) ([]*test, error) {
	found := make([][]*test, len(tests))
	err := forEach(o.jobs, len(tests), func(i int) error {
		s := tests[i]
		out, err := s.measure(filepath.Join(work, fmt.Sprintf("%d.notes", i)))
		if err != nil {
			return fmt.Errorf("%s %s fails without any fault: %w\n%s", s.dir, s.name, err, out)
		}
		found[i] = []*test{s}
		if s.work < quick || len(s.reaches) == 0 {
			return nil
		}
		if parts := s.parts(work, i, out); len(parts) > 1 {
			found[i] = parts
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var all []*test
	for _, s := range slices.Concat(found...) {
		if s.work > o.longest {
			fmt.Fprintf(os.Stderr, "mutate: %s %s %s needs %v: not asked\n", s.dir, s.name, s.sub, s.work.Round(100*time.Millisecond))
		} else if len(s.reaches) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

var subtest = regexp.MustCompile(`(?m)^=== RUN   [^/\n]+/(.+)$`)

// parts measures the subtests that the output of a test names. One that fails by itself needs the others, and is left out.
func (s *test) parts(work string, i int, out []byte) []*test {
	var parts []*test
	last := ""
	for n, match := range subtest.FindAllSubmatch(out, -1) {
		name := string(match[1])
		if last != "" && strings.HasPrefix(name, last+"/") {
			continue // it runs with the one around it
		}
		last = name
		part := &test{program: s.program, dir: s.dir, name: s.name, sub: name}
		if _, err := part.measure(filepath.Join(work, fmt.Sprintf("%d.%d.notes", i, n))); err == nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// measure fills in what running the test by itself shows, and returns what it said.
func (s *test) measure(notes string) ([]byte, error) {
	started := time.Now()
	state, out, err := run([]*test{s}, "MUTATE_NOTES="+notes, 10*time.Minute)
	if err != nil {
		return out, err
	}
	s.took, s.work, s.reaches = time.Since(started), state.UserTime()+state.SystemTime(), map[int]bool{}
	text, err := os.ReadFile(notes)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return out, err
	}
	for line := range strings.FieldsSeq(string(text)) {
		id, err := strconv.Atoi(line)
		if err != nil {
			return out, err
		}
		s.reaches[id] = true
	}
	return out, nil
}

// run runs tests of one program and returns what the process came to and said.
func run(tests []*test, setting string, limit time.Duration) (*os.ProcessState, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit+5*time.Second)
	defer cancel()
	names := make([]string, len(tests))
	for i, s := range tests {
		names[i] = s.name
	}
	pattern := "^(" + strings.Join(names, "|") + ")$"
	if tests[0].sub != "" {
		for level := range strings.SplitSeq(tests[0].sub, "/") {
			pattern += "/^" + regexp.QuoteMeta(level) + "$"
		}
	}
	c := exec.CommandContext(ctx, tests[0].program, "-test.v", "-test.short", "-test.run="+pattern, "-test.failfast", "-test.timeout="+limit.String())
	c.Dir, c.Env = tests[0].dir, append(os.Environ(), setting)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	c.WaitDelay = time.Second
	err := c.Run()
	return c.ProcessState, out.Bytes(), err
}

// judge asks the tests that reach the mutant, the quickest first, until one fails.
func judge(m mutant, tests []*test) verdict {
	v := verdict{mutant: m}
	var runs [][]*test
	type open struct {
		run  int
		work time.Duration
	}
	last := map[string]open{} // of each program, the run that still takes quick tests
	for _, s := range tests {
		if !s.reaches[m.id] {
			continue
		}
		v.reached = true
		if s.sub != "" || s.work >= quick {
			runs = append(runs, []*test{s})
			continue
		}
		o, ok := last[s.program]
		if !ok || o.work+s.work > quick {
			o = open{run: len(runs)}
			runs = append(runs, nil)
		}
		runs[o.run] = append(runs[o.run], s)
		last[s.program] = open{o.run, o.work + s.work}
	}
	for _, tests := range runs {
		limit := 10 * time.Second
		for _, s := range tests {
			limit += 5 * s.took
		}
		started := time.Now()
		if _, _, err := run(tests, fmt.Sprintf("MUTATE_ON=%d", m.id), limit); err != nil {
			v.killed, v.hung = true, time.Since(started) >= limit
			break
		}
	}
	return v
}

// forEach calls f for 0 to n-1, a few at a time, and returns the first error.
func forEach(jobs, n int, f func(int) error) error {
	var group sync.WaitGroup
	errs := make([]error, n)
	slots := make(chan struct{}, jobs)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			errs[i] = f(i)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
