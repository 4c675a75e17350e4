package judge

import (
	"context"
	"strings"
)

// mutool judges the digest and whether the file changed since; its exit code says nothing and it has no trust roots.
func (j *Judge) mutool(ctx context.Context, col *collector, c Case, news []signature) {
	const name = "mutool.signature"
	if !j.have(col, name, "mutool") {
		return
	}
	if len(news) > 0 && news[len(news)-1].subFilter == "ETSI.RFC3161" {
		col.add(name, NotApplicable, "mutool does not judge document timestamps")
		return
	}
	before, after := mutoolReport(ctx, c.Original, c.Password), mutoolReport(ctx, c.Signed, c.Password)
	unchanged := after["The document is unchanged since signing."]
	edited := after["The signature is valid but there have been edits since signing."]
	valid := func(report map[string]int) int {
		return report["The document is unchanged since signing."] + report["The signature is valid but there have been edits since signing."]
	}
	want := valid(before) + len(news)
	switch {
	case !c.laterUpdate() && unchanged != 1:
		col.add(name, Fail, "no signature is unchanged since signing")
	case unchanged+edited < want:
		col.add(name, Fail, "a signature is not valid")
	default:
		col.add(name, Pass, "")
	}
}

// mutoolReport counts the lines of the report.
func mutoolReport(ctx context.Context, path, password string) map[string]int {
	args := []string{"sign", "-v"}
	if password != "" {
		args = append(args, "-p", password)
	}
	lines := map[string]int{}
	for line := range strings.Lines(string(run(ctx, "mutool", append(args, path)...).stdout)) {
		lines[strings.TrimSpace(line)]++
	}
	return lines
}
