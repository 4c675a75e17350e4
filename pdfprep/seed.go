package pdfprep

import (
	"context"
	"crypto"
	"slices"
	"strings"

	"hashout/pdfprep/internal/object"
)

// Constraints are what a field asks of the signature that fills it: the required part of its seed values (ISO 32000-2 table 237).
type Constraints struct {
	Digests    []crypto.Hash // empty: any
	SubFilters []SubFilter   // empty: any
	Reasons    []string      // empty: any
	Certify    DocMDP        // what the signature must certify; 0 if nothing is asked
	// Approval is set when the signature must not certify.
	Approval bool
	// Timestamp is set when a signature timestamp is required.
	Timestamp bool
}

// Bits of /Ff in a seed value dictionary: which of its entries bind.
const (
	seedFilter       = 1 << 0
	seedSubFilter    = 1 << 1
	seedVersion      = 1 << 2
	seedReasons      = 1 << 3
	seedAttestation  = 1 << 4
	seedRevocation   = 1 << 5
	seedDigestMethod = 1 << 6
	seedLockDocument = 1 << 7
	seedAppearance   = 1 << 8
)

// noReason as the only one means that the signature must state none; so does an obligation to choose from no reasons (table 237).
const noReason = "."

// digestNamed reads a name of table 237, which writers spell in many ways: SHA256, sha256, SHA-256.
func digestNamed(w string) crypto.Hash {
	switch strings.ReplaceAll(strings.ToUpper(w), "-", "") {
	case "SHA256":
		return crypto.SHA256
	case "SHA384":
		return crypto.SHA384
	case "SHA512":
		return crypto.SHA512
	}
	return 0
}

// Constraints tells what the field that Prepare would fill asks for. It serves whoever must choose the digest before preparing.
func (d *Document) Constraints(ctx context.Context, o FieldOptions) (Constraints, error) {
	d.f.Renew()
	form, err := d.form(ctx)
	if err != nil {
		return Constraints{}, err
	}
	earlier, err := d.signatures(form)
	if err != nil {
		return Constraints{}, err
	}
	target, err := choose(form, earlier, o)
	if err != nil || target == nil {
		return Constraints{}, err
	}
	return d.constraints(target)
}

func (d *Document) constraints(f *field) (Constraints, error) {
	var c Constraints
	seed, err := d.dict(f.dict.Get("SV"))
	if err != nil || seed == nil {
		return c, explain(err)
	}
	flags, err := d.integer(seed.Get("Ff"), 0)
	if err != nil {
		return c, explain(err)
	}
	filter, err := d.name(seed.Get("Filter"))
	if err != nil {
		return c, explain(err)
	}
	if flags&seedFilter != 0 && filter != "Adobe.PPKLite" {
		return c, refuse(Unsupported, "the field asks for another signature handler").with(detailField, f.name)
	}
	words := func(key object.Name) ([]string, error) {
		list, err := d.array(seed.Get(key))
		var out []string
		for _, v := range list {
			o, failed := d.f.Resolve(v.Object)
			if failed != nil {
				return nil, failed
			}
			switch w := o.(type) {
			case object.Name:
				out = append(out, string(w))
			case object.String:
				out = append(out, decodeText(w))
			}
		}
		return out, err
	}
	if flags&seedSubFilter != 0 {
		list, err := words("SubFilter")
		if err != nil {
			return c, explain(err)
		}
		for _, w := range list {
			c.SubFilters = append(c.SubFilters, SubFilter(w))
		}
	}
	if flags&seedReasons != 0 {
		if c.Reasons, err = words("Reasons"); err != nil {
			return c, explain(err)
		}
		if len(c.Reasons) == 0 {
			c.Reasons = []string{noReason}
		}
	}
	if flags&seedDigestMethod != 0 {
		list, err := words("DigestMethod")
		if err != nil {
			return c, explain(err)
		}
		for _, w := range list {
			if h := digestNamed(w); h != 0 {
				c.Digests = append(c.Digests, h)
			}
		}
		if len(c.Digests) == 0 {
			return c, refuse(Unsupported, "the field asks for digests that are not made any more").with(detailField, f.name)
		}
	}
	if err := d.seedRefusals(seed, flags, f); err != nil {
		return c, err
	}
	return c, d.seedDicts(&c, seed, f)
}

