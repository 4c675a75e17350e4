package csc

import (
	"bytes"
	"crypto"
	"slices"

	"hashout/csc/sigalg"
)

// MechanismOptions choose among what a credential can do.
type MechanismOptions struct {
	// Digest is the hash that will be signed; 0 means what fits the key.
	Digest crypto.Hash
	// PreferPSS takes RSASSA-PSS for an RSA key where the service lists it.
	PreferPSS bool
	// SignAlgo is the OID to use whatever the service lists. It must fit the
	// key; with it PreferPSS has no effect.
	SignAlgo string
}

// Mechanism is how a credential will sign.
type Mechanism struct {
	SignAlgo       string // OID for signAlgo
	SignAlgoParams []byte // DER of RSASSA-PSS-params, nil for the others
	HashAlgo       string // OID for hashAlgo, "" for Ed25519
	Algorithm      sigalg.Algorithm
}

// Equal compares two mechanisms.
func (m Mechanism) Equal(n Mechanism) bool {
	return m.SignAlgo == n.SignAlgo && m.HashAlgo == n.HashAlgo && m.Algorithm == n.Algorithm && bytes.Equal(m.SignAlgoParams, n.SignAlgoParams)
}

// impliesHash tells whether signAlgo alone fixes the digest.
func (m Mechanism) impliesHash() bool {
	switch m.SignAlgo {
	case sigalg.OIDRSAEncryption, sigalg.OIDECPublicKey, sigalg.OIDPSS:
		return false
	}
	return true
}

// checkDigest reports why a value cannot be signed by the mechanism. Ed25519
// signs the message itself (RFC 8419 §3.1), which has any length.
func (m Mechanism) checkDigest(digest []byte) error {
	const maxMessage = 64 << 10
	switch {
	case m.Algorithm.Scheme == sigalg.Ed25519 && (len(digest) == 0 || len(digest) > maxMessage):
		return invalid("a message of %d bytes cannot be signed with Ed25519 here", len(digest))
	case m.Algorithm.Scheme != sigalg.Ed25519 && len(digest) != m.Algorithm.Hash.Size():
		return invalid("a digest has %d bytes; %s has %d", len(digest), m.Algorithm.Hash, m.Algorithm.Hash.Size())
	}
	return nil
}

// Mechanism chooses how the credential will sign. The certificate's key
// decides, not the order of key.algo; unknown OIDs in it are skipped, and a
// service that lists nothing is tried with what fits the key. Errors have the
// code ALGORITHM_UNSUPPORTED.
//
// Ed25519 is supported where the service lists it: the bytes given to
// Signer.SignAll are then the message, sent in place of a digest, because CMS
// wants pure Ed25519 (RFC 8419) and CSC knows no other way to pass a message.
func (c *Credential) Mechanism(o MechanismOptions) (Mechanism, error) {
	if c.Certificate == nil {
		return Mechanism{}, fail(CredentialUnusable, "the credential has no certificate")
	}
	pub := c.Certificate.PublicKey
	if o.SignAlgo != "" {
		return mechanismFor(pub, o.SignAlgo, o.Digest)
	}
	candidates := []crypto.Hash{o.Digest}
	if o.Digest == 0 {
		candidates = digestsFor(pub)
	}
	for _, form := range c.forms(pub, o.PreferPSS) {
		for _, h := range candidates {
			oid := form(h)
			if oid == "" || len(c.KeyAlgorithms) > 0 && !slices.Contains(c.KeyAlgorithms, oid) {
				continue
			}
			return mechanismFor(pub, oid, h)
		}
	}
	return Mechanism{}, fail(AlgorithmUnsupported, "the credential cannot sign as asked for; the service lists %s", listed(c.KeyAlgorithms)).
		with("algorithms", slices.Clone(c.KeyAlgorithms))
}

// forms lists the ways to name an algorithm of the key, best first.
func (c *Credential) forms(pub crypto.PublicKey, preferPSS bool) []func(crypto.Hash) string {
	combined := func(s sigalg.Scheme) func(crypto.Hash) string {
		return func(h crypto.Hash) string { return sigalg.Algorithm{Scheme: s, Hash: h}.OID() }
	}
	keyType := func(s sigalg.Scheme) func(crypto.Hash) string {
		return func(crypto.Hash) string { return sigalg.Algorithm{Scheme: s}.KeyOID() }
	}
	switch schemeOf(pub) {
	case sigalg.ECDSA:
		plain := map[crypto.Hash]string{
			crypto.SHA256: sigalg.OIDPlainECDSAWithSHA256, crypto.SHA384: sigalg.OIDPlainECDSAWithSHA384, crypto.SHA512: sigalg.OIDPlainECDSAWithSHA512,
		}
		forms := []func(crypto.Hash) string{combined(sigalg.ECDSA), keyType(sigalg.ECDSA)}
		if len(c.KeyAlgorithms) > 0 {
			forms = append(forms, func(h crypto.Hash) string { return plain[h] })
		}
		return forms
	case sigalg.Ed25519:
		if len(c.KeyAlgorithms) == 0 {
			return nil // only where the service says so
		}
		return []func(crypto.Hash) string{combined(sigalg.Ed25519)}
	case sigalg.PKCS1v15:
		pss, v15, bare := combined(sigalg.PSS), combined(sigalg.PKCS1v15), keyType(sigalg.PKCS1v15)
		switch {
		case c.pssOnly:
			return []func(crypto.Hash) string{pss}
		case preferPSS:
			return []func(crypto.Hash) string{pss, v15, bare}
		}
		return []func(crypto.Hash) string{v15, bare, pss}
	}
	return nil
}

// digestsFor lists the digests for a key, best first.
func digestsFor(pub crypto.PublicKey) []crypto.Hash {
	best := sigalg.HashForKey(pub)
	out := []crypto.Hash{best}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if h != best {
			out = append(out, h)
		}
	}
	return out
}

// mechanismFor builds the mechanism behind an OID and checks that it fits the
// key and is strong enough.
func mechanismFor(pub crypto.PublicKey, oid string, h crypto.Hash) (Mechanism, error) {
	a, err := sigalg.FromOID(oid, h)
	if err != nil && h == 0 {
		a, err = sigalg.FromOID(oid, sigalg.HashForKey(pub))
	}
	if err == nil {
		err = sigalg.Check(pub, a)
	}
	if err != nil {
		return Mechanism{}, fail(AlgorithmUnsupported, "the algorithm %s cannot be used with this key", quote(oid)).because(err)
	}
	m := Mechanism{SignAlgo: oid, HashAlgo: sigalg.HashOID(a.Hash), Algorithm: a}
	switch a.Scheme {
	case sigalg.PSS:
		m.SignAlgoParams = sigalg.PSSParams(a.Hash)
	case sigalg.Ed25519:
		m.HashAlgo = "" // the scheme fixes it, services refuse it
	}
	return m, nil
}

func schemeOf(pub crypto.PublicKey) sigalg.Scheme {
	for _, s := range []sigalg.Scheme{sigalg.PKCS1v15, sigalg.ECDSA, sigalg.Ed25519} {
		h := sigalg.HashForKey(pub)
		if sigalg.Check(pub, sigalg.Algorithm{Scheme: s, Hash: h}) == nil {
			return s
		}
	}
	return 0
}

func hashOID(h crypto.Hash) string { return sigalg.HashOID(h) }

func listed(oids []string) string {
	if len(oids) == 0 {
		return "none"
	}
	if len(oids) > 12 {
		oids = oids[:12]
	}
	s := ""
	for i, oid := range oids {
		if i > 0 {
			s += ", "
		}
		s += quote(oid)
	}
	return s
}
