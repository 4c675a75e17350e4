package pdfprep

import (
	"bytes"
	"context"
	"strings"

	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// Inspection is what a document says about itself, as far as a signer wants to know. It comes from structure alone: no signature is
// verified and nothing is asked anywhere. Field names are those of the JSON that the browser sees.
type Inspection struct {
	Bytes     int64  `json:"bytes"`
	Version   string `json:"version"`
	Pages     int    `json:"pages"`
	Revisions int    `json:"revisions"`
	XRef      string `json:"xref"` // "table", "stream" or "rebuilt"
	PDFA      string `json:"pdfa,omitempty"`
	Encrypted bool   `json:"encrypted"`
	// Encryption names cipher and revision of the standard handler: "AESV3 R6".
	Encryption string `json:"encryption,omitempty"`
	// Permissions are what an encrypted document allows to those who are not its owner (ISO 32000-2 table 22).
	Permissions []string `json:"permissions,omitempty"`
	OwnerAccess bool     `json:"ownerAccess"` // the document is not encrypted, or was opened by its owner
	// Certified is 0, or what an earlier certification permits.
	Certified DocMDP `json:"certified"`
	// DSS tells that the document carries certificates and revocation data for validation (EN 319 142-1 §5.4).
	DSS bool `json:"dss"`
	// CanAddField and CanFill tell what earlier signatures and permissions leave open.
	CanAddField bool             `json:"canAddField"`
	CanFill     bool             `json:"canFill"`
	Fields      []FieldInfo      `json:"fields"`
	Signatures  []SignatureInfo  `json:"signatures"`
	Findings    []Finding        `json:"findings"`
	Refusal     *InspectedRefuse `json:"refusal,omitempty"`
}

// InspectedRefuse says why the document cannot be signed as it is.
type InspectedRefuse struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// FieldInfo describes a signature field.
type FieldInfo struct {
	Name   string `json:"name"`
	Signed bool   `json:"signed"`
	Locked bool   `json:"locked"` // by an earlier signature
}

// SignatureInfo describes a signature that is there.
type SignatureInfo struct {
	FieldName string   `json:"fieldName"`
	SubFilter string   `json:"subFilter"`
	ByteRange [4]int64 `json:"byteRange"`
	// WellFormed tells a ByteRange of the only safe shape: [0 a b c] with a gap of exactly Contents.
	WellFormed bool `json:"wellFormed"`
	// CoversWholeFile tells that nothing was appended afterwards.
	CoversWholeFile bool   `json:"coversWholeFile"`
	Timestamp       bool   `json:"timestamp"`
	Certifies       DocMDP `json:"certifies"`
	Name            string `json:"name,omitempty"`
	Reason          string `json:"reason,omitempty"`
	Location        string `json:"location,omitempty"`
	Time            string `json:"time,omitempty"` // /M as it stands
	// Contents is the DER that the signature holds, padding included.
	Contents []byte `json:"-"`
}

// Inspect reads the document's structure.
func (d *Document) Inspect(ctx context.Context) (*Inspection, error) {
	d.f.Renew()
	form, err := d.form(ctx)
	if err != nil {
		return nil, err
	}
	earlier, err := d.signatures(form)
	if err != nil {
		return nil, err
	}
	in := &Inspection{
		Bytes: d.f.Size(), Version: d.f.Version, Revisions: len(d.f.Sections), XRef: "table", Encrypted: d.handler != nil,
		OwnerAccess: d.handler == nil || d.handler.Role() != stdsec.User, Fields: []FieldInfo{}, Findings: []Finding{},
	}
	switch {
	case d.f.Rebuilt:
		in.XRef = "rebuilt"
	case d.f.Sections[0].Stream:
		in.XRef = "stream"
	}
	_, in.DSS = d.root.Dict().Lookup("DSS")
	if d.handler != nil {
		in.Encryption = d.encryption
		in.Permissions = permissionNames(d.handler.Permissions())
	}
	if version, err := d.name(d.root.Dict().Get("Version")); err == nil && string(version) > in.Version {
		in.Version = string(version)
	}
	if _, in.Pages, err = d.walkPages(ctx, d.limits.MaxPages+1, true); err != nil {
		return nil, explain(err)
	}
	if in.Certified, err = d.certification(); err != nil {
		return nil, err
	}
	for i := range form.fields {
		if f := &form.fields[i]; f.kind == "Sig" && f.terminal {
			in.Fields = append(in.Fields, FieldInfo{Name: f.name, Signed: f.value != nil, Locked: lockedBy(earlier, f.name) != nil})
		}
	}
	if in.Signatures, err = d.describeAll(form); err != nil {
		return nil, err
	}
	if in.PDFA, err = d.claimsPDFA(); err != nil {
		return nil, explain(err)
	}
	if in.Findings, err = d.findings(form); err != nil {
		return nil, explain(err)
	}
	in.judge(ctx, d, earlier, form)
	return in, nil
}

var permissionBits = []struct {
	bit  stdsec.Permission
	name string
}{
	{1 << 2, "print"}, {stdsec.Modify, "modify"}, {1 << 4, "copy"}, {stdsec.Annotate, "annotate"},
	{stdsec.FillForms, "fill-forms"}, {stdsec.Assemble, "assemble"}, {1 << 11, "print-faithfully"},
}

func permissionNames(p stdsec.Permission) []string {
	names := []string{}
	for _, b := range permissionBits {
		if p.Has(b.bit) {
			names = append(names, b.name)
		}
	}
	return names
}

// judge asks the same rules that Prepare obeys.
func (in *Inspection) judge(ctx context.Context, d *Document, earlier []signature, form *form) {
	newName := form.freeName()
	addErr := d.mayChange(ctx, earlier, newName, true, &SignOptions{})
	fillErr := d.mayChange(ctx, nil, newName, false, &SignOptions{})
	in.CanAddField = addErr == nil
	for _, f := range in.Fields {
		in.CanFill = in.CanFill || !f.Signed && !f.Locked && fillErr == nil && d.mayChange(ctx, earlier, f.Name, false, &SignOptions{}) == nil
	}
	if own, ok := addErr.(*Error); ok && !in.CanFill {
		in.Refusal = &InspectedRefuse{Code: own.Code, Message: own.Error()}
	}
}

func (d *Document) describe(s *signature) (SignatureInfo, error) {
	info := SignatureInfo{FieldName: s.field.name, Timestamp: s.timestamp(), Certifies: s.certifies}
	sub, err := d.name(s.dict.Get("SubFilter"))
	if err != nil {
		return info, err
	}
	info.SubFilter = string(sub)
	for key, to := range map[object.Name]*string{"Name": &info.Name, "Reason": &info.Reason, "Location": &info.Location, "M": &info.Time} {
		if *to, _, err = d.text(s.dict.Get(key)); err != nil {
			return info, err
		}
	}
	contents, _ := s.dict.Get("Contents").(object.String)
	info.Contents = contents
	r := readByteRange(s.dict, d.f.Size())
	if info.ByteRange = r; r == [4]int64{} {
		return info, nil
	}
	info.CoversWholeFile = r[2]+r[3] == d.f.Size()
	between, err := d.f.Bytes(r[1], int(min(r[2]-r[1], 2*maxReservedBytes)))
	if err != nil {
		return info, err
	}
	v, end, err := object.Parse(append(bytes.Clone(between), '\n'), 0)
	inside, isString := v.Object.(object.String)
	info.WellFormed = err == nil && isString && end == len(between) && bytes.HasPrefix(between, []byte("<")) && bytes.Equal(inside, contents)
	return info, nil
}

// claimsPDFA reads the part and level that the metadata claims (ISO 19005): "2b". A claim is not a proof.
func (d *Document) claimsPDFA() (string, error) {
	ref, ok := d.root.Dict().Get("Metadata").(object.Ref)
	if !ok {
		return "", nil
	}
	o, err := d.f.Object(ref)
	if err != nil || o == nil || o.Stream < 0 {
		return "", err
	}
	xmp, err := d.f.StreamData(o)
	if err != nil {
		return "", nil // unreadable metadata claim nothing
	}
	part := xmpValue(string(xmp), "pdfaid:part")
	if part == "" {
		return "", nil
	}
	return part + strings.ToLower(xmpValue(string(xmp), "pdfaid:conformance")), nil
}

// xmpValue finds a short value written as an attribute or as an element.
func xmpValue(xmp, name string) string {
	_, after, ok := strings.Cut(xmp, name)
	if !ok {
		return ""
	}
	after = strings.TrimLeft(after, " \t\r\n=>\"'")
	end := strings.IndexAny(after, "<\"' \t\r\n")
	if end < 0 || end > 4 {
		return ""
	}
	return after[:end]
}
