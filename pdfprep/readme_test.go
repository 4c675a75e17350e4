package pdfprep_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"hashout/pdfprep"
	"hashout/pdfprep/repair"
)

// groups are the rows of the table in README.md: a title, and the traits of the index that belong to it. A star stands for any ending.
var groups = []struct {
	title  string
	traits []string
}{
	{"cross-reference table", []string{"xref-table"}},
	{"cross-reference stream", []string{"xref-stream"}},
	{"hybrid, mixed", []string{"xref-hybrid", "xref-mixed"}},
	{"object streams", []string{"objstm"}},
	{"… with catalog or form inside", []string{"root-in-objstm", "objstm+form"}},
	{"linearized", []string{"linearized*"}},
	{"several revisions", []string{"incremental", "many-revisions"}},
	{"generation numbers, lines that end with CR", []string{"gen-nonzero", "root-gen-nonzero", "cr-only"}},
	{"bytes before the header or none, bytes after the end", []string{"header-offset*", "no-header", "trailing-garbage*", "no-eof"}},
	{"broken cross-reference", []string{"xref-rebuilt", "xref-none", "xref-loop", "xrefstm-bad", "prev-wrong", "startxref-*", "no-startxref", "no-trailer"}},
	{"PDF 1.1 to 1.3", []string{"v1.1", "v1.2", "v1.3"}},
	{"PDF 1.4", []string{"v1.4"}},
	{"PDF 1.5, 1.6", []string{"v1.5", "v1.6"}},
	{"PDF 1.7", []string{"v1.7"}},
	{"PDF 2.0", []string{"v2.0"}},
	{"odd page trees: deep, wide, circular, holes", []string{"pages>100", "deep-page-tree", "huge-page-tree", "page-*", "no-pages", "kids-indirect"}},
	{"turned, cropped, scaled pages", []string{"rotate*", "cropbox-*", "mediabox-*", "userunit", "no-mediabox"}},
	{"annotations in the page", []string{"annots-direct", "annots-empty"}},
	{"annotations in an object of their own", []string{"annots-indirect"}},
	{"form in the catalog", []string{"acroform-direct"}},
	{"form in an object of its own", []string{"acroform-indirect"}},
	{"XFA", []string{"xfa*"}},
	{"empty signature fields", []string{"sig-empty*"}},
	{"… with seed values or a lock", []string{"sig-empty-sv", "sig-empty-lock"}},
	{"signed before", []string{"sig-filled"}},
	{"… more than once", []string{"sig-multi"}},
	{"certified", []string{"docmdp1", "docmdp2", "docmdp3"}},
	{"fields locked", []string{"fieldmdp", "lock-filled"}},
	{"document timestamp, DSS", []string{"doctimestamp", "dss"}},
	{"usage rights", []string{"ur3"}},
	{"encrypted with RC4", []string{"enc-rc4*"}},
	{"encrypted with AES-128", []string{"enc-aesv2"}},
	{"encrypted with AES-256", []string{"enc-aesv3*"}},
	{"encrypted otherwise", []string{"enc-pubsec", "enc-unsupported", "enc-identity"}},
	{"password needed", []string{"pw-needed"}},
	{"PDF/A", []string{"pdfa-*"}},
	{"tagged, PDF/UA", []string{"tagged", "pdfua"}},
	{"attachments, portfolios", []string{"embedded-files", "portfolio", "zugferd"}},
	{"JavaScript, actions when opened", []string{"doc-js", "openaction"}},
}

// index reads testdata/corpus/index.tsv.
func index(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/corpus/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

// has tells whether a list of traits has one of the wanted.
func has(traits string, wanted []string) bool {
	return slices.ContainsFunc(strings.Split(traits, ","), func(trait string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool {
			prefix, any := strings.CutSuffix(w, "*")
			return trait == w || any && strings.HasPrefix(trait, prefix)
		})
	})
}

