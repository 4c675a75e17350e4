package main

import "fmt"

type sample struct {
	name  string
	bytes []byte
}

func samples() []sample {
	return []sample{
		{"service-agreement.pdf", agreement()},
		{"order-confirmation.pdf", order()},
	}
}

// letterhead draws the coloured band and the title all samples share.
func letterhead(p *page, kind, title, subtitle string) {
	p.fill(0.09, 0.31, 0.36, 0, 760, 595, 82)
	p.fill(0.95, 0.66, 0.23, 0, 757, 595, 3)
	p.text(left, 808, "R", 9, 0.85, kind)
	p.text(left, 782, "B", 21, 1, title)
	p.text(left, 732, "R", 9, 0.45, subtitle)
	p.y = 708
}

// signatureLines draws two empty boxes for the parties.
func signatureLines(p *page, first, second string) {
	for i, who := range []string{first, second} {
		x := left + float64(i)*248
		p.line(x, 118, x+219, 118, 0.55)
		p.text(x, 104, "B", 9, 0.2, who)
		p.text(x, 91, "R", 8, 0.5, "Place, date, signature")
	}
	p.text(left, 48, "R", 8, 0.55, "Sample document of the hashout demo. It binds nobody. Page 1 of 1")
}

func agreement() []byte {
	p := &page{}
	letterhead(p, "CONTRACT", "Service Agreement", "Between the Client and the Supplier named in the order form   |   Version 1.0   |   1 January 2026")
	p.heading("1   Subject")
	p.paragraph("The Supplier maintains the document portal of the Client and keeps it available on working days. The order form lists the parts of the portal that this agreement covers.")
	p.heading("2   Service hours")
	p.paragraph("Faults that stop users from signing documents are answered within two hours between 08:00 and 18:00. All other faults are answered by the end of the next working day.")
	p.heading("3   Fees")
	p.paragraph("The monthly fee is stated in the order form and falls due thirty days after the invoice. Work outside clause 1 starts only after a written order.")
	p.heading("4   Confidentiality")
	p.paragraph("Documents of the Client stay on the devices of the Client. The Supplier neither copies them nor sends them to third parties. For remote signatures only hash values leave the device of the signer.")
	p.heading("5   Term")
	p.paragraph("This agreement runs for twelve months and renews for the same period unless one party ends it in writing three months before. The right to end it for good cause stays untouched.")
	p.heading("6   Form")
	p.paragraph("Changes need text form with a qualified electronic signature or ink. Should one clause be void, the others stand.")
	p.line(left, p.y-4, right, p.y-4, 0.85)
	p.text(left, p.y-22, "R", 9, 0.45, "Both parties have read this page and agree.")
	signatureLines(p, "For the Client", "For the Supplier")
	return document{title: "Service Agreement", content: p.buf.Bytes()}.bytes()
}

func order() []byte {
	p := &page{}
	letterhead(p, "ORDER", "Order Confirmation", "Order 2026-0042   |   1 January 2026   |   Delivery within ten working days")
	p.y -= 6
	p.fill(0.93, 0.95, 0.95, left, p.y-8, right-left, 24)
	columns := []float64{left + 10, left + 250, left + 330, left + 405}
	row := func(font string, cells ...string) {
		for i, c := range cells {
			p.text(columns[i], p.y, font, 10, 0.2, c)
		}
		p.y -= 26
		p.line(left, p.y+16, right, p.y+16, 0.88)
	}
	row("B", "Item", "Quantity", "Unit", "Total")
	total := 0
	for _, it := range []struct {
		name        string
		count, unit int
	}{
		{"Workstation, 32 GB, quiet", 4, 1290},
		{"Display, 27 inch", 8, 310},
		{"Card reader, contactless", 4, 58},
		{"Installation on site", 1, 640},
	} {
		total += it.count * it.unit
		row("R", it.name, fmt.Sprint(it.count), fmt.Sprintf("EUR %d.00", it.unit), fmt.Sprintf("EUR %d.00", it.count*it.unit))
	}
	row("B", "Sum without tax", "", "", fmt.Sprintf("EUR %d.00", total))
	p.y -= 10
	p.heading("Terms")
	p.paragraph("Payment within thirty days after delivery. Goods stay the property of the seller until they are paid in full. Damage in transit is to be reported within three working days.")
	p.paragraph("Please sign this confirmation and return it. The order is placed with the manufacturer on the day the signed copy arrives.")
	signatureLines(p, "For the buyer", "For the seller")
	return document{title: "Order Confirmation", content: p.buf.Bytes(), xrefStream: true}.bytes()
}
