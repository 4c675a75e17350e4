package csctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
)

// KeyType names an algorithm and a size.
type KeyType string

// The key types on offer.
const (
	RSA2048 KeyType = "RSA-2048"
	RSA3072 KeyType = "RSA-3072"
	RSA4096 KeyType = "RSA-4096"
	P256    KeyType = "P-256"
	P384    KeyType = "P-384"
	P521    KeyType = "P-521"
	Ed25519 KeyType = "Ed25519"
)

// KeyRing makes throw-away private keys when they are first asked for and
// keeps them. It may be shared by many services and by many goroutines.
type KeyRing struct {
	mu   sync.Mutex
	keys map[string]*ringKey
}

type ringKey struct {
	once sync.Once
	key  crypto.Signer
	err  error
}

// NewKeyRing returns an empty ring.
func NewKeyRing() *KeyRing { return &KeyRing{keys: map[string]*ringKey{}} }

// Key returns the key of that type and name, and makes it on the first call.
// Keys of different names differ. RSA-4096 takes seconds to make.
func (k *KeyRing) Key(t KeyType, name string) (crypto.Signer, error) {
	k.mu.Lock()
	if k.keys == nil {
		k.keys = map[string]*ringKey{}
	}
	id := string(t) + "\x00" + name
	e := k.keys[id]
	if e == nil {
		e = &ringKey{}
		k.keys[id] = e
	}
	k.mu.Unlock()
	e.once.Do(func() { e.key, e.err = newKey(t) })
	return e.key, e.err
}

func newKey(t KeyType) (crypto.Signer, error) {
	switch t {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("csctest: unknown key type %q", t)
}
