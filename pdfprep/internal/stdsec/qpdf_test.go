package stdsec

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

const (
	title    = "Only the hash goes out of here"
	newTitle = "And qpdf reads what we encrypt"
	source   = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n4 0 obj<</Title(" + title + ")>>endobj\n" +
		"trailer<</Size 5/Root 1 0 R/Info 4 0 R/ID[<00><00>]>>\n%%EOF\n"
)

// qpdf writes a file and reads it back after this package replaced the ciphertext of its title in place.
func TestQPDFReadsStringsEncryptedHere(t *testing.T) {
	qpdf, err := exec.LookPath("qpdf")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("qpdf is not installed, so no outside reader judges the encryption")
		}
		t.Skip("SKIPPED: qpdf is not installed, so no outside reader judges the encryption")
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"40", "128 --use-aes=n", "128 --use-aes=n --force-V4", "128 --use-aes=y", "128 --cleartext-metadata",
		"256 --force-R5", "256", "256 --cleartext-metadata"} {
		t.Run(mode, func(t *testing.T) {
			args := append([]string{"--no-warn", "--warning-exit-0", "--allow-weak-crypto", "--object-streams=disable", "--encrypt", "usr", "own"}, strings.Fields(mode)...)
			if b, err := exec.Command(qpdf, append(args, "--", in, out)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, b)
			}
			pdf, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			p := paramsOf(t, pdf)
			for _, password := range []string{"usr", "own"} {
				h, err := Open(p, password, norm.NFKC.String)
				if err != nil {
					t.Fatal(err)
				}
				at := regexp.MustCompile(`(?s)(\d+) 0 obj\s<< /Title (.*?) >>`).FindSubmatchIndex(pdf)
				number, _ := strconv.Atoi(string(pdf[at[2]:at[3]]))
				id := ObjectID{Number: uint32(number)}
				raw := unquote(pdf[at[4]:at[5]])
				if got, err := h.Decrypt(h.StringCipher(), id, raw); err != nil || string(got) != title {
					t.Fatalf("got %q (%v)", got, err)
				}
				enc, err := h.Encrypt(h.StringCipher(), id, []byte(newTitle), h.IVs([]byte(password)))
				if err != nil {
					t.Fatal(err)
				}
				// The new token may be longer than the old one: qpdf then finds the objects by itself.
				changed := bytes.Join([][]byte{pdf[:at[4]], []byte("<" + hex.EncodeToString(enc) + ">"), pdf[at[5]:]}, nil)
				if err := os.WriteFile(out, changed, 0o600); err != nil {
					t.Fatal(err)
				}
				b, _ := exec.Command(qpdf, "--no-warn", "--warning-exit-0", "--password="+password, "--show-object="+strconv.Itoa(number), out).Output()
				if !bytes.Contains(b, []byte(newTitle)) {
					t.Errorf("as %s qpdf reads %q", password, b)
				}
			}
		})
	}
}

// paramsOf reads the one encryption dictionary that qpdf writes; it is no parser.
func paramsOf(t *testing.T, pdf []byte) Params {
	t.Helper()
	find := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindSubmatch(pdf)
		if m == nil {
			return ""
		}
		return string(m[1])
	}
	str := func(key string) []byte {
		b, err := hex.DecodeString(find(`(?s)/` + key + ` <([0-9a-f]*)>`))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	num := func(key string) int { n, _ := strconv.Atoi(find(` /` + key + ` (-?\d+)`)); return n }
	p := Params{Filter: "Standard", V: num("V"), R: num("R"), Length: num("Length"), P: int64(num("P")), O: str("O"), U: str("U"), OE: str("OE"),
		UE: str("UE"), Perms: str("Perms"), MetadataInClear: find(`(/EncryptMetadata false)`) != ""}
	id, err := hex.DecodeString(find(`/ID \[<([0-9a-f]*)>`))
	if err != nil {
		t.Fatal(err)
	}
	p.ID = id
	if p.V >= 4 {
		p.StmF, p.StrF = "StdCF", "StdCF"
		p.CryptFilters = map[string]CryptFilter{"StdCF": {CFM: find(`/CFM /(\w+)`)}}
	}
	return p
}

// unquote reads a hexadecimal or literal string token.
func unquote(token []byte) []byte {
	if token[0] == '<' {
		b, _ := hex.DecodeString(string(token[1 : len(token)-1]))
		return b
	}
	var out []byte
	body := token[1 : len(token)-1]
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == '\\' {
			i++
			if n, err := strconv.ParseUint(string(body[i:min(i+3, len(body))]), 8, 8); err == nil {
				c, i = byte(n), i+2
			} else if j := strings.IndexByte("nrtbf", body[i]); j >= 0 {
				c = "\n\r\t\b\f"[j]
			} else {
				c = body[i]
			}
		}
		out = append(out, c)
	}
	return out
}
