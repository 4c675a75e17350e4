package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"hashout/pdfprep/internal/judge"
)

func main() {
	os.Exit(run())
}

func run() int {
	root := flag.String("root", "", "file with the certificates to trust, PEM")
	password := flag.String("password", "", "password of every file")
	visible := flag.Bool("visible", false, "the new signature draws inside its rectangle")
	level := flag.String("level", "", "baseline level the new signature must reach: B-B, B-T, B-LT, B-LTA")
	asJSON := flag.Bool("json", false, "print the verdicts as JSON")
	waive := map[string]string{}
	flag.Func("waive", "CHECK=REASON: do not count a check that fails by a limit of its judge (repeatable)", func(s string) error {
		name, reason, ok := strings.Cut(s, "=")
		if !ok || reason == "" {
			return errors.New("a waiver needs a reason")
		}
		waive[name] = reason
		return nil
	})
	flag.Parse()
	if *root == "" || flag.NArg() == 0 || flag.NArg()%2 != 0 {
		flag.Usage()
		return 2
	}
	ctx := context.Background()
	roots, err := os.ReadFile(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		return 2
	}
	j, err := judge.New(ctx, roots)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer j.Close()
	if absent := j.Missing(); len(absent) > 0 {
		fmt.Fprintln(os.Stderr, "judge: NOT JUDGED by", absent, "which are not installed; run .ci/setup")
	}
	verdicts, code := []*judge.Verdict{}, 0
	for i := 0; i < flag.NArg(); i += 2 {
		v := j.Judge(ctx, judge.Case{Original: flag.Arg(i), Signed: flag.Arg(i + 1), Password: *password, Visible: *visible, Level: *level, Waive: waive})
		verdicts = append(verdicts, v)
		if !v.OK {
			code = 1
		}
	}
	if *asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(verdicts); err != nil {
			fmt.Fprintln(os.Stderr, "judge:", err)
			return 2
		}
		return code
	}
	for _, v := range verdicts {
		if err := v.Err(); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(v.Signed, "is accepted")
		}
	}
	return code
}
