package pdfprep

import (
	"hashout/pdfprep/internal/object"
)

// Kinds of findings: what a signer should know and what does not forbid signing (ISO 32000-2 §12.8.6, legal content attestations).
const (
	FindingJavaScript   = "javascript"
	FindingOpenAction   = "open-action"
	FindingActions      = "additional-actions"
	FindingAttachments  = "embedded-files"
	FindingOptional     = "optional-content"
	FindingXFA          = "xfa"
	FindingUsageRights  = "usage-rights"
	FindingDropsRights  = "usage-rights-dropped"
	FindingRebuilt      = "xref-rebuilt"
	FindingBeforeHeader = "bytes-before-header"
	FindingAfterEOF     = "bytes-after-eof"
	FindingAppearances  = "need-appearances"
	FindingMayNotShow   = "appearance-may-not-show" // of a signature that was drawn into a form with /NeedAppearances
)

// findings looks at the catalog, the form and the ends of the file. It does not walk the pages.
func (d *Document) findings(f *form) ([]Finding, error) {
	list := []Finding{}
	found := func(kind string, when bool) {
		if when {
			list = append(list, Finding{Kind: kind, Count: 1})
		}
	}
	root := d.root.Dict()
	has := func(dict *object.Dict, key object.Name) bool {
		_, ok := dict.Lookup(key)
		return ok
	}
	names, err := d.dict(root.Get("Names"))
	if err != nil {
		return nil, err
	}
	perms, err := d.dict(root.Get("Perms"))
	if err != nil {
		return nil, err
	}
	action, err := d.dict(root.Get("OpenAction"))
	if err != nil {
		return nil, err
	}
	kind, err := d.name(action.Get("S"))
	if err != nil {
		return nil, err
	}
	appearances, err := d.f.Resolve(f.dict.Get("NeedAppearances"))
	if err != nil {
		return nil, err
	}
	tail, err := d.f.Tail(1 << 10)
	if err != nil {
		return nil, err
	}
	found(FindingJavaScript, has(names, "JavaScript") || kind == "JavaScript")
	found(FindingOpenAction, action != nil)
	found(FindingActions, has(root, "AA"))
	found(FindingAttachments, has(names, "EmbeddedFiles") || has(root, "AF"))
	found(FindingOptional, has(root, "OCProperties"))
	found(FindingXFA, has(f.dict, "XFA"))
	found(FindingUsageRights, has(perms, "UR3") || has(perms, "UR"))
	found(FindingRebuilt, d.f.Rebuilt)
	found(FindingBeforeHeader, d.f.HeaderOffset > 0)
	found(FindingAfterEOF, trailingBytes(tail))
	found(FindingAppearances, appearances == true)
	return list, nil
}

// trailingBytes tells whether something else than white space stands behind the last %%EOF.
func trailingBytes(tail []byte) bool {
	for i := len(tail) - 5; i >= 0; i-- {
		if string(tail[i:i+5]) == "%%EOF" {
			for _, c := range tail[i+5:] {
				if !object.IsSpace(c) {
					return true
				}
			}
			return false
		}
	}
	return true
}
