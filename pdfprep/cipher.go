package pdfprep

import (
	"strconv"

	"hashout/pdfprep/internal/object"
	"hashout/pdfprep/internal/stdsec"
)

// securityParams collects what the standard security handler needs (ISO 32000-2 tables 20, 21 and 25).
func (d *Document) securityParams(e *object.Dict) (stdsec.Params, error) {
	var p stdsec.Params
	var failed error
	resolve := func(from *object.Dict, key object.Name) object.Object {
		o, err := d.f.Resolve(from.Get(key))
		if err != nil && failed == nil {
			failed = err
		}
		return o
	}
	number := func(from *object.Dict, key object.Name) int64 {
		n, _ := resolve(from, key).(int64)
		return n
	}
	text := func(from *object.Dict, key object.Name) []byte {
		s, _ := resolve(from, key).(object.String)
		return s
	}
	word := func(from *object.Dict, key object.Name) string {
		n, _ := resolve(from, key).(object.Name)
		return string(n)
	}
	p = stdsec.Params{
		Filter: word(e, "Filter"), V: int(number(e, "V")), R: int(number(e, "R")), Length: int(number(e, "Length")),
		O: text(e, "O"), U: text(e, "U"), OE: text(e, "OE"), UE: text(e, "UE"), Perms: text(e, "Perms"), P: number(e, "P"),
		StmF: word(e, "StmF"), StrF: word(e, "StrF"), EFF: word(e, "EFF"),
	}
	if clear, ok := resolve(e, "EncryptMetadata").(bool); ok {
		p.MetadataInClear = !clear
	}
	if ids, ok := d.f.TrailerEntry("ID").(object.Array); ok && len(ids) > 0 {
		id, _ := ids[0].Object.(object.String)
		p.ID = id
	}
	if filters, ok := resolve(e, "CF").(*object.Dict); ok {
		p.CryptFilters = make(map[string]stdsec.CryptFilter)
		for _, entry := range filters.Entries() {
			one, ok := resolve(filters, entry.Key).(*object.Dict)
			if !ok {
				continue
			}
			p.CryptFilters[string(entry.Key)] = stdsec.CryptFilter{CFM: word(one, "CFM"), Length: int(number(one, "Length"))}
		}
	}
	return p, failed
}

// fileCipher lets the file's objects be read decrypted. The encryption dictionary itself, where it is an object, stays as it is.
type fileCipher struct {
	handler *stdsec.Handler
	except  int
}

func (c *fileCipher) DecryptString(ref object.Ref, s object.String) (object.String, error) {
	if ref.Num == c.except {
		return s, nil
	}
	plain, err := c.handler.Decrypt(c.handler.StringCipher(), objectID(ref), s)
	if err != nil {
		return s, nil // a string that was never encrypted, which some writers leave behind
	}
	return plain, nil
}

func (c *fileCipher) DecryptStream(ref object.Ref, dict *object.Dict, data []byte) ([]byte, error) {
	cipher, err := c.handler.StreamCipher(streamOf(dict))
	if err != nil {
		return nil, err
	}
	return c.handler.Decrypt(cipher, objectID(ref), data)
}

// encryptionName is how a person would call an encryption.
func encryptionName(h *stdsec.Handler, p stdsec.Params) (string, error) {
	cipher, err := h.StreamCipher(stdsec.Stream{})
	if err != nil {
		return "", err
	}
	name := "identity"
	switch cipher {
	case stdsec.RC4:
		name = "RC4"
	case stdsec.AESV2:
		name = "AESV2"
	case stdsec.AESV3:
		name = "AESV3"
	}
	return name + " R" + strconv.Itoa(p.R), nil
}

func objectID(ref object.Ref) stdsec.ObjectID {
	return stdsec.ObjectID{Number: uint32(ref.Num), Generation: uint32(ref.Gen)}
}

// streamOf picks what decides the cipher of a stream (ISO 32000-2 §7.6.6).
func streamOf(d *object.Dict) stdsec.Stream {
	s := stdsec.Stream{}
	if t, ok := d.Get("Type").(object.Name); ok {
		s.Type = string(t)
	}
	filter, parms := d.Get("Filter"), d.Get("DecodeParms")
	if list, ok := filter.(object.Array); ok && len(list) > 0 {
		filter = list[0].Object
	}
	if list, ok := parms.(object.Array); ok && len(list) > 0 {
		parms = list[0].Object
	}
	if filter == object.Name("Crypt") {
		s.Crypt = true
		if p, ok := parms.(*object.Dict); ok {
			name, _ := p.Get("Name").(object.Name)
			s.CryptName = string(name)
		}
	}
	return s
}