// seedRefusals refuses what a field insists on and what is not made here. Entries that ask for nothing are let pass.
func (d *Document) seedRefusals(seed *object.Dict, flags int64, f *field) error {
	for _, asked := range []struct {
		flag int64
		key  object.Name
		asks func(object.Object) bool
	}{
		{seedVersion, "V", func(o object.Object) bool { return float(o) > 3 }}, // 3 is PDF 2.0
		{seedAttestation, "LegalAttestation", func(o object.Object) bool { return o != nil }},
		{seedRevocation, "AddRevInfo", func(o object.Object) bool { return o == true }},
		{seedLockDocument, "LockDocument", func(o object.Object) bool { return o == object.Name("true") }},
		{seedAppearance, "AppearanceFilter", func(o object.Object) bool { return o != nil }},
	} {
		o, err := d.f.Resolve(seed.Get(asked.key))
		if err != nil {
			return explain(err)
		}
		if flags&asked.flag != 0 && asked.asks(o) {
			return refuse(Unsupported, "the field asks for "+string(asked.key)+", which is not supported").with(detailField, f.name)
		}
	}
	return nil
}

// seedDicts reads the entries that are dictionaries with flags of their own.
func (d *Document) seedDicts(c *Constraints, seed *object.Dict, f *field) error {
	mdp, err := d.dict(seed.Get("MDP"))
	if err != nil {
		return explain(err)
	}
	if mdp != nil {
		p, err := d.integer(mdp.Get("P"), 0)
		if err != nil {
			return explain(err)
		}
		c.Certify, c.Approval = DocMDP(min(max(p, 0), 3)), p == 0
	}
	for _, key := range []object.Name{"TimeStamp", "Cert"} {
		one, err := d.dict(seed.Get(key))
		if err != nil {
			return explain(err)
		}
		flags, err := d.integer(one.Get("Ff"), 0)
		if err != nil {
			return explain(err)
		}
		if flags != 0 && key == "Cert" {
			return refuse(Unsupported, "the field restricts which certificates may sign it, which is not supported").with(detailField, f.name)
		}
		c.Timestamp = c.Timestamp || flags != 0 && key == "TimeStamp"
	}
	return nil
}

// obey fits the options to the constraints where that is no choice of the signer's, and refuses where it is.
func (c Constraints) obey(o *SignOptions, name string) error {
	if len(c.SubFilters) > 0 && !slices.Contains(c.SubFilters, o.SubFilter) {
		return refuse(PermissionDenied, "the field asks for another SubFilter").with(detailField, name).with("subFilters", c.SubFilters)
	}
	if len(c.Digests) > 0 && o.DigestMethod != 0 && !slices.Contains(c.Digests, o.DigestMethod) {
		return refuse(PermissionDenied, "the field asks for another digest").with(detailField, name)
	}
	if len(c.Reasons) == 1 && o.Reason == "" && c.Reasons[0] != noReason {
		o.Reason = c.Reasons[0] // the field leaves no other choice
	}
	if len(c.Reasons) > 0 && !slices.Contains(c.Reasons, o.Reason) {
		if !(len(c.Reasons) == 1 && c.Reasons[0] == noReason && o.Reason == "") {
			return refuse(PermissionDenied, "the field asks for one of its own reasons").with(detailField, name).with("reasons", c.Reasons)
		}
	}
	if c.Approval && o.Certify != NotCertified {
		return refuse(PermissionDenied, "the field asks for an approval signature, not a certification").with(detailField, name)
	}
	if c.Certify != NotCertified {
		if o.Certify != NotCertified && o.Certify != c.Certify {
			return refuse(PermissionDenied, "the field asks for another certification").with(detailField, name).with("certify", int(c.Certify))
		}
		o.Certify = c.Certify
	}
	return nil
}
