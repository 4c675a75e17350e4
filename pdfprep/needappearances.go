package pdfprep

import (
	"hashout/pdfprep/internal/object"
)

// showDrawn sees to it that what was drawn for the signature is shown. While /NeedAppearances is set, readers draw every field anew, and
// for a signature that is nothing (ISO 32000-2 table 224). The flag goes where it has no other work left to do. Elsewhere a value might
// disappear or show as it once was, which is worse than a signature that some readers do not show: the flag stays, and a finding says so.
// A form that somebody has signed keeps it too.
func (p *preparation) showDrawn(form *object.Dict) (*object.Dict, error) {
	if len(p.drawn) == 0 {
		return form, nil
	}
	flag, err := p.d.f.Resolve(form.Get("NeedAppearances"))
	if err != nil || flag != true {
		return form, err
	}
	needed := len(p.earlier) > 0
	for i := range p.form.fields {
		if needed {
			break
		}
		if needed, err = p.needsAppearance(&p.form.fields[i]); err != nil {
			return form, err
		}
	}
	if needed {
		p.findings = append(p.findings, Finding{Kind: FindingMayNotShow, Count: 1})
		return form, nil
	}
	return form.Without("NeedAppearances"), nil
}

// needsAppearance tells whether a field looks as it should only when a reader draws it: one without an appearance, and one whose value a
// program may have changed without drawing it. Buttons carry the looks of all their states.
func (p *preparation) needsAppearance(f *field) (bool, error) {
	if !f.terminal || f.kind == "Sig" {
		return false, nil
	}
	if f.kind != "Btn" && f.value != nil {
		return true, nil
	}
	widgets := []*object.Dict{f.dict}
	if len(f.widgets) > 0 {
		widgets = nil
	}
	for _, ref := range f.widgets {
		w, err := p.d.dict(ref)
		if err != nil {
			return false, err
		}
		widgets = append(widgets, w)
	}
	for _, w := range widgets {
		if _, has := w.Lookup("AP"); !has {
			return true, nil
		}
	}
	return false, nil
}
