package judge

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// popplerSignature is a block of pdfsig's report.
type popplerSignature struct {
	ranges, validity, trust, kind string
	whole                         bool
}

const (
	popplerValid   = "Signature is Valid."
	popplerTrusted = "Certificate is Trusted."
	popplerUnsure  = "Unknown issue with Certificate or corrupted data."
)

var popplerBlock = regexp.MustCompile(`(?m)^Signature #\d+:$`)

// pdfsig judges digest, signature, trust and coverage, and that earlier signatures keep their verdict.
func (j *Judge) pdfsig(ctx context.Context, col *collector, c Case, news []signature) {
	if !j.have(col, "pdfsig.valid", "pdfsig", "certutil", "vfychain", "openssl") {
		return
	}
	before, readable := j.popplerReport(ctx, c.Original, c.Password)
	after, _ := j.popplerReport(ctx, c.Signed, c.Password)
	if !readable {
		for _, n := range []string{"pdfsig.valid", "pdfsig.trust", "pdfsig.coverage", "pdfsig.earlier"} {
			col.add(n, NotApplicable, "poppler cannot read the original")
		}
		return
	}
	at := map[string]popplerSignature{}
	for _, s := range after {
		at[s.ranges] = s
	}
	var lost []string
	for _, s := range before {
		got, ok := at[s.ranges]
		if !ok || (got.validity == popplerValid) != (s.validity == popplerValid) || got.kind != s.kind ||
			(got.trust == popplerTrusted) != (s.trust == popplerTrusted) {
			lost = append(lost, fmt.Sprintf("%s: %q was %q", s.ranges, got.validity+" "+got.trust, s.validity+" "+s.trust))
		}
	}
	col.hold("pdfsig.earlier", len(lost) == 0, strings.Join(lost, "; "))
	for i, s := range news {
		if s.subFilter == "ETSI.RFC3161" {
			col.add("pdfsig.valid", NotApplicable, "pdfsig does not judge document timestamps")
			continue
		}
		got, ok := at[fmt.Sprintf("[%d - %d], [%d - %d]", s.byteRange[0], s.byteRange[1], s.byteRange[2], s.byteRange[2]+s.byteRange[3])]
		if !ok {
			col.add("pdfsig.valid", Fail, "the new signature is not found")
			continue
		}
		col.hold("pdfsig.valid", got.validity == popplerValid, got.validity)
		col.hold("pdfsig.trust", got.trust == popplerTrusted, got.trust)
		if i == len(news)-1 && !c.laterUpdate() {
			col.hold("pdfsig.coverage", got.whole, "not the total document")
		}
	}
}

// popplerReport also says whether poppler could open the file at all.
func (j *Judge) popplerReport(ctx context.Context, path, password string) ([]popplerSignature, bool) {
	if run(ctx, "pdfinfo", popplerArgs(password, path)...).code != 0 {
		return nil, false
	}
	// Without -no-ocsp it waits for responders that may not exist.
	args := append([]string{"-nssdir", j.nss, "-no-ocsp"}, popplerArgs(password, path)...)
	signatures := popplerSignatures(string(run(ctx, "pdfsig", args...).stdout))
	for i := range signatures {
		if s := &signatures[i]; s.trust == popplerUnsure && j.nssTrusts(ctx, path, s.ranges) {
			s.trust = popplerTrusted
		}
	}
	return signatures, true
}

func popplerSignatures(report string) []popplerSignature {
	var out []popplerSignature
	for _, block := range popplerBlock.Split(report, -1)[1:] {
		if strings.Contains(block, "form field is not signed") {
			continue
		}
		get := func(key string) string {
			_, rest, ok := strings.Cut(block, "- "+key+": ")
			if !ok {
				return ""
			}
			line, _, _ := strings.Cut(rest, "\n")
			return strings.TrimSpace(line)
		}
		out = append(out, popplerSignature{ranges: get("Signed Ranges"), validity: get("Signature Validation"), trust: get("Certificate Validation"),
			kind: get("Signature Type"), whole: strings.Contains(block, "- Total document signed")})
	}
	return out
}

func popplerArgs(password string, args ...string) []string {
	if password == "" {
		return args
	}
	return append([]string{"-upw", password, "-opw", password}, args...)
}
