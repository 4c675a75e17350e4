package judge

import (
	"context"
	_ "embed"
)

//go:embed verapdf/Vera.java
var veraProgram []byte

// VeraReport is what veraPDF says about one file.
type VeraReport struct {
	Error     string
	Flavour   string // such as 1b, 3u, 4, ua1: what was asked for, or what the file claims
	Compliant bool
	Failures  []string // clause, test and what it says, once each
}

// VeraQuestion is a file, and the flavour it is to be judged by; empty is the one it claims.
type VeraQuestion struct{ Path, Flavour string }

// VeraPDF asks veraPDF about many files. ok is false where it is not installed (HASHOUT_VERAPDF, or .cache/verapdf).
func VeraPDF(ctx context.Context, questions ...VeraQuestion) (reports []VeraReport, ok bool, err error) {
	pairs := make([][2]string, len(questions))
	for i, q := range questions {
		pairs[i] = [2]string{q.Path, q.Flavour}
	}
	vera := javaJudge{name: "veraPDF", variable: "HASHOUT_VERAPDF", folder: "verapdf", jar: "validation-model-*.jar", program: veraProgram}
	return askJava[VeraReport](ctx, vera, pairs)
}
