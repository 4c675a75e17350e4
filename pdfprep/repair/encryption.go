package repair

import (
	"errors"

	"hashout/pdfprep"
	"hashout/pdfprep/internal/file"
	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// decrypt lets the object streams of an encrypted file be read. The document itself is opened by pdfprep, which asks for the password again.
func (s *scanner) decrypt(f *file.File, live map[int]found, o Options) error {
	entry := f.TrailerEntry("Encrypt")
	dict, _ := entry.(*object.Dict)
	if ref, ok := entry.(object.Ref); ok {
		dict = s.dict(live[ref.Num])
	}
	if dict == nil {
		return nil
	}
	handler, err := stdsec.Open(params(dict, f.TrailerEntry("ID")), o.Password, o.NFKC)
	switch {
	case errors.Is(err, stdsec.ErrPassword) && o.Password == "":
		return &pdfprep.Error{Code: pdfprep.Encrypted, Msg: "the PDF is encrypted and needs a password"}
	case errors.Is(err, stdsec.ErrPassword):
		return &pdfprep.Error{Code: pdfprep.PasswordWrong, Msg: "the password does not open the PDF"}
	case errors.Is(err, stdsec.ErrUnsupported):
		return &pdfprep.Error{Code: pdfprep.Unsupported, Msg: "the PDF's encryption is not supported", Err: err}
	case err != nil:
		return refuse("the PDF's encryption is damaged", err)
	}
	f.Cipher = streamCipher{handler}
	f.Forget()
	return nil
}

// params takes the direct values of an encryption dictionary: in an indirect one a reader in the dark could not trust them.
func params(d *object.Dict, id object.Object) stdsec.Params {
	number := func(d *object.Dict, key object.Name) int64 { n, _ := d.Get(key).(int64); return n }
	text := func(key object.Name) []byte { s, _ := d.Get(key).(object.String); return s }
	name := func(d *object.Dict, key object.Name) string { n, _ := d.Get(key).(object.Name); return string(n) }
	p := stdsec.Params{
		Filter: name(d, "Filter"), V: int(number(d, "V")), R: int(number(d, "R")), Length: int(number(d, "Length")), P: number(d, "P"),
		O: text("O"), U: text("U"), OE: text("OE"), UE: text("UE"), Perms: text("Perms"),
		MetadataInClear: d.Get("EncryptMetadata") == false,
		StmF:            name(d, "StmF"), StrF: name(d, "StrF"), EFF: name(d, "EFF"),
	}
	if list, ok := id.(object.Array); ok && len(list) > 0 {
		first, _ := list[0].Object.(object.String)
		p.ID = first
	}
	if filters, ok := d.Get("CF").(*object.Dict); ok {
		p.CryptFilters = map[string]stdsec.CryptFilter{}
		for _, e := range filters.Entries() {
			one, _ := e.Value.Object.(*object.Dict)
			p.CryptFilters[string(e.Key)] = stdsec.CryptFilter{CFM: name(one, "CFM"), Length: int(number(one, "Length"))}
		}
	}
	return p
}

// streamCipher decrypts object streams; nothing else is read through it.
type streamCipher struct {
	handler *stdsec.Handler
}

func (c streamCipher) DecryptString(_ object.Ref, s object.String) (object.String, error) {
	return s, nil
}

func (c streamCipher) DecryptStream(ref object.Ref, d *object.Dict, data []byte) ([]byte, error) {
	t, _ := d.Get("Type").(object.Name)
	cipher, err := c.handler.StreamCipher(stdsec.Stream{Type: string(t)})
	if err != nil {
		return nil, err
	}
	return c.handler.Decrypt(cipher, stdsec.ObjectID{Number: uint32(ref.Num), Generation: uint32(ref.Gen)}, data)
}
