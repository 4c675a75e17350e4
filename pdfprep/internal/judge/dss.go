package judge

import (
	"context"
	_ "embed"
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
	Timestamps                       []DSSTimestamp // that the signature carries, and those over it
}

// DSSTimestamp is its verdict about a timestamp.
type DSSTimestamp struct {
	Type                      string // such as CONTENT_TIMESTAMP
	Valid                     bool   // imprint and signature hold
	Indication, SubIndication string
}

// DSS asks EU DSS about many files. ok is false where it is not installed (HASHOUT_DSS, or .cache/dss). The password is tried on those that
// need one.
func (j *Judge) DSS(ctx context.Context, password string, paths ...string) (reports []DSSReport, ok bool, err error) {
	questions := make([][2]string, len(paths))
	for i, path := range paths {
		questions[i] = [2]string{path, password}
	}
	dss := javaJudge{name: "EU DSS", variable: "HASHOUT_DSS", folder: "dss", jar: "dss-validation-*.jar", program: dssProgram}
	return askJava[DSSReport](ctx, dss, questions, j.roots...)
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
