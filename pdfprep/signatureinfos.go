package pdfprep

import "context"

// SignatureInfos lists the signatures and document timestamps of the form, in its order: the part of Inspect about them, and of little cost.
func (d *Document) SignatureInfos(ctx context.Context) ([]SignatureInfo, error) {
	d.f.Renew()
	form, err := d.form(ctx)
	if err != nil {
		return nil, err
	}
	return d.describeAll(form)
}

func (d *Document) describeAll(form *form) ([]SignatureInfo, error) {
	list, err := d.signatures(form)
	if err != nil {
		return nil, err
	}
	infos := make([]SignatureInfo, 0, len(list))
	for i := range list {
		info, err := d.describe(&list[i])
		if err != nil {
			return nil, explain(err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}
