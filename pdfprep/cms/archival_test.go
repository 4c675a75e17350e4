package cms_test

import (
	"bytes"
	"testing"

	"hashout/pdfprep/cms"
)

// RevocationInfoArchival of ISO 32000-2 12.8.3.3.2: [0] CRLs, [1] OCSP responses, [2] others, each optional.
func TestArchivalGivesWhatIsReadable(t *testing.T) {
	crl, ocsp := []byte{0x30, 2, 5, 0}, []byte{0x30, 3, 2, 1, 7}
	sequence := func(tag byte, parts ...[]byte) []byte {
		inside := bytes.Join(parts, nil)
		return append([]byte{tag, byte(len(inside))}, inside...)
	}
	for name, tc := range map[string]struct {
		value       []byte
		crls, ocsps int
	}{
		"both":          {sequence(0x30, sequence(0xa0, sequence(0x30, crl, crl)), sequence(0xa1, sequence(0x30, ocsp))), 2, 1},
		"OCSP only":     {sequence(0x30, sequence(0xa1, sequence(0x30, ocsp))), 0, 1},
		"others only":   {sequence(0x30, sequence(0xa2, sequence(0x30, crl))), 0, 0},
		"cut":           {sequence(0x30, sequence(0xa0, []byte{0x30, 9, 0x30}), sequence(0xa1, sequence(0x30, ocsp))), 0, 1},
		"not a list":    {[]byte{4, 1, 0}, 0, 0},
		"nothing":       {nil, 0, 0},
		"length of all": {[]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, 0, 0},
	} {
		s := cms.SignerInfo{SignedAttributes: []cms.Attribute{cms.NewAttribute(cms.OIDArchival, tc.value)}}
		crls, ocsps := s.Archival()
		if len(crls) != tc.crls || len(ocsps) != tc.ocsps {
			t.Errorf("%s: %d CRLs, %d OCSP responses", name, len(crls), len(ocsps))
		}
		for _, der := range ocsps {
			if !bytes.Equal(der, ocsp) {
				t.Errorf("%s: %x", name, der)
			}
		}
	}
}
