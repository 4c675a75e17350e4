package judge

import (
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// nssTrusts asks NSS itself for the chain of the signature at pdfsig's ranges, with the database that pdfsig uses. pdfsig 22.12 looks not at
// NSS's answer but at the last error of the thread, which a success leaves as it was: it calls such a chain "Unknown issue".
func (j *Judge) nssTrusts(ctx context.Context, path, ranges string) bool {
	file, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var s signature
	r := &s.byteRange
	if _, err := fmt.Sscanf(ranges, "[%d - %d], [%d - %d]", &r[0], &r[1], &r[2], &r[3]); err != nil {
		return false
	}
	r[3] -= r[2]
	if s.read(file); s.contents == nil {
		return false
	}
	dir, err := j.unpack(s)
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	signer, cms := filepath.Join(dir, "signer.pem"), filepath.Join(dir, "sig.der")
	if run(ctx, "openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", cms, "-content", filepath.Join(dir, "content"),
		"-signer", signer, "-out", os.DevNull).code != 0 {
		return false
	}
	args := []string{"-d", j.nss, "-p", "-p", "-u", "4", "-a", signer} // libpkix; a signer of mail, as pdfsig asks
	rest := run(ctx, "openssl", "pkcs7", "-inform", "DER", "-in", cms, "-print_certs").stdout
	for n := 0; ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		one := filepath.Join(dir, fmt.Sprintf("%d.pem", n))
		if os.WriteFile(one, pem.EncodeToMemory(block), 0o600) != nil {
			return false
		}
		args = append(args, "-a", one)
	}
	return run(ctx, "vfychain", args...).code == 0
}
