package stdsec

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
)

type vector struct {
	Name, User, Owner string
	Params            Params
	Samples           []struct {
		ID            ObjectID
		Stream        bool
		Type          string
		Cipher, Plain []byte
	}
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v []vector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vector) cipher(t *testing.T, h *Handler, stream bool, typ string) Cipher {
	t.Helper()
	if !stream {
		return h.StringCipher()
	}
	c, err := h.StreamCipher(Stream{Type: typ})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestValuesOfOtherWritersAreDecrypted(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			opened := map[string]Role{v.User: User}
			if v.Owner != "" {
				opened[v.Owner] = Owner
			}
			for password, role := range opened {
				h, err := Open(v.Params, password, norm.NFKC.String)
				if err != nil {
					t.Fatal(err)
				}
				// Where a writer set no owner password, the user's is the owner's too.
				if h.Role() != role && v.Owner != "" {
					t.Errorf("role %d, want %d", h.Role(), role)
				}
				if v.Params.R >= 5 && h.PermsForged() {
					t.Error("/Perms of an honest file judged forged")
				}
				for _, s := range v.Samples {
					c := v.cipher(t, h, s.Stream, s.Type)
					got, err := h.Decrypt(c, s.ID, s.Cipher)
					if err != nil || !bytes.Equal(got, s.Plain) {
						t.Errorf("object %d: got %q (%v), want %q", s.ID.Number, got, err, s.Plain)
					}
				}
			}
		})
	}
}

func TestWhatIsEncryptedIsDecryptedAndRepeatable(t *testing.T) {
	for _, v := range vectors(t) {
		h, err := Open(v.Params, v.User, norm.NFKC.String)
		if err != nil {
			t.Fatal(v.Name, err)
		}
		id := ObjectID{Number: 0x012345, Generation: 0x0102}
		for n := range 34 {
			plain := bytes.Repeat([]byte{byte(n)}, n)
			one, err := h.Encrypt(h.StringCipher(), id, plain, h.IVs([]byte("seed")))
			if err != nil {
				t.Fatal(v.Name, err)
			}
			two, _ := h.Encrypt(h.StringCipher(), id, plain, h.IVs([]byte("seed")))
			if !bytes.Equal(one, two) {
				t.Fatalf("%s: two preparations differ", v.Name)
			}
			if c := h.StringCipher(); c == AESV2 || c == AESV3 {
				if other, _ := h.Encrypt(c, id, plain, h.IVs([]byte("other"))); bytes.Equal(one, other) {
					t.Fatalf("%s: the seed does not reach the IV", v.Name)
				}
			}
			back, err := h.Decrypt(h.StringCipher(), id, one)
			if err != nil || !bytes.Equal(back, plain) {
				t.Fatalf("%s: %d bytes came back as %x (%v)", v.Name, n, back, err)
			}
		}
	}
}

func TestRewrittenRC4BytesAreTheWritersOwn(t *testing.T) {
	for _, v := range vectors(t) {
		h, err := Open(v.Params, v.User, norm.NFKC.String)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range v.Samples {
			if c := v.cipher(t, h, s.Stream, s.Type); c == RC4 {
				if got, err := h.Encrypt(c, s.ID, s.Plain, nil); err != nil || !bytes.Equal(got, s.Cipher) {
					t.Errorf("%s, object %d: other bytes than the writer's (%v)", v.Name, s.ID.Number, err)
				}
			}
		}
	}
}

func TestWrongPasswordIsSaid(t *testing.T) {
	for _, v := range vectors(t) {
		if v.User == "" {
			h, err := Open(v.Params, "wrong", norm.NFKC.String)
			if err != nil || h.Role() == Owner && v.Owner != "" {
				t.Errorf("%s: a file that needs no password must open with any, and not as owner: %v", v.Name, err)
			}
			continue
		}
		for _, password := range []string{"", "wrong", v.User + "x", strings.Repeat("\xff", 300)} {
			if len(v.User) >= 32 && password == v.User+"x" {
				continue // beyond the limit of the format
			}
			_, err := Open(v.Params, password, norm.NFKC.String)
			if !errors.Is(err, ErrPassword) {
				t.Errorf("%s with %q: %v", v.Name, password, err)
			}
		}
	}
}

