package pdfprep_test

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"hashout/pdfprep"
)

// TestInspectTellsWhatIsThere in files of many kinds. The facts come from the programs that wrote them, or from qpdf and pdfsig.
func TestInspectTellsWhatIsThere(t *testing.T) {
	for _, test := range []struct {
		file, password string
		want           func(*pdfprep.Inspection) bool
	}{
		{"syn-pages-10001-flat.pdf", "", func(in *pdfprep.Inspection) bool {
			return in.Pages == 10001 && in.XRef == "stream" && in.Revisions == 1
		}},
		{"syn-version-h13-c17.pdf", "", func(in *pdfprep.Inspection) bool { return in.Version == "1.7" }},
		{"syn-version-h17-c14.pdf", "", func(in *pdfprep.Inspection) bool { return in.Version == "1.7" }},
		{"syn-version-h20.pdf", "", func(in *pdfprep.Inspection) bool { return in.Version == "2.0" }},
		{"syn-xrefstream-plain.pdf", "", func(in *pdfprep.Inspection) bool { return in.XRef == "stream" && !in.Encrypted && in.OwnerAccess }},
		{"syn-header-offset-599-absolute.pdf", "", func(in *pdfprep.Inspection) bool { return found(in, pdfprep.FindingBeforeHeader) }},
		{"pdfsign-testfile12.pdf", "", func(in *pdfprep.Inspection) bool { return found(in, pdfprep.FindingAfterEOF) }},
		{"sambox-checkbox-multiple-on-entries-normal-appe.pdf", "", func(in *pdfprep.Inspection) bool { return found(in, pdfprep.FindingJavaScript) }},
		{"pypdf-form.pdf", "", func(in *pdfprep.Inspection) bool {
			return found(in, pdfprep.FindingOpenAction) && found(in, pdfprep.FindingAppearances)
		}},
		{"vera-verapdf-test-suite-6-8-t02-pass-e.pdf", "", func(in *pdfprep.Inspection) bool { return in.PDFA == "3b" && found(in, pdfprep.FindingAttachments) }},
		{"vera-verapdf-test-suite-6-6-1-t01-pass-a.pdf", "", func(in *pdfprep.Inspection) bool { return in.PDFA == "4e" && found(in, pdfprep.FindingOptional) }},
		{"vera-verapdf-test-suite-6-3-8-t01-pass-c.pdf", "", func(in *pdfprep.Inspection) bool { return in.PDFA == "1a" }},
		{"vera-verapdf-test-suite-6-1-12-t02-pass-a.pdf", "", func(in *pdfprep.Inspection) bool {
			return in.PDFA == "2b" && in.Certified == pdfprep.FormFilling && in.Signatures[0].Certifies == pdfprep.FormFilling
		}},
		{"syn-cert-p1-objstm.pdf", "", func(in *pdfprep.Inspection) bool {
			return in.Certified == pdfprep.NoChanges && !in.CanAddField && !in.CanFill && in.Refusal != nil && in.Refusal.Code == pdfprep.CertifiedNoChanges
		}},
		{"syn-cert-p2-emptyfield-objstm.pdf", "", func(in *pdfprep.Inspection) bool {
			return in.Certified == pdfprep.FormFilling && in.CanAddField && in.CanFill && in.Refusal == nil && len(in.Fields) == 2
		}},
		{"syn-fieldmdp-all-objstm.pdf", "", func(in *pdfprep.Inspection) bool {
			return !in.CanAddField && !in.CanFill && in.Refusal.Code == pdfprep.FieldLocked
		}},
		{"syn-fieldmdp-excl-target-objstm.pdf", "", func(in *pdfprep.Inspection) bool { return !in.CanAddField && in.CanFill && in.Refusal == nil }},
		{"syn-signed-12-objstm.pdf", "", func(in *pdfprep.Inspection) bool {
			whole := 0
			for _, s := range in.Signatures {
				if s.CoversWholeFile {
					whole++
				}
				if !s.WellFormed || s.SubFilter != "adbe.pkcs7.detached" || s.ByteRange[0] != 0 || s.Contents[0] != 0x30 {
					return false
				}
			}
			return len(in.Signatures) == 12 && whole == 1
		}},
		{"pdfcpu-testpades-blta.pdf", "", func(in *pdfprep.Inspection) bool {
			first, last := in.Signatures[0], in.Signatures[1]
			return in.DSS && first.SubFilter == "ETSI.CAdES.detached" && !first.Timestamp && !first.CoversWholeFile && last.Timestamp && last.CoversWholeFile
		}},
		{"nodesign-with-placeholder.pdf", "", func(in *pdfprep.Inspection) bool {
			return !in.Signatures[0].WellFormed && in.Signatures[0].Reason != ""
		}},
		{"syn-enc-aesv3-r6-user-objstm.pdf", "usr", func(in *pdfprep.Inspection) bool {
			return in.Encrypted && in.Encryption == "AESV3 R6" && !in.OwnerAccess && in.XRef == "stream"
		}},
		{"syn-enc-rc4-40-user.pdf", "usr", func(in *pdfprep.Inspection) bool { return in.Encryption == "RC4 R2" }},
		{"syn-enc-aesv2-empty.pdf", "", func(in *pdfprep.Inspection) bool { return in.Encryption == "AESV2 R4" }},
	} {
		t.Run(test.file, func(t *testing.T) {
			pdf := sample(t, test.file)
			in := inspect(t, pdf, test.password)
			if in.Bytes != int64(len(pdf)) || !test.want(in) {
				t.Errorf("%+v", in)
			}
		})
	}
}

