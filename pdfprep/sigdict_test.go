package pdfprep_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
)

// TestTextsInAnyScriptComeBack through Inspect and through another reader, in a table, in a stream and encrypted.
func TestTextsInAnyScriptComeBack(t *testing.T) {
	aes := encrypt(t, plain(), "", "256")
	for name, text := range map[string]string{
		"ASCII":             "Approved by the board",
		"syntax":            `(a) \b ) <</T(x)>> %\`,
		"line ends":         "one\ntwo\rthree\r\nfour\ttab",
		"Western":           "Grüße aus Zürich, für 5 €",
		"Central European":  "Příliš žluťoučký kůň",
		"Greek":             "Ελληνικά",
		"Cyrillic":          "Утверждаю",
		"Hebrew":            "חתימה",
		"Arabic":            "توقيع",
		"Devanagari":        "हस्ताक्षर",
		"Chinese":           "批准",
		"beyond plane 0":    "𠮷 🖋️",
		"bytes of its mark": "þÿ like a mark, ï»¿ too",
		"combining":         "e\u0301",
	} {
		for where, pdf := range map[string][]byte{"table": plain(), "stream": packed(), "encrypted": aes} {
			t.Run(name+" "+where, func(t *testing.T) {
				fieldName := strings.ReplaceAll(text, ".", "")
				signed := mustSign(t, pdf, "", pdfprep.SignOptions{Reason: text, Location: text, Name: text, ContactInfo: text,
					Field: pdfprep.FieldOptions{Name: fieldName}})
				s := inspect(t, signed, "").Signatures[0]
				for _, got := range []string{s.Reason, s.Location, s.Name, s.FieldName} {
					if got != text {
						t.Errorf("Inspect reads %q, want %q", got, text)
					}
				}
				v := look(t, signed, "")
				for _, key := range []string{"/Reason", "/Location", "/Name", "/ContactInfo"} {
					if got := v.at(v.field(fieldName), "/V", key); got != "u:"+text {
						t.Errorf("qpdf reads %s %q, want %q", key, got, text)
					}
				}
			})
		}
	}
}

// TestTextsThatAreNotGivenAreNotWritten, and those that are too long are refused.
func TestTextsThatAreNotGivenAreNotWritten(t *testing.T) {
	v := look(t, mustSign(t, plain(), "", pdfprep.SignOptions{}), "")
	for _, key := range []string{"/Reason", "/Location", "/Name", "/ContactInfo", "/Reference", "/Prop_Build", "/Cert"} {
		v.want("<nil>", v.field("Signature1"), "/V", key)
	}
	wantCode(t, refusal(t, plain(), "", pdfprep.SignOptions{Reason: strings.Repeat("x", 10_001)}), pdfprep.InvalidArgument)
}

// TestTheSigningTimeKeepsItsZone as ISO 32000 writes it.
func TestTheSigningTimeKeepsItsZone(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 5, 999, time.UTC)
	for want, zone := range map[string]*time.Location{
		"D:20260301123005+00'00'": time.UTC,
		"D:20260301143005+02'00'": time.FixedZone("", 2*3600),
		"D:20260301090005-03'30'": time.FixedZone("", -(3*3600 + 1800)),
		"D:20260301181505+05'45'": time.FixedZone("", 5*3600+45*60),
		"D:20260302023005+14'00'": time.FixedZone("", 14*3600),
		"D:20260301120005-00'30'": time.FixedZone("", -1800),
	} {
		signed := mustSign(t, plain(), "", pdfprep.SignOptions{SigningTime: at.In(zone)})
		v := look(t, signed, "")
		v.want("u:"+want, v.field("Signature1"), "/V", "/M")
		if got := inspect(t, signed, "").Signatures[0].Time; got != want {
			t.Errorf("Inspect reads %s, want %s", got, want)
		}
	}
}

// TestTheSoftwareIsNamed as /Prop_Build wants it: a name, of any text.
func TestTheSoftwareIsNamed(t *testing.T) {
	for _, name := range []string{"hashout", "Größe & Co. (1.0) #2 /x"} {
		v := look(t, mustSign(t, plain(), "", pdfprep.SignOptions{Software: name}), "")
		v.want("/"+name, v.field("Signature1"), "/V", "/Prop_Build", "/App", "/Name")
	}
}

// TestUsageRightsAreDropped, for they end with the first change, and the caller is told. Everything else beside them stays.
func TestUsageRightsAreDropped(t *testing.T) {
	for _, name := range []string{"syn-ur3-no-signature-right.pdf", "pdfcpu-usagerights.pdf"} {
		t.Run(name, func(t *testing.T) {
			pdf := sample(t, name)
			has := func(list []pdfprep.Finding, kind string) bool {
				return slices.ContainsFunc(list, func(f pdfprep.Finding) bool { return f.Kind == kind })
			}
			if !has(inspect(t, pdf, "").Findings, pdfprep.FindingUsageRights) {
				t.Error("Inspect does not find them before")
			}
			p, err := open(t, pdf, "").Prepare(t.Context(), pdfprep.SignOptions{ReservedBytes: 100, SigningTime: signingTime})
			if err != nil {
				t.Fatal(err)
			}
			if !has(p.Findings, pdfprep.FindingDropsRights) {
				t.Errorf("findings %v", p.Findings)
			}
			signed := append(pdf, p.Update...)
			if has(inspect(t, signed, "").Findings, pdfprep.FindingUsageRights) {
				t.Error("Inspect finds them afterwards")
			}
			v := look(t, signed, "")
			v.want("<nil>", v.root(), "/Perms", "/UR3")
			v.want("<nil>", v.root(), "/Perms", "/UR")
		})
	}
	pdf := bytes.Clone(contract("/Perms<</UR3 4 0 R/X 1>>", ""))
	v := look(t, mustSign(t, pdf, "", pdfprep.SignOptions{Field: pdfprep.FieldOptions{Name: "Neu"}}), "")
	v.want("map[/X:1]", v.root(), "/Perms")
}
