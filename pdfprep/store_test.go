package pdfprep_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"hashout/pdfprep"
)

// added is what these tests put into a store; the package does not look inside.
func added() pdfprep.SecurityStore {
	return pdfprep.SecurityStore{
		Certificates: [][]byte{[]byte("certificate 1"), []byte("certificate 2")},
		OCSPs:        [][]byte{[]byte("response 1")},
		CRLs:         [][]byte{bytes.Repeat([]byte("list "), 1000)},
	}
}

func storeOf(t *testing.T, pdf []byte, password string) *pdfprep.SecurityStore {
	t.Helper()
	s, err := open(t, pdf, password).SecurityStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withStore appends a store, checks it from bytes and gives the longer file.
func withStore(t *testing.T, pdf []byte, password string, o pdfprep.StoreOptions) []byte {
	t.Helper()
	update, err := open(t, pdf, password).PrepareStore(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	longer := append(bytes.Clone(pdf), update...)
	if err := pdfprep.RereadStore(t.Context(), bytes.NewReader(longer), int64(len(longer)), int64(len(pdf)), &o.Add, pdfprep.OpenOptions{Password: password}); err != nil {
		t.Fatal(err)
	}
	return longer
}

// TestStoreIsMergedWithWhatIsThere in every form the store's parts may have: nothing is lost, nothing stands twice, another reader finds it.
func TestStoreIsMergedWithWhatIsThere(t *testing.T) {
	const old = "certificate 1"
	file := func(dss string) []byte {
		m := newMaker()
		m.onePage(dss)
		m.stream(4, fmt.Sprintf("/Length %d", len(old)), []byte(old))
		m.obj(5, "[4 0 R]")
		m.obj(6, "<</Certs 5 0 R/Other(kept)>>")
		m.obj(7, "<</Certs[4 0 R]/CRLs null/Other(kept)>>")
		return bytes.Clone(m.table(""))
	}
	compressed := func() []byte {
		m := newMaker()
		m.at(3)
		m.obj(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>")
		m.stream(4, fmt.Sprintf("/Length %d", len(old)), []byte(old))
		inside := []string{"<</Type/Catalog/Pages 2 0 R/DSS 6 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Certs[4 0 R]/Other(kept)>>"}
		head, body := "", ""
		for i, num := range []int{1, 2, 6} {
			head += fmt.Sprintf("%d %d ", num, len(body))
			body += inside[i] + " "
		}
		m.stream(7, fmt.Sprintf("/Type/ObjStm/N 3/First %d/Length %d", len(head), len(head)+len(body)), []byte(head+body))
		return bytes.Clone(m.xrefStream(8, map[int]place{1: {7, 0}, 2: {7, 1}, 6: {7, 2}}, ""))
	}
	tests := map[string]struct {
		pdf      []byte
		password string
		had      bool
	}{
		"none":                     {file(""), "", false},
		"direct":                   {file("/DSS<</Certs[4 0 R]/Other(kept)>>"), "", true},
		"an object":                {file("/DSS 7 0 R"), "", true},
		"a list that is an object": {file("/DSS 6 0 R"), "", true},
		"direct, list an object":   {file("/DSS<</Certs 5 0 R/Other(kept)>>"), "", true},
		"only under a signature":   {file("/DSS<</Other(kept)/VRI<</00AA<</Cert[4 0 R]>>>>>>"), "", true},
		"in an object stream":      {compressed(), "", true},
		"encrypted":                {encrypt(t, file("/DSS 6 0 R"), "usr", "256"), "usr", true},
		"encrypted, streams":       {encrypt(t, file("/DSS 7 0 R"), "usr", "128", "--use-aes=y", "--", "--object-streams=generate"), "usr", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := storeOf(t, tc.pdf, tc.password)
			if tc.had != (len(before.Certificates) == 1) {
				t.Fatalf("before: %q", before.Certificates)
			}
			want := added()
			longer := withStore(t, tc.pdf, tc.password, pdfprep.StoreOptions{Add: want})
			s := storeOf(t, longer, tc.password)
			if len(s.Certificates) != 2 || len(s.OCSPs) != 1 || len(s.CRLs) != 1 || !bytes.Equal(s.CRLs[0], want.CRLs[0]) {
				t.Errorf("%d certificates, %d responses, %d lists", len(s.Certificates), len(s.OCSPs), len(s.CRLs))
			}
			v := look(t, longer, tc.password)
			dss := v.at(v.root(), "/DSS")
			listed := 2
			if strings.HasPrefix(name, "only under") {
				listed = 1
			}
			for key, n := range map[string]int{"/Certs": listed, "/OCSPs": 1, "/CRLs": 1} {
				if list, _ := v.at(dss, key).([]any); len(list) != n {
					t.Errorf("qpdf sees %s %v", key, list)
				}
			}
			if tc.had {
				v.want("u:kept", dss, "/Other")
			}
			if tc.password != "" && bytes.Contains(longer, []byte("response 1")) {
				t.Error("a stream is in clear")
			}
			if again, err := open(t, longer, tc.password).PrepareStore(t.Context(), pdfprep.StoreOptions{Add: want}); err != nil || again != nil {
				t.Errorf("the same once more: %d bytes, %v", len(again), err)
			}
		})
	}
}

// TestNothingForbidsStoreAndTimestamp: a certification without changes and a lock on all fields let both through (ISO 32000-2 §12.8.2.2.2),
// in this order and again. The second store lies under the first timestamp's cover no more, and both remain.
func TestNothingForbidsStoreAndTimestamp(t *testing.T) {
	for name, o := range map[string]pdfprep.SignOptions{
		"certified":  {Certify: pdfprep.NoChanges},
		"all locked": {Lock: &pdfprep.FieldLock{Action: pdfprep.LockAll, Permissions: pdfprep.NoChanges}},
	} {
		t.Run(name, func(t *testing.T) {
			pdf := mustSign(t, contract("", ""), "", o)
			for round := range 2 {
				more := added()
				more.OCSPs = append(more.OCSPs, fmt.Appendf(nil, "response of round %d", round))
				contents := inspect(t, pdf, "").Signatures[0].Contents
				pdf = withStore(t, pdf, "", pdfprep.StoreOptions{Add: more, Signatures: [][]byte{contents}})
				pdf = withTimestamp(t, pdf, "")
			}
			in := inspect(t, pdf, "")
			if !in.DSS || len(in.Signatures) != 3 || in.Revisions != 6 {
				t.Fatalf("%+v", in)
			}
			for i, s := range in.Signatures {
				if !s.WellFormed || s.Timestamp != (i > 0) || s.CoversWholeFile != (i == 2) || i > 0 && s.SubFilter != "ETSI.RFC3161" {
					t.Errorf("signature %d: %+v", i, s)
				}
			}
			v := look(t, pdf, "")
			vri, _ := v.at(v.root(), "/DSS", "/VRI").(map[string]any)
			if len(vri) != 1 {
				t.Errorf("qpdf sees /VRI %v", vri)
			}
			for _, entry := range vri {
				if list, _ := v.at(entry, "/OCSP").([]any); len(list) != 3 {
					t.Errorf("qpdf sees the entry %v", entry)
				}
			}
			if list, _ := v.at(v.page(1), "/Annots").([]any); len(list) != 6 {
				t.Errorf("the page has annotations %v", list)
			}
			for _, field := range []string{"Signature2", "Signature3"} {
				v.want("/DocTimeStamp", v.field(field), "/V", "/Type")
			}
		})
	}
}

// withTimestamp appends a document timestamp, whose token is a stand-in.
func withTimestamp(t *testing.T, pdf []byte, password string) []byte {
	t.Helper()
	token := []byte{0x30, 3, 2, 1, 7}
	p, err := open(t, pdf, password).PrepareTimestamp(t.Context(), pdfprep.TimestampOptions{ReservedBytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	update, err := p.Embed(token)
	if err != nil {
		t.Fatal(err)
	}
	longer := append(bytes.Clone(pdf), update...)
	contents, err := pdfprep.Reread(t.Context(), bytes.NewReader(longer), int64(len(longer)), p, pdfprep.OpenOptions{Password: password})
	if err != nil || !bytes.HasPrefix(contents, token) {
		t.Fatalf("%s, %v", hex.EncodeToString(contents), err)
	}
	return longer
}

// TestTimestampsInEveryKindOfFile: encrypted and not, with a table and with a stream; no time and no reason is written beside the token.
func TestTimestampsInEveryKindOfFile(t *testing.T) {
	for _, objects := range []string{"disable", "generate"} {
		for _, mode := range encryptions {
			pdf := encrypt(t, contract("", ""), "usr", append(mode[:len(mode):len(mode)], "--", "--object-streams="+objects)...)
			v := look(t, withTimestamp(t, pdf, "usr"), "usr")
			if d, _ := v.at(v.field("Signature1"), "/V").(map[string]any); len(d) != 5 { // /Type /Filter /SubFilter /ByteRange /Contents
				t.Errorf("%v %s: %v", mode, objects, d)
			}
		}
	}
}

func TestTimestampRefusals(t *testing.T) {
	d := open(t, contract("", ""), "")
	if _, err := d.PrepareTimestamp(t.Context(), pdfprep.TimestampOptions{ReservedBytes: 100, FieldName: "Target"}); !errors.Is(err, pdfprep.ErrInvalidArgument) {
		t.Errorf("a field that is there: %v", err)
	}
	if _, err := d.PrepareTimestamp(t.Context(), pdfprep.TimestampOptions{}); !errors.Is(err, pdfprep.ErrInvalidArgument) {
		t.Errorf("no room: %v", err)
	}
	closed := encrypt(t, contract("", ""), "usr", "256", "--form=n", "--annotate=n", "--modify-other=n")
	if _, err := open(t, closed, "usr").PrepareTimestamp(t.Context(), pdfprep.TimestampOptions{ReservedBytes: 100}); !errors.Is(err, pdfprep.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
	if _, err := open(t, closed, "usr").PrepareStore(t.Context(), pdfprep.StoreOptions{Add: added()}); !errors.Is(err, pdfprep.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
	withTimestamp(t, closed, "own")
}

// TestRereadStoreSeesWhatIsWrong: a store without what was added, and a signature that was written again.
func TestRereadStoreSeesWhatIsWrong(t *testing.T) {
	pdf := contract("", "")
	longer := withStore(t, pdf, "", pdfprep.StoreOptions{Add: added()})
	reread := func(b []byte, originalSize int, want pdfprep.SecurityStore) error {
		return pdfprep.RereadStore(t.Context(), bytes.NewReader(b), int64(len(b)), int64(originalSize), &want, pdfprep.OpenOptions{})
	}
	want := added()
	want.CRLs = [][]byte{[]byte("another")}
	if err := reread(longer, len(pdf), want); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("something is missing: %v", err)
	}
	if err := reread(longer[:len(longer)-40], len(pdf), added()); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("cut off: %v", err)
	}
	signed := withStore(t, mustSign(t, pdf, "", pdfprep.SignOptions{}), "", pdfprep.StoreOptions{Add: added()})
	if err := reread(signed, len(pdf), added()); !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Errorf("a signature in the update: %v", err)
	}
}

// FuzzStoreAndTimestamp: whatever the bytes are, a store is read, merged and stamped in time, with a typed error or with an update that reads back.
func FuzzStoreAndTimestamp(f *testing.F) {
	for _, e := range corpus(f) {
		if pdf, err := os.ReadFile("testdata/corpus/" + e.file); err == nil && len(pdf) < 12<<10 {
			f.Add(pdf, e.password)
		}
	}
	m := newMaker()
	m.onePage("/DSS<</Certs[4 0 R]/OCSPs 5 0 R/VRI<</00AA<</Cert[4 0 R]>>>>>>")
	m.stream(4, "/Length 3", []byte("abc"))
	m.obj(5, "[4 0 R 4 0 R 9 0 R]")
	f.Add(bytes.Clone(m.table("")), "")
	f.Fuzz(func(t *testing.T, pdf []byte, password string) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		open, size := pdfprep.OpenOptions{Password: password}, int64(len(pdf))
		d, err := pdfprep.Open(ctx, bytes.NewReader(pdf), size, open)
		if err != nil {
			typed(t, err)
			return
		}
		o := pdfprep.StoreOptions{Add: added(), Signatures: [][]byte{{1}}}
		update, err := d.PrepareStore(ctx, o)
		if err != nil {
			typed(t, err)
			return
		}
		whole := append(bytes.Clone(pdf), update...)
		r := bytes.NewReader(whole)
		if err := pdfprep.RereadStore(ctx, r, r.Size(), size, &o.Add, open); err != nil {
			selfCheck(t, err)
			return
		}
		if d, err = pdfprep.Open(ctx, r, r.Size(), open); err != nil {
			t.Fatal(err)
		}
		p, err := d.PrepareTimestamp(ctx, pdfprep.TimestampOptions{ReservedBytes: 16})
		if err != nil {
			typed(t, err)
			return
		}
		stamped, err := p.Embed([]byte{0x30, 3, 2, 1, 7})
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(append(whole, stamped...))
		if _, err := pdfprep.Reread(ctx, r, r.Size(), p, open); err != nil {
			selfCheck(t, err)
		}
	})
}

// selfCheck holds what a hostile file may do to its own update: the update is found out when it is read again, and withheld.
func selfCheck(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, pdfprep.ErrSelfCheckFailed) {
		t.Fatalf("not found out by the self-check: %v", err)
	}
}
