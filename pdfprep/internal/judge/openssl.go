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
		dir, err := j.unpack(s)
		if err != nil {
			col.add(name, Fail, err.Error())
			return
		}
		sig, content := filepath.Join(dir, "sig.der"), filepath.Join(dir, "content")
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

// unpack writes a signature, as sig.der, and the content that it covers into a folder of its own.
func (j *Judge) unpack(s signature) (string, error) {
	dir, err := os.MkdirTemp(j.dir, "cms")
	if err != nil {
		return "", err
	}
	for name, b := range map[string][]byte{"sig.der": s.contents, "content": s.covered} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			os.RemoveAll(dir)
			return "", err
		}
	}
	return dir, nil
}
