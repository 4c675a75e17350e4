package sigalg_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"runtime"
	"testing"

	"hashout/csc/sigalg"
)

// vectors is the part of a Wycheproof file that all signature schemas share.
type vectors struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		PublicKeyDER string `json:"publicKeyDer"`
		PublicKeyPEM string `json:"publicKeyPem"`
		SaltLength   int    `json:"sLen"`
		Tests        []struct {
			ID      int      `json:"tcId"`
			Comment string   `json:"comment"`
			Message string   `json:"msg"`
			Sig     string   `json:"sig"`
			Result  string   `json:"result"`
			Flags   []string `json:"flags"`
		} `json:"tests"`
	} `json:"testGroups"`
}

func TestWycheproofVectorsAreJudgedAsTheyShouldBe(t *testing.T) {
	files := []struct {
		name string
		a    sigalg.Algorithm
	}{
		{"rsa_signature_2048_sha256_test.json", sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
		{"rsa_signature_2048_sha384_test.json", sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA384}},
		{"rsa_signature_3072_sha512_test.json", sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA512}},
		{"rsa_signature_4096_sha256_test.json", sigalg.Algorithm{Scheme: sigalg.PKCS1v15, Hash: crypto.SHA256}},
		{"rsa_pss_2048_sha256_mgf1_32_test.json", sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA256}},
		{"rsa_pss_2048_sha384_mgf1_48_test.json", sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA384}},
		{"rsa_pss_4096_sha512_mgf1_64_test.json", sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA512}},
		{"rsa_pss_4096_sha512_mgf1_32_test.json", sigalg.Algorithm{Scheme: sigalg.PSS, Hash: crypto.SHA512}},
		{"ecdsa_secp256r1_sha256_test.json", sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA256}},
		{"ecdsa_secp384r1_sha384_test.json", sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA384}},
		{"ecdsa_secp521r1_sha512_test.json", sigalg.Algorithm{Scheme: sigalg.ECDSA, Hash: crypto.SHA512}},
		{"ed25519_test.json", sigalg.Algorithm{Scheme: sigalg.Ed25519, Hash: crypto.SHA512}},
	}
	for _, file := range files {
		t.Run(file.name, func(t *testing.T) {
			t.Parallel()
			v := load(t, file.name)
			judged := 0
			for _, g := range v.TestGroups {
				pub := publicKey(t, g.PublicKeyDER, g.PublicKeyPEM)
				for _, tc := range g.Tests {
					digest := unhex(t, tc.Message)
					if file.a.Scheme != sigalg.Ed25519 {
						digest = sum(file.a.Hash, digest)
					}
					var err error
					if file.a.Scheme == sigalg.PSS {
						err = sigalg.VerifyPSS(pub, file.a.Hash, g.SaltLength, digest, unhex(t, tc.Sig))
					} else {
						err = sigalg.Verify(pub, file.a, digest, unhex(t, tc.Sig))
					}
					judged++
					switch {
					case tc.Result == "valid" && err != nil:
						t.Errorf("test %d (%s): refused a valid signature: %v", tc.ID, tc.Comment, err)
					case tc.Result == "invalid" && err == nil:
						t.Errorf("test %d (%s): accepted an invalid signature", tc.ID, tc.Comment)
					}
				}
			}
			if judged == 0 || judged != v.NumberOfTests {
				t.Errorf("judged %d of %d vectors", judged, v.NumberOfTests)
			}
		})
	}
}