func found(in *pdfprep.Inspection, kind string) bool {
	return slices.ContainsFunc(in.Findings, func(f pdfprep.Finding) bool { return f.Kind == kind })
}

// TestInspectForetellsWhatPrepareDoes with a field of its own choice, for every file of the corpus.
func TestInspectForetellsWhatPrepareDoes(t *testing.T) {
	for _, e := range corpus(t) {
		pdf := sample(t, e.file)
		d, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{Password: e.password})
		if err != nil {
			continue
		}
		in, err := d.Inspect(t.Context())
		if err != nil {
			typed(t, err)
			continue
		}
		_, err = d.Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 100, SigningTime: signingTime})
		if (err == nil) != (in.Refusal == nil) {
			t.Errorf("%s: Inspect says %+v, Prepare %v", e.file, in.Refusal, err)
		} else if err != nil {
			wantCode(t, err, in.Refusal.Code)
		}
	}
}

// TestARebuiltFileIsInspectedAndSigned: with the table of a scan the broken chain counts no more.
func TestARebuiltFileIsInspectedAndSigned(t *testing.T) {
	pdf := regexp.MustCompile(`startxref\n\d+`).ReplaceAll(contract("", ""), []byte("startxref\n7"))
	pdf = bytes.Replace(pdf, []byte("xref\n0"), []byte("xxxx\n0"), 1)
	_, err := pdfprep.Open(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), pdfprep.OpenOptions{})
	wantCode(t, err, pdfprep.Malformed)

	table := pdfprep.Table{Objects: map[int]pdfprep.Place{}, Trailer: []byte("<</Size 9/Root 1 0 R/Prev 7>>")}
	for _, m := range objectHead.FindAllSubmatchIndex(pdf, -1) {
		num, _ := strconv.Atoi(string(pdf[m[2]:m[3]]))
		table.Objects[num] = pdfprep.Place{Offset: int64(m[0])}
	}
	d, err := pdfprep.OpenTable(bytes.NewReader(pdf), int64(len(pdf)), table, pdfprep.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := d.Inspect(t.Context())
	if err != nil || in.XRef != "rebuilt" || !found(in, pdfprep.FindingRebuilt) || len(in.Fields) != 2 {
		t.Errorf("%+v, %v", in, err)
	}
	s, err := throwAway()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.signDocument(t.Context(), d, pdf, "", pdfprep.SignOptions{SigningTime: signingTime, Field: pdfprep.FieldOptions{Name: "Target"}})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(signed[len(pdf):], []byte("/Prev")) {
		t.Error("the update leads back to the broken chain")
	}
	v := look(t, signed, "")
	v.want("/Sig", v.field("Target"), "/V", "/Type")
	if again := inspect(t, signed, ""); again.XRef != "table" || len(again.Signatures) != 1 || !again.Signatures[0].CoversWholeFile {
		t.Errorf("%+v", again)
	}
}