// TestTheReadmesSayWhatIsSo: the tables of the corpus are what the code does with the files and what the index knows of them.
// HASHOUT_UPDATE=1 writes them anew.
func TestTheReadmesSayWhatIsSo(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("the files are compared natively")
	}
	rows := index(t)
	compareBlock(t, "README.md", "corpus", outcomes(t, rows))
	compareBlock(t, "testdata/README.md", "origins", origins(rows))
}

// outcomes signs every file as the npm package does, a broken one after a scan, and counts.
func outcomes(t *testing.T, rows [][]string) string {
	const signed, refused, eitherSigned, eitherRefused, scanned = 0, 1, 2, 3, 4
	ends := make([][]int, len(rows))
	for i, row := range rows {
		pdf := sample(t, row[0])
		_, err := signWith(t, pdf, row[7], pdfprep.SignOptions{})
		if repair.Helps(err) {
			ends[i] = append(ends[i], scanned)
			err = signScanned(t, pdf, row[7])
		}
		var own *pdfprep.Error
		switch outcome := row[8]; {
		case err != nil && !errors.As(err, &own):
			t.Errorf("%s: %v", row[0], err)
		case err == nil && outcome == "sign":
			ends[i] = append(ends[i], signed)
		case err != nil && outcome == "refuse":
			ends[i] = append(ends[i], refused)
		case err == nil && outcome == "either":
			ends[i] = append(ends[i], eitherSigned)
		case err != nil && outcome == "either":
			ends[i] = append(ends[i], eitherRefused)
		default:
			t.Errorf("%s ends with %v, but %s", row[0], err, row[9])
		}
	}
	var b strings.Builder
	b.WriteString("| Trait | Files | Signed | Refused | Either: signed | Either: refused | After a scan |\n|---|--:|--:|--:|--:|--:|--:|\n")
	line := func(title string, wanted []string) {
		files, counts := 0, [5]int{}
		for i, row := range rows {
			if wanted != nil && !has(row[10], wanted) {
				continue
			}
			files++
			for _, end := range ends[i] {
				counts[end]++
			}
		}
		fmt.Fprintf(&b, "| %s | %d |", title, files)
		for _, n := range counts {
			fmt.Fprintf(&b, " %s |", strings.TrimPrefix(fmt.Sprint(n), "0"))
		}
		b.WriteString("\n")
		if files == 0 {
			t.Errorf("no file is of the kind %q", title)
		}
	}
	line("**all**", nil)
	for _, g := range groups {
		line(g.title, g.traits)
	}
	return strings.ReplaceAll(b.String(), "  |", " |")
}

func signScanned(t *testing.T, pdf []byte, password string) error {
	t.Helper()
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	d, err := repair.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), repair.Options{Password: password})
	if err != nil {
		return err
	}
	_, err = s.signDocument(t.Context(), d, pdf, password, pdfprep.SignOptions{SigningTime: signingTime})
	return err
}

// origins lists where the files come from, the link being the attribution that their licences ask for.
func origins(rows [][]string) string {
	var b strings.Builder
	b.WriteString("| File | Origin | Licence |\n|---|---|---|\n")
	own := 0
	for _, row := range rows {
		name, repository, commit, path, licence := row[0], row[2], row[3], row[4], row[6]
		if repository == "synthetic" {
			own++
			continue
		}
		link := strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "#", "%23").Replace(path)
		fmt.Fprintf(&b, "| %s | [%s](https://github.com/%s/blob/%s/%s) | %s |\n", name, repository, repository, commit, link, licence)
	}
	fmt.Fprintf(&b, "| syn-….pdf, %d files | made for these tests | CC0-1.0 |\n", own)
	return b.String()
}

// compareBlock compares what stands between two marks of a file, or writes it.
func compareBlock(t *testing.T, file, name, want string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": HASHOUT_UPDATE=1 go test ./pdfprep -run Readmes -->\n", "<!-- "+name+" end -->"
	head, rest, ok := strings.Cut(string(text), begin)
	is, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no block %q", file, begin)
	}
	switch {
	case is == want:
	case os.Getenv("HASHOUT_UPDATE") != "":
		if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what is so (HASHOUT_UPDATE=1 writes it anew). Should be:\n%s", file, want)
	}
}
