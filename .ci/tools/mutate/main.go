package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	minimum := flag.Float64("min", 0, "the score in percent below which the exit status is 1")
	jobs := flag.Int("jobs", runtime.NumCPU(), "test programs at a time")
	out := flag.String("out", "", "file that gets the report as well")
	only := flag.String("only", "", "asks only about mutants whose file:line matches this regular expression")
	skip := flag.String("skip", "", "tests whose names match this regular expression are not asked")
	longest := flag.Duration("longest", 2*time.Second, "a test that needs more of the processor than this is not asked, which can only lower the score")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	o := options{jobs: *jobs, longest: *longest, only: regexp.MustCompile(*only)}
	if *skip != "" {
		o.skip = regexp.MustCompile(*skip)
	}
	report, score, err := measure(flag.Args(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	fmt.Print(report)
	if *out != "" {
		if err := os.WriteFile(*out, []byte(report), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "mutate:", err)
			os.Exit(2)
		}
	}
	if score < *minimum {
		fmt.Fprintf(os.Stderr, "mutate: %.1f %% is below %.1f %%\n", score, *minimum)
		os.Exit(1)
	}
}

// options is what the command line says of the runs.
type options struct {
	jobs       int
	longest    time.Duration
	only, skip *regexp.Regexp // skip may be nil
}

func measure(args []string, o options) (string, float64, error) {
	var all []verdict
	for _, arg := range args {
		t := parseTarget(arg)
		verdicts, err := t.run(o)
		if err != nil {
			return "", 0, fmt.Errorf("%s: %w", t.dir, err)
		}
		all = append(all, verdicts...)
	}
	return report(all)
}

// target is a package with the files to plant faults in, and the packages whose tests are asked.
type target struct {
	dir   string
	files []string
	tests []string
}

func parseTarget(arg string) target {
	arg, more, _ := strings.Cut(arg, "+")
	dir, files, _ := strings.Cut(arg, ":")
	split := func(s string) []string {
		return slices.DeleteFunc(strings.Split(s, ","), func(s string) bool { return s == "" })
	}
	return target{filepath.Clean(dir), split(files), append([]string{filepath.Clean(dir)}, split(more)...)}
}

// report lists the survivors and the score of every file.
func report(all []verdict) (string, float64, error) {
	if len(all) == 0 {
		return "", 0, fmt.Errorf("no mutants")
	}
	var b strings.Builder
	type count struct{ killed, hung, all int }
	files, total := map[string]count{}, count{}
	var names []string
	for _, v := range all {
		c, known := files[v.file]
		if !known {
			names = append(names, v.file)
		}
		c.all++
		total.all++
		if v.killed {
			c.killed++
			total.killed++
			if v.hung {
				total.hung++
			}
		} else {
			why := "survived"
			if !v.reached {
				why = "not reached"
			}
			fmt.Fprintf(&b, "%s:%d:%d: %s: %s    %s\n", v.file, v.line, v.col, why, v.what, v.text)
		}
		files[v.file] = c
	}
	for _, name := range names {
		c := files[name]
		fmt.Fprintf(&b, "%-36s %4d of %4d  %5.1f %%\n", name, c.killed, c.all, percent(c.killed, c.all))
	}
	score := percent(total.killed, total.all)
	fmt.Fprintf(&b, "mutation: %d mutants, %d killed (%d of them hung until the time limit), %d survived: %.1f %%\n", total.all, total.killed, total.hung,
		total.all-total.killed, score)
	return b.String(), score, nil
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(whole) }
