package stdsec

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// Cipher is how the bytes of a string or stream are encrypted.
type Cipher uint8

const (
	Identity Cipher = iota // in clear
	RC4
	AESV2 // AES-128, object keys
	AESV3 // AES-256, file key
)

// Stream is what decides the cipher of a stream; names are without the slash.
type Stream struct {
	Type      string // /Type of its dictionary
	Crypt     bool   // /Filter names Crypt
	CryptName string // /Name in its /DecodeParms; empty means Identity
}

func (h *Handler) chooseCiphers(p Params) error {
	if p.V < 4 {
		h.stm, h.str, h.eff = RC4, RC4, RC4
		return nil
	}
	h.filters = make(map[string]Cipher, len(p.CryptFilters))
	for name, f := range p.CryptFilters {
		switch {
		case f.CFM == "" || f.CFM == "None":
			h.filters[name] = Identity
		case f.CFM == "V2" && p.V == 4:
			h.filters[name] = RC4
		case f.CFM == "AESV2" && p.V == 4:
			h.filters[name] = AESV2
		case f.CFM == "AESV3" && p.V == 5:
			h.filters[name] = AESV3
		}
	}
	h.filters["Identity"] = Identity // the name is reserved (ISO 32000-2 §7.6.6.2)
	var err error
	if h.stm, err = h.named(p.StmF); err != nil {
		return err
	}
	if h.str, err = h.named(p.StrF); err != nil {
		return err
	}
	h.eff = h.stm
	if p.EFF != "" {
		h.eff, err = h.named(p.EFF)
	}
	return err
}

func (h *Handler) named(filter string) (Cipher, error) {
	if filter == "" {
		return Identity, nil
	}
	c, ok := h.filters[filter]
	if !ok {
		return Identity, fmt.Errorf("%w: crypt filter %.32q", ErrUnsupported, filter)
	}
	return c, nil
}

// StringCipher is the cipher of every string that is encrypted at all.
func (h *Handler) StringCipher() Cipher { return h.str }

// StreamCipher chooses the cipher of a stream. A crypt filter that /CF lacks is [ErrUnsupported].
func (h *Handler) StreamCipher(s Stream) (Cipher, error) {
	switch {
	case s.Type == "XRef":
		return Identity, nil
	case s.Crypt && h.filters != nil:
		return h.named(s.CryptName)
	case s.Type == "Metadata" && h.clearMeta:
		return Identity, nil
	case s.Type == "EmbeddedFile":
		return h.eff, nil
	}
	return h.stm, nil
}

// Decrypt returns the plaintext of data in memory of its own, or data itself for [Identity].
//
// It is as lenient as readers in the field have to be: an empty value is an empty plaintext, bytes after the last
// whole AES block are dropped, and wrong padding is kept as content.
func (h *Handler) Decrypt(c Cipher, id ObjectID, data []byte) ([]byte, error) {
	if c == Identity || len(data) == 0 {
		return data, nil
	}
	key, err := h.objectKey(c, id)
	if err != nil {
		return nil, err
	}
	if c == RC4 {
		return rc4Copy(key, data), nil
	}
	if len(data) < aes.BlockSize {
		return nil, fmt.Errorf("%w: %d bytes of AES ciphertext", ErrMalformed, len(data))
	}
	iv, body := data[:aes.BlockSize], data[aes.BlockSize:]
	out := make([]byte, len(body)/aes.BlockSize*aes.BlockSize)
	cipher.NewCBCDecrypter(mustAES(key), iv).CryptBlocks(out, body[:len(out)])
	return unpad(out), nil
}

// Encrypt returns the ciphertext of data in memory of its own, or data itself for [Identity]. AES takes its 16
// bytes of IV from iv; an error is that of iv.
func (h *Handler) Encrypt(c Cipher, id ObjectID, data []byte, iv io.Reader) ([]byte, error) {
	if c == Identity {
		return data, nil
	}
	key, err := h.objectKey(c, id)
	if err != nil {
		return nil, err
	}
	if c == RC4 {
		return rc4Copy(key, data), nil
	}
	n := aes.BlockSize - len(data)%aes.BlockSize
	out := make([]byte, aes.BlockSize, aes.BlockSize+len(data)+n)
	if _, err := io.ReadFull(iv, out); err != nil {
		return nil, fmt.Errorf("stdsec: initialization vector: %w", err)
	}
	out = append(out, data...)
	out = append(out, bytes.Repeat([]byte{byte(n)}, n)...) // RFC 8018 §6.2.5
	cipher.NewCBCEncrypter(mustAES(key), out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], out[aes.BlockSize:])
	return out, nil
}

// objectKey is algorithm 1 (ISO 32000-2 §7.6.3.2), or the file key for AES-256 (algorithm 1.A).
func (h *Handler) objectKey(c Cipher, id ObjectID) ([]byte, error) {
	if !h.keyed {
		return nil, ErrPassword
	}
	if c == AESV3 {
		return h.key, nil
	}
	m := md5.New()
	m.Write(h.key)
	m.Write([]byte{byte(id.Number), byte(id.Number >> 8), byte(id.Number >> 16), byte(id.Generation), byte(id.Generation >> 8)})
	if c == AESV2 {
		m.Write([]byte("sAlT"))
		return m.Sum(nil), nil // whole even where a file key is shorter than the 16 bytes AESV2 asks for
	}
	return m.Sum(nil)[:min(len(h.key)+5, 16)], nil
}

// IVs is an endless source of initialization vectors that depends on the file key and seed alone: the same
// preparation gives the same bytes, and nobody without the key can foresee them.
func (h *Handler) IVs(seed []byte) io.Reader {
	m := hmac.New(sha256.New, h.key)
	m.Write([]byte("hashout iv"))
	m.Write(seed)
	return &ivs{key: m.Sum(nil)}
}

type ivs struct {
	key  []byte
	n    uint64
	rest []byte
}

func (s *ivs) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if len(s.rest) == 0 {
			m := hmac.New(sha256.New, s.key)
			m.Write(binary.BigEndian.AppendUint64(nil, s.n))
			s.n++
			s.rest = m.Sum(nil)
		}
		k := copy(p[n:], s.rest)
		n, s.rest = n+k, s.rest[k:]
	}
	return len(p), nil
}

func unpad(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	n := int(b[len(b)-1])
	if n == 0 || n > aes.BlockSize {
		return b
	}
	for _, x := range b[len(b)-n:] {
		if int(x) != n {
			return b
		}
	}
	return b[:len(b)-n]
}

// mustAES takes keys of 16 or 32 bytes, the only lengths this package makes; others are a bug here.
func mustAES(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return b
}

func rc4Copy(key, data []byte) []byte {
	out := make([]byte, len(data))
	rc4XOR(key, out, data)
	return out
}

func rc4XOR(key, dst, src []byte) {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err) // as in mustAES: keys have 5 to 16 bytes
	}
	c.XORKeyStream(dst, src)
}
