package cms

import (
	stdasn1 "encoding/asn1"

	"github.com/digitorus/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of what goes to a parser that is not ours: it recurses, and takes time proportional to bytes times elements.
const (
	maxBERBytes    = 1 << 20
	maxBERElements = 20_000
	maxBERDepth    = 32
)

// parseBER reads a SignedData in BER, as old signers made them: pkcs7 reads it, its result is written again as DER, and that goes through the
// strict door like everything else. strict is what that door said about the original.
func parseBER(ber []byte, strict error) (s *SignedData, err error) {
	w := walker{budget: maxBERElements}
	if n, ok := w.element(ber, 0, true); !ok || n != len(ber) || n > maxBERBytes {
		return nil, strict
	}
	defer func() {
		if recover() != nil {
			s, err = nil, strict
		}
	}()
	p7, err := pkcs7.Parse(ber)
	if err != nil || len(p7.Signers) != 1 {
		return nil, strict
	}
	der, err := rewrite(p7)
	if err != nil {
		return nil, strict
	}
	if s, err = parseDER(der); err == nil {
		s.BER = true
	}
	return s, err
}

// rewrite is the DER of what pkcs7 has read, without its revocation data.
func rewrite(p7 *pkcs7.PKCS7) ([]byte, error) {
	signer, err := stdasn1.Marshal(p7.Signers[0])
	if err != nil {
		return nil, err
	}
	digest, err := stdasn1.Marshal(p7.Signers[0].DigestAlgorithm)
	if err != nil {
		return nil, err
	}
	contentType := oid(OIDData) // RFC 5652 5.3: any other type is named by an attribute
	for _, a := range p7.Signers[0].AuthenticatedAttributes {
		if a.Type.String() == OIDContents {
			if _, err := stdasn1.Unmarshal(a.Value.Bytes, &contentType); err != nil {
				return nil, err
			}
		}
	}
	var certificates [][]byte
	for _, c := range p7.Certificates {
		certificates = append(certificates, c.Raw)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(OIDSignedData))
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if contentType.Equal(oid(OIDData)) { // RFC 5652 5.1
					b.AddASN1Int64(1)
				} else {
					b.AddASN1Int64(3)
				}
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(digest) })
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(contentType)
					if len(p7.Content) > 0 {
						b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(p7.Content) })
					}
				})
				addSet(b, tag0, certificates)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(signer) })
			})
		})
	})
	return b.Bytes()
}

// isDER tells whether the lengths of all elements are in the form of DER. Larger than the bounds counts as DER: it is not read a second time.
func isDER(b []byte) bool {
	w := walker{budget: maxBERElements}
	_, ok := w.element(b, 0, true)
	return !ok || !w.ber
}

// walker measures BER without keeping any of it.
type walker struct {
	budget int  // elements left
	ber    bool // something was not DER
}

// element gives the number of bytes of the first element of b, header included. With deep it looks at all elements inside.
func (w *walker) element(b []byte, depth int, deep bool) (n int, ok bool) {
	if depth > maxBERDepth || w.budget == 0 || len(b) < 2 || b[0]&0x1f == 0x1f { // CMS has no tag above 30
		return 0, false
	}
	w.budget--
	constructed := b[0]&0x20 != 0
	if b[0]&0xe0 == 0x20 && b[0] != byte(asn1.SEQUENCE) && b[0] != byte(asn1.SET) {
		w.ber = true // a string in pieces, X.690 10.2
	}
	header, length := 2, int(b[1])
	switch {
	case b[1] == 0x80: // X.690 8.1.3.6, forbidden in DER
		w.ber = true
		return w.indefinite(b, depth, constructed)
	case b[1] > 0x84:
		return 0, false
	case b[1] > 0x80:
		header += int(b[1] & 0x7f)
		if len(b) < header {
			return 0, false
		}
		long := uint64(0)
		for _, c := range b[2:header] {
			long = long<<8 | uint64(c)
		}
		if long > MaxBytes {
			return 0, false
		}
		length = int(long)
		if length < 128 || b[2] == 0 {
			w.ber = true // longer than needed, X.690 10.1
		}
	}
	if length > len(b)-header {
		return 0, false
	}
	if deep && constructed {
		for inside := b[header : header+length]; len(inside) > 0; {
			n, ok := w.element(inside, depth+1, true)
			if !ok {
				return 0, false
			}
			inside = inside[n:]
		}
	}
	return header + length, true
}

// indefinite measures an element that ends with two zero bytes.
func (w *walker) indefinite(b []byte, depth int, constructed bool) (int, bool) {
	if !constructed {
		return 0, false
	}
	for at := 2; len(b)-at >= 2; {
		if b[at] == 0 && b[at+1] == 0 {
			return at + 2, true
		}
		n, ok := w.element(b[at:], depth+1, true)
		if !ok {
			return 0, false
		}
		at += n
	}
	return 0, false
}

// readOID reads an OBJECT IDENTIFIER in dotted form.
func readOID(in *cryptobyte.String, dotted *string) bool {
	var id stdasn1.ObjectIdentifier
	if !in.ReadASN1ObjectIdentifier(&id) {
		return false
	}
	*dotted = id.String()
	return true
}
