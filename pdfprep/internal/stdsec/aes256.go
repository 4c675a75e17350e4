package stdsec

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// aes256 authenticates for R 5 and 6, where a random file key is wrapped for the user and for the owner.
type aes256 struct {
	p Params
}

// A hash of 32 bytes is followed by two salts of 8 (ISO 32000-2 §7.6.4.4.7); writers may pad to 127 bytes.
const (
	validationSalt = 32
	keySalt        = 40
	saltedHash     = 48
)

func newAES256(p Params) (*aes256, error) {
	if len(p.O) < saltedHash || len(p.U) < saltedHash || len(p.OE) != 32 || len(p.UE) != 32 {
		return nil, fmt.Errorf("%w: O has %d bytes, U %d, OE %d, UE %d", ErrMalformed, len(p.O), len(p.U), len(p.OE), len(p.UE))
	}
	p.O, p.U = p.O[:saltedHash], p.U[:saltedHash]
	return &aes256{p}, nil
}

func (a *aes256) user(password []byte) []byte {
	return a.unwrap(password, a.p.U, nil, a.p.UE)
}

func (a *aes256) owner(password []byte) []byte {
	return a.unwrap(password, a.p.O, a.p.U, a.p.OE)
}

// unwrap is algorithm 2.A: the first salt checks the password, the second makes the key that holds the file key.
func (a *aes256) unwrap(password, entry, userEntry, wrapped []byte) []byte {
	check := a.hash(password, entry[validationSalt:keySalt], userEntry)
	if subtle.ConstantTimeCompare(check, entry[:validationSalt]) != 1 {
		return nil
	}
	key := make([]byte, 32)
	block := mustAES(a.hash(password, entry[keySalt:saltedHash], userEntry))
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(key, wrapped)
	return key
}

// hash is algorithm 2.B for R 6; R 5 stops at its first step.
func (a *aes256) hash(password, salt, userEntry []byte) []byte {
	first := sha256.New()
	first.Write(password)
	first.Write(salt)
	first.Write(userEntry)
	k := first.Sum(nil)
	if a.p.R == 5 {
		return k
	}
	var buf []byte
	// A last byte is at most 255, so the loop ends at round 287 at the latest.
	for round := 1; ; round++ {
		unit := append(append(append(buf[:0], password...), k...), userEntry...)
		buf = unit
		for range 63 {
			buf = append(buf, unit...)
		}
		cipher.NewCBCEncrypter(mustAES(k[:16]), k[16:32]).CryptBlocks(buf, buf)
		mod := 0 // 256 ≡ 1 (mod 3): the remainder of the 128-bit number is that of its digit sum
		for _, b := range buf[:16] {
			mod += int(b)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(buf)
			k = s[:]
		case 1:
			s := sha512.Sum384(buf)
			k = s[:]
		default:
			s := sha512.Sum512(buf)
			k = s[:]
		}
		if round >= 64 && int(buf[len(buf)-1]) <= round-32 {
			return k[:32]
		}
	}
}

// checkPerms is algorithm 13. A file whose protected copy disagrees still opens, as it does elsewhere, but may
// do only what both copies grant.
func (h *Handler) checkPerms(p Params) {
	if len(p.Perms) < 16 {
		h.permsForged = true
		return
	}
	var b [16]byte
	mustAES(h.key).Decrypt(b[:], p.Perms[:16])
	protected := Permission(binary.LittleEndian.Uint32(b[:4]))
	if !bytes.Equal(b[9:12], []byte("adb")) {
		h.permsForged = true
		return
	}
	h.permsForged = protected != h.perms
	h.perms &= protected
}
