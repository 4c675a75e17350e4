package judge

import (
	"context"
	"fmt"
)

// qpdf judges the structure: the signed file must check no worse than the original.
func (j *Judge) qpdf(ctx context.Context, col *collector, c Case) {
	const name = "qpdf.structure"
	if !j.have(col, name, "qpdf") {
		return
	}
	before, _ := qpdfCheck(ctx, c.Original, c.Password)
	after, said := qpdfCheck(ctx, c.Signed, c.Password)
	if before == 2 && after == 2 {
		col.add(name, NotApplicable, "qpdf rejects the original too: "+said)
		return
	}
	col.hold(name, after <= before, fmt.Sprintf("rank %d was %d: %s", after, before, said))
}

// qpdfCheck ranks what qpdf finds: 0 nothing, 1 warnings, 2 errors.
func qpdfCheck(ctx context.Context, path, password string) (int, string) {
	r := run(ctx, "qpdf", "--password="+password, "--check", path)
	switch r.code {
	case 0:
		return 0, ""
	case 3:
		return 1, r.last()
	}
	return 2, r.last()
}