func TestLimitedUserKeepsItsLimits(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Name != "qpdf aesv3 r6 empty user, clear metadata" {
			continue
		}
		h, err := Open(v.Params, "", norm.NFKC.String)
		if err != nil {
			t.Fatal(err)
		}
		if h.Permissions().Has(Annotate) || h.Permissions().Has(FillForms) || !h.Permissions().Has(Assemble) {
			t.Errorf("permissions %b", h.Permissions())
		}
		v.Params.P = -4 // someone without the key lifts the limits
		if h, err = Open(v.Params, "", norm.NFKC.String); err != nil || !h.PermsForged() || h.Permissions().Has(Annotate) {
			t.Errorf("altered /P: forged %v, permissions %b, %v", h.PermsForged(), h.Permissions(), err)
		}
		return
	}
	t.Fatal("vector missing")
}

func TestHostileDictionariesAreErrors(t *testing.T) {
	base := func() Params {
		return Params{Filter: "Standard", V: 4, R: 4, Length: 128, O: make([]byte, 32), U: make([]byte, 32),
			StmF: "StdCF", StrF: "StdCF", CryptFilters: map[string]CryptFilter{"StdCF": {CFM: "AESV2"}}}
	}
	v5 := func() Params {
		return Params{Filter: "Standard", V: 5, R: 6, O: make([]byte, 48), U: make([]byte, 48), OE: make([]byte, 32),
			UE: make([]byte, 32), StmF: "F", CryptFilters: map[string]CryptFilter{"F": {CFM: "AESV3"}}}
	}
	cases := []struct {
		name string
		edit func(*Params)
		from func() Params
		want error
	}{
		{"public key", func(p *Params) { p.Filter = "Adobe.PubSec" }, base, ErrUnsupported},
		{"no filter", func(p *Params) { p.Filter = "" }, base, ErrUnsupported},
		{"V 3", func(p *Params) { p.V = 3 }, base, ErrUnsupported},
		{"V 0", func(p *Params) { p.V = 0 }, base, ErrUnsupported},
		{"R 7", func(p *Params) { p.R = 7 }, v5, ErrUnsupported},
		{"R 6 with V 4", func(p *Params) { p.R = 6 }, base, ErrUnsupported},
		{"negative", func(p *Params) { p.V, p.R = -1, -1 }, base, ErrUnsupported},
		{"short O", func(p *Params) { p.O = p.O[:31] }, base, ErrMalformed},
		{"no U", func(p *Params) { p.U = nil }, base, ErrMalformed},
		{"short U for R 2", func(p *Params) { p.R, p.U = 2, p.U[:16] }, base, ErrMalformed},
		{"short OE", func(p *Params) { p.OE = p.OE[:31] }, v5, ErrMalformed},
		{"no UE", func(p *Params) { p.UE = nil }, v5, ErrMalformed},
		{"filter not in CF", func(p *Params) { p.StmF = "Other" }, base, ErrUnsupported},
		{"unknown method", func(p *Params) { p.CryptFilters["StdCF"] = CryptFilter{CFM: "ROT13"} }, base, ErrUnsupported},
		{"AESV3 below V 5", func(p *Params) { p.CryptFilters["StdCF"] = CryptFilter{CFM: "AESV3"} }, base, ErrUnsupported},
		{"wrong check value", func(p *Params) {}, base, ErrPassword},
		{"wrong check value, R 6", func(p *Params) {}, v5, ErrPassword},
		{"huge length", func(p *Params) { p.Length = 1 << 31 }, base, ErrPassword},
		{"negative length", func(p *Params) { p.Length = -128 }, base, ErrPassword},
		{"R 2 with V 4", func(p *Params) { p.R = 2 }, base, ErrPassword},
	}
	for _, c := range cases {
		p := c.from()
		c.edit(&p)
		if _, err := Open(p, "password", norm.NFKC.String); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestAttachmentOnlyEncryptionOpensWithoutPassword(t *testing.T) {
	p := Params{Filter: "Standard", V: 4, R: 4, Length: 128, O: make([]byte, 32), U: make([]byte, 32), StmF: "Identity",
		StrF: "Identity", EFF: "StdCF", CryptFilters: map[string]CryptFilter{"StdCF": {CFM: "AESV2"}}}
	h, err := Open(p, "", norm.NFKC.String)
	if err != nil || h.Role() != NoRole {
		t.Fatal(err)
	}
	if got, err := h.Decrypt(h.StringCipher(), ObjectID{Number: 1}, []byte("clear")); err != nil || string(got) != "clear" {
		t.Errorf("a clear string came back as %q (%v)", got, err)
	}
	c, err := h.StreamCipher(Stream{Type: "EmbeddedFile"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Decrypt(c, ObjectID{Number: 1}, make([]byte, 32)); !errors.Is(err, ErrPassword) {
		t.Errorf("attachment without the key: %v", err)
	}
}

func TestStreamsChooseTheirFilter(t *testing.T) {
	h := &Handler{clearMeta: true, stm: AESV2, str: AESV2, eff: RC4, filters: map[string]Cipher{"Identity": Identity, "Own": RC4}}
	for s, want := range map[Stream]Cipher{
		{}:                               AESV2,
		{Type: "XRef"}:                   Identity,
		{Type: "ObjStm"}:                 AESV2,
		{Type: "Metadata"}:               Identity,
		{Type: "EmbeddedFile"}:           RC4,
		{Crypt: true}:                    Identity,
		{Crypt: true, CryptName: "Own"}:  RC4,
		{Type: "Metadata", Crypt: true}:  Identity,
		{Type: "ObjStm", CryptName: "x"}: AESV2,
	} {
		if got, err := h.StreamCipher(s); err != nil || got != want {
			t.Errorf("%+v: cipher %d (%v), want %d", s, got, err, want)
		}
	}
	if _, err := h.StreamCipher(Stream{Crypt: true, CryptName: "Unknown"}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown filter: %v", err)
	}
}

func TestDamagedCiphertext(t *testing.T) {
	h := &Handler{keyed: true, key: make([]byte, 5), str: AESV2}
	for _, n := range []int{1, 15} {
		if _, err := h.Decrypt(AESV2, ObjectID{}, make([]byte, n)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, n := range []int{0, 16, 17, 31, 32, 33, 47} {
		if _, err := h.Decrypt(AESV2, ObjectID{}, make([]byte, n)); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestPasswordsOfOtherScripts(t *testing.T) {
	cases := []struct {
		r        int
		password string
		want     []string
	}{
		{6, "pass", []string{"pass"}},
		{6, "I\u00adX", []string{"IX", "I\u00adX"}}, // RFC 4013 §3, example 1
		{6, "\u00aa", []string{"a", "\u00aa"}},      // example 4
		{6, "\u2168", []string{"IX", "\u2168"}},     // example 5
		{6, "a\u00a0b\u3000c", []string{"a b c", "a\u00a0b\u3000c"}},
		{6, "e\u0301", []string{"\u00e9", "e\u0301"}},
		{6, "bad\xff", []string{"bad\xff"}},
		{3, "caf\u00e9", []string{"caf\xe9", "caf\u00e9"}},
		{3, "5 \u20ac \u0160", []string{"5 \xa0 \x97", "5 \u20ac \u0160"}},
		{3, "\u043f\u0430\u0440", []string{"\u043f\u0430\u0440"}}, // no code in PDFDocEncoding
		{3, "", nil},
	}
	for _, c := range cases {
		got := passwords(c.password, c.r, norm.NFKC.String)
		if len(got) != len(c.want) {
			t.Errorf("R %d %q: %q, want %q", c.r, c.password, got, c.want)
			continue
		}
		for i := range got {
			if string(got[i]) != c.want[i] {
				t.Errorf("R %d %q: %q, want %q", c.r, c.password, got, c.want)
			}
		}
	}
}

func TestOpeningIsQuick(t *testing.T) {
	for _, v := range vectors(t) {
		start := time.Now()
		for range 5 {
			_, _ = Open(v.Params, strings.Repeat("p", 1<<20), norm.NFKC.String)
		}
		if d := time.Since(start) / 5; d > 250*time.Millisecond {
			t.Errorf("%s: %v", v.Name, d)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, v := range vectors(f) {
		p := v.Params
		f.Add(p.V, p.R, p.Length, p.O, p.U, p.OE, p.UE, p.Perms, p.P, p.ID, p.CryptFilters[p.StmF].CFM, v.User, v.Samples[0].Cipher)
	}
	f.Fuzz(func(t *testing.T, v, r, length int, o, u, oe, ue, perms []byte, bits int64, id []byte, cfm, password string, data []byte) {
		h, err := Open(Params{Filter: "Standard", V: v, R: r, Length: length, O: o, U: u, OE: oe, UE: ue, Perms: perms, P: bits, ID: id,
			StmF: "F", StrF: "F", CryptFilters: map[string]CryptFilter{"F": {CFM: cfm}}}, password, norm.NFKC.String)
		if err != nil {
			if !errors.Is(err, ErrPassword) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrMalformed) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		plain, err := h.Decrypt(h.StringCipher(), ObjectID{Number: 1}, data)
		if err != nil {
			return
		}
		raw, err := h.Encrypt(h.StringCipher(), ObjectID{Number: 1}, plain, h.IVs(nil))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := h.Decrypt(h.StringCipher(), ObjectID{Number: 1}, raw); err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("%x came back as %x (%v)", plain, back, err)
		}
	})
}
