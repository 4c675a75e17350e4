package pdfprep_test

import (
	"crypto"
	"testing"

	"hashout/pdfprep"
)

// TestSeedValuesAreObeyed, or the signature is refused before anybody is asked for it. What the flags do not bind is a suggestion.
func TestSeedValuesAreObeyed(t *testing.T) {
	tests := []struct {
		name, seed string
		o          pdfprep.SignOptions
		code       pdfprep.Code
		reason     string // that is written
	}{
		{"nothing", "", pdfprep.SignOptions{Reason: "mine"}, "", "u:mine"},
		{"handler", "/Ff 1/Filter/Adobe.PPKLite", pdfprep.SignOptions{}, "", ""},
		{"another handler", "/Ff 1/Filter/Some.Other", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"another handler suggested", "/Filter/Some.Other", pdfprep.SignOptions{}, "", ""},
		{"SubFilter", "/Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]", pdfprep.SignOptions{}, "", ""},
		{"another SubFilter", "/Ff 2/SubFilter[/adbe.pkcs7.detached]", pdfprep.SignOptions{}, pdfprep.PermissionDenied, ""},
		{"another SubFilter obeyed", "/Ff 2/SubFilter[/adbe.pkcs7.detached]", pdfprep.SignOptions{SubFilter: pdfprep.AdbePKCS7Detached}, "", ""},
		{"another SubFilter suggested", "/SubFilter[/adbe.pkcs7.detached]", pdfprep.SignOptions{}, "", ""},
		{"one of its reasons", "/Ff 8/Reasons[(a)(b)]", pdfprep.SignOptions{Reason: "b"}, "", "u:b"},
		{"none of its reasons", "/Ff 8/Reasons[(a)(b)]", pdfprep.SignOptions{Reason: "c"}, pdfprep.PermissionDenied, ""},
		{"no reason where one is due", "/Ff 8/Reasons[(a)(b)]", pdfprep.SignOptions{}, pdfprep.PermissionDenied, ""},
		{"its only reason", "/Ff 8/Reasons[(a)]", pdfprep.SignOptions{}, "", "u:a"},
		{"reasons suggested", "/Reasons[(a)(b)]", pdfprep.SignOptions{Reason: "c"}, "", "u:c"},
		{"a period forbids a reason", "/Ff 8/Reasons[(.)]", pdfprep.SignOptions{Reason: "c"}, pdfprep.PermissionDenied, ""},
		{"a period forbids a reason, obeyed", "/Ff 8/Reasons[(.)]", pdfprep.SignOptions{}, "", ""},
		{"no reasons forbid a reason", "/Ff 8", pdfprep.SignOptions{Reason: "c"}, pdfprep.PermissionDenied, ""},
		{"no reasons forbid a reason, obeyed", "/Ff 8/Reasons[]", pdfprep.SignOptions{}, "", ""},
		{"digest", "/Ff 64/DigestMethod[(SHA512)(SHA384)]", pdfprep.SignOptions{DigestMethod: crypto.SHA384}, "", ""},
		{"another digest", "/Ff 64/DigestMethod[(SHA512)]", pdfprep.SignOptions{DigestMethod: crypto.SHA256}, pdfprep.PermissionDenied, ""},
		{"another digest suggested", "/DigestMethod[(SHA512)]", pdfprep.SignOptions{DigestMethod: crypto.SHA256}, "", ""},
		{"only weak digests", "/Ff 64/DigestMethod[(SHA1)(RIPEMD160)]", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"certification", "/MDP<</P 2>>", pdfprep.SignOptions{}, "", ""},
		{"another certification", "/MDP<</P 2>>", pdfprep.SignOptions{Certify: pdfprep.NoChanges}, pdfprep.PermissionDenied, ""},
		{"approval", "/MDP<</P 0>>", pdfprep.SignOptions{}, "", ""},
		{"approval, not a certification", "/MDP<</P 0>>", pdfprep.SignOptions{Certify: pdfprep.NoChanges}, pdfprep.PermissionDenied, ""},
		{"certificates", "/Cert<</Ff 1/Subject[(x)]>>", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"certificates suggested", "/Cert<</Subject[(x)]>>", pdfprep.SignOptions{}, "", ""},
		{"version", "/Ff 4/V 3", pdfprep.SignOptions{}, "", ""},
		{"a version of the future", "/Ff 4/V 4", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"legal attestation", "/Ff 16/LegalAttestation[(x)]", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"revocation data", "/Ff 32/AddRevInfo true", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"no revocation data", "/Ff 32/AddRevInfo false", pdfprep.SignOptions{}, "", ""},
		{"document lock", "/Ff 128/LockDocument/true", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
		{"no document lock", "/Ff 128/LockDocument/false", pdfprep.SignOptions{}, "", ""},
		{"appearance", "/Ff 256/AppearanceFilter(x)", pdfprep.SignOptions{}, pdfprep.Unsupported, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pdf := contract("", "/SV<</Type/SV"+test.seed+">>")
			test.o.Field.Name, test.o.SigningTime, test.o.ReservedBytes = "Target", signingTime, 100
			p, err := open(t, pdf, "").Prepare(t.Context(), test.o)
			if wantCode(t, err, test.code); err != nil || test.code != "" {
				return
			}
			v := look(t, append(pdf, p.Update...), "")
			if reason, _ := v.at(v.field("Target"), "/V", "/Reason").(string); reason != test.reason {
				t.Errorf("the reason is %q, want %q", reason, test.reason)
			}
			if test.name == "certification" {
				v.want("2", v.root(), "/Perms", "/DocMDP", "/Reference", 0, "/TransformParams", "/P")
			}
		})
	}
}

// TestConstraintsTellWhatToChoose before anything is prepared.
func TestConstraintsTellWhatToChoose(t *testing.T) {
	pdf := contract("", "/SV<</Ff 74/SubFilter[/ETSI.CAdES.detached]/Reasons[(a)]/DigestMethod[(sha-384)(SHA256)]/TimeStamp<</Ff 1/URL(x)>>/MDP<</P 0>>>>")
	c, err := open(t, pdf, "").Constraints(t.Context(), pdfprep.FieldOptions{Name: "Target"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Digests) != 2 || c.Digests[0] != crypto.SHA384 || c.Digests[1] != crypto.SHA256 || len(c.SubFilters) != 1 || len(c.Reasons) != 1 ||
		!c.Timestamp || !c.Approval || c.Certify != pdfprep.NotCertified {
		t.Errorf("%+v", c)
	}
	if c, err := open(t, pdf, "").Constraints(t.Context(), pdfprep.FieldOptions{Name: "Neu"}); err != nil || len(c.Digests) != 0 {
		t.Errorf("a new field asks for %+v (%v)", c, err)
	}
}