// Raw values (IEEE P1363) come from services; what CanonicalECDSA accepts must be exactly what the vectors call valid.
func TestWycheproofRawECDSAValuesBecomeCanonicalDER(t *testing.T) {
	files := map[string]crypto.Hash{
		"ecdsa_secp256r1_sha256_p1363_test.json": crypto.SHA256,
		"ecdsa_secp384r1_sha384_p1363_test.json": crypto.SHA384,
		"ecdsa_secp521r1_sha512_p1363_test.json": crypto.SHA512,
	}
	if runtime.GOOS == "js" { // half a minute in a browser, for what the vectors above and the smaller curves show
		delete(files, "ecdsa_secp521r1_sha512_p1363_test.json")
	}
	for name, h := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, g := range load(t, name).TestGroups {
				pub := publicKey(t, g.PublicKeyDER, g.PublicKeyPEM).(*ecdsa.PublicKey)
				for _, tc := range g.Tests {
					digest := sum(h, unhex(t, tc.Message))
					der, err := sigalg.CanonicalECDSA(pub, digest, unhex(t, tc.Sig))
					if (tc.Result == "valid") != (err == nil) {
						t.Errorf("test %d (%s): result %s, error %v", tc.ID, tc.Comment, tc.Result, err)
					}
					if err == nil && !ecdsa.VerifyASN1(pub, digest, der) {
						t.Errorf("test %d: the DER form does not verify", tc.ID)
					}
				}
			}
		})
	}
}

func TestWycheproofPSSParametersAreReadFromTheKey(t *testing.T) {
	for name, want := range map[string]struct {
		h    crypto.Hash
		salt int
	}{
		"rsa_pss_2048_sha256_mgf1_32_params_test.json": {crypto.SHA256, 32},
		"rsa_pss_2048_sha1_mgf1_20_params_test.json":   {crypto.SHA1, 20},
		"rsa_pss_4096_sha512_mgf1_64_params_test.json": {crypto.SHA512, 64},
	} {
		for _, g := range load(t, name).TestGroups {
			block, _ := pem.Decode([]byte(g.PublicKeyPEM))
			if block == nil {
				t.Fatal("no PEM")
			}
			pub, pssOnly, err := sigalg.PublicKey(&x509.Certificate{RawSubjectPublicKeyInfo: block.Bytes})
			if err != nil || !pssOnly {
				t.Fatalf("%s: PSS key not read: %v", name, err)
			}
			params := pssParamsOf(t, block.Bytes)
			h, salt, err := sigalg.ParsePSSParams(params)
			if err != nil || h != want.h || salt != want.salt {
				t.Errorf("%s: got %v, %d, %v", name, h, salt, err)
			}
			for _, tc := range g.Tests {
				err := sigalg.VerifyPSS(pub, h, salt, sum(h, unhex(t, tc.Message)), unhex(t, tc.Sig))
				if (tc.Result == "invalid") == (err == nil) && tc.Result != "acceptable" {
					t.Errorf("%s test %d (%s): %v", name, tc.ID, tc.Comment, err)
				}
			}
		}
	}
	for _, name := range []string{"rsa_pss_2048_sha512_mgf1sha256_32_params_test.json"} {
		for _, g := range load(t, name).TestGroups {
			block, _ := pem.Decode([]byte(g.PublicKeyPEM))
			if _, _, err := sigalg.ParsePSSParams(pssParamsOf(t, block.Bytes)); err == nil {
				t.Errorf("%s: a mask over another digest was accepted", name)
			}
		}
	}
}

func pssParamsOf(t *testing.T, spki []byte) []byte {
	t.Helper()
	var v struct {
		Algorithm struct {
			OID    asn1.ObjectIdentifier
			Params asn1.RawValue
		}
		Key asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &v); err != nil {
		t.Fatal(err)
	}
	return v.Algorithm.Params.FullBytes
}

func load(t *testing.T, name string) *vectors {
	t.Helper()
	data, err := fs.ReadFile(vectorFiles(t), name)
	if err != nil {
		t.Fatal(err)
	}
	v := new(vectors)
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func publicKey(t *testing.T, der, text string) crypto.PublicKey {
	t.Helper()
	raw := unhex(t, der)
	if len(raw) == 0 {
		block, _ := pem.Decode([]byte(text))
		raw = block.Bytes
	}
	pub, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
