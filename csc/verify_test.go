package csc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hashout/csc/sigalg"
)

// signedList is n messages with their signatures by one Ed25519 key, whose
// verification is quick.
func signedList(t *testing.T, n int) (pub crypto.PublicKey, alg sigalg.Algorithm, messages, signatures [][]byte) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		messages = append(messages, []byte(fmt.Sprint("message ", i)))
		signatures = append(signatures, ed25519.Sign(key, messages[i]))
	}
	return pub, sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}, messages, signatures
}

// Signatures out of order are told from wrong ones, and put in order only
// where the dialect wants it and all of them have a place.
func TestMisplacedSignaturesAreTracked(t *testing.T) {
	pub, alg, messages, right := signedList(t, 6)
	const broken, absent = -1, -2
	for _, tc := range []struct {
		name  string
		order []int // which signature comes in each place
		codes []Code
		mends bool // with reorder
	}{
		{"in order", []int{0, 1, 2, 3, 4, 5}, make([]Code, 6), true},
		{"two exchanged", []int{0, 4, 2, 3, 1, 5}, []Code{"", SignatureOrder, "", "", SignatureOrder, ""}, true},
		{"neighbours exchanged", []int{1, 0, 2, 3, 5, 4}, []Code{SignatureOrder, SignatureOrder, "", "", SignatureOrder, SignatureOrder}, true},
		{"rotated", []int{1, 2, 3, 4, 5, 0}, slices.Repeat([]Code{SignatureOrder}, 6), true},
		{"rotated the other way", []int{5, 0, 1, 2, 3, 4}, slices.Repeat([]Code{SignatureOrder}, 6), true},
		{"turned round", []int{5, 4, 3, 2, 1, 0}, slices.Repeat([]Code{SignatureOrder}, 6), true},
		{"shuffled", []int{2, 3, 5, 1, 0, 4}, slices.Repeat([]Code{SignatureOrder}, 6), true},
		{"one broken", []int{0, 1, broken, 3, 4, 5}, []Code{"", "", SignatureInvalid, "", "", ""}, false},
		{"two broken", []int{0, broken, 2, broken, 4, 5}, []Code{"", SignatureInvalid, "", SignatureInvalid, "", ""}, false},
		{"one absent", []int{0, 1, absent, 3, 4, 5}, []Code{"", "", ResponseMalformed, "", "", ""}, false},
		{"two exchanged, one broken", []int{1, 0, broken, 3, 4, 5}, []Code{SignatureOrder, SignatureOrder, SignatureInvalid, "", "", ""}, false},
		{"two exchanged, one absent", []int{1, 0, absent, 3, 4, 5}, []Code{SignatureOrder, SignatureOrder, ResponseMalformed, "", "", ""}, true},
		{"one twice, in its place and in another", []int{0, 0, 2, 3, 4, 5}, []Code{"", SignatureInvalid, "", "", "", ""}, false},
		{"one twice, in no place of its own", []int{2, 2, broken, 3, 4, 5}, []Code{SignatureOrder, SignatureInvalid, SignatureInvalid, "", "", ""}, false},
	} {
		var given [][]byte
		for _, i := range tc.order {
			switch i {
			case broken:
				given = append(given, make([]byte, ed25519.SignatureSize))
			case absent:
				given = append(given, nil)
			default:
				given = append(given, right[i])
			}
		}
		for _, reorder := range []bool{false, true} {
			name := fmt.Sprintf("%s, reorder %v", tc.name, reorder)
			good, errs := judgeSignatures(pub, alg, messages, given, reorder)
			for i, want := range tc.codes {
				if reorder && want == SignatureOrder && tc.mends {
					want = ""
				}
				if CodeOf(errs[i]) != want {
					t.Errorf("%s: %d: %v", name, i, errs[i])
				}
				if want == "" && !slices.Equal(good[i], right[i]) {
					t.Errorf("%s: %d: another signature", name, i)
				}
				var e *Error
				if want == SignatureOrder && errors.As(errs[i], &e) &&
					(e.Details["position"] != i || e.Details["belongsTo"] != tc.order[i] || e.Msg != fmt.Sprintf("signature %d of 6 belongs to hash %d: the service did not keep the order", i+1, tc.order[i]+1)) {
					t.Errorf("%s: %d: %v %v", name, i, e, e.Details)
				}
				if (want == SignatureInvalid || want == ResponseMalformed) && !strings.HasPrefix(errs[i].Error(), fmt.Sprintf("signature %d of 6 ", i+1)) {
					t.Errorf("%s: %d: %v", name, i, errs[i])
				}
				if want == SignatureInvalid && !errors.Is(errs[i], sigalg.ErrSignatureInvalid) {
					t.Errorf("%s: %d: the cause is %v", name, i, errors.Unwrap(errs[i]))
				}
			}
		}
	}
}

// A thousand verifications take half a minute with P-521 in a browser. What is
// likely, a rotation or the order turned round, is found within them; a long
// list in another order is not, and says what is known of it.
func TestTheSearchForAnOrderEnds(t *testing.T) {
	for _, tc := range []struct {
		name  string
		n     int
		place func(i, n int) int
		found bool
	}{
		{"rotated", maxOrderTries, func(i, n int) int { return (i + 1) % n }, true},
		{"rotated, one too many", maxOrderTries + 1, func(i, n int) int { return (i + 1) % n }, false},
		{"rotated the other way", 300, func(i, n int) int { return (i + n - 1) % n }, true},
		{"turned round", 100, func(i, n int) int { return n - 1 - i }, true},
		{"mixed", 100, func(i, n int) int { return (i*37 + 11) % n }, false},
	} {
		pub, alg, messages, right := signedList(t, tc.n)
		given := make([][]byte, tc.n)
		for i := range given {
			given[i] = right[tc.place(i, tc.n)]
		}
		good, errs := judgeSignatures(pub, alg, messages, given, true)
		codes := map[Code]int{}
		for i, err := range errs {
			codes[CodeOf(err)]++
			if err == nil && !slices.Equal(good[i], right[i]) {
				t.Fatalf("%s: %d: another signature", tc.name, i)
			}
		}
		if tc.found != (codes[""] == tc.n) || !tc.found && (codes[SignatureOrder] < 10 || codes[SignatureInvalid] == 0 || codes[""] != 0) {
			t.Errorf("%s: %v", tc.name, codes)
		}
	}
}

// ECDSA values are checked against key and digest before their form is looked
// at, and leave as DER.
func TestECDSAValuesLeaveInTheFormOfCMS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := testDigest
	der, err := key.Sign(rand.Reader, digest, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, digest)
	if err != nil {
		t.Fatal(err)
	}
	raw := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	alg := sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}
	good, errs := judgeSignatures(&key.PublicKey, alg, [][]byte{digest, digest}, [][]byte{der, raw}, false)
	for i, err := range errs {
		if err != nil || sigalg.Verify(&key.PublicKey, alg, digest, good[i]) != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if !slices.Equal(good[0], der) {
		t.Error("a value in the right form was changed")
	}
	alg.Scheme = sigalg.PKCS1v15 // of another kind of key
	if _, errs = judgeSignatures(&key.PublicKey, alg, [][]byte{digest}, [][]byte{der}, false); CodeOf(errs[0]) != SignatureInvalid || !errors.Is(errs[0], sigalg.ErrAlgorithmUnsupported) {
		t.Errorf("%v, %v", errs[0], errors.Unwrap(errs[0]))
	}
}
