package signflow_test

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"
	"time"

	"hashout/wasm/internal/signflow"
)

// TestNoVerdictOnABrokenChain: a signed file whose cross-reference leads nowhere, at its end or on the way to the first revision, is refused
// with a typed error and not repaired.
func TestNoVerdictOnABrokenChain(t *testing.T) {
	w := newWorld(t)
	original := pdf(t, "pdfminer-jo.pdf")
	r := w.sign(t.Context(), "demo-p-256", options(), nil, original)[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	signed := append(bytes.Clone(original), r.Update...)
	last := func(expression string) []byte { // the last number after it becomes another one of the same length
		found := regexp.MustCompile(expression+`\s*(\d+)`).FindAllSubmatchIndex(signed, -1)
		at := found[len(found)-1]
		broken := bytes.Clone(signed)
		copy(broken[at[2]:at[3]], []byte("0000000000" + strconv.Itoa(7))[11-(at[3]-at[2]):])
		return broken
	}
	for name, file := range map[string][]byte{"startxref": last("startxref"), "Prev": last("/Prev")} {
		v, err := signflow.Verify(t.Context(), document(file), signflow.VerifyOptions{Trust: [][]byte{w.service.RootPEM()}, Time: time.Now()})
		if code(err) != "PDF_MALFORMED" {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}
