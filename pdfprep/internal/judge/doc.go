// Package judge asks programs that are not ours whether a signed PDF is what it claims to be. It is for tests and for
// the command in cmd/judge; no product code imports it.
//
//	j := judge.Require(t, rootsPEM)
//	v := j.Judge(ctx, judge.Case{Original: "in.pdf", Signed: "out.pdf"})
//	if err := v.Err(); err != nil {
//		t.Error(err)
//	}
//
// The judges: qpdf (structure), poppler's pdfsig (digest, signature, trust, coverage), mutool (digest and later edits,
// rendering), poppler (text, rendering), OpenSSL (CMS, CAdES, chain), pyHanko (integrity, trust, coverage, DocMDP,
// PAdES profile, and whether signing explains which objects of the original were redefined). Two checks are arithmetic done here: the
// original is an exact prefix, and the byte range covers all but Contents.
//
// A check passes, fails, does not apply (the judge could not read the original either, so nothing can be compared), is
// waived by the caller with a reason (a known limit of a judge), or is skipped because the judge is not installed.
// Skips are loud, and with CI=true they are failures. A verdict without any pass of an outside judge on the new
// signature is never OK.
//
// Exit codes are not trusted where they lie: pdfsig exits 0 on a digest mismatch, mutool always. Where pdfsig calls a chain an unknown
// issue, which it does for some good ones, NSS itself is asked.
//
// Passwords are given to the judges on their command lines: use test files only.
package judge
