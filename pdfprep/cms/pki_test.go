package cms_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"testing"
	"time"

	"hashout/csc/sigalg"
	"hashout/pdfprep/cms"
)

// A throw-away PKI, made once per test binary: root → intermediate → one signer per kind of key.

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

type authority struct {
	root, intermediate *x509.Certificate
	intermediateKey    crypto.Signer
}

var pki = sync.OnceValue(func() authority {
	rootKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	root := template("Throw-away Root", 1)
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	rootCert := issue(root, root, rootKey.Public(), rootKey)
	intermediate := template("Throw-away Intermediate", 2)
	intermediate.IsCA, intermediate.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	return authority{rootCert, issue(intermediate, rootCert, key.Public(), rootKey), key}
})

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Throw-away keys for tests"}},
		NotBefore:             noon.AddDate(-1, 0, 0),
		NotAfter:              noon.AddDate(20, 0, 0),
		BasicConstraintsValid: true,
	}
}

func issue(c, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, parent, pub, key))))
}

// signer is a key with its certificate; the serial number has its top bit set, as real ones do.
type signer struct {
	name string
	key  crypto.Signer
	cert *x509.Certificate
}

var kinds = []struct {
	name string
	make func() crypto.Signer
}{
	{"RSA-2048", func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) }},
	{"RSA-3072", func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 3072)) }},
	{"RSA-4096", func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 4096)) }},
	{"P-256", func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }},
	{"P-384", func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) }},
	{"P-521", func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) }},
	{"Ed25519", func() crypto.Signer { _, k, err := ed25519.GenerateKey(rand.Reader); return must(k, err) }},
}

// signerOf makes a signer on first use: an RSA-4096 key takes seconds, and few tests want it.
var signerOf = func() func(name string) *signer {
	lazy := map[string]func() *signer{}
	for i, k := range kinds {
		lazy[k.name] = sync.OnceValue(func() *signer {
			key := k.make()
			t := template("Throw-away Signer "+k.name, 0)
			t.SerialNumber = new(big.Int).SetBytes([]byte{0xf0, 1, 2, 3, 4, 5, 6, byte(i)})
			t.KeyUsage, t.SubjectKeyId = x509.KeyUsageContentCommitment, []byte{1, 2, 3, byte(i)}
			return &signer{k.name, key, issue(t, pki().intermediate, key.Public(), pki().intermediateKey)}
		})
	}
	return func(name string) *signer { return lazy[name]() }
}()

// sign is what a remote key does.
func (s *signer) sign(t testing.TB, a sigalg.Algorithm, toBeSigned []byte) []byte {
	t.Helper()
	var opts crypto.SignerOpts = a.Hash
	switch a.Scheme {
	case sigalg.PSS:
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.Hash}
	case sigalg.Ed25519:
		opts = crypto.Hash(0)
	}
	sig, err := s.key.Sign(rand.Reader, toBeSigned, opts)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// variant is a key with an algorithm it can do.
type variant struct {
	*signer
	algorithm sigalg.Algorithm
}

func (v variant) String() string { return v.name + " " + v.algorithm.String() }

func (v variant) options() cms.Options {
	return cms.Options{Certificate: v.cert, Chain: []*x509.Certificate{pki().intermediate, pki().root}, Algorithm: v.algorithm}
}

// variants is every kind of key × every scheme it has × every digest. With -short the RSA keys that take long to make are left out.
func variants() []variant {
	var all []variant
	for _, k := range kinds {
		if testing.Short() && (k.name == "RSA-3072" || k.name == "RSA-4096") {
			continue
		}
		s := signerOf(k.name)
		schemes := []sigalg.Scheme{sigalg.ECDSA}
		switch s.key.(type) {
		case *rsa.PrivateKey:
			schemes = []sigalg.Scheme{sigalg.PKCS1v15, sigalg.PSS}
		case ed25519.PrivateKey:
			all = append(all, variant{s, sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}})
			continue
		}
		for _, scheme := range schemes {
			for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
				all = append(all, variant{s, sigalg.Algorithm{Scheme: scheme, Hash: h}})
			}
		}
	}
	return all
}

func digestOf(h crypto.Hash, data []byte) []byte {
	w := h.New()
	w.Write(data)
	return w.Sum(nil)
}

var document = []byte("the covered bytes of a document\n")

// build makes a whole SignedData over document.
func build(t testing.TB, v variant, o cms.Options, unsigned ...cms.Attribute) []byte {
	t.Helper()
	attrs, err := cms.NewSignedAttributes(o, digestOf(v.algorithm.Hash, document))
	if err != nil {
		t.Fatal(err)
	}
	der, err := attrs.Assemble(v.sign(t, v.algorithm, attrs.ToBeSigned()), unsigned...)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func p256() variant {
	return variant{signerOf("P-256"), sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}}
}

func rsa2048() variant {
	return variant{signerOf("RSA-2048"), sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
