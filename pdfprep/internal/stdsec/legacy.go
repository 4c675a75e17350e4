package stdsec

import (
	"bytes"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// padding fills passwords up to 32 bytes (ISO 32000-2 algorithm 2, step a).
var padding = [32]byte{
	0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
	0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
}

// legacy authenticates for R 2 to 4, where passwords become keys by MD5 and RC4.
type legacy struct {
	p       Params
	lengths []int // key lengths to try, in bytes
}

func newLegacy(p Params) (*legacy, error) {
	if len(p.O) < 32 || len(p.U) < 16 || (p.R == 2 && len(p.U) < 32) {
		return nil, fmt.Errorf("%w: O has %d bytes, U %d", ErrMalformed, len(p.O), len(p.U))
	}
	return &legacy{p: p, lengths: keyLengths(p)}, nil
}

// keyLengths lists the lengths a file may mean, the rule's first. Writers put bytes for bits, leave Length out of a
// 128-bit file, or state 40 in a V 4 file; the check value tells which is right, so trying is safe.
func keyLengths(p Params) []int {
	var out []int
	add := func(n int) {
		if n > 16 {
			n /= 8
		}
		if n < 5 || n > 16 {
			return
		}
		for _, m := range out {
			if m == n {
				return
			}
		}
		out = append(out, n)
	}
	switch {
	case p.R == 2 || p.V == 1: // 40 bits, whatever Length says
		add(5)
	case p.V == 4:
		add(16)
	case p.Length == 0:
		add(5)
	}
	add(p.Length)
	if p.V == 4 {
		add(p.CryptFilters[p.StmF].Length)
	}
	if p.R > 2 {
		add(16)
	}
	return out
}

func (l *legacy) user(password []byte) []byte {
	padded := pad(password)
	for _, n := range l.lengths {
		if key := l.userKey(padded, n); key != nil {
			return key
		}
	}
	return nil
}

// owner is algorithm 7: the owner's password decrypts /O to the padded user password.
func (l *legacy) owner(password []byte) []byte {
	sum := md5.Sum(pad(password))
	if l.p.R >= 3 {
		for range 50 {
			sum = md5.Sum(sum[:])
		}
	}
	for _, n := range l.lengths {
		padded := bytes.Clone(l.p.O[:32])
		if l.p.R == 2 {
			rc4XOR(sum[:n], padded, padded)
		} else {
			for i := 19; i >= 0; i-- {
				rc4XOR(xored(sum[:n], byte(i)), padded, padded)
			}
		}
		if key := l.userKey(padded, n); key != nil {
			return key
		}
	}
	return nil
}

// userKey is algorithm 2, checked by algorithm 6.
func (l *legacy) userKey(padded []byte, n int) []byte {
	m := md5.New()
	m.Write(padded)
	m.Write(l.p.O[:32])
	m.Write(binary.LittleEndian.AppendUint32(nil, uint32(l.p.P)))
	m.Write(l.p.ID)
	if l.p.R >= 4 && l.p.MetadataInClear {
		m.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	var sum [16]byte
	m.Sum(sum[:0])
	if l.p.R >= 3 {
		for range 50 {
			sum = md5.Sum(sum[:n])
		}
	}
	key := sum[:n]
	if !l.confirms(key) {
		return nil
	}
	return bytes.Clone(key)
}

// confirms compares /U with what key makes of it (algorithms 4 and 5).
func (l *legacy) confirms(key []byte) bool {
	if l.p.R == 2 {
		return subtle.ConstantTimeCompare(rc4Copy(key, padding[:]), l.p.U[:32]) == 1
	}
	m := md5.New()
	m.Write(padding[:])
	m.Write(l.p.ID)
	check := m.Sum(nil)
	for i := range byte(20) {
		rc4XOR(xored(key, i), check, check)
	}
	return subtle.ConstantTimeCompare(check, l.p.U[:16]) == 1
}

func pad(password []byte) []byte {
	b := make([]byte, 32)
	n := copy(b, password)
	copy(b[n:], padding[:])
	return b
}

func xored(key []byte, x byte) []byte {
	out := make([]byte, len(key))
	for i, b := range key {
		out[i] = b ^ x
	}
	return out
}
