package cms

import "golang.org/x/crypto/cryptobyte/asn1"

// TrimPadding cuts the zeros off that fill a placeholder up to its reserved size. Anything else after the SignedData is ErrSignatureInvalid.
func TrimPadding(contents []byte) ([]byte, error) {
	w := walker{budget: maxBERElements}
	n, ok := w.element(contents, 0, false)
	if !ok || contents[0] != byte(asn1.SEQUENCE) {
		return nil, malformed("Contents does not start with a SignedData")
	}
	for _, b := range contents[n:] {
		if b != 0 {
			return nil, malformed("bytes after the SignedData")
		}
	}
	return contents[:n:n], nil
}
