package csc

import (
	"crypto"
	"crypto/ecdsa"

	"hashout/csc/sigalg"
)

// maxOrderTries bounds the search for permuted signatures. A verification with
// P-521 takes 30 ms in a browser.
const maxOrderTries = 1_000

// judgeSignatures verifies each signature with the hash at its index and
// returns it in CMS form. Signatures that verify with another hash of the call
// instead are recognised: with reorder, and if the misplaced ones are a
// permutation, they are put in order; otherwise their places get
// SIGNATURE_ORDER.
func judgeSignatures(pub crypto.PublicKey, alg sigalg.Algorithm, digests, signatures [][]byte, reorder bool) (good [][]byte, errs []error) {
	good, errs = make([][]byte, len(digests)), make([]error, len(digests))
	var bad []int
	for i, sig := range signatures {
		if sig == nil {
			errs[i] = fail(ResponseMalformed, "signature %d of %d is not a base64 string", i+1, len(signatures))
			continue
		}
		if good[i], errs[i] = canonical(pub, alg, digests[i], sig); errs[i] != nil {
			errs[i] = fail(SignatureInvalid, "signature %d of %d does not verify with the credential's certificate", i+1, len(signatures)).because(errs[i])
			bad = append(bad, i)
		}
	}
	if len(bad) < 2 {
		return good, errs
	}
	belongs, found := rightPlaces(pub, alg, digests, signatures, bad)
	for from, to := range belongs {
		if reorder && len(belongs) == len(bad) {
			good[to], errs[to] = found[from], nil
			continue
		}
		errs[from] = fail(SignatureOrder, "signature %d of %d belongs to hash %d: the service did not keep the order", from+1, len(signatures), to+1).
			with("position", from).with("belongsTo", to)
	}
	return good, errs
}

// rightPlaces finds for each misplaced signature the one hash, among those
// without a good signature, that it verifies with.
func rightPlaces(pub crypto.PublicKey, alg sigalg.Algorithm, digests, signatures [][]byte, bad []int) (belongs map[int]int, found map[int][]byte) {
	belongs, found = map[int]int{}, map[int][]byte{}
	taken := make([]bool, len(bad))
	tries := 0
	for n, from := range bad {
		for _, k := range likely(n, len(bad)) {
			if taken[k] || k == n {
				continue
			}
			if tries++; tries > maxOrderTries {
				return belongs, found
			}
			if sig, err := canonical(pub, alg, digests[bad[k]], signatures[from]); err == nil {
				belongs[from], found[from] = bad[k], sig
				taken[k] = true
				break
			}
		}
	}
	return belongs, found
}

// likely lists the places 0…n-1 in the order in which it pays to look for
// element i: rotations and reversal first.
func likely(i, n int) []int {
	out := make([]int, 0, n+3)
	out = append(out, (i+1)%n, (i+n-1)%n, n-1-i)
	for k := range n {
		out = append(out, k)
	}
	return out
}

// canonical verifies one signature and brings it into CMS form.
func canonical(pub crypto.PublicKey, alg sigalg.Algorithm, digest, signature []byte) ([]byte, error) {
	if key, ok := pub.(*ecdsa.PublicKey); ok {
		if err := sigalg.Check(pub, alg); err != nil {
			return nil, err
		}
		return sigalg.CanonicalECDSA(key, digest, signature) // which verifies
	}
	return signature, sigalg.Verify(pub, alg, digest, signature)
}
