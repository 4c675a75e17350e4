package judge

import (
	"context"
	"os"
	"path/filepath"
)

// openssl judges CMS and chain over the covered bytes.
func (j *Judge) openssl(ctx context.Context, col *collector, c Case, news []signature) {
	const name = "openssl.cms"
	if !j.have(col, name, "openssl") {
		return
	}
	for _, s := range news {
		if s.contents == nil {
			col.add(name, Fail, s.problem)
			continue
		}
		dir, err := os.MkdirTemp(j.dir, "cms")
		if err != nil {
			col.add(name, Fail, err.Error())
			return
		}
		sig, content := filepath.Join(dir, "sig.der"), filepath.Join(dir, "content")
		for path, b := range map[string][]byte{sig: s.contents, content: s.covered} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				col.add(name, Fail, err.Error())
				return
			}
		}
		var r result
		if s.subFilter == "ETSI.RFC3161" {
			r = run(ctx, "openssl", "ts", "-verify", "-token_in", "-in", sig, "-data", content, "-CAfile", j.bundle())
		} else {
			args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", sig, "-content", content, "-CAfile", j.bundle(), "-purpose", "any", "-out", os.DevNull}
			if s.subFilter == "ETSI.CAdES.detached" {
				args = append(args, "-cades")
			}
			r = run(ctx, "openssl", args...)
		}
		col.hold(name, r.code == 0, r.last())
		os.RemoveAll(dir)
	}
}
