package cms

import (
	"bytes"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute is an Attribute of RFC 5652 5.3: a type in dotted form and its values, each one DER element.
type Attribute struct {
	Type   string
	Values [][]byte
}

// NewAttribute makes an attribute with one value, as nearly all have.
func NewAttribute(typ string, value []byte) Attribute {
	return Attribute{Type: typ, Values: [][]byte{value}}
}

func (a Attribute) der() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(a.Type))
		addSet(b, asn1.SET, a.Values)
	})
	return built(&b, "attribute "+a.Type)
}

// built is what a builder has written. What it refuses came from the caller: an identifier that is none, a time outside of ASN.1's.
func built(b *cryptobyte.Builder, what string) ([]byte, error) {
	der, err := b.Bytes()
	if err != nil {
		return nil, &Error{Code: InvalidArgument, Msg: what, Err: err}
	}
	return der, nil
}

// addAttributes writes a SET OF Attribute under any tag.
func addAttributes(b *cryptobyte.Builder, tag asn1.Tag, list []Attribute) {
	set := make([][]byte, len(list))
	for i, a := range list {
		der, err := a.der()
		if err != nil {
			b.SetError(err)
		}
		set[i] = der
	}
	addSet(b, tag, set)
}

// addSet writes a SET OF under any tag; X.690 11.6 has the elements of a DER set in ascending order.
func addSet(b *cryptobyte.Builder, tag asn1.Tag, elements [][]byte) {
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range sorted(elements) {
			b.AddBytes(e)
		}
	})
}

func sorted(elements [][]byte) [][]byte {
	out := slices.Clone(elements)
	slices.SortFunc(out, bytes.Compare)
	return out
}
